"""The second reader behind an OpenAI-compatible address: asks post by post, within the bounds of one run.

Neither absence nor slowness of the service holds anybody up: each answer has its time, all of them together theirs,
and after three failures one after another the service is left alone for half an hour.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from domain.errors import ReaderError
from domain.second import Doubt, SecondOpinion, SecondOutcome
from nlp.second.answer import believed
from nlp.second.config import EndpointConfig
from nlp.second.prompt import gives_orders, material, task
from nlp.second.wire import Answer, Place, Resolve, Wire, look_up

BREAK_AFTER = 3
"""So many failures one after another end the run."""
REST_S = 1800.0
MOST_TOKENS = 2000
GREETING_S = 5.0
_NOBODY = (401, 403, 404, 405)
"""Statuses that no other post will change: key, rights, address."""


class EndpointReader:
    """Meets `pipeline.ports.SecondReader`. ``topics``: labels by code; ``key``: for the Authorization header."""

    def __init__(
        self,
        config: EndpointConfig,
        topics: Mapping[str, str],
        *,
        key: str | None = None,
        ca_file: str | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        resolve: Resolve = look_up,
    ) -> None:
        self._config = config
        self._topics = topics
        self._task = task(topics)
        self._wire = Wire(Place(config.url, key, ca_file, config.allow_public), resolve)
        self._key_is_odd = key is not None and not (key.isascii() and key.isprintable())
        self._monotonic = monotonic
        self._sleep = sleep
        self._json_mode = True
        self._rests_until = float("-inf")

    @property
    def version(self) -> str:
        """The model, and a digest of what it is asked: other words may bring other answers."""
        asked = f"{self._task}\n{self._config.max_chars}"
        return f"{self._config.model}@{hashlib.sha256(asked.encode()).hexdigest()[:8]}"

    def trouble(self) -> str | None:
        """Why it is of no use to ask now, in Chinese; None where it may be."""
        if self._key_is_odd:
            return "密钥里有空格、换行或中文，请核对 key_env 或 key_file"
        if self._monotonic() < self._rests_until:
            return "接口刚才没有答好，半小时内不再问"
        return None

    def reread(self, doubts: Sequence[Doubt]) -> Iterator[SecondOutcome]:
        """An outcome for each post that was asked for, in order, until the run's time is used up; never raises."""
        deadline = self._monotonic() + self._config.max_seconds
        failures = 0
        for doubt in doubts:
            # An answer is waited for only where it can have its whole time, so the run never outlasts its own.
            if self._monotonic() + self._config.timeout_s > deadline:
                return
            outcome, over = self._outcome(doubt, deadline)
            failures = failures + 1 if outcome.state == "failed" else 0
            over = over or failures >= BREAK_AFTER
            if over:
                self._rests_until = self._monotonic() + REST_S
            yield outcome
            if over:
                return

    def greet(self) -> str:
        """What the service says of itself, in Chinese, for the check-up; ReaderError where it cannot be used."""
        if trouble := self.trouble():
            raise ReaderError("failed", trouble)
        answer = self._wire.get("/models", GREETING_S)
        if answer.status in (404, 405):
            return "可以连接（它不列出模型）"
        _check_status(answer)
        served = _served(answer.json())
        if served and self._config.model not in served:
            raise ReaderError("failed", f"接口上没有模型 {self._config.model}，有 {'、'.join(served[:5])}")
        return f"可以连接，模型 {self._config.model}"

    def _outcome(self, doubt: Doubt, deadline: float) -> tuple[SecondOutcome, bool]:
        """What came of one post, and whether that was the last one of this run."""
        try:
            return SecondOutcome("given", self._opinion(doubt, deadline)), False
        except ReaderError as error:
            return SecondOutcome(error.state, cause=error.cause), error.over
        except Exception as error:  # noqa: BLE001 - the edge of a request: whatever it was, the sweep goes on
            return SecondOutcome("failed", cause=f"意外的错误 {type(error).__name__}"), False

    def _opinion(self, doubt: Doubt, deadline: float) -> SecondOpinion:
        if gives_orders(doubt.text):
            raise ReaderError("refused", "帖子里有对模型下的指令，不送复读，以初读为准")
        said = _said(self._asked(doubt, deadline).json())
        return believed(said, doubt.text.text[: self._config.max_chars], self._topics.keys(), self.version)

    def _asked(self, doubt: Doubt, deadline: float) -> Answer:
        """The service's answer; where it asks for patience once, and the run has the time, a second one."""
        for last in (False, True):
            try:
                return self._posted(doubt, deadline)
            except ReaderError as error:
                if error.again_s is None:
                    raise
                ends = self._monotonic() + error.again_s + self._config.timeout_s
                if last or ends > deadline:
                    raise ReaderError("failed", f"{error.cause}，要等 {error.again_s:.0f} 秒", over=True) from None
                self._sleep(error.again_s)
        raise AssertionError("the second try returns or raises")

    def _posted(self, doubt: Doubt, deadline: float) -> Answer:
        answer = self._sent(doubt, deadline)
        if answer.status in (400, 422) and self._json_mode:
            # Some services know no response_format; what they say is looked at just as closely.
            self._json_mode = False
            answer = self._sent(doubt, deadline)
        _check_status(answer)
        return answer

    def _sent(self, doubt: Doubt, deadline: float) -> Answer:
        body: dict[str, Any] = {
            "model": self._config.model,
            "messages": [
                {"role": "system", "content": self._task},
                {"role": "user", "content": material(doubt.text, self._config.max_chars)},
            ],
            "temperature": 0,
            "max_tokens": MOST_TOKENS,
            "stream": False,
        }
        if self._json_mode:
            body["response_format"] = {"type": "json_object"}
        left = min(self._config.timeout_s, deadline - self._monotonic())
        return self._wire.post("/chat/completions", body, left)


def _check_status(answer: Answer) -> None:
    status = answer.status
    if status == 200:
        return
    if status == 429:
        raise ReaderError("failed", "接口说请求太多（HTTP 429）", again_s=_retry_after(answer))
    if status in _NOBODY:
        hint = "请核对密钥" if status in (401, 403) else "请核对地址（写到 /v1 为止）和模型名"
        raise ReaderError("failed", f"接口不接受（HTTP {status}），{hint}", over=True)
    raise ReaderError("failed", f"接口出错（HTTP {status}）")


def _retry_after(answer: Answer) -> float | None:
    """Seconds; a date, which services of this kind do not send, counts as none."""
    asked = answer.headers.get("retry-after", "")
    return max(1.0, float(asked)) if asked.isdecimal() else None


def _said(body: Any) -> str:
    """The words of the first choice. Where the envelope is another, the address is no such service: nothing is said of
    the post."""
    try:
        said = body["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        said = None
    if not isinstance(said, str):
        raise ReaderError("failed", "回答不是 chat/completions 的样子，请核对地址（写到 /v1 为止）")
    return said


def _served(body: Any) -> list[str]:
    models = body.get("data") if isinstance(body, dict) else None
    found = models if isinstance(models, list) else []
    return [str(model["id"]) for model in found if isinstance(model, dict) and "id" in model]
