"""The house rules that no linter knows: sizes, the environment, the clock, addresses. Prints each breach; exit 1."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = (
    "alerts",
    "app",
    "config",
    "crawlers",
    "demo",
    "domain",
    "evaluation",
    "incidents",
    "nlp",
    "pipeline",
    "storage",
    "training",
    "trees",
)
MODEL = ROOT / "nlp" / "data" / "model.npz"
LONGEST_FUNCTION, LONG_FUNCTION, MEDIAN_FUNCTION, LONGEST_MODULE = 60, 40, 10, 400
# Hosts are put together here so that this file does not name them itself.
REGISTRY = re.compile(r"pypi\.(?:org|tuna)|python" + r"hosted\.org|registry\.npm" + r"js\.org|deb\.deb" + r"ian\.org")
MACHINE_PATH = re.compile(r"(?:^|[\s\"'(=`])/(?:work|root|farm)/", re.MULTILINE)
MARKS = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b")
FORBIDDEN_TEXT = (
    (REGISTRY, "a registry's host"),
    (MACHINE_PATH, "a machine's path"),
    (MARKS, "an unfinished mark"),
)


def tracked() -> list[Path]:
    """The files of the project: those that git knows, and new ones that it does not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()
    paths = [ROOT / name for name in names] or list(ROOT.rglob("*"))
    return [path for path in paths if path.is_file() and ".venv" not in path.parts]


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from ``def`` to the last one."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def size_breaches(modules: dict[Path, ast.Module]) -> Iterator[str]:
    """Functions and modules that are too long."""
    lengths = []
    for path, tree in modules.items():
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > LONGEST_MODULE:
            yield f"{path.relative_to(ROOT)}: {lines} lines, at most {LONGEST_MODULE}"
        for node in functions(tree):
            lengths.append(length(node))
            if length(node) > LONGEST_FUNCTION:
                where = f"{path.relative_to(ROOT)}:{node.lineno}"
                yield f"{where}: {node.name} has {length(node)} lines, at most {LONGEST_FUNCTION}"
    if statistics.median(lengths) > MEDIAN_FUNCTION:
        yield f"median function has {statistics.median(lengths)} lines, at most {MEDIAN_FUNCTION}"
    long = sum(value > LONG_FUNCTION for value in lengths)
    if long > 0.05 * len(lengths):
        yield f"{long} of {len(lengths)} functions have over {LONG_FUNCTION} lines, at most 5 %"


def room_breaches(modules: dict[Path, ast.Module]) -> Iterator[str]:
    """The environment outside config/settings.py, the machine's time outside domain/clock.py, start_requests."""
    for path, tree in modules.items():
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                yield from _attribute_breaches(name, node)
            if isinstance(node, ast.Import | ast.ImportFrom) and "scheduler" in _imported(node):
                yield f"{name}:{node.lineno}: nobody imports the clock"
        for function in functions(tree):
            if function.name == "start_requests":
                yield f"{name}:{function.lineno}: Scrapy no longer calls start_requests; write async def start"


def _imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").split(".")[0]}
    return {alias.name.split(".")[0] for alias in node.names}


def _attribute_breaches(name: str, node: ast.Attribute) -> Iterator[str]:
    if node.attr in ("environ", "getenv") and name != "config/settings.py":
        yield f"{name}:{node.lineno}: the environment is read in config/settings.py alone"
    asks_machine = node.attr in ("now", "utcnow", "today") and ast.unparse(node.value).endswith(("datetime", "date"))
    if asks_machine and name != "domain/clock.py":
        yield f"{name}:{node.lineno}: the clock is injected; only domain/clock.py asks the machine"


def text_breaches(paths: list[Path]) -> Iterator[str]:
    """Registry hosts, paths of a machine, unfinished marks, files over 5 MB (the model: 15 MB)."""
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        limit = 15 if path == MODEL else 5
        if path.stat().st_size > limit * 1_000_000:
            yield f"{name}: over {limit} MB"
        if path.suffix not in (".py", ".md", ".yaml", ".toml", ".sh", ".html", ".j2", ".lock", ".txt", ""):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for pattern, what in FORBIDDEN_TEXT:
            found = pattern.search(text)
            if found:
                yield f"{name}:{text.count(chr(10), 0, found.start()) + 1}: {what}: {found.group().strip()}"


def test_breaches(paths: list[Path]) -> Iterator[str]:
    """Tests without a sentence, and tests that assert nothing."""
    for path in paths:
        if not path.name.startswith("test_") or path.suffix != ".py":
            continue
        for node in functions(ast.parse(path.read_text(encoding="utf-8"))):
            if not node.name.startswith("test_"):
                continue
            where = f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}"
            if not ast.get_docstring(node):
                yield f"{where} does not say the behaviour in a sentence"
            if not re.search(r"\bassert|raises|expect", ast.unparse(node)):
                yield f"{where} asserts nothing"


def main() -> int:
    """Check everything; 1 where something is breached."""
    paths = tracked()
    inside = [p for p in paths if p.suffix == ".py" and p.relative_to(ROOT).parts[0] in (*ROOMS, "scheduler.py")]
    modules = {path: ast.parse(path.read_text(encoding="utf-8")) for path in inside}
    breaches = [
        *size_breaches(modules),
        *room_breaches(modules),
        *text_breaches(paths),
        *test_breaches(paths),
    ]
    print("\n".join(breaches) if breaches else f"house rules hold over {len(modules)} modules")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
