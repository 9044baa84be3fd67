"""Everything that is seen in texts, step by step: normal form, words, names, signs, sentiment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from domain.banking import BANK_WORDS
from domain.readings import Bank
from nlp.joined import Floats, Joined
from nlp.lexicon import Taxonomy
from nlp.normalise import Normals, normalise
from nlp.rules import Signs, read_signs
from nlp.sentiment import sentiment
from nlp.target import Group, Masked, Mentions, look, mask
from nlp.vocabulary import Vocabulary

LONGEST_TEXT = 20_000
"""Characters that are read of one text; what stands behind them in a book-length text is not."""


@dataclass(frozen=True)
class Pages:
    """All that was seen in some texts or parents: normal forms, names, signs, and SnowNLP's sentiment in logits."""

    normals: Normals
    mentions: Mentions
    masked: Masked
    signs: Signs
    sentiment: Floats

    @property
    def joined(self) -> Joined:
        """The normal forms."""
        return self.normals.joined

    def __len__(self) -> int:
        return len(self.joined)


class Opener:
    """Makes pages of texts. Built once from the taxonomy and SnowNLP's tables."""

    def __init__(self, taxonomy: Taxonomy, tables: Mapping[str, float]) -> None:
        self.vocabulary = Vocabulary(taxonomy, BANK_WORDS, tables)

    def open(self, texts: Sequence[str], banks: Sequence[Bank | None]) -> Pages:
        """The pages of texts, as seen from their watched banks; texts of one bank best stand side by side.

        Of a very long text only the beginning is read.
        """
        normals = normalise([text[:LONGEST_TEXT] for text in texts])
        joined, vocabulary = normals.joined, self.vocabulary
        found = vocabulary.find(joined.codes)
        listed = vocabulary.listed(found)
        mentions = look(normals, vocabulary.banks.of(listed), list(_groups(banks)))
        signs = read_signs(normals, listed, vocabulary, mentions)
        return Pages(normals, mentions, mask(joined, mentions), signs, sentiment(joined, found, vocabulary))


def _groups(banks: Sequence[Bank | None]) -> Iterator[Group]:
    first = 0
    for bank, same in groupby(banks):
        last = first + len(list(same))
        yield bank, first, last
        first = last
