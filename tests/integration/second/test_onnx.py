"""The second reader from a local folder, with real models of a few numbers run by the real onnxruntime."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from domain.readings import Reading, Text
from domain.second import SECOND_STATES, Doubt, SecondOutcome
from nlp.second.config import OnnxConfig
from nlp.second.folder import is_available
from nlp.second.onnx import OnnxReader

if not is_available():
    pytest.skip("the optional extra onnx is not installed", allow_module_level=True)
onnx = pytest.importorskip("onnx", reason="the development package onnx is not installed")

TOPICS = {"queue_slow": "排队久", "service_bad": "服务差"}
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "慢", "凶", "好", "窗", "口", "真", "人"]
FIRST = Reading(about=True, topics=(), negative=False, negativity=0.4, severity=0, evidence=(), version="rules-1")

Weights = dict[str, Sequence[float]]


def graph(weights: Weights, width: int, *, pooled: bool, inputs: Sequence[str] = ("input_ids",)) -> Any:
    """A model that looks up ``width`` numbers a token by its ``weights`` and, where ``pooled``, adds them up."""
    table = np.zeros((len(WORDS), width), dtype=np.float32)
    for word, row in weights.items():
        table[WORDS.index(word)] = row
    helper, number = onnx.helper, onnx.TensorProto
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["rows"])]
    nodes += [helper.make_node("ReduceSum", ["rows", "axes"], ["out"], keepdims=0)] if pooled else []
    shape = ["texts", width] if pooled else ["texts", "tokens", width]
    made = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, number.INT64, ["texts", "tokens"]) for name in inputs],
        [helper.make_tensor_value_info("out" if pooled else "rows", number.FLOAT, shape)],
        [onnx.numpy_helper.from_array(table, "table"), onnx.numpy_helper.from_array(np.array([1]), "axes")],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def endless() -> Any:
    """A model that turns in a loop for longer than anybody waits."""
    helper, number = onnx.helper, onnx.TensorProto
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["on"]),
            helper.make_node("Sin", ["state"], ["next"]),
        ],
        "turn",
        [
            helper.make_tensor_value_info("turn", number.INT64, []),
            helper.make_tensor_value_info("go", number.BOOL, []),
            helper.make_tensor_value_info("state", number.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("on", number.BOOL, []),
            helper.make_tensor_value_info("next", number.FLOAT, None),
        ],
    )
    made = helper.make_graph(
        [
            helper.make_node("Cast", ["input_ids"], ["numbers"], to=number.FLOAT),
            # Only long texts turn for long: the short one of opening passes.
            helper.make_node("Shape", ["input_ids"], ["shape"]),
            helper.make_node("Gather", ["shape", "one"], ["length"]),
            helper.make_node("Sub", ["length", "short"], ["longer"]),
            helper.make_node("Mul", ["longer", "many"], ["turns"]),
            helper.make_node("Loop", ["turns", "yes", "numbers"], ["done"], body=body),
            helper.make_node("ReduceSum", ["done", "axes"], ["logit"], keepdims=1),
        ],
        "endless",
        [helper.make_tensor_value_info("input_ids", number.INT64, ["texts", "tokens"])],
        [helper.make_tensor_value_info("logit", number.FLOAT, ["texts", 1])],
        [
            onnx.numpy_helper.from_array(np.array(1), "one"),
            onnx.numpy_helper.from_array(np.array(3), "short"),
            onnx.numpy_helper.from_array(np.array(10**12), "many"),
            onnx.numpy_helper.from_array(np.ones((), dtype=np.bool_), "yes"),
            onnx.numpy_helper.from_array(np.array([1]), "axes"),
        ],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Write a model's folder."""

    def write(model: Any, card: dict[str, Any], head: dict[str, Any] | None = None) -> Path:
        path = tmp_path / "tiny"
        path.mkdir(exist_ok=True)
        onnx.save(model, path / "model.onnx")
        (path / "labels.json").write_text(json.dumps(card), encoding="utf-8")
        (path / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
        if head:
            np.savez(path / "head.npz", **head)
        return path

    return write


def classifier() -> Any:
    """Two labels of which one holds: 慢 and 凶 speak for negative, 好 for the other."""
    return graph({"慢": (2, 0), "凶": (3, 0), "好": (0, 4)}, 2, pooled=True)


def reader(path: Path, **settings: Any) -> OnnxReader:
    """A reader of the folder."""
    clock = {"monotonic": settings.pop("monotonic")} if "monotonic" in settings else {}
    return OnnxReader(OnnxConfig.model_validate({"kind": "onnx", "folder": "tiny", **settings}), path, TOPICS, **clock)


def outcomes(read: OnnxReader, *texts: str, parent: str | None = None) -> list[SecondOutcome]:
    """What comes of these texts."""
    return list(read.reread([Doubt(Text(text, parent=parent), FIRST) for text in texts]))


def test_a_classifier_gives_a_verdict_and_the_clause_that_weighs_most(folder: Callable[..., Path]) -> None:
    """Softmax over its labels; what is quoted is what the verdict would miss most."""
    read = reader(folder(classifier(), {"labels": ["negative", "other"]}))
    assert read.trouble() is None
    text = "窗口真好。人凶，窗口慢，凶"
    bad, good = (outcome.opinion for outcome in outcomes(read, text, "窗口慢，人真好好"))
    assert bad is not None
    assert good is not None
    assert (bad.negative, bad.topics, bad.severity, bad.reader) == (True, None, None, read.version)
    assert bad.negativity == pytest.approx(1 / (1 + np.exp(4 - 8)), abs=1e-4)
    assert [(quote.topic, text[quote.start : quote.end]) for quote in bad.quotes] == [(None, "人凶")]
    assert (good.negative, [quote.text for quote in good.quotes]) == (False, ["人真好好"])


def test_topics_come_from_a_model_whose_labels_stand_for_themselves(folder: Callable[..., Path]) -> None:
    """Each topic over its bar with the clause it rests on, the likeliest first; none where it is not negative."""
    model = graph({"慢": (1, 2, 0), "凶": (1, 0, 3), "[CLS]": (-0.5, -1, -1)}, 3, pooled=True)
    card = {"labels": ["negative", "queue_slow", "service_bad"], "activation": "sigmoid"}
    found = outcomes(reader(folder(model, card)), "窗口慢，人凶", "窗口慢，真好", "窗口")
    told = [(item.opinion.negative, item.opinion.topics) for item in found if item.opinion]
    assert told == [(True, ("service_bad", "queue_slow")), (True, ("queue_slow",)), (False, None)]
    assert found[0].opinion is not None
    quotes = [(quote.topic, quote.text) for quote in found[0].opinion.quotes]
    assert quotes == [("service_bad", "人凶"), ("queue_slow", "窗口慢")]


@pytest.mark.parametrize(("pooling", "negativity"), [("mean", 1 / (1 + np.exp(-2))), ("cls", 0.5)])
def test_an_encoder_needs_a_head(folder: Callable[..., Path], pooling: str, negativity: float) -> None:
    """One vector a token becomes one a text, without the padding, and the head makes the label of it."""
    model = graph({"慢": (4, 0)}, 2, pooled=False, inputs=("input_ids", "attention_mask"))
    head = {"weights": np.array([[1.0], [0.0]]), "bias": np.array([0.0])}
    card = {"labels": ["negative"], "activation": "sigmoid", "pooling": pooling}
    # [CLS] 慢 慢 [SEP]: the first number of the mean is 2, that of the first token 0.
    read = reader(folder(model, card, head))
    (found,) = outcomes(read, "慢慢")
    assert found.opinion is not None
    assert found.opinion.negativity == pytest.approx(negativity, abs=1e-4)


def test_what_a_text_answers_is_read_where_the_model_wants_it(folder: Callable[..., Path]) -> None:
    """As the second sentence; otherwise it is left out."""
    without, with_parent = (
        outcomes(
            reader(folder(classifier(), {"labels": ["negative", "other"], "parent": parent})), "人", parent="窗口慢"
        )
        for parent in (False, True)
    )
    assert [item.opinion.negativity for item in without if item.opinion] == [0.5]
    assert [item.opinion.negative for item in with_parent if item.opinion] == [True]
    assert with_parent[0].opinion is not None
    assert with_parent[0].opinion.negativity > 0.8


def test_the_version_names_the_files(folder: Callable[..., Path]) -> None:
    """Other weights are another reader; the same ones keep their name."""
    card = {"labels": ["negative", "other"]}
    path = folder(classifier(), card)
    before = reader(path).version
    assert before == reader(path).version
    assert before.startswith("tiny@")
    folder(graph({"慢": (1, 0)}, 2, pooled=True), card)
    assert reader(path).version != before


def test_a_run_ends_when_its_time_is_used_up(folder: Callable[..., Path]) -> None:
    """What does not fit waits for the next sweep."""
    moments = iter(range(0, 1000, 25))
    read = reader(folder(classifier(), {"labels": ["negative", "other"]}), monotonic=lambda: float(next(moments)))
    assert len(outcomes(read, *["窗口慢"] * 20)) == 2


def test_a_model_that_comes_to_no_end_is_ended(folder: Callable[..., Path]) -> None:
    """The run is stopped from outside, and told as a failure."""
    read = reader(folder(endless(), {"labels": ["negative"], "activation": "sigmoid"}), max_seconds=0.3)
    assert read.trouble() is None
    begun = time.monotonic()
    (found,) = outcomes(read, "窗口慢人凶", "窗口慢人凶")
    assert time.monotonic() - begun < 10
    assert (found.state, "秒内没有算完" in str(found.cause)) == ("failed", True)


@pytest.mark.parametrize("text", ["", "？！…", "🗑️", "\x00\ud800", "慢\ud800", "慢" * 100_000, "，" * 50_000])
def test_odd_texts_get_an_outcome_and_never_a_crash(folder: Callable[..., Path], text: str) -> None:
    """A post without a word is left to the first reading; a long one is cut."""
    read = reader(folder(classifier(), {"labels": ["negative", "other"]}))
    (found,) = outcomes(read, text)
    assert found.state in SECOND_STATES
    assert found.opinion is None or all(text[quote.start : quote.end] == quote.text for quote in found.opinion.quotes)


@pytest.mark.parametrize("missing", ["model.onnx", "labels.json", "vocab.txt"])
def test_a_missing_file_is_named(folder: Callable[..., Path], missing: str) -> None:
    """Nothing is fetched from anywhere: the bank puts the files there."""
    path = folder(classifier(), {"labels": ["negative", "other"]})
    (path / missing).unlink()
    wanted = "tokenizer.json" if missing == "vocab.txt" else missing
    assert f"里没有 {wanted}" in str(reader(path).trouble())


@pytest.mark.parametrize(
    ("card", "told"),
    [
        ({"labels": ["other", "more"]}, "只能有一个 negative"),
        ({"labels": []}, "labels 不合要求"),
        ({"labels": ["negative"], "activation": "tanh"}, "activation 不合要求"),
        ({"labels": ["negative", "queue"], "activation": "sigmoid"}, "不认识的主题 queue"),
        ({"labels": ["negative", "a", "b"]}, "对不上"),
        ({"label": ["negative"]}, "不合要求"),
    ],
)
def test_a_card_that_does_not_fit_is_told(folder: Callable[..., Path], card: dict[str, Any], told: str) -> None:
    """In Chinese, with the place."""
    assert told in str(reader(folder(classifier(), card)).trouble())


def test_damaged_files_and_unknown_inputs_are_told(folder: Callable[..., Path]) -> None:
    """Trouble is a sentence, never an exception."""
    card = {"labels": ["negative", "other"]}
    path = folder(graph({}, 2, pooled=True, inputs=("input_ids", "pixels")), card)
    assert "要的输入 pixels 不认识" in str(reader(path).trouble())
    (path / "model.onnx").write_bytes(b"not a model")
    assert "打不开" in str(reader(path).trouble())
    folder(classifier(), card)
    (path / "labels.json").write_text("{", encoding="utf-8")
    assert "不是 JSON" in str(reader(path).trouble())
    (path / "labels.json").write_text(json.dumps(card), encoding="utf-8")
    (path / "tokenizer.json").write_text("{}", encoding="utf-8")
    assert "打不开" in str(reader(path).trouble())


def test_a_tokenizer_json_goes_before_a_vocabulary(folder: Callable[..., Path]) -> None:
    """Both forms read the same words."""
    from tokenizers import BertWordPieceTokenizer

    path = folder(classifier(), {"labels": ["negative", "other"]})
    by_words = outcomes(reader(path), "窗口慢")
    BertWordPieceTokenizer(str(path / "vocab.txt")).save(str(path / "tokenizer.json"))
    (path / "vocab.txt").unlink()
    by_json = outcomes(reader(path), "窗口慢")
    assert [item.opinion.negativity for item in (*by_words, *by_json) if item.opinion] == [0.8808, 0.8808]
