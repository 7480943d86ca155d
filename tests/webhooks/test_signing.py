"""Signatures, secrets at rest and the table of tries, by themselves."""

import base64
import secrets
import time
from typing import get_args

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from apiinone.sealing import Seal, Unsealable
from apiinone.webhooks.schedule import (
    DELIVERY_MOVES,
    JITTER_SHARE,
    PAUSES_S,
    DeliveryState,
    judged,
    next_delivery_state,
    pause_us,
)
from apiinone.webhooks.signing import new_secret, signed_headers, written_secret

BODY = '{"type":"task.succeeded","data":{"a":"é"}}'.encode()


def test_the_official_package_takes_a_signature_by_any_secret_that_is_good() -> None:
    first, second = new_secret(secrets.token_bytes), new_secret(secrets.token_bytes)
    headers = signed_headers([second, first], "evt_1", int(time.time()), BODY)
    for secret in (first, second):
        assert Webhook(written_secret(secret)).verify(BODY, headers) == {"type": "task.succeeded", "data": {"a": "é"}}
    assert len(headers["webhook-signature"].split(" ")) == 2


def test_the_official_package_refuses_what_was_altered() -> None:
    secret = new_secret(secrets.token_bytes)
    headers = signed_headers([secret], "evt_1", int(time.time()), BODY)
    hook = Webhook(written_secret(secret))
    for odd_headers, odd_body in (
        (headers, BODY + b" "),
        ({**headers, "webhook-id": "evt_2"}, BODY),
        ({**headers, "webhook-timestamp": str(int(time.time()) + 1)}, BODY),
        (signed_headers([secret], "evt_1", int(time.time()) - 600, BODY), BODY),
        (signed_headers([new_secret(secrets.token_bytes)], "evt_1", int(time.time()), BODY), BODY),
    ):
        with pytest.raises(WebhookVerificationError):
            hook.verify(odd_body, odd_headers)


def test_a_secret_is_256_bits_as_the_specification_writes_it() -> None:
    written = written_secret(new_secret(secrets.token_bytes))
    assert written.startswith("whsec_")
    assert len(base64.b64decode(written.removeprefix("whsec_"))) == 32


def test_a_sealed_secret_opens_in_its_own_row_with_its_own_key_only() -> None:
    key, secret = secrets.token_bytes(32), b"the secret of a tenant"
    seal = Seal(key, secrets.token_bytes)
    sealed = seal.close(secret, "account/live/1")
    assert secret not in sealed
    assert seal.close(secret, "account/live/1") != sealed
    assert seal.open(sealed, "account/live/1") == secret
    for other, text, place in (
        (seal, sealed, "account/test/1"),
        (seal, sealed[:-1] + bytes([sealed[-1] ^ 1]), "account/live/1"),
        (seal, b"", "account/live/1"),
        (Seal(secrets.token_bytes(32), secrets.token_bytes), sealed, "account/live/1"),
    ):
        with pytest.raises(Unsealable) as refused:
            other.open(text, place)
        assert refused.value.__context__ is None


def test_eight_tries_lie_within_about_28_hours() -> None:
    assert len(PAUSES_S) + 1 == 8
    assert 27 * 3_600 <= sum(PAUSES_S) <= 28 * 3_600
    for tries, pause_s in enumerate(PAUSES_S, start=1):
        assert pause_us(tries, 0.5) == pause_s * 1_000_000
        assert pause_us(tries, 0.0) == int(pause_s * (1 - JITTER_SHARE) * 1_000_000)
        assert pause_us(tries, 1.0) == int(pause_s * (1 + JITTER_SHARE) * 1_000_000)


@pytest.mark.parametrize(
    ("status", "event"),
    [
        (200, "arrived"),
        (204, "arrived"),
        (299, "arrived"),
        (410, "refused_for_good"),
        *[(status, "try_again") for status in (None, 100, 199, 300, 301, 302, 304, 400, 401, 404, 429, 500, 503, 599)],
    ],
)
def test_only_2xx_is_delivered_and_only_410_stops(status: int | None, event: str) -> None:
    assert judged(status, 1) == event
    assert judged(status, 8) == ("given_up" if event == "try_again" else event)


def test_a_delivery_is_left_by_every_state_but_the_dropped_one() -> None:
    left = {state for state, _ in DELIVERY_MOVES}
    assert left == set(get_args(DeliveryState)) - {"dropped"}
    assert next_delivery_state("dropped", "sent_anew") is None
