# Each target installs what it needs first; nothing has to be done by hand before any of them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup lock demo test check bench train eval clean
setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml tools/setup.sh
	PYTHON=$(PYTHON) tools/setup.sh $(VENV)
	touch $@

lock:
	$(PYTHON) -m venv $(VENV) && $(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --group dev --all-extras pyproject.toml -o requirements.lock

demo: setup
	$(BIN)/python -m demo

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/house.py

test: check
	$(BIN)/pytest -q -n auto

bench: setup
	$(BIN)/python -m benchmarks

# PUBLIC=DIR: the folder of the public sets, which are not shipped; without it the experts fitted on them stay as they are.
train: setup
	$(BIN)/python -m training.text
	$(if $(PUBLIC),$(BIN)/python -m training.open $(PUBLIC))
	$(BIN)/python -m training.likeness

eval: setup
	$(BIN)/yuqing evaluate evaluation/data/posts_dev.jsonl --baselines all

clean:
	rm -rf $(VENV) demo/out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
