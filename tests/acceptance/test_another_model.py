"""Another model reads everything again: what was told is not told again merely because it is read differently now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from domain.readings import Reading, Text
from pipeline.ports import Analyser
from tests.acceptance.conftest import Day, Inbox
from tests.acceptance.test_the_day import a_dispute, memberships


class OtherModel:
    """The text stage with a model that reads as ``change`` says, and has a version of its own."""

    version = "another-model"

    def __init__(self, analyser: Analyser, change: Callable[[Reading], Reading]) -> None:
        self._analyser, self._change = analyser, change

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        """Readings as the other model gives them."""
        return [replace(self._change(reading), version=self.version) for reading in self._analyser.read(texts)]


def graver(reading: Reading) -> Reading:
    """Whatever is about the bank is negative and of the gravest kind."""
    topics = reading.topics or ("bank_run_rumor",)
    return replace(reading, topics=topics, negative=True, negativity=0.99, severity=3) if reading.about else reading


def milder(reading: Reading) -> Reading:
    """Nothing is negative."""
    return replace(reading, topics=(), negative=False, negativity=0.01, severity=0, evidence=())


def alerts(inbox: Inbox) -> list[str]:
    """The subjects of mails other than the digest."""
    return [subject for subject in inbox.subjects() if "日报" not in subject]


def use(day: Day, change: Callable[[Reading], Reading]) -> Day:
    """From now on the other model reads."""
    day.parts = replace(day.parts, analyser=OtherModel(day.parts.analyser, change))
    return day


def test_another_model_that_reads_alike_sends_nothing(day: Day, inbox: Inbox) -> None:
    """Everything is read again, the old readings stay, and nobody is written to."""
    a_dispute(day)
    day.at("09:00").sweep()
    told = alerts(inbox)
    report = use(day, lambda reading: reading).at("10:00").sweep()
    assert report is not None
    assert report.readings == 5
    assert alerts(inbox) == told
    total, differences = day.parts.store.compare_readings("青禾村镇银行", *versions(day))
    assert (total, differences) == (5, [])


def versions(day: Day) -> tuple[str, str]:
    """The version that read first, and the other model's."""
    old = next(name for name in day.parts.store.reading_versions("青禾村镇银行") if name != OtherModel.version)
    return old, OtherModel.version


def test_a_graver_model_does_not_mail_about_old_matters(day: Day, inbox: Inbox) -> None:
    """What was told days ago, and what was passed over days ago, is no news when a new model reads it as grave."""
    a_dispute(day)
    for number in range(4):
        day.posts(f"青禾银行河湾支行送的挂历真好看，第{number}年领了", title="青禾银行河湾支行")
    day.at("09:00").sweep()
    day.at("09:00", days=1).sweep()
    day.at("09:00", days=1).sweep()
    day.at("09:00", days=1).sweep()
    told = alerts(inbox)
    assert told
    use(day, graver).at("09:00", days=1).sweep()
    assert alerts(inbox) == told
    assert all(pair.post for pair in memberships(day))
    day.at("12:00").sweep()
    day.at("09:00", days=1).sweep()
    assert [subject for subject in alerts(inbox) if subject not in told and "平息" not in subject] == []


def test_what_a_new_model_finds_in_todays_posts_is_told_once(day: Day, inbox: Inbox) -> None:
    """A matter of this morning that the first model passed over is news; the one that was told is not."""
    a_dispute(day)
    for number in range(4):
        day.posts(f"青禾银行河湾支行送的挂历真好看，第{number}年领了", title="青禾银行河湾支行")
    day.at("09:00").sweep()
    told = alerts(inbox)
    use(day, graver).at("10:00").sweep()
    day.at("11:00").sweep()
    (new,) = [subject for subject in alerts(inbox) if subject not in told and "催办" not in subject]
    assert "新增" in new
    assert "河湾支行" in new


def test_a_milder_model_does_not_take_members_away_or_mail_twice(day: Day, inbox: Inbox) -> None:
    """Members stay where they are; what was told stays told; going back to the first model tells nothing again."""
    a_dispute(day)
    day.at("09:00").sweep()
    first = day.parts.analyser
    before = {pair.post for pair in memberships(day)}
    use(day, milder).at("10:00").sweep()
    assert {pair.post for pair in memberships(day)} == before
    day.parts = replace(day.parts, analyser=first)
    day.at("11:00").sweep()
    inbox.expects(1, "新增")
    assert [subject for subject in alerts(inbox) if "新增" not in subject] == []
