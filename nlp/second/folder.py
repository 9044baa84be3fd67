"""A model in a folder of this machine, opened and checked: labels.json, model.onnx, a tokenizer, perhaps a head.

Nothing is ever downloaded. The packages of the extra ``onnx`` are imported when a folder is opened, and not before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.errors import ReaderError
from nlp.second.config import OnnxConfig

Floats = npt.NDArray[np.float32]
NEGATIVE = "negative"
MODEL, LABELS, HEAD, TOKENIZERS = "model.onnx", "labels.json", "head.npz", ("tokenizer.json", "vocab.txt")
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
MISSING = "没有安装 onnxruntime 和 tokenizers：在程序目录运行 .venv/bin/pip install '.[onnx]'"


class Card(BaseModel):
    """labels.json: what the numbers mean that come out.

    ``labels`` in the order of the outputs, ``negative`` among them. ``softmax``: one label holds, the others' names
    are free; ``sigmoid``: each stands for itself, and all others are codes of topics, said from ``topic_bar`` on.
    ``pooling`` makes one vector of an encoder's tokens. ``parent``: what a text answers goes in as the second sentence.
    ``lower_case`` is for vocab.txt.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    labels: tuple[str, ...] = Field(min_length=1)
    activation: Literal["softmax", "sigmoid"] = "softmax"
    pooling: Literal["mean", "cls"] = "mean"
    topic_bar: float = Field(default=0.5, gt=0, lt=1)
    parent: bool = False
    lower_case: bool = True


def is_available() -> bool:
    """Whether the optional extra ``onnx`` is installed. Imports nothing."""
    return all(find_spec(name) is not None for name in ("onnxruntime", "tokenizers"))


@dataclass(frozen=True)
class Folder:
    """An opened model. ``digest`` names its files; ``head`` None: the outputs are the labels' logits already."""

    card: Card
    digest: str
    session: Any
    tokenizer: Any
    head: tuple[Floats, Floats] | None

    def chances(self, texts: Sequence[str], parent: str | None, seconds: float) -> Floats:
        """The chance of each label (columns) for each text (rows); ReaderError where it takes longer than ``seconds``.

        One run of the model, ended from outside where its time is up.
        """
        from onnxruntime import RunOptions

        options = RunOptions()
        timer = Timer(max(seconds, 0.001), setattr, (options, "terminate", True))
        timer.daemon = True
        feeds = self._feeds(texts, parent if self.card.parent else None)
        timer.start()
        try:
            outputs = self.session.run(None, feeds, options)[0]
        except Exception as error:
            late = bool(options.terminate)
            cause = f"{seconds:.3g} 秒内没有算完" if late else f"模型算不出来（{type(error).__name__}）"
            raise ReaderError("failed", cause, over=late) from error
        finally:
            timer.cancel()
        return self._chances(np.asarray(outputs, dtype=np.float32), feeds.get("attention_mask"))

    def _feeds(self, texts: Sequence[str], parent: str | None) -> dict[str, npt.NDArray[np.int64]]:
        found = self.tokenizer.encode_batch([(text, parent) if parent else text for text in texts])
        columns = {
            "input_ids": [item.ids for item in found],
            "attention_mask": [item.attention_mask for item in found],
            "token_type_ids": [item.type_ids for item in found],
        }
        wanted = {item.name for item in self.session.get_inputs()}
        return {name: np.array(rows, dtype=np.int64) for name, rows in columns.items() if name in wanted}

    def _chances(self, outputs: Floats, mask: npt.NDArray[np.int64] | None) -> Floats:
        logits = self._pooled(outputs, mask) if outputs.ndim == 3 else outputs
        if self.head is not None:
            logits = logits @ self.head[0] + self.head[1]
        if logits.ndim != 2 or logits.shape[1] != len(self.card.labels) or not np.isfinite(logits).all():
            raise ReaderError("failed", f"模型给出的形状 {logits.shape} 和 {LABELS} 的 labels 对不上", over=True)
        if self.card.activation == "sigmoid":
            return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), dtype=np.float32)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)

    def _pooled(self, outputs: Floats, mask: npt.NDArray[np.int64] | None) -> Floats:
        """One vector a text of one vector a token (Reimers and Gurevych 2019, section 3: mean or first token)."""
        if self.card.pooling == "cls" or mask is None:
            return outputs[:, 0]
        weights = mask[:, :, None].astype(np.float32)
        return np.asarray((outputs * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1), dtype=np.float32)


def open_folder(folder: Path, config: OnnxConfig, topics: Sequence[str]) -> Folder:
    """The model in ``folder``, tried once on a short text; ReaderError says in Chinese what is missing or wrong."""
    if not is_available():
        raise ReaderError("failed", MISSING, over=True)
    names = [MODEL, LABELS, next((name for name in TOKENIZERS if (folder / name).is_file()), TOKENIZERS[0])]
    for name in names:
        if not (folder / name).is_file():
            raise ReaderError("failed", f"{folder} 里没有 {name}，见 docs/second-readers.md", over=True)
    names += [HEAD] if (folder / HEAD).is_file() else []
    card = _card(folder / LABELS, topics)
    try:
        tokenizer, session = _tokenizer(folder / names[2], card, config), _session(folder / MODEL, config)
        head = _head(folder / HEAD) if HEAD in names else None
    except Exception as error:
        raise ReaderError("failed", f"{folder} 里的文件打不开：{_first_line(error)}", over=True) from error
    unknown = sorted({item.name for item in session.get_inputs()} - set(_INPUTS))
    if unknown:
        raise ReaderError(
            "failed", f"{MODEL} 要的输入 {'、'.join(unknown)} 不认识，只有 {'、'.join(_INPUTS)}", over=True
        )
    found = Folder(card, _digest([folder / name for name in names]), session, tokenizer, head)
    found.chances(["试"], None, config.max_seconds)
    return found


def _card(path: Path, topics: Sequence[str]) -> Card:
    try:
        card = Card.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        wrong = error.errors()[0] if isinstance(error, ValidationError) else None
        where = f"，{'.'.join(map(str, wrong['loc']))} 不合要求" if wrong else "，不是 JSON"
        raise ReaderError("failed", f"{path} 写错了{where}", over=True) from None
    others = [label for label in card.labels if label != NEGATIVE]
    if len(others) != len(card.labels) - 1:
        raise ReaderError("failed", f"{path} 的 labels 里要有一个，也只能有一个 {NEGATIVE}", over=True)
    unknown = [label for label in others if label not in topics] if card.activation == "sigmoid" else []
    if unknown:
        raise ReaderError("failed", f"{path} 的 labels 里有不认识的主题 {'、'.join(unknown)}", over=True)
    return card


def _session(path: Path, config: OnnxConfig) -> Any:
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = config.threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _tokenizer(path: Path, card: Card, config: OnnxConfig) -> Any:
    from tokenizers import BertWordPieceTokenizer, Tokenizer

    if path.name == TOKENIZERS[0]:
        found: Any = Tokenizer.from_file(str(path))
    else:
        found = BertWordPieceTokenizer(str(path), lowercase=card.lower_case)
    found.enable_truncation(config.max_tokens)
    found.enable_padding()
    return found


def _head(path: Path) -> tuple[Floats, Floats]:
    with np.load(path, allow_pickle=False) as arrays:
        return arrays["weights"].astype(np.float32), arrays["bias"].astype(np.float32)


def _digest(paths: Sequence[Path]) -> str:
    whole = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()[:8]


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
