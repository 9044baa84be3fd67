"""The settings of grouping and of the spread index, with defaults (``grouping:`` and ``spread:``)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GroupingConfig(_Strict):
    """How posts are put together.

    ``window_days``: an incident without a new post for so long takes nothing by likeness (its threads do).
    A post joins from a chance of ``join_score``; from ``maybe_score`` it opens an incident marked "maybe the same as".
    ``own_score``: the chance that a first post needs that accuses the bank and may be a matter of its own;
    ``quiet_score``: that of a post that neither complains nor names the bank or a branch.
    ``unnamed_opens``: the negativity from which a grievance about banking that names no bank opens an incident, 1
    for never.
    ``reprint_containment``: share of the shorter text's 5-grams that must stand in the other for a reprint.
    ``reprint_min_chars``: shorter texts (letters and digits only) are no reprints, unless they are identical and
    have ``reprint_identical_chars``. ``boilerplate_documents``: a clause seen in so many texts is ignored.
    ``bank_wide_topics`` concern the bank as a whole: another branch does not make them another matter.
    ``standing_topics`` are conditions that many people meet over weeks, not one person's case.
    ``vague_topics`` say little about which matter it is.
    """

    window_days: int = Field(default=45, ge=1, le=365)
    join_score: float = Field(default=0.50, gt=0, le=1)
    maybe_score: float = Field(default=0.15, gt=0, le=1)
    own_score: float = Field(default=0.70, gt=0, le=1)
    quiet_score: float = Field(default=0.70, gt=0, le=1)
    unnamed_opens: float = Field(default=0.85, gt=0, le=1)
    reprint_containment: float = Field(default=0.5, gt=0, le=1)
    reprint_min_chars: int = Field(default=20, ge=10)
    reprint_identical_chars: int = Field(default=12, ge=4)
    boilerplate_documents: int = Field(default=60, ge=3)
    bank_wide_topics: tuple[str, ...] = ("bank_run_rumor", "app_fault", "penalty_news")
    standing_topics: tuple[str, ...] = (
        "queue_slow", "fees_unfair", "deposit_rate_low", "loan_rate_high", "transfer_limit",
    )  # fmt: skip
    vague_topics: tuple[str, ...] = ("smear_general", "buck_passing", "service_bad")

    @model_validator(mode="after")
    def _maybe_below_join(self) -> GroupingConfig:
        if self.maybe_score > self.join_score:
            raise ValueError("maybe_score 不能大于 join_score")
        return self


class Part(_Strict):
    """One part of the index: ``weight`` its share, ``full`` the figure at which it gives all its points."""

    weight: float = Field(ge=0, le=1)
    full: float = Field(gt=0)


class SpreadConfig(_Strict):
    """The constants of the spread index (docs/spread-index.md).

    ``volume``, ``authors``: posts and distinct authors of the last 24 hours. ``platforms``: those beyond the
    first. ``velocity``: posts of the last hour. ``reprints``: reprints so far. ``engagement``: likes + 2 ×
    (comments + shares). ``views``: page views. ``amplifier``: followers of the largest account.
    ``amplifier_followers``: an account with so many is counted as an amplifier.
    ``half_life_hours``: how fast heat falls after the last activity. ``growth_step``: counters that grew by this
    share, and by ``growth_least`` counts, are activity without a new post.
    """

    volume: Part = Part(weight=0.20, full=60)
    authors: Part = Part(weight=0.15, full=40)
    platforms: Part = Part(weight=0.10, full=4)
    velocity: Part = Part(weight=0.10, full=20)
    reprints: Part = Part(weight=0.05, full=10)
    engagement: Part = Part(weight=0.15, full=20_000)
    views: Part = Part(weight=0.10, full=100_000)
    amplifier: Part = Part(weight=0.15, full=1_000_000)
    amplifier_followers: int = Field(default=100_000, gt=0)
    half_life_hours: float = Field(default=12.0, gt=0)
    growth_step: float = Field(default=0.2, gt=0)
    growth_least: int = Field(default=100, ge=1)

    @model_validator(mode="after")
    def _something_counts(self) -> SpreadConfig:
        always_known = (self.volume, self.authors, self.platforms, self.velocity, self.reprints)
        if not any(part.weight for part in always_known):
            raise ValueError("volume、authors、platforms、velocity、reprints 的 weight 不能全为 0")
        return self
