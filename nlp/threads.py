"""What a thread tells of a post before it is read.

The texts that the model is fitted on were written to be hard: whether a reply complains hangs less on what it answers
than it does in life, and their calm posts look like complaints. Posts as they are collected are not so. Here the odds
of such a post are what its words say times what its place says (decision 0022). The place counts half: since the model
is fitted on streams too, what it makes of the words knows the other half (decision 0024).
"""

from __future__ import annotations

import numpy as np

from nlp.joined import Bools
from nlp.table import Floats

BELOW_COMPLAINTS, BELOW_CALM = 0.75, 0.06
"""The shares of replies that complain, as counted in the development stream (0.77 and 0.06)."""
WEIGHT = 0.5
"""What the odds of the place count beside those of the words."""
FIRST_POSTS = 0.5
"""Logits by which the first post of a thread is likelier a complaint than its words alone say, rounded from 0.6."""


def in_place(words: Floats, above: Floats, answers: Bools) -> Floats:
    """The negativity of collected posts by their ``words`` alone and their place, each 0..1.

    ``above``: the negativity of what a post answers, by its words alone; of use only where it ``answers`` something.
    """
    share = BELOW_CALM + (BELOW_COMPLAINTS - BELOW_CALM) * _chance(_logit(above) + FIRST_POSTS)
    return _chance(_logit(words) + np.where(answers, WEIGHT * _logit(share), FIRST_POSTS))


def _logit(chance: Floats) -> Floats:
    kept = np.clip(chance, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(kept / (1 - kept)), dtype=np.float32)


def _chance(logit: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logit)), dtype=np.float32)
