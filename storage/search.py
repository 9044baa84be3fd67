"""Exact substring search in Chinese and mixed text, the same on SQLite and PostgreSQL (docs/decisions/0003).

Every pair of neighbouring characters becomes one word of the database's own full-text index; a substring is
then a phrase. Characters are written as four letters each, so that no tokenizer of either database can split,
drop or fold them. What is compared is `fold_text`: NFKC and case folding, so that ＡＴＭ finds atm.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from sqlalchemy import Connection, select, text

from storage.database import Database
from storage.rows import MOMENT, chunks
from storage.schema import posts

SLICE = 190
OVERLAP = 64
"""PostgreSQL keeps at most 255 positions of a word in a vector: longer texts lie in overlapping slices."""

END = "\n"


def fold_text(value: str) -> str:
    """What search compares: NFKC, then case folding."""
    return unicodedata.normalize("NFKC", value).casefold()


def bigrams(folded: str) -> list[str]:
    """One index word for each character with its successor; a line feed follows the last one."""
    letters = [_letters(character) for character in folded + END]
    return [first + second for first, second in pairwise(letters)]


def searched(text: str, picture_text: str | None) -> str:
    """The words of a post that are found beside its title: its text, and on lines below what stands in its pictures."""
    return f"{text}\n{picture_text}" if picture_text else text


def index_posts(connection: Connection, texts: Sequence[tuple[int, str | None, str]]) -> None:
    """Bring the index in step with posts whose words are new or have changed: (key, title, `searched` words)."""
    if not texts:
        return
    keys = [{"post": key} for key, _title, _text in texts]
    if connection.dialect.name == "sqlite":
        connection.execute(text("DELETE FROM post_words WHERE rowid = :post"), keys)
        rows = [{"post": key, "words": " ".join(_words(title, words))} for key, title, words in texts]
        connection.execute(text("INSERT INTO post_words (rowid, words) VALUES (:post, :words)"), rows)
    else:
        connection.execute(text("DELETE FROM post_words WHERE post = :post"), keys)
        slices = [row for key, title, words in texts for row in _slices(key, _words(title, words))]
        statement = "INSERT INTO post_words (post, part, words) VALUES (:post, :part, CAST(:words AS tsvector))"
        connection.execute(text(statement), slices)


def search(database: Database, wanted: str, limit: int) -> list[int]:
    """Keys of the posts whose title, text or pictures contain ``wanted``, newest first; none for an empty ``wanted``.

    Spaces at its ends do not count. A line feed stands between title and text: nothing is found across them.
    """
    needle = fold_text(wanted.strip())
    if not needle:
        return []
    found: list[int] = []
    with database.read() as connection:
        for key, full_text in _candidates(connection, needle):
            if needle in fold_text(full_text):
                found.append(key)
            if len(found) == limit:
                break
    return found


def _candidates(connection: Connection, needle: str) -> Iterator[tuple[int, str]]:
    keys = _matching_keys(connection, needle)
    ordered = [
        row
        for chunk in chunks(keys)
        for row in connection.execute(select(posts.c.key, MOMENT).where(posts.c.key.in_(chunk)))
    ]
    newest_first = [key for key, _moment in sorted(ordered, key=lambda row: (row[1], row[0]), reverse=True)]
    for chunk in chunks(newest_first):
        columns = (posts.c.key, posts.c.title, posts.c.text, posts.c.picture_text)
        rows = connection.execute(select(*columns).where(posts.c.key.in_(chunk)))
        found = {key: f"{title or ''}\n{searched(words, pictured)}" for key, title, words, pictured in rows}
        yield from ((key, found[key]) for key in chunk)


def _matching_keys(connection: Connection, needle: str) -> Iterable[int]:
    if connection.dialect.name == "sqlite":
        query = "SELECT rowid FROM post_words WHERE post_words MATCH :phrase"
        phrase = f'"{_letters(needle)}"*' if len(needle) == 1 else f'"{" ".join(_phrase(needle))}"'
    else:
        query = "SELECT DISTINCT post FROM post_words WHERE words @@ CAST(:phrase AS tsquery)"
        phrase = f"{_letters(needle)}:*" if len(needle) == 1 else " <-> ".join(_phrase(needle)[:OVERLAP])
    return connection.execute(text(query), {"phrase": phrase}).scalars()


def _phrase(needle: str) -> list[str]:
    return bigrams(needle)[:-1]


def _words(title: str | None, words: str) -> list[str]:
    return bigrams(fold_text(f"{title or ''}\n{words}"))


def _slices(key: int, words: list[str]) -> Iterator[dict[str, object]]:
    for part, start in enumerate(range(0, len(words), SLICE)):
        places = enumerate(words[start : start + SLICE + OVERLAP], 1)
        yield {"post": key, "part": part, "words": " ".join(f"{word}:{place}" for place, word in places)}


@lru_cache(maxsize=20_000)
def _letters(character: str) -> str:
    # 26^4 holds every character up to plane 6; those beyond share one word and differ in the last comparison.
    number = min(ord(character), 26**4 - 1)
    return "".join(chr(97 + number // 26**place % 26) for place in (3, 2, 1, 0))
