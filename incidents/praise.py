"""What people write under a story that moved them: a rescue is told with as much misery as a rant."""

from __future__ import annotations

import re

_PRAISES = re.compile("点个?赞|好样的|正能量|暖心|感动|泪目|泪崩|致敬|了不起|真不错|[👍👏❤🌹💐💪]")

_FOR_THE_POSTER = re.compile("楼主|博主|up主|主播|小编|曝光|敢[说讲]")


def praises(text: str) -> bool:
    """Whether a text as published has words or signs of praise, other than for whoever tells the story.

    Whether it means them, its reading says.
    """
    return _PRAISES.search(text) is not None and not _FOR_THE_POSTER.search(text)
