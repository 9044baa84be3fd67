"""Configuration errors name the file, the line, the column, the wrong value, and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.models import BanksConfig, MainConfig, SourcesConfig
from config.validation import read
from domain.errors import ConfigError

MAIL = 'mail: {host: localhost, port: 25, security: none, sender: "a@b.cn", domain: b.cn}\n'


def problems(tmp_path: Path, name: str, text: str, model: type) -> list[str]:
    """The lines that reading ``text`` as ``model`` complains with."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read(path, model)
    return caught.value.problems


def test_a_wrong_value_is_placed_and_the_right_kind_is_named(tmp_path: Path) -> None:
    """A text where a number must be: file, line, column, path, value and the wanted kind are all in the message."""
    text = "sources:\n  - name: a\n    kind: discuz\n    url: http://bbs.example/\n    delay_s: soon\n"
    [line] = problems(tmp_path, "sources.yaml", text, SourcesConfig)
    assert line.startswith("sources.yaml:5:14: ")
    assert "sources[0].delay_s" in line
    assert "soon" in line
    assert "应为数字" in line


def test_an_unknown_key_suggests_the_nearest_one(tmp_path: Path) -> None:
    """A misspelt key points at the key itself and at the one that was probably meant."""
    [line] = problems(tmp_path, "banks.yaml", "banks:\n  - name: 青禾村镇银行\n    alias: [青禾]\n", BanksConfig)
    assert line.startswith("banks.yaml:3:5: ")
    assert "“aliases”" in line


def test_the_constants_of_bursts_and_phases_are_settings(tmp_path: Path) -> None:
    """They are read from yuqing.yaml; what they cannot be is told with its place."""
    path = tmp_path / "yuqing.yaml"
    path.write_text(
        MAIL + "bursts: {windows_minutes: [60, 360], least_authors: 5}\nphases: {calm_hours: 48}\n", "utf-8"
    )
    main = read(path, MainConfig)
    assert (main.bursts.windows_minutes, main.bursts.least_authors, main.phases.calm_hours) == ((60, 360), 5, 48)
    [line] = problems(tmp_path, "yuqing.yaml", MAIL + "bursts:\n  alarms_a_week: 0\n", MainConfig)
    assert line.startswith("yuqing.yaml:3:18: ")


def test_a_missing_key_points_at_its_parent(tmp_path: Path) -> None:
    """What is not there has no place of its own, so the mapping it belongs to is named."""
    [line] = problems(tmp_path, "banks.yaml", "banks:\n  - county: 青禾县\n", BanksConfig)
    assert line.startswith("banks.yaml:2:5: ")
    assert "banks[0].name" in line


def test_a_repeated_key_is_an_error(tmp_path: Path) -> None:
    """PyYAML would silently let the second one win."""
    [line] = problems(tmp_path, "yuqing.yaml", MAIL + "timezone: Asia/Shanghai\ntimezone: UTC\n", MainConfig)
    assert line.startswith("yuqing.yaml:3:1: ")
    assert "重复" in line


def test_every_problem_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    """Nobody has to mend a file ten times to learn of ten slips."""
    text = MAIL + "timezone: Mars/Olympus\nschedule: {sweep_at: '25:99', revisit_minutes: 0}\n"
    assert len(problems(tmp_path, "yuqing.yaml", text, MainConfig)) == 3


def test_an_unknown_kind_of_source_lists_the_known_ones(tmp_path: Path) -> None:
    """The tag of the union is explained, not pydantic's inner wording."""
    [line] = problems(tmp_path, "sources.yaml", "sources:\n  - {name: a, kind: telnet}\n", SourcesConfig)
    assert "discuz" in line
    assert "feed" in line


def test_a_syntax_error_is_placed(tmp_path: Path) -> None:
    """A broken bracket is reported where it stands."""
    [line] = problems(tmp_path, "banks.yaml", "banks:\n  - name: [青禾\n", BanksConfig)
    assert line.startswith("banks.yaml:3:1: ")


def test_times_and_no_stay_text(tmp_path: Path) -> None:
    """22:00 is not 1320 and a branch called no is not False."""
    path = tmp_path / "yuqing.yaml"
    path.write_text(MAIL + "schedule: {sweep_at: 22:00}\n", encoding="utf-8")
    assert read(path, MainConfig).schedule.sweep_at == "22:00"
    banks = tmp_path / "banks.yaml"
    banks.write_text("banks: [{name: 青禾村镇银行, branches: [no, 010]}]\n", encoding="utf-8")
    assert read(banks, BanksConfig).banks[0].branches == ("no", "010")


def test_two_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    """A source's name is the key of all that is stored of it."""
    text = "sources:\n" + "  - {name: a, kind: feed, url: 'http://x.example/f', platform: news}\n" * 2
    [line] = problems(tmp_path, "sources.yaml", text, SourcesConfig)
    assert "来源名称重复：a" in line
