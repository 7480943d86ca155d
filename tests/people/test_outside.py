"""What an OpenID provider sends back proves something only where everything is right."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc import jwk, jwt
from msgspec.structs import replace

from apiinone.core.secret import Secret
from apiinone.people.hashes import Hashes
from apiinone.people.openid_protocol import (
    Tokens,
    UnknownKey,
    address_of_places,
    address_to_go_to,
    fields_for_tokens,
    identity_of,
    places_of,
    tokens_of,
)
from apiinone.people.outside import (
    FLIGHT_S,
    Identity,
    NotProven,
    Outsider,
    Places,
    begin_flight,
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
BACK = "https://one.example/sign-in/with/back"
ACCESS = "an access token"
PLACES = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
}
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
    return jwt.encode({"alg": algorithm, "kid": "1"}, claims, key, algorithms=[algorithm])  # pyright: ignore[reportArgumentType]


def whom(text: str, keys: bytes = KEYS) -> Identity:
    return identity_of(OUTSIDER, FLIGHT, Tokens(text, ACCESS), keys, START_US)


def half_hash(text: str) -> str:
    """As Core 1.0, 3.1.3.6 has it, for signatures over SHA-256."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:16]).decode().rstrip("=")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"aud": ["one"]},
        {"aud": ["one"], "azp": "one"},
        {"aud": ["one", "other"], "azp": "one"},
        {"at_hash": half_hash(ACCESS)},
        {"nbf": NOW_S},
        {"exp": NOW_S - 50, "iat": NOW_S + 50, "nbf": NOW_S + 50},
    ],
)
def test_a_token_for_us_for_this_flight_and_just_now_names_somebody(changes: Mapping[str, object]) -> None:
    found = whom(token(changes))
    assert (found.issuer, found.subject, found.email, found.email_verified) == (ISSUER, "abc", "ada@example.com", True)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://id.example"},
        {"iss": f"{ISSUER}/"},
        {"iss": [ISSUER]},
        {"iss": None},
        {"aud": "other"},
        {"aud": ["other"]},
        {"aud": []},
        {"aud": None},
        {"aud": ["one", "other"]},
        {"aud": ["one", "other"], "azp": "other"},
        {"azp": "other"},
        {"at_hash": half_hash("another token")},
        {"at_hash": half_hash(ACCESS)[:-1]},
        {"at_hash": 7},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": ["another", FLIGHT.nonce]},
        {"exp": NOW_S - 120},
        {"exp": NOW_S - 60},
        {"exp": "never"},
        {"nbf": NOW_S + 600},
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
        whom(token(changes))


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
            whom(text)
    for keys in (b"", b"{}", b'{"keys":[]}', b"[]", b"null"):
        with pytest.raises(NotProven):
            whom(token(), keys)


def test_a_key_that_is_not_among_these_is_told_from_a_token_that_proves_nothing() -> None:
    other = jwk.RSAKey.generate_key(2048, {"kid": "2"})
    others = json.dumps({"keys": [other.as_dict(private=False)]}).encode()
    again = jwk.RSAKey.generate_key(2048, {"kid": "1"})
    for keys in (others, json.dumps({"keys": [again.as_dict(private=False)]}).encode()):
        with pytest.raises(UnknownKey):
            whom(token(), keys)
    with pytest.raises(NotProven) as caught:
        whom(token({"nonce": "another"}))
    assert not isinstance(caught.value, UnknownKey)


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")  # its new names are not in use yet
@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_every_signature_by_a_pair_of_keys_that_we_name_is_read(algorithm: str) -> None:
    made = {
        "ES256": lambda: jwk.ECKey.generate_key("P-256", {"kid": "1"}),
        "EdDSA": lambda: jwk.OKPKey.generate_key("Ed25519", {"kid": "1"}),
    }
    key = made.get(algorithm, lambda: KEY)()
    keys = json.dumps({"keys": [key.as_dict(private=False)]}).encode()
    assert whom(token(key=key, algorithm=algorithm), keys).subject == "abc"


