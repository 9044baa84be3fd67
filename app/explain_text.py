"""An explanation in plain Chinese, on about one screen: what was seen, what it weighed, and what would flip it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import click
from rich.cells import cell_len

from domain.posts import PLATFORM_NAMES
from domain.readings import Reading
from nlp.analyser import ABOUT_BAR
from nlp.explain import Explanation
from nlp.explain_bench import Part, strongest
from nlp.explain_flips import ANOTHER_BANK, Flip
from nlp.explain_seen import Cue, Edit, Hit, Name, Seen, stands_alone

_LONG, _SHORT, _MANY = 160, 24, 4
_LEAST_POINTS = 2
_FORMS = {
    "full": "全称", "alias": "简称", "branch": "网点", "stem": "行名主体", "hidden": "隐写", "place": "所在地",
    "any": "提到的银行",
}  # fmt: skip
_STATUSES = {"negated": "说没有", "asked": "在问", "supposed": "假设", "elsewhere": "说的是别家"}
_MOODS = {
    "negation": "否定", "double_negation": "双重否定", "denial": "否认", "praise": "夸奖", "question": "提问",
    "rhetorical": "反问", "sarcasm": "讽刺", "conditional": "假设", "resolved": "已解决", "reproach": "抱怨",
    "rebuttal": "辟谣", "official": "公文口气", "spam": "广告", "hearsay": "听说", "amplify": "附和", "agree": "赞同",
    "disagree": "不同意", "comparison": "比较", "degree": "语气重", "grievance": "申诉", "mild": "语气轻",
    "grave": "事态重",
}  # fmt: skip
_ALONE = ("negation", "question")
"""Kinds of which words of one character are told; of the others they are mostly pieces of words."""
_OWN = tuple(_FORMS)
_WAYS = {
    "no_parent": "不看上文",
    "question": "句末改成“……吗？”",
    "statement": "去掉句末的问号",
    "other_bank": f"把说到的本行换成“{ANOTHER_BANK}”",
    "own_bank": "把说到的别家银行换成本行",
}

Labels = Mapping[str, str]


def as_text(explanation: Explanation, labels: Labels, stored: Reading | None = None) -> str:
    """All of it, line by line. ``labels``: topics' names by code; ``stored``: the reading in the store, if any."""
    if not explanation.text.text[: explanation.read].strip():
        return "\n".join([*_head(explanation), "", f"{_title('结论')}　没有可读的文字，不算负面"])
    sights = [*_sight(explanation.seen, labels), *_above(explanation, labels)]
    weights = list(_weights(explanation, labels))
    return "\n".join(
        [
            *_head(explanation),
            *_outcome(explanation, labels, stored),
            *_section("看到了什么", sights or ["没有看到能用的词"]),
            *_section("各处的分量（去掉它再读，负面程度变成多少）", weights or ["没有一处有多少分量"]),
            *_section("怎样会变", list(_flips(explanation)) or [_firm(explanation)]),
            *_foot(explanation),
        ]
    )


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", _title(title), *(f"  {line}" for line in lines)]


def _title(words: str) -> str:
    return click.style(words, bold=True)


def plain(text: str) -> str:
    """A stranger's words, safe to print: one line, no control characters, nothing that cannot be encoded."""
    return " ".join("".join(_safe(char) for char in text).split())


def _safe(char: str) -> str:
    kind = unicodedata.category(char)
    if char.isspace():
        return " "
    return "\ufffd" if kind in ("Cc", "Cs", "Co") else "" if kind == "Cf" else char


def _quoted(text: str, most: int = _SHORT) -> str:
    """The words in quotation marks; of many the first and the last."""
    ends = text if len(text) <= 40 * most else f"{text[: 20 * most]}{text[-20 * most :]}"
    words = plain(ends).strip("，。！；、：,.!;: ")
    half = most // 2
    return f"“{words if len(words) <= most else f'{words[:half]}…{words[-half:]}'}”"


def _head(explanation: Explanation) -> Iterator[str]:
    text = explanation.text
    watched = f"对照：{plain(text.bank.name)}" if text.bank else "没有指定银行，任何话都当作说本行"
    yield _title(f"正文（{PLATFORM_NAMES.get(text.platform, text.platform)}；{watched}）")
    words = plain(text.text[: 20 * _LONG])
    whole = f"…（共 {len(text.text)} 字）" if len(words) > _LONG else ""
    yield f"  {words[:_LONG]}{whole}" if words else "  （没有文字）"
    if text.parent:
        yield f"  上文：{_quoted(text.parent, 60)}"


