"""Phone, ID-card and bank-card numbers in a text → the same text with them masked. Pure.

Masked are, digit for digit, so that the length and every offset stay:

- mainland mobile numbers, 11 digits from 13 to 19, also after +86, 0086 or 0: the first three and last two stay;
- ID-card numbers of 18 characters with a calendar date and the check character of GB 11643-1999, and of 15 digits
  with a province and a calendar date (they have no check digit): nothing stays;
- bank-card numbers with the check digit of ISO/IEC 7812-1 (Luhn) and the prefix and length of a card that is used on
  the mainland: nothing stays. Numbers in a web address are no cards, for ids of posts stand there.

Digits may be of any script and stand in groups, as people write them (138-1234-5678, 6222 0212 …). Numbers in words
(一三八…), landlines and amounts (before 元 or %, or with two decimals) are left.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect
from collections.abc import Iterator, Sequence
from datetime import date

MASK = "*"

_GAP = r"[ \t\u3000\xa0\u200b-\u200d\u2060\ufeff\-‐‑‒–—－_.．·•]{0,3}"
_GROUP = re.compile(r"\d+[xXｘＸ]?")
_RUN = re.compile(rf"{_GROUP.pattern}(?:{_GAP}{_GROUP.pattern})*")
_ADDRESS = re.compile(r"https?://[!-~]*", re.IGNORECASE)
_MONEY_BEFORE = re.compile(r"[¥￥$＄]\s?$")
_MONEY_AFTER = re.compile(r"\.\d\d(?!\d)|\s?(?:元(?!旦)|[万亿]元|[%％])")
_FEWEST, _MOST = 11, 19

_MOBILE = re.compile(r"(0086|86|0)?1[3-9][0-9]{9}")
_MOBILE_GROUPS = (
    (11,), (3, 4, 4), (3, 8), (7, 4), (4, 4, 3), (4, 3, 4), (3, 3, 5), (3, 5, 3), (3, 4, 2, 2), (1,) * 11,
)  # fmt: skip
_ID_18 = re.compile(r"[1-9][0-9]{5}((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})[0-9]{3}[0-9X]")
_ID_15 = re.compile(
    # the provinces of GB/T 2260 alone: the old form has no check character
    r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])[0-9]{4}([0-9]{2})([0-9]{2})([0-9]{2})[0-9]{3}"
)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_CARD = re.compile(
    r"62[0-9]{14,17}"  # UnionPay
    r"|4[0-9]{15}|5[1-5][0-9]{14}|35(?:2[89]|[3-8][0-9])[0-9]{12}|3[47][0-9]{13}"  # Visa, Mastercard, JCB, Amex
    r"|(?:436742|456351|103[0-9]{3})[0-9]{13}|60[0-9]{14,17}|955[89][0-9]{12,15}"  # debit cards from before UnionPay
)


def mask(text: str) -> str:
    """The text with every such number masked; nothing else changes, and masking twice changes nothing more."""
    found = list(_numbers(text))
    if not found:
        return text
    characters = list(text)
    for first, last, head, tail in found:
        digits = [at for at in range(first, last) if text[at].isdecimal() or text[at] in "xXｘＸ"]
        for at in digits[head : len(digits) - tail]:
            characters[at] = MASK
    return "".join(characters)


def _numbers(text: str) -> Iterator[tuple[int, int, int, int]]:
    """Each number to be masked: where it begins and ends, and how many digits stay at its head and tail."""
    addresses = [match.span() for match in _ADDRESS.finditer(text)]
    for run in _RUN.finditer(text):
        if run.end() - run.start() >= _FEWEST:
            groups = [match.span() for match in _GROUP.finditer(text, *run.span())]
            before = bisect(addresses, (run.start(), 0)) - 1
            in_address = before >= 0 and run.start() < addresses[before][1]
            yield from _in_run(text, groups, cards=not in_address)


def _in_run(text: str, groups: Sequence[tuple[int, int]], *, cards: bool) -> Iterator[tuple[int, int, int, int]]:
    """Numbers are whole groups of the run, one or several; where two readings overlap, the longer one counts."""
    at = 0
    while at < len(groups):
        for end in range(_farthest(groups, at), at, -1):
            kept = _kept(text, groups[at:end], cards=cards)
            if kept:
                yield groups[at][0], groups[end - 1][1], *kept
                at = end
                break
        else:
            at += 1


def _farthest(groups: Sequence[tuple[int, int]], at: int) -> int:
    """The end of the longest window from ``at`` on that is no longer than the longest number."""
    total, end = 0, at
    while end < len(groups) and total <= _MOST:
        total += groups[end][1] - groups[end][0]
        end += 1
    return end


def _kept(text: str, groups: Sequence[tuple[int, int]], *, cards: bool) -> tuple[int, int] | None:
    """How many digits stay at head and tail where these groups are one number; None where they are none."""
    sizes = [end - start for start, end in groups]
    if not _FEWEST <= sum(sizes) <= _MOST + 1 or _is_amount(text, groups):
        return None
    number = "".join(_plain(text[start:end]) for start, end in groups)
    if _is_id_card(number, len(groups)):
        return 0, 0
    bare = number.removesuffix("X")
    sizes[-1] -= len(number) - len(bare)
    if not bare.isdecimal():
        return None
    if cards and _is_card(bare, sizes):
        return 0, 0
    mobile = _MOBILE.fullmatch(bare)
    prefix = len(mobile.group(1) or "") if mobile else 0
    return (prefix + 3, 2 + len(number) - len(bare)) if mobile and _mobile_groups(sizes, prefix) else None


def _plain(group: str) -> str:
    return "".join(str(unicodedata.decimal(mark, "X")) for mark in group)


def _is_amount(text: str, groups: Sequence[tuple[int, int]]) -> bool:
    first, last = groups[0][0], groups[-1][1]
    if len(groups) == 2 and text[groups[0][1] : groups[1][0]] in (".", "．"):
        return True  # a number with decimals
    return bool(_MONEY_BEFORE.search(text, max(0, first - 2), first) or _MONEY_AFTER.match(text, last))


def _mobile_groups(sizes: Sequence[int], prefix: int) -> bool:
    return (sizes[0] - prefix, *sizes[1:]) in _MOBILE_GROUPS


def _is_id_card(number: str, groups: int) -> bool:
    if groups > 6 and groups < len(number):
        return False
    found = _ID_18.fullmatch(number)
    if found:
        check = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, number, strict=False)) % 11
        return number[-1] == _ID_CHECKS[check] and _is_date(*found.groups())
    found = _ID_15.fullmatch(number)
    return bool(found) and _is_date(f"19{number[6:8]}", number[8:10], number[10:12])


def _is_date(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def _is_card(number: str, sizes: Sequence[int]) -> bool:
    in_fours = all(size == 4 for size in sizes[:-1]) and sizes[-1] <= 4
    grouped = len(sizes) == 1 or in_fours or sizes[0] == 6 or all(size == 1 for size in sizes)
    return grouped and bool(_CARD.fullmatch(number)) and _luhn(number)


def _luhn(number: str) -> bool:
    doubled = (int(digit) * 2 for digit in number[-2::-2])
    return (sum(map(int, number[-1::-2])) + sum(value - 9 if value > 9 else value for value in doubled)) % 10 == 0
