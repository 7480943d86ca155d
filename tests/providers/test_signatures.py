"""Calls signed with Ed25519, as fal and Ideogram do; the signatures here are made by another library's own hand."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.providers.signatures import Scheme, signed_id

FAL, IDEOGRAM = Scheme("x-fal-webhook-", "request-id"), Scheme("x-ideogram-webhook-", "generation-id")
OURS, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
PUBLIC = OURS.public_key().public_bytes_raw()
BASE64, BASE64URL = base64.b64encode(PUBLIC).decode(), base64.urlsafe_b64encode(PUBLIC).decode()
ELSE = base64.b64encode(OTHER.public_key().public_bytes_raw()).decode()
BODY, NOW_S = b'{"request_id": "a1b2", "status": "OK"}', 1_800_000_000


def signed(
    scheme: Scheme = FAL,
    *,
    key: Ed25519PrivateKey = OURS,
    body: bytes = BODY,
    call_id: str = "a1b2",
    at_s: int = NOW_S,
) -> dict[str, str]:
    """By hand, from the vendors' pages."""
    lines = f"{call_id}\nuser-7\n{at_s}\n{hashlib.sha256(body).hexdigest()}".encode()
    return {
        f"{scheme.prefix}{scheme.id_name}": call_id,
        f"{scheme.prefix}user-id": "user-7",
        f"{scheme.prefix}timestamp": str(at_s),
        f"{scheme.prefix}signature": key.sign(lines).hex(),
    }


def test_the_key_of_the_vectors_is_the_one_that_the_standard_derives() -> None:
    assert PUBLIC.hex() == "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"


@pytest.mark.parametrize("scheme", [FAL, IDEOGRAM])
@pytest.mark.parametrize(
    "keys",
    [
        BASE64,
        BASE64URL,
        BASE64URL.rstrip("="),
        PUBLIC.hex(),
        PUBLIC.hex().upper(),
        f"{ELSE}, {BASE64}",
        f"junk,,{BASE64}",
    ],
)
def test_a_call_that_one_of_the_keys_signed_names_its_id(scheme: Scheme, keys: str) -> None:
    assert signed_id(scheme, signed(scheme), BODY, keys, NOW_S) == "a1b2"


def test_ideograms_further_header_changes_nothing() -> None:
    headers = signed(IDEOGRAM) | {"x-ideogram-webhook-key-id": "k1"}
    assert signed_id(IDEOGRAM, headers, BODY, BASE64, NOW_S) == "a1b2"


@pytest.mark.parametrize("keys", ["", ",", "junk", ELSE, BASE64[:-4], PUBLIC.hex()[:-2], "é", "0" * 64])
def test_without_the_right_key_no_call_is_taken(keys: str) -> None:
    assert signed_id(FAL, signed(), BODY, keys, NOW_S) is None


@pytest.mark.parametrize(("age_s", "taken"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_a_call_may_be_five_minutes_old(age_s: int, taken: bool) -> None:  # noqa: FBT001 - a column
    assert (signed_id(FAL, signed(at_s=NOW_S - age_s), BODY, BASE64, NOW_S) is not None) == taken


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(IDEOGRAM),
        signed(key=OTHER),
        signed(body=b"{}"),
        signed(call_id="../x"),
        signed(call_id=""),
        signed() | {"x-fal-webhook-request-id": "other"},
        signed() | {"x-fal-webhook-user-id": "other"},
        signed() | {"x-fal-webhook-timestamp": str(NOW_S + 1)},
        signed() | {"x-fal-webhook-timestamp": ""},
        signed() | {"x-fal-webhook-timestamp": "9" * 5000},
        signed() | {"x-fal-webhook-timestamp": "١٨"},
        signed() | {"x-fal-webhook-signature": ""},
        signed() | {"x-fal-webhook-signature": "00" * 64},
        signed() | {"x-fal-webhook-signature": "zz"},
        signed() | {"x-fal-webhook-signature": "é"},
        signed() | {"x-fal-webhook-user-id": "\ud800"},
    ],
)
def test_a_call_that_is_not_signed_as_it_must_be_is_nothing(headers: dict[str, str]) -> None:
    assert signed_id(FAL, headers, BODY, BASE64, NOW_S) is None


def test_another_body_than_the_signed_one_is_nothing() -> None:
    assert signed_id(FAL, signed(), BODY + b" ", BASE64, NOW_S) is None


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([f"{FAL.prefix}{name}" for name in ("request-id", "user-id", "timestamp", "signature")]),
        st.text(),
    ),
    st.binary(),
    st.text(),
)
def test_any_call_is_read(headers: dict[str, str], body: bytes, keys: str) -> None:
    assert signed_id(FAL, headers, body, keys, NOW_S) is None
