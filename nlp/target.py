"""Whose name stands in a text: the watched bank's, only the place it is called after, another bank's.

It finds and masks names. Whether the text speaks *about* the bank is weighed by the model (`nlp.model`) from this.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from domain.readings import Bank
from nlp.normalise import normalise

OWN, OTHER, BARE, TRAP, NOBODY = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
"""Private characters that stand for a name: the bank, another bank, the bare place name, a name that is no bank; and
``NOBODY`` for a parent that is not there."""

_TYPE = re.compile("(?:农村商业银行|村镇银行|农商银行|农商行|商业银行|信用社|银行|村行|村镇|农商|支行|分理处|营业部)")
_TAIL = "(?:农村商业银行|村镇银行|农商银行|农商行|商业银行|银行|村镇|村行|农商)?"
_OTHER_BANK = re.compile(
    "([\u4e00-\u9fff]{1,4}?)(村镇银行|农商银行|农商行|信用社|联社|商业银行|银行|村行)|[农工建中交招]行(?!业|李|为)|邮储|邮政"
    "|微众|网商|大行|股份行|某行|信合|邮局|网贷"
)
# Words before 银行 that make it no other bank: this bank, which bank, mobile banking, or a verb.
_NO_BANK_NAME = re.compile(
    "(?:手机|网上|电子|掌上|直销|这家?|那家?|哪家?|什么|个人|家|我们|你们|咱|我|本|该|贵|小|个|的|了|在|去|是|到|找|给|跟|和|与|从|对"
    "|被|叫|让|说|把|垃圾|骗子|黑心|无良|良心|流氓|坑人|吸血|恶心|农民|百姓|自己|破|好|大|县|地方|村镇|农商|同|所有|任何|有|没|为|向|由|当|也|都|问|查|种|间|于|将|成)$"
)
_BANKING = re.compile(
    "银行|存款|存折|存单|贷款|续贷|抵押|信贷|利息|转存|取款|取钱|取不出|储户|柜台|柜员|柜机|网点|支行|分理处|大堂经理|客户经理|理财"
)
"""What makes a place in the county a branch of the bank and not just a place."""
_BRANCH_KINDS = ("银行", "支行", "网点", "分理处", "营业部", "营业厅")
_SYMBOL = "[a-z]{1,7}|[^\\w\\s,.!?;:，。！？]"


@dataclass(frozen=True, slots=True)
class Mentions:
    """Names in one text: spans of the bank (``own``), of its bare place name, and of other banks; the masked text.

    ``named``: the text names the bank in some form (`Names.named`).
    """

    own: tuple[tuple[int, int], ...]
    bare: tuple[tuple[int, int], ...]
    other: tuple[tuple[int, int], ...]
    masked: str
    starts: tuple[int, ...]
    named: bool

    def place(self, position: int) -> int:
        """Where a position of the masked text stands in the normal form."""
        return self.starts[position] if position < len(self.starts) else self.starts[-1] + 1


class Names:
    """The names of one bank, ready to be found in normal forms."""

    def __init__(self, bank: Bank) -> None:
        names = [normalise(name).text for name in (bank.name, *bank.aliases)]
        stems = [stem for name in names if (stem := _TYPE.sub("", name)) and len(stem) >= 2]
        self._kinds = dict.fromkeys(stems, BARE)
        self._kinds |= {name: OWN if _TYPE.search(name) or name.endswith("行") else BARE for name in names if name}
        self._kinds |= {branch: OWN for name in bank.branches if len(branch := normalise(name).text) >= 3}
        self._kinds |= {normalise(name).text: TRAP for name in bank.not_names}
        branches = [place for name in bank.branches if len(place := _TYPE.sub("", normalise(name).text)) >= 2]
        self._kinds |= {place + kind: OWN for place in branches for kind in _BRANCH_KINDS}
        county = normalise(bank.county or "").text
        self._places = [*branches, *([county] if county else [])]
        # A bank is often called after its county: that name alone then means the county.
        self._shared = {stem for stem in stems if county.startswith(stem) and self._kinds[stem] == BARE} - set(names)
        ordered = sorted(self._kinds, key=len, reverse=True)
        self._exact = re.compile("(" + "|".join(map(re.escape, ordered)) + ")" + f"({_TAIL})") if ordered else None
        self._hidden = _hidden([stem for stem in stems if len(stem) >= 3])

    def find(self, text: str) -> list[tuple[int, int, str]]:
        """Start, end and kind of each name of this bank, in order."""
        if self._exact is None:
            return []
        found = [(m.start(), m.end(), self._kind(m.group(1), m.group(2))) for m in self._exact.finditer(text)]
        if not found and self._hidden is not None and (match := self._hidden.search(text)):
            found = [(match.start(), match.end(), OWN)]
        return found

    def named(self, text: str, spans: Sequence[tuple[int, int, str]]) -> bool:
        """Whether the bank is meant: by a name of its own, or as the bank of a place where banking is spoken of.

        ``spans`` are all names in the text. A place speaks for the bank only where no other bank is named.
        """
        if any(kind == OWN or (kind == BARE and text[s:e] not in self._shared) for s, e, kind in spans):
            return True
        place = any(place in text for place in (*self._places, *self._shared))
        return place and all(kind != OTHER for *_, kind in spans) and _BANKING.search(text) is not None

    def _kind(self, name: str, tail: str) -> str:
        kind = self._kinds[name]
        return OWN if kind == BARE and tail else kind


def _hidden(stems: Sequence[str]) -> re.Pattern[str] | None:
    """Stems with one character written in letters or signs: fei云渡, 白🦺岭."""
    forms = {
        "".join(f"(?:{_SYMBOL})" if i == hide else re.escape(char) for i, char in enumerate(stem))
        for stem in stems
        for hide in range(len(stem))
    }
    return re.compile(f"(?:{'|'.join(sorted(forms))}){_TAIL}") if forms else None


@lru_cache(maxsize=1024)
def names_of(bank: Bank) -> Names:
    """The names of a bank, compiled once."""
    return Names(bank)


def _other_banks(text: str, taken: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    found = []
    for match in _OTHER_BANK.finditer(text):
        before = match.group(1)
        if before is not None and (not before or _NO_BANK_NAME.search(before)):
            continue
        if not any(start < match.end() and match.start() < end for start, end, _ in taken):
            found.append((match.start(), match.end(), OTHER))
    return found


def look(text: str, bank: Bank | None) -> Mentions:
    """The names in a normal form. With no bank watched, whichever bank is named is meant, and is meant if none is."""
    if bank is None:
        found = _other_banks(text, [])
        return _mentions(text, [(start, end, OWN) for start, end, _ in found] or [(0, 0, OWN)], named=True)
    names = names_of(bank)
    own = names.find(text)
    spans = sorted([*own, *_other_banks(text, own)])
    return _mentions(text, spans, named=names.named(text, spans))


def _mentions(text: str, spans: Sequence[tuple[int, int, str]], *, named: bool) -> Mentions:
    """The mentions of names at ``spans``, each replaced by the mark of its kind."""
    pieces: list[str] = []
    starts: list[int] = []
    position = 0
    for start, end, kind in [*spans, (len(text), len(text), "")]:
        pieces += [text[position:start], kind]
        starts += [*range(position, start), *([start] if kind else [])]
        position = end
    by_kind = {kind: tuple((s, e) for s, e, k in spans if k == kind) for kind in (OWN, BARE, OTHER)}
    return Mentions(by_kind[OWN], by_kind[BARE], by_kind[OTHER], "".join(pieces), (*starts, len(text)), named)
