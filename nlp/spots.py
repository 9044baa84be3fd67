"""Places where a topic may be said, as flat arrays over a batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nlp.joined import Bools, Ints
from nlp.trie import Found


@dataclass(frozen=True, slots=True)
class Spots:
    """Topic numbers and spans; ``inner`` (one column a further word): starts of a rule's later words, else -1.

    Before such a start a negator counts, too.
    """

    topics: Ints
    starts: Ints
    ends: Ints
    inner: Ints

    @classmethod
    def single(cls, terms: Found) -> Spots:
        """Spots of words that are enough alone."""
        return cls(terms.words.astype(np.int64), terms.starts, terms.ends, np.full((len(terms), 0), -1))

    @classmethod
    def join(cls, one: Spots, other: Spots) -> Spots:
        """Both together."""
        width = max(one.inner.shape[1], other.inner.shape[1])
        inner = np.full((len(one.topics) + len(other.topics), width), -1)
        inner[: len(one.topics), : one.inner.shape[1]] = one.inner
        inner[len(one.topics) :, : other.inner.shape[1]] = other.inner
        topics, starts = np.concatenate([one.topics, other.topics]), np.concatenate([one.starts, other.starts])
        return cls(topics, starts, np.concatenate([one.ends, other.ends]), inner)

    def pick(self, which: Ints | Bools) -> Spots:
        """Some of them."""
        return Spots(self.topics[which], self.starts[which], self.ends[which], self.inner[which])
