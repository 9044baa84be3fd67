"""The selectors by which a site's articles are read, as they stand in the configuration. Pure."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from crawlers.parse.selected import Select


class ArticleSelectors(BaseModel):
    """Where things stand on a site's article pages. What is left out is found without a rule.

    ``drop`` is cut out before anything is read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Select | None = None
    body: Select | None = None
    time: Select | None = None
    author: Select | None = None
    origin: Select | None = None
    drop: Select | None = None