def _outcome(explanation: Explanation, labels: Labels, stored: Reading | None) -> Iterator[str]:
    reading = explanation.reading
    yield ""
    yield f"{_title('结论')}　{'说到本行' if reading.about else '不是说本行'}，{_verdict_of(reading)}"
    yield f"  {_distance(reading.negativity, explanation.bar)}"
    if explanation.words is not None:
        place = "回复，上文像不像抱怨也算进去了" if explanation.text.parent else "首帖，拿不准的多是抱怨"
        yield f"  只看文字是 {explanation.words:.2f}（这是{place}）"
    if not reading.about:
        yield f"  {_why_not(explanation)}"
    for topic in (*reading.topics, *([None] if reading.negative and not reading.topics else [])):
        spans = dict.fromkeys(_quoted(one.text) for one in reading.evidence if one.topic == topic)
        name = labels[topic] if topic else "没有对上主题"
        yield f"  {name}　依据{'、'.join(list(spans)[:_MANY])}"
    if stored and stored.version != reading.version:
        yield f"  {_earlier(stored, reading)}"


def _earlier(stored: Reading, reading: Reading) -> str:
    """What the store has where it is no first reading by the present rules and model."""
    said = f"{'负面' if stored.negative else '不算负面'}，负面程度 {stored.negativity:.2f}"
    if stored.version.startswith(f"{reading.version}+"):
        return f"第二读者复核过，库里以复核为准：{said}；这里说明的是第一遍"
    return f"库里还是旧版本的判断：{said}；下次巡检会重读"


def _verdict_of(reading: Reading) -> str:
    if not reading.negative:
        return click.style("不算负面", fg="green", bold=True)
    return f"{click.style('负面', fg='red', bold=True)}，轻重 {reading.severity}（1 轻 3 重）"


def _distance(negativity: float, bar: float) -> str:
    chance, least = _figures(negativity, bar)
    digits = len(least.partition(".")[2])
    far = abs(float(chance) - float(least))
    return f"负面程度 {chance}，到 {least} 算负面，{'高出' if negativity >= bar else '还差'} {far:.{digits}f}"


def _figures(negativity: float, bar: float) -> tuple[str, str]:
    """Both with two digits, or with as many as it takes to tell them apart."""
    digits = 2 if f"{negativity:.2f}" != f"{bar:.2f}" else 4
    return f"{negativity:.{digits}f}", f"{bar:.{digits}f}"


def _why_not(explanation: Explanation) -> str:
    above = explanation.seen_in_parent
    if not (explanation.seen.named or (above and above.named)):
        return f"没有提到本行（{'正文和上文' if above else '正文'}里没有它的名称、简称、网点）；不说本行的不算负面"
    chance = f"把握 {explanation.chances.about:.2f}，到 {ABOUT_BAR:.2f} 才算"
    return f"提到了本行，但不像在说它（{chance}）；不说本行的不算负面"


def _sight(seen: Seen, labels: Labels) -> Iterator[str]:
    own = [name for name in seen.names if name.form in _OWN]
    yield from _row("本行", (f"{_quoted(name.text)}（{_FORMS[name.form]}）" for name in own))
    if seen.landmark:
        yield _line("地标", "本行的名字后面跟着“门口、旁边”一类的话，像在指路")
    yield from _row("别家银行", (_quoted(name.text) for name in seen.names if name.form == "other"))
    yield from _row("不是银行", (_quoted(name.text) for name in seen.names if name.form == "trap"))
    yield from _row("还原写法", _edits(seen.edits))
    yield from _row("主题词", (f"{_quoted(hit.text)}（{_topic(hit, labels)}）" for hit in seen.hits), 6)
    yield from _row("语气词", _moods(seen), len(_MOODS))


def _topic(hit: Hit, labels: Labels) -> str:
    status = _STATUSES.get(hit.status)
    return f"{labels[hit.topic]}，{status}" if status else labels[hit.topic]


def _edits(edits: Sequence[Edit]) -> Iterator[str]:
    for edit in edits:
        if edit.kind == "hidden":
            yield f"{_quoted(edit.text)}→{_quoted(edit.normal)}"
    changed = sum(len(edit.text) for edit in edits if edit.kind == "simplified")
    if changed:
        yield f"繁体字等 {changed} 个字"


def _moods(seen: Seen) -> Iterator[str]:
    for kind, name in _MOODS.items():
        words = [cue.text for cue in seen.cues if cue.kind == kind and _tells(cue, seen.hits)]
        if words:
            yield f"{name}{''.join(list(dict.fromkeys(map(_quoted, words)))[:_MANY])}"


def _tells(cue: Cue, hits: Sequence[Hit]) -> bool:
    return len(cue.text) > 1 or (cue.kind in _ALONE and stands_alone(cue, hits))


def _row(name: str, items: Iterable[str], most: int = _MANY) -> Iterator[str]:
    each = list(dict.fromkeys(items))
    if each:
        more = f" 等 {len(each)} 处" if len(each) > most else ""
        yield _line(name, "　".join(each[:most]) + more)


def _line(name: str, told: str) -> str:
    return f"{_wide(name, 10)}{told}"


def _wide(text: str, cells: int) -> str:
    return text + " " * max(1, cells - cell_len(text))


