"""Requests between processes: signed over everything, for a short time, once."""

from typing import Final

import pytest

from apiinone.providers.chat import Called, ChatEvent, ChatOrder, Ended, Said, Thought, Used
from apiinone.providers.provider import Rejected
from apiinone.tasks.node_wire import (
    CHAT_PATH,
    NONCE_HEADER,
    SIGNATURE_HEADER,
    TIME_HEADER,
    WINDOW_S,
    Gate,
    Refused,
    Signed,
    read_line,
    read_order,
    sign,
    write_line,
    write_order,
)

KEY: Final = b"k" * 32
NOW_S: Final = 1_800_000_000
ASKED: Final = Signed("POST", CHAT_PATH, b'{"a":1}')


def test_a_signed_request_is_let_through_once() -> None:
    gate, headers = Gate(KEY), sign(KEY, ASKED, NOW_S, "n1")
    assert gate.admits(headers, ASKED, NOW_S)
    assert not gate.admits(headers, ASKED, NOW_S)
    assert gate.admits(sign(KEY, ASKED, NOW_S, "n2"), ASKED, NOW_S)


@pytest.mark.parametrize("after_s", [-WINDOW_S, 0, WINDOW_S])
def test_it_is_not_let_through_again_as_long_as_its_time_counts(after_s: int) -> None:
    gate, headers = Gate(KEY), sign(KEY, ASKED, NOW_S, "n1")
    assert gate.admits(headers, ASKED, NOW_S - WINDOW_S)
    assert not gate.admits(headers, ASKED, NOW_S + after_s)


@pytest.mark.parametrize("off_s", [-WINDOW_S - 1, WINDOW_S + 1, 10 * WINDOW_S])
def test_a_request_of_another_time_is_refused(off_s: int) -> None:
    assert not Gate(KEY).admits(sign(KEY, ASKED, NOW_S, "n1"), ASKED, NOW_S + off_s)


@pytest.mark.parametrize(
    "other",
    [
        Signed("GET", CHAT_PATH, ASKED.body),
        Signed("POST", "/internal/v1/other", ASKED.body),
        Signed("POST", CHAT_PATH, b'{"a":2}'),
        Signed("POST", CHAT_PATH, b""),
    ],
)
def test_a_signature_holds_for_its_method_path_and_body_alone(other: Signed) -> None:
    assert not Gate(KEY).admits(sign(KEY, ASKED, NOW_S, "n1"), other, NOW_S)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (TIME_HEADER, str(NOW_S + 1)),
        (TIME_HEADER, ""),
        (TIME_HEADER, "soon"),
        (TIME_HEADER, "9" * 5_000),
        (NONCE_HEADER, "n2"),
        (NONCE_HEADER, ""),
        (NONCE_HEADER, "n" * 65),
        (SIGNATURE_HEADER, ""),
        (SIGNATURE_HEADER, "é"),
        (SIGNATURE_HEADER, "0" * 64),
    ],
)
def test_whatever_is_changed_or_left_out_is_refused(name: str, value: str) -> None:
    headers = {**sign(KEY, ASKED, NOW_S, "n1"), name: value}
    assert not Gate(KEY).admits(headers, ASKED, NOW_S)
    del headers[name]
    assert not Gate(KEY).admits(headers, ASKED, NOW_S)


def test_another_installations_signature_is_refused_and_uses_up_no_nonce() -> None:
    gate = Gate(KEY)
    assert not gate.admits(sign(b"x" * 32, ASKED, NOW_S, "n1"), ASKED, NOW_S)
    assert gate.admits(sign(KEY, ASKED, NOW_S, "n1"), ASKED, NOW_S)


EVENTS: list[ChatEvent | Refused] = [
    Said("grüß\n"),
    Thought("hm"),
    Called("c", "f", "{", 1, '{"google":{}}'),
    Ended("content_filter"),
    Used(1, 2, 1),
    Refused(Rejected("throttled", "busy", retryable=True, retry_after_s=2.0)),
]


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_crosses_as_it_is_in_one_line(event: ChatEvent | Refused) -> None:
    line = write_line(event)
    assert line.count(b"\n") == 1
    assert read_line(line[:-1]) == event


def test_an_order_crosses_as_it_is() -> None:
    order = ChatOrder("a", "m", {"messages": [{"role": "user", "content": "x"}]}, 7, streams=True, provider="google")
    assert read_order(write_order(order)) == order
    with pytest.raises(ValueError, match="truncated"):
        read_order(b"{")
