"""Small pure parts of the storage room: times, search words, Message-IDs, processes, addresses."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from domain.errors import StoreError
from domain.letters import message_id
from storage.database import MIGRATIONS, make_engine
from storage.process import is_gone, this_host, this_process
from storage.schema import REVISION
from storage.search import bigrams, fold_text
from storage.types import UTCDateTime
from storage.views import VIEWS, view_sql

FIRST = datetime(1970, 1, 2)  # noqa: DTZ001 - hypothesis adds the zone itself


@given(st.datetimes(min_value=FIRST, timezones=st.just(timezone(timedelta(hours=8)))))
def test_a_moment_survives_the_text_form_and_its_order_is_kept(moment: datetime) -> None:
    """SQLite's text gives the same moment back, in UTC, and sorts as time does."""
    kind, dialect = UTCDateTime(), sqlite.dialect()
    stored = kind.process_bind_param(moment, dialect)
    later = kind.process_bind_param(moment + timedelta(microseconds=1), dialect) if moment.year < 9999 else "~"
    assert kind.process_result_value(stored, dialect) == moment
    assert kind.process_result_value(stored, dialect).tzinfo is UTC  # type: ignore[union-attr]
    assert stored < later


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()])
def test_a_time_without_a_zone_is_refused(dialect: object) -> None:
    """A naive time has no place in the store."""
    with pytest.raises(ValueError, match="must have a zone"):
        UTCDateTime().process_bind_param(datetime(2026, 3, 16), dialect)  # type: ignore[arg-type] # noqa: DTZ001


@given(
    st.text(alphabet="取钱排队aB１，。 🎉", min_size=2, max_size=6),
    st.text(alphabet="取钱排队aB１，。 🎉", max_size=30),
)
def test_a_phrase_of_bigrams_is_a_substring(needle: str, text: str) -> None:
    """The needle's words follow one another among the text's words exactly where the needle stands in the text."""
    wanted, words = bigrams(fold_text(needle))[:-1], bigrams(fold_text(text))
    follows = any(words[place : place + len(wanted)] == wanted for place in range(len(words)))
    assert follows == (fold_text(needle) in fold_text(text))


def test_search_words_are_plain_letters_of_one_length() -> None:
    """No tokenizer has anything to split or fold in them, and different characters differ."""
    words = bigrams("银行 ，🎉𠮷1a")
    assert all(len(word) == 8 and word.isascii() and word.islower() for word in words)
    assert len(set(words)) == len(words)


def test_the_message_id_is_stable_and_differs_by_recipient() -> None:
    """One notice has one Message-ID for one recipient."""
    first = message_id("i1-1", "a@bank.example", "bank.example")
    assert first == message_id("i1-1", "a@bank.example", "bank.example")
    assert first != message_id("i1-1", "b@bank.example", "bank.example")
    assert first.startswith("<i1-1.")
    assert first.endswith("@bank.example>")


def test_a_process_is_known_to_be_gone_only_when_it_is() -> None:
    """This process lives, an ended one is gone, another with its number is not it, another host cannot be asked."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert not is_gone(this_host(), this_process())
    assert is_gone(this_host(), f"{ended.pid}:1")
    assert is_gone(this_host(), f"{os.getpid()}:1")
    assert not is_gone("another-host", f"{ended.pid}:1")


@pytest.mark.parametrize("url", ["没有这种地址", "mysql://host/name", "nothing://x"])
def test_an_address_that_is_none_is_said_in_chinese(url: str) -> None:
    """A wrong address is a StoreError that a person can act on."""
    with pytest.raises(StoreError, match="数据库"):
        make_engine(url)


def test_the_revision_of_the_schema_is_the_newest_migration() -> None:
    """The constant that spares every start the import of Alembic is right."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_every_form_in_a_view_is_filled_in(name: str, dialect: str) -> None:
    """No placeholder is left in a view's SQL."""
    assert not set("{}") & set(view_sql(name, dialect))
