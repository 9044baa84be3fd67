"""alerts.yaml and mail: what is accepted, what is refused, and the shipped defaults."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from alerts.config import AlertConfig, MailConfig, Recipients
from alerts.levels import LABELS, PHRASES
from alerts.rules_config import METRICS
from domain.alerts import Level
from domain.incidents import Snapshot

ROOT = Path(__file__).resolve().parents[3]


def test_shipped_file_is_the_default() -> None:
    """The commented file that `yuqing init` writes says exactly what holds without it."""
    shipped = yaml.safe_load((ROOT / "config/defaults/alerts.yaml").read_text(encoding="utf-8"))
    assert AlertConfig.model_validate(shipped) == AlertConfig()
    assert set(shipped) == set(AlertConfig.model_fields)


def test_every_metric_is_a_field_of_the_snapshot_and_has_words() -> None:
    """A rule can ask only for what is measured, and its reason can be said."""
    assert all(hasattr(Snapshot, metric) for metric in METRICS)
    assert set(METRICS) == set(LABELS) == set(PHRASES)


def test_docs_name_every_setting_and_metric() -> None:
    """docs/alerts.md mentions each metric and each setting by its key."""
    text = (ROOT / "docs/alerts.md").read_text(encoding="utf-8")
    parts = (AlertConfig.model_fields, MailConfig.model_fields, dict.fromkeys(METRICS))
    sections = AlertConfig()
    nested = [getattr(type(getattr(sections, name)), "model_fields", {}) for name in AlertConfig.model_fields]
    keys = {field.alias or key for fields in nested for key, field in fields.items()}
    missing = {key for key in keys | {key for part in parts for key in part} if f"`{key}`" not in text}
    assert missing == set()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"levels": {"red": {"any_of": [{"name": "空"}]}}}, "没有任何条件"),
        ({"levels": {"red": {"any_of": [{"autors": 4}]}}}, "Extra inputs"),
        ({"levels": {"red": {"any_of": [{"authors": -1}]}}}, "greater than or equal to 0"),
        ({"recipients": {"red": ["行长"]}}, "不是邮箱地址"),
        ({"recipients": {"red": ["a@b.example\nBcc: c@d.example"]}}, "不是邮箱地址"),
        ({"quiet_hours": {"from": "25:00"}}, "带引号"),
        ({"hysteresis": {"factor": 1.2}}, "less than or equal to 1"),
        ({"policy": {"growth_factor": 1}}, "greater than 1"),
    ],
)
def test_wrong_values_are_refused(data: dict[str, object], words: str) -> None:
    """A slip in alerts.yaml is an error that says what is wrong."""
    with pytest.raises(ValidationError, match=words):
        AlertConfig.model_validate(data)


def test_a_level_without_addresses_uses_the_next_one_below() -> None:
    """A red alarm is never lost because only the yellow list was filled in; doubles get one mail."""
    people = Recipients(yellow=("a@b.example", "a@b.example", "c@b.example"), digest=("d@b.example",))
    assert people.of(Level.RED) == ("a@b.example", "c@b.example")
    assert people.of(Level.NONE) == ("d@b.example",)
    assert Recipients().of(Level.RED) == ()
    assert Recipients(red=("r@b.example",), yellow=("y@b.example",)).of(Level.ORANGE) == ("y@b.example",)


def test_mail_domain_is_the_senders_where_it_is_not_given() -> None:
    """The Message-ID's domain follows the sender, whose name may be Chinese."""
    mail = MailConfig(host="h", security="none", sender="舆情监测 <yuqing@bank.example>")  # type: ignore[call-arg]
    assert (mail.domain, mail.sender_name, mail.sender_address) == ("bank.example", "舆情监测", "yuqing@bank.example")


@pytest.mark.parametrize(
    "changes",
    [
        {"security": "ssl"},
        {"sender": "舆情监测"},
        {"domain": "x" * 41},
        {"domain": "a b"},
        {"port": 0},
        {"password": "x"},
    ],
)
def test_wrong_mail_settings_are_refused(changes: dict[str, object]) -> None:
    """Unknown security, a sender without an address, a domain that breaks Message-IDs, and a password are errors."""
    good = {"host": "h", "security": "none", "sender": "yuqing@bank.example"}
    assert MailConfig.model_validate(good).port == 25
    with pytest.raises(ValidationError):
        MailConfig.model_validate(good | changes)
