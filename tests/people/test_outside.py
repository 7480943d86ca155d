"""What an OpenID provider sends back proves something only where everything is right."""

import base64
import json
import secrets
from collections.abc import Mapping

import pytest
from joserfc import jwk, jwt
from msgspec.structs import replace

from apiinone.core.secret import Secret
from apiinone.people.hashes import Hashes
from apiinone.people.outside import (
    FLIGHT_S,
    NotProven,
    Outsider,
    Places,
    address_to_go_to,
    begin_flight,
    identity_of,
    landed,
    sealed_flight,
)
from apiinone.sealing import Seal
from clocks import START_US

NOW_S = START_US // 1_000_000
ISSUER = "https://id.example/realm"
OUTSIDER = Outsider(ISSUER, "one", Secret("s"), "ID")
KEY = jwk.RSAKey.generate_key(2048, {"kid": "1"})
KEYS = json.dumps({"keys": [KEY.as_dict(private=False)]}).encode()
FLIGHT = begin_flight(Hashes(b"k" * 32, secrets.token_bytes), START_US, "/account")
CLAIMS: Mapping[str, object] = {
    "iss": ISSUER,
    "sub": "abc",
    "aud": "one",
    "exp": NOW_S + 300,
    "iat": NOW_S - 5,
    "nonce": FLIGHT.nonce,
    "email": "ada@example.com",
    "email_verified": True,
    "name": "Ada",
}


def token(changes: Mapping[str, object] | None = None, *, key: object = KEY, algorithm: str = "RS256") -> str:
    claims = {name: value for name, value in {**CLAIMS, **(changes or {})}.items() if value is not None}
    return jwt.encode({"alg": algorithm, "kid": "1"}, claims, key)  # pyright: ignore[reportArgumentType]


def test_a_token_for_us_for_this_flight_and_just_now_names_somebody() -> None:
    found = identity_of(OUTSIDER, FLIGHT, token({"aud": ["one", "other"]}), KEYS, START_US)
    assert (found.issuer, found.subject, found.email, found.email_verified) == (ISSUER, "abc", "ada@example.com", True)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://id.example"},
        {"aud": "other"},
        {"aud": None},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": NOW_S - 120},
        {"exp": None},
        {"iat": NOW_S + 600},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
    ],
)
def test_a_token_for_others_or_for_another_time_proves_nothing(changes: Mapping[str, object]) -> None:
    with pytest.raises(NotProven):
        identity_of(OUTSIDER, FLIGHT, token(changes), KEYS, START_US)


def test_a_token_that_the_provider_did_not_sign_proves_nothing() -> None:
    other = jwk.RSAKey.generate_key(2048, {"kid": "1"})
    public = jwk.OctKey.import_key(json.dumps(KEY.as_dict(private=False)))
    forged = [
        token(key=other),
        token(key=public, algorithm="HS256"),
        token()[:-4] + "AAAA",
        ".".join([base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("="), token().split(".")[1], ""]),
        "",
        "a.b.c",
    ]
    for text in forged:
        with pytest.raises(NotProven):
            identity_of(OUTSIDER, FLIGHT, text, KEYS, START_US)
    for keys in (b"", b"{}", b'{"keys":[]}', b"[]", b"null"):
        with pytest.raises(NotProven):
            identity_of(OUTSIDER, FLIGHT, token(), keys, START_US)


@pytest.mark.parametrize(
    ("said", "verified"), [(True, True), ("true", True), (False, False), ("no", False), (None, False)]
)
def test_an_address_counts_only_where_the_provider_has_verified_it(said: object, verified: bool) -> None:  # noqa: FBT001
    found = identity_of(OUTSIDER, FLIGHT, token({"email_verified": said}), KEYS, START_US)
    assert found.email_verified is verified


def test_an_answer_belongs_to_the_browser_that_began_and_comes_in_time() -> None:
    seal, other = Seal(b"k" * 32, secrets.token_bytes), Seal(b"o" * 32, secrets.token_bytes)
    cookie = sealed_flight(seal, FLIGHT)
    assert landed(seal, cookie, FLIGHT.state, START_US) == FLIGHT
    late_us = START_US + FLIGHT_S * 1_000_000 + 1
    for bad in (
        (other, cookie, FLIGHT.state, START_US),
        (seal, "", FLIGHT.state, START_US),
        (seal, cookie[:-2], FLIGHT.state, START_US),
        (seal, cookie, FLIGHT.nonce, START_US),
        (seal, cookie, "", START_US),
        (seal, cookie, FLIGHT.state, late_us),
    ):
        with pytest.raises(NotProven):
            landed(*bad)


def test_the_verifier_stays_here_and_its_challenge_goes() -> None:
    places = Places(ISSUER, f"{ISSUER}/auth?tenant=1", f"{ISSUER}/token", f"{ISSUER}/keys")
    address = address_to_go_to(OUTSIDER, places, FLIGHT, "https://one.example/sign-in/with/back")
    assert address.startswith(f"{ISSUER}/auth?tenant=1&response_type=code&client_id=one&redirect_uri=https%3A")
    assert FLIGHT.verifier not in address
    assert "code_challenge_method=S256" in address
    assert repr(replace(FLIGHT)) == "Flight()"
