"""Notifications of delivery, as relays write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.bounces import CAUSE_CHARS, bounces_of
from domain.letters import LONGEST_LOCAL_PART, Bounce, message_id, return_address, returned_to

OURS = "<20260316-a1b2c3.2.785f4acf@bank.example>"
COPY = f"Content-Type: message/rfc822\n\nReceived: by relay\nMessage-ID: {OURS}\nSubject: x\n\nbody\n"
HEADER = f"Content-Type: text/rfc822-headers\n\nReceived: by relay\nMessage-Id:\t{OURS}\nSubject: x\n"


def notification(action: str = "failed", returned: str = COPY, diagnostic: str = "smtp; 550 no such user") -> bytes:
    """A multipart/report."""
    return (
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\nMIME-Version: 1.0\n\n'
        "--b\nContent-Type: text/plain\n\nsorry\n\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\n\n"
        f"Final-Recipient: rfc822; gone@bank.example\nAction: {action}\n"
        f"Status: 5.1.1\nDiagnostic-Code: {diagnostic}\n\n"
        f"--b\n{returned}\n--b--\n"
    ).encode()


@pytest.mark.parametrize("returned", [COPY, HEADER])
def test_the_id_is_found_in_a_copy_and_in_a_header(returned: str) -> None:
    """Relays return the whole mail or its header alone."""
    assert bounces_of(notification(returned=returned)) == [Bounce(OURS, "被退回：5.1.1 550 no such user")]


def test_an_encoded_header_is_read_too() -> None:
    """Some relays pack the returned header in base64."""
    packed = (
        "Content-Type: text/rfc822-headers\nContent-Transfer-Encoding: base64\n\n"
        "TWVzc2FnZS1JRDogPDIwMjYwMzE2LWExYjJjMy4yLjc4NWY0YWNmQGJhbmsuZXhhbXBsZT4K\n"
    )
    assert [bounce.message_id for bounce in bounces_of(notification(returned=packed))] == [OURS]


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_only_what_failed_came_back(action: str) -> None:
    """A delay or a receipt is no bounce."""
    assert bounces_of(notification(action)) == []


def test_upper_case_counts_and_long_causes_are_cut() -> None:
    """``Action: Failed`` is one; a cause keeps to its line and length."""
    (bounce,) = bounces_of(notification("Failed", diagnostic="smtp; 554 " + "spam " * 200))
    assert len(bounce.cause) <= CAUSE_CHARS
    assert "\n" not in bounce.cause


def test_without_an_id_nobody_knows_what_came_back() -> None:
    """A notification about a mail that has none changes nothing."""
    assert bounces_of(notification(returned="Content-Type: message/rfc822\n\nSubject: x\n\n")) == []


NAMELESS = "Content-Type: message/rfc822\n\nSubject: x\n\n"


@pytest.mark.parametrize("header", ["To", "Delivered-To", "X-Original-To"])
def test_the_address_to_which_it_came_names_the_mail(header: str) -> None:
    """Where nothing of the mail was returned, its own return address does; a copy of the mail is believed first."""
    to = f"{header}: <{return_address('bounce@relay.example', OURS)}>\n".encode()
    assert bounces_of(to + notification(returned=NAMELESS), "bank.example") == [
        Bounce(OURS, "被退回：5.1.1 550 no such user")
    ]
    assert bounces_of(to + notification("delayed", NAMELESS), "bank.example") == []
    other = f"{header}: bounce+20260316-a1b2c3.9.785f4acf@relay.example\n".encode()
    assert [bounce.message_id for bounce in bounces_of(other + notification(), "bank.example")] == [OURS]
    assert bounces_of(b"To: bounce@relay.example\n" + notification(returned=NAMELESS), "bank.example") == []


@given(st.text(alphabet="abc123.-", min_size=1, max_size=60), st.sampled_from(["bounce", "a+b", "b" * 40]))
def test_a_return_address_can_be_used_and_read_back(notice: str, local: str) -> None:
    """It names the letter, or is the plain address where there is no room."""
    address, letter = f"{local}@relay.example", message_id(notice, "a@bank.example", "bank.example")
    made = return_address(address, letter)
    assert len(made.partition("@")[0]) <= LONGEST_LOCAL_PART
    assert made == address or returned_to(made, "bank.example") == letter


@pytest.mark.parametrize("letter", ["<source.论坛.1@bank.example>", f"<{'x' * 60}@bank.example>"])
def test_a_letter_whose_name_is_no_address_keeps_the_plain_one(letter: str) -> None:
    """A sender address that a relay refuses would be worse than a return that names nobody."""
    assert return_address("bounce@relay.example", letter) == "bounce@relay.example"


def test_the_rest_of_a_big_mail_may_be_missing() -> None:
    """What was fetched ends in the middle of the copy."""
    whole = notification()
    assert bounces_of(whole[: whole.index(b"Subject: x") + 4]) == bounces_of(whole)


@given(st.binary(max_size=400), st.integers(min_value=0, max_value=600))
def test_nothing_that_others_send_breaks_it(noise: bytes, cut: int) -> None:
    """Any bytes, and any notification that was cut and spoiled, give a list."""
    whole = notification()
    for raw in (noise, whole[:cut] + noise + whole[cut:]):
        assert isinstance(bounces_of(raw), list)
