"""At which branches of the bank an incident is. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from domain.incidents import Member
from domain.readings import Bank
from incidents.slots import stem

LEAST_SHARE = 1 / 3
"""A branch that fewer of the posts name, of those that name any, is one that somebody compares with."""


def branches_of(members: Sequence[Member], bank: Bank) -> tuple[str, ...]:
    """The bank's branches, as banks.yaml calls them, that the posts are about, the most often named first."""
    return branches_in([member.post.full_text for member in members], bank)


def branches_in(texts: Sequence[str], bank: Bank) -> tuple[str, ...]:
    """The same of the texts of an incident's posts."""
    named = [found for text in texts if (found := _named(text, bank))]
    counts = Counter(branch for found in named for branch in found)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(branch for branch, count in ranked if count >= len(named) * LEAST_SHARE)


def _named(text: str, bank: Bank) -> list[str]:
    """Those whose full name stands in the text; else those whose place does: 城东 for 城东支行."""
    full = [branch for branch in bank.branches if branch in text]
    return full or [branch for branch in bank.branches if stem(branch) in text]