def _above(explanation: Explanation, labels: Labels) -> Iterator[str]:
    above = explanation.seen_in_parent
    if above is not None:
        names = [_quoted(name.text) for name in above.names if name.form in _OWN]
        hits = [f"{_quoted(hit.text)}（{_topic(hit, labels)}）" for hit in above.hits]
        yield from _row("上文里", [*dict.fromkeys(names), *hits])


def _weights(explanation: Explanation, labels: Labels) -> Iterator[str]:
    parts = [part for part in explanation.parts if not _names_any(part, explanation.seen.names)]
    for title, sign, weight in (("拉高负面程度的", 1, _for_negative), ("拉低负面程度的", -1, _against_negative)):
        found = strongest(parts, weight, _MANY)
        above = explanation.parent
        told = [(_quoted(part.text), part) for part in found if abs(part.points) >= _LEAST_POINTS]
        if above and sign * above.points >= _LEAST_POINTS:
            told.insert(0, ("上文", above))
        if told:
            yield title
            yield from (_weight(explanation, name, part) for name, part in told)
    yield from _supports(explanation, parts, labels)


def _weight(explanation: Explanation, name: str, part: Part) -> str:
    colour = "red" if part.weight > 0 else "green"
    change = f"{explanation.reading.negativity:.2f} → {part.without.negativity:.2f}"
    return f"  {_wide(name, 36)}{click.style(change, fg=colour)}"


def _for_negative(part: Part) -> float:
    return part.weight


def _against_negative(part: Part) -> float:
    return -part.weight


def _names_any(part: Part, names: Sequence[Name]) -> bool:
    """Whether a name is in it: what that weighs is told apart."""
    return any(name.start < part.end and part.start < name.end for name in names)


def _supports(explanation: Explanation, parts: Sequence[Part], labels: Labels) -> Iterator[str]:
    """What speaks most for each topic, and for being about the bank."""
    topics = [code for code in explanation.reading.topics if code in explanation.chances.topics]
    for code in topics:
        told = strongest(parts, _for_topic(code), 2)
        if told:
            yield f"支撑“{labels[code]}”：{'、'.join(_quoted(part.text) for part in told)}"
    if explanation.text.bank and explanation.reading.about:
        names = explanation.seen.names
        told = strongest([part for part in explanation.parts if _names_any(part, names)], lambda part: part.about, 2)
        above = ["上文"] if explanation.parent and explanation.parent.about > 1 else []
        reasons = [*above, *(_quoted(part.text) for part in told)]
        if reasons:
            yield f"支撑“说到本行”：{'、'.join(reasons)}"


def _for_topic(code: str) -> Callable[[Part], float]:
    return lambda part: part.topics[code]


def _flips(explanation: Explanation) -> Iterator[str]:
    # That another bank's name takes the bank away is no news where something smaller does.
    smaller = any(flip.kind in ("left_out", "no_parent") and "about" in flip.changes for flip in explanation.flips)
    for flip in explanation.flips:
        if flip.kind != "other_bank" or not smaller:
            yield f"· {_way(flip, explanation.bar)}"
    said = any(flip.kind == "left_out" and flip.changes == ("negative",) for flip in explanation.flips)
    if explanation.flips and not said:
        still = "算" if explanation.reading.negative else "不算"
        yield f"· 单独去掉别处，或一起去掉分量最重的几处：仍{still}负面"


def _way(flip: Flip, bar: float) -> str:
    *others, last = [_quoted(part.text) for part in flip.parts] or [""]
    parts = f"{'、'.join(others)}和{last}" if others else last
    return f"{_WAYS.get(flip.kind) or f'去掉{parts}'}：{_verdict(flip, bar)}"


def _verdict(flip: Flip, bar: float) -> str:
    about, negative = flip.reading.about, flip.reading.negative
    chance, _ = _figures(flip.reading.negativity, bar)
    if flip.changes == ("about",):
        return "就算说本行" if about else "就不算说本行"
    if flip.changes == ("negative",):
        return f"{'就算负面' if negative else '就不算负面'}（负面程度 {chance}）"
    return "就算说本行，也算负面" if about else "就不算说本行，也就不算负面"


def _firm(explanation: Explanation) -> str:
    tried = "单独去掉哪一处、一起去掉分量最重的几处、问句改陈述或陈述改问句"
    return f"{tried}，都试过，结论不变" if explanation.parts else "没有可去掉的部分，结论不变"


def _foot(explanation: Explanation) -> Iterator[str]:
    yield ""
    notes = [f"试读了 {explanation.variants} 种改法；各处的分量不能相加"]
    if explanation.read < len(explanation.text.text):
        notes.append(f"只读前 {explanation.read} 字")
    if not explanation.complete:
        notes.append("正文长，只细看了分量最重的几处")
    yield click.style(f"（{'；'.join(notes)}）", dim=True)
