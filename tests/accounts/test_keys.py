"""Keys: their form, how one is judged, and what one may do. Pure."""

import hmac
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiinone.accounts.keys import (
    Key,
    KeyRules,
    Mode,
    Scope,
    judge,
    new_secret,
    read_authorization,
    refuse_address,
    refuse_model,
    refuse_scope,
    secret_hash,
    written,
)
from apiinone.core.errors import AuthenticationFailed, PermissionDenied, Refusal

PEPPER = b"pepper"
KEY_ID = "06h0ccs2v0q4r9t8u1v0a2b3c4"
SECRET = new_secret(lambda count: bytes(range(count)))  # the same in every process: it stands in the names of cases
LIVE = written("live", KEY_ID, SECRET)
SECOND_US = 1_000_000


def key(**changes: object) -> Key:
    values: dict[str, object] = {
        "id": KEY_ID,
        "account_id": "account",
        "account_state": "active",
        "mode": "live",
        "lineage_id": KEY_ID,
        "secret_hash": secret_hash(PEPPER, SECRET),
        "name": "",
        "rules": KeyRules(),
        "created_us": 0,
        "expires_us": None,
        "revoked_us": None,
        "last_used_us": None,
    }
    return Key(**{**values, **changes})  # pyright: ignore[reportArgumentType]


def judged(header: str, stored: Key | None, *, now_us: int = SECOND_US, pepper: bytes = PEPPER) -> Key:
    return judge(stored, read_authorization(header, pepper), now_us)


def test_a_secret_has_256_bits_and_is_stored_as_its_hmac_only() -> None:
    assert len(SECRET) * 5 >= 256
    assert len({new_secret(secrets.token_bytes) for _ in range(100)}) == 100
    assert secret_hash(PEPPER, SECRET) == hmac.digest(PEPPER, SECRET.encode(), "sha256")
    assert secret_hash(b"other", SECRET) != secret_hash(PEPPER, SECRET)


def test_a_key_is_read_as_it_is_written() -> None:
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert judged(f"{scheme} {LIVE}", key()).id == KEY_ID
    assert judged(f"Bearer  {LIVE} ", key()).id == KEY_ID


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        LIVE,
        f"Basic {LIVE}",
        f"Bearer x{LIVE}",
        f"Bearer {LIVE}_more",
        f"Bearer aio_free_{KEY_ID}_{SECRET}",
        f"Bearer aio_live_{KEY_ID.upper()}_{SECRET}",
        f"Bearer aio_live_{KEY_ID}",
        f"Bearer aio_live__{SECRET}",
        f"Bearer aio_live_{KEY_ID[:-1]}_{SECRET}",
        "Bearer aio_live_' OR 1=1 --_x",
    ],
)
def test_anything_else_is_no_key(header: str | None) -> None:
    with pytest.raises(AuthenticationFailed):
        read_authorization(header, PEPPER)


@given(st.text(max_size=200))
def test_no_header_brings_up_anything_but_a_refusal(header: str) -> None:
    for text in (header, f"Bearer {header}", f"Bearer aio_live_{KEY_ID}_{header}"):
        with pytest.raises(AuthenticationFailed):
            judged(text, key())


def test_the_secret_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    real = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return real(one, other)

    monkeypatch.setattr("hmac.compare_digest", compare)
    judged(f"Bearer {LIVE}", key())
    for stored in (key(secret_hash=b"other"), None):
        with pytest.raises(AuthenticationFailed):
            judged(f"Bearer {LIVE}", stored)
    assert len(compared) == 3


@pytest.mark.parametrize(
    ("stored", "refusal"),
    [
        (None, AuthenticationFailed),
        (key(secret_hash=b""), AuthenticationFailed),
        (key(mode="test"), AuthenticationFailed),
        (key(revoked_us=SECOND_US), AuthenticationFailed),
        (key(expires_us=SECOND_US), AuthenticationFailed),
        (key(account_state="suspended"), PermissionDenied),
    ],
)
def test_a_key_that_is_not_good_is_refused(stored: Key | None, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        judged(f"Bearer {LIVE}", stored)


def test_a_key_is_good_until_the_microsecond_it_ends() -> None:
    for changes in ({"revoked_us": SECOND_US + 1}, {"expires_us": SECOND_US + 1}):
        assert judged(f"Bearer {LIVE}", key(**changes)).id == KEY_ID


def test_who_does_not_know_the_secret_learns_nothing_about_the_key() -> None:
    sentences: set[str] = set()
    for stored in (
        None,
        key(secret_hash=b"x"),
        key(secret_hash=b"x", revoked_us=1),
        key(secret_hash=b"x", mode="test"),
    ):
        with pytest.raises(AuthenticationFailed) as refused:
            judged(f"Bearer {LIVE}", stored)
        sentences.add(refused.value.message)
    assert len(sentences) == 1


@pytest.mark.parametrize(
    ("ranges", "address", "allowed"),
    [
        (None, "anything", True),
        (("10.0.0.0/8",), "10.1.2.3", True),
        (("10.0.0.0/8",), "11.1.2.3", False),
        (("10.0.0.0/8",), "::ffff:10.1.2.3", True),
        (("192.0.2.7",), "192.0.2.7", True),
        (("192.0.2.7/24",), "192.0.2.9", True),
        (("2001:db8::/32",), "2001:db8::1", True),
        (("2001:db8::/32",), "10.1.2.3", False),
        ((), "10.1.2.3", False),
        (("10.0.0.0/8",), "", False),
        (("10.0.0.0/8",), "unix:", False),
        (("no range", "10.0.0.0/8"), "10.1.2.3", True),
        (("no range",), "10.1.2.3", False),
    ],
)
def test_a_key_with_address_ranges_is_good_from_those_alone(
    ranges: tuple[str, ...] | None, address: str, *, allowed: bool
) -> None:
    rules = KeyRules(ip_ranges=ranges)
    if allowed:
        refuse_address(rules, address)
        return
    with pytest.raises(PermissionDenied):
        refuse_address(rules, address)


def test_a_key_may_do_what_its_scopes_name_and_nothing_else() -> None:
    scopes: tuple[Scope, ...] = ("tasks.read",)
    refuse_scope(KeyRules(), "generate")
    refuse_scope(KeyRules(scopes=scopes), "tasks.read")
    for rules in (KeyRules(scopes=scopes), KeyRules(scopes=())):
        with pytest.raises(PermissionDenied):
            refuse_scope(rules, "generate")


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        (KeyRules(), True),
        (KeyRules(models=("recraft-v4",)), True),
        (KeyRules(models=("sub-model",)), True),
        (KeyRules(models=("other",)), False),
        (KeyRules(models=()), False),
        (KeyRules(endpoints=("images",)), True),
        (KeyRules(endpoints=("videos",)), False),
        (KeyRules(endpoints=("videos",), models=("recraft-v4",)), False),
    ],
)
def test_a_key_may_use_the_models_and_endpoints_it_names(rules: KeyRules, *, allowed: bool) -> None:
    names = ("recraft-v4", "sub-model")
    if allowed:
        refuse_model(rules, "images", names)
        return
    with pytest.raises(PermissionDenied):
        refuse_model(rules, "images", names)


def test_both_modes_are_written_and_read() -> None:
    modes: tuple[Mode, ...] = ("live", "test")
    for mode in modes:
        assert judged(f"Bearer {written(mode, KEY_ID, SECRET)}", key(mode=mode)).mode == mode
