"""Whether a bank is named only to tell a place: the dance before its door."""

from __future__ import annotations

import re

import numpy as np

from nlp.joined import Bools, Joined
from nlp.target import BARE, OWN, Mentions

_LANDMARK = re.compile(
    "[^,。.!?]{0,3}(?:门口|旁边|隔壁|对面|楼下|楼上|附近|后街|后巷|斜对|对门|[东西南北][边侧墙]|那条街|家属院|路口|拐角|后头|前面|门前|旧址)"
)
_LANDMARK_BEGINS = np.array([ord(char) for char in "门旁隔对楼附后斜东西南北那家路拐前旧"], dtype=np.uint32)
_LANDMARK_REACH = 8


def by_landmark(joined: Joined, mentions: Mentions) -> Bools:
    """For each text whether a name in it only tells a place: the bank's door, the corner beside it."""
    ends = mentions.ends[mentions.of(OWN, BARE)]
    near = joined.codes.take(ends[:, None] + np.arange(4), mode="clip")
    near_door = np.zeros(len(joined), dtype=np.bool_)
    for end in ends[np.isin(near, _LANDMARK_BEGINS).any(axis=1)].tolist():
        row = int(joined.rows[end])
        if _LANDMARK.match(joined.text, end, min(end + _LANDMARK_REACH, int(joined.ends[row]))):
            near_door[row] = True
    return near_door
