"""A secret is shown by `reveal` and by nothing else."""

import copy
import json
import logging
import pickle
from collections.abc import Callable

import msgspec
import pytest

from apiinone.core.secret import SHOWN, Secret

CANARY = "canary-4f1d9a"


class Holder(msgspec.Struct):
    secret: Secret


SHOWN_BY: tuple[Callable[[Secret], str], ...] = (
    repr,
    str,
    "{}".format,
    "{!r}".format,
    lambda secret: f"{secret:>40}",
    lambda secret: f"{[secret]} { {'key': secret} } {(secret,)}",
    lambda secret: repr(Holder(secret)),
    lambda secret: json.dumps({"key": secret}, default=str),
    lambda secret: str(getattr(secret, "__dict__", "")),
    lambda secret: logging.LogRecord("name", 10, "path", 1, "%s %r", (secret, secret), None).getMessage(),
)
ENCODED_BY: tuple[Callable[[Secret], object], ...] = (
    json.dumps,
    msgspec.json.encode,
    msgspec.msgpack.encode,
    lambda secret: msgspec.json.encode(Holder(secret)),
    msgspec.to_builtins,
    pickle.dumps,
    copy.copy,
    copy.deepcopy,
    hash,
    vars,
)


@pytest.mark.parametrize("show", SHOWN_BY)
def test_a_secret_is_never_shown(show: Callable[[Secret], str]) -> None:
    assert CANARY not in show(Secret(CANARY))


@pytest.mark.parametrize("encode", ENCODED_BY)
def test_a_secret_is_never_encoded_or_copied(encode: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError) as refused:
        encode(Secret(CANARY))
    assert CANARY not in str(refused.value)


def test_only_reveal_gives_the_text() -> None:
    assert Secret(CANARY).reveal() == CANARY
    assert str(Secret(CANARY)) == SHOWN


def test_equality_is_between_secrets_of_the_same_text() -> None:
    assert Secret(CANARY) == Secret(CANARY)
    assert Secret(CANARY) != Secret(CANARY + "x")
    assert Secret(CANARY) != CANARY


@pytest.mark.parametrize(
    "text", ["", CANARY + "\n", CANARY + "\r\nX-Evil: 1", CANARY + " x", CANARY + "é", CANARY * 999]
)
def test_what_no_header_carries_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="printable") as refused:
        Secret(text)
    assert CANARY not in str(refused.value)
