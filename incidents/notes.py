"""What is read off a post for grouping, kept between batches: a known post is laid in many times and read once."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from domain.banking import speaks_of_banking
from domain.posts import Post, full_text
from domain.readings import Bank
from incidents.profiles import Vector, vector
from incidents.reprints import Print
from incidents.slots import (
    Slots,
    credited,
    follows_up,
    is_answer,
    local_pattern,
    names_another_bank,
    names_another_kind,
    read_slots,
)
from incidents.text import normalise, squeeze
from incidents.themes import themes

_LONG = 60


class Note:
    """One post as grouping sees it. Each part is made when it is first asked for."""

    def __init__(self, post: Post, bank: Bank) -> None:
        self.post = post
        self._bank = bank

    @cached_property
    def plain(self) -> str:
        """The normalised text with its title and the words in its pictures."""
        return normalise(self.post.full_text)

    @cached_property
    def squeezed(self) -> str:
        """Its letters and digits."""
        return squeeze(self.plain)

    @cached_property
    def told(self) -> str:
        """The same without the local names."""
        return squeeze(local_pattern(self._bank).sub(" ", self.plain))

    @cached_property
    def vector(self) -> Vector:
        """Its words, without the local names."""
        return vector(self.told)

    @cached_property
    def slots(self) -> Slots:
        """What pins the matter down."""
        return read_slots(self.plain, self._bank, self.post.moment)

    @cached_property
    def ours(self) -> bool:
        """Whether the bank itself published it: its notices say 我行, not its name."""
        name = (self.post.author.name if self.post.author else None) or ""
        return any(own in name for own in (self._bank.name, *self._bank.aliases))

    @cached_property
    def author(self) -> str | None:
        """Who wrote it, by key or else by name; None where that is unknown, or the bank itself."""
        author = self.post.author
        return (author.key or author.name) if author and not self.ours else None

    @cached_property
    def themes(self) -> tuple[str, ...]:
        """Topics by cue words."""
        return themes(self.plain)

    @cached_property
    def banking(self) -> bool:
        """Whether it speaks of banking."""
        return speaks_of_banking(self.plain)

    @cached_property
    def local(self) -> bool:
        """Whether it names the bank, or a place of ours."""
        return local_pattern(self._bank).search(self.plain) is not None

    @cached_property
    def other_bank(self) -> bool:
        """Whether it names another bank."""
        return names_another_bank(self.plain, self._bank)

    @cached_property
    def other_kind(self) -> bool:
        """Whether it names a bank of another kind."""
        return names_another_kind(self.plain, self._bank)

    @cached_property
    def answers(self) -> bool:
        """Whether it tells what the bank says to a matter."""
        return is_answer(self.plain)

    @cached_property
    def follows_up(self) -> bool:
        """Whether it goes on with a story."""
        return follows_up(self.plain)

    @cached_property
    def credited(self) -> frozenset[str]:
        """Accounts that it names as its source."""
        return credited(self.post.full_text)

    @cached_property
    def print(self) -> Print:
        """What a reprint repeats: the text without the title, which is often reworded, and without the names.

        Words in pictures do not count: two customers who meet the same screen do not copy one another.
        """
        post = self.post
        body = post.text if len(post.text) >= _LONG else full_text(post.title, post.text)
        plain = self.plain if body == post.full_text else normalise(body)
        return Print(local_pattern(self._bank).sub(" ", plain))


class Notes:
    """The notes of the posts of the last batch, by bank and post. One whose text has changed is made anew."""

    def __init__(self) -> None:
        self._shelves: dict[Bank, dict[int, Note]] = {}

    def shelf(self, bank: Bank) -> dict[int, Note]:
        """The notes for one bank by the post's key; read through `noted`."""
        return self._shelves.setdefault(bank, {})

    def keep(self, bank: Bank, posts: Collection[int]) -> None:
        """Forget the bank's posts that are not among these."""
        self._shelves[bank] = {key: note for key, note in self.shelf(bank).items() if key in posts}


def noted(shelf: dict[int, Note], bank: Bank, post: Post) -> Note:
    """The note of a post: the one on the shelf if it is of this text, else a new one, which is put there."""
    kept = shelf.get(post.key)
    if kept is None or not _same(kept.post, post):
        kept = shelf[post.key] = Note(post, bank)
    return kept


def _same(one: Post, other: Post) -> bool:
    return one is other or (
        (one.title, one.text, one.picture_text, one.moment)
        == (other.title, other.text, other.picture_text, other.moment)
    )