@pytest.mark.parametrize(
    ("said", "verified"), [(True, True), ("true", True), (False, False), ("no", False), (None, False)]
)
def test_an_address_counts_only_where_the_provider_has_verified_it(said: object, verified: bool) -> None:  # noqa: FBT001
    found = whom(token({"email_verified": said}))
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
    address = urlsplit(address_to_go_to(OUTSIDER, places, FLIGHT, BACK))
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{ISSUER}/auth"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(FLIGHT.verifier.encode()).digest()).decode().rstrip("=")
    assert parse_qsl(address.query) == [
        ("tenant", "1"),
        ("response_type", "code"),
        ("client_id", "one"),
        ("redirect_uri", BACK),
        ("scope", "openid email profile"),
        ("state", FLIGHT.state),
        ("nonce", FLIGHT.nonce),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ]
    assert FLIGHT.verifier not in address.query
    assert 43 <= len(FLIGHT.verifier) <= 128  # RFC 7636, 4.1
    assert repr(replace(FLIGHT)) == "Flight()"


def test_a_code_is_exchanged_with_the_verifier_and_the_address_it_came_to() -> None:
    sent = [
        ("code", "a+b/c="),
        ("code_verifier", FLIGHT.verifier),
        ("grant_type", "authorization_code"),
        ("redirect_uri", BACK),
    ]
    assert sorted(fields_for_tokens(OUTSIDER, FLIGHT, "a+b/c=", BACK)) == sent
    without_secret = replace(OUTSIDER, secret=None)
    assert sorted(fields_for_tokens(without_secret, FLIGHT, "a+b/c=", BACK)) == sorted([("client_id", "one"), *sent])


@pytest.mark.parametrize("said", [b"", b"[]", b'{"id_token":"a"}', b'{"id_token":"a","access_token":""}', b"{}"])
def test_an_answer_without_both_tokens_proves_nothing(said: bytes) -> None:
    with pytest.raises(NotProven):
        tokens_of(said)
    assert repr(tokens_of(b'{"id_token":"a","access_token":"b"}')) == "Tokens()"


def test_a_provider_says_under_its_own_name_where_it_is_asked() -> None:
    assert address_of_places(ISSUER) == f"{ISSUER}/.well-known/openid-configuration"
    assert address_of_places(f"{ISSUER}/") == f"{ISSUER}/.well-known/openid-configuration"
    assert places_of(ISSUER, json.dumps(PLACES).encode()) == Places(*PLACES.values())


def test_what_a_provider_says_about_what_is_not_used_locks_nobody_out() -> None:
    more = {
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "ui_locales_supported": ["en_US"],
        "userinfo_endpoint": None,
    }
    assert places_of(ISSUER, json.dumps({**PLACES, **more}).encode()).issuer == ISSUER


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://id.example"},
        {"issuer": f"{ISSUER}/"},
        {"issuer": None},
        {"issuer": [ISSUER]},
        *(
            {end: said}
            for end in ("authorization_endpoint", "token_endpoint", "jwks_uri")
            for said in (None, "", 7, "http://id.example/x", "http://127.0.0.1/x", "ftp://id.example/x", "javascript:1")
        ),
        {"grant_types_supported": 7},
    ],
)
def test_a_provider_of_another_name_or_without_encryption_is_not_gone_to(changes: Mapping[str, object]) -> None:
    said = {name: value for name, value in {**PLACES, **changes}.items() if value is not None}
    with pytest.raises(NotProven):
        places_of(ISSUER, json.dumps(said).encode())


def test_no_variable_of_the_environment_lets_a_place_without_encryption_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    for end in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        with pytest.raises(NotProven):
            places_of(ISSUER, json.dumps({**PLACES, end: "http://id.example/x"}).encode())


@pytest.mark.parametrize("said", [b"", b"[]", b"null", b'"x"'])
def test_places_that_cannot_be_read_are_no_places(said: bytes) -> None:
    with pytest.raises(NotProven):
        places_of(ISSUER, said)
