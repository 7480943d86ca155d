"""Keys: what they look like, what they may do, and how one is judged. Pure; the rows are in `statements.py`.

`aio_live_<id>_<secret>` or `aio_test_…`: the id finds the row, the 256-bit secret is compared as an HMAC with the
installation's pepper in constant time. The key itself is shown once and stored nowhere.
"""

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import Callable
from typing import Literal, get_args

from msgspec import Struct

from apiinone.core.errors import AuthenticationFailed, PermissionDenied
from apiinone.core.ids import is_id

Mode = Literal["live", "test"]
Scope = Literal["generate", "tasks.read", "tasks.write", "billing.read", "billing.write"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
USUAL_SCOPES: tuple[Scope, ...] = ("generate", "tasks.read", "tasks.write", "billing.read")
"""Of a key that names none: buying has to be asked for by name."""
SECRET_BYTES = 32
_PREFIX = "aio"


class KeyRules(Struct, frozen=True, omit_defaults=True):
    """What a key may do. Nothing given means no such limit, or the installation's default."""

    scopes: tuple[Scope, ...] = USUAL_SCOPES
    models: tuple[str, ...] | None = None
    endpoints: tuple[str, ...] | None = None
    ip_ranges: tuple[str, ...] | None = None
    requests_per_minute_max: int | None = None
    open_tasks_max: int | None = None


class Key(Struct, frozen=True):
    """A key as stored, together with the state of its account."""

    id: str
    account_id: str
    account_state: str
    mode: Mode
    lineage_id: str
    secret_hash: bytes
    name: str
    rules: KeyRules
    created_us: int
    expires_us: int | None
    revoked_us: int | None
    last_used_us: int | None
    made_by: str | None = None
    """The person who made it; None: an operator."""


class Presented(Struct, frozen=True):
    """A key as it came with a request, taken apart and hashed; the secret itself goes no further."""

    mode: Mode
    key_id: str
    secret_hash: bytes


def new_secret(randomness: Callable[[int], bytes]) -> str:
    """256 random bits in 52 characters ``0-9a-v``."""
    return base64.b32hexencode(randomness(SECRET_BYTES)).decode().rstrip("=").lower()


def written(mode: Mode, key_id: str, secret: str) -> str:
    """The key as its owner sees it, once."""
    return f"{_PREFIX}_{mode}_{key_id}_{secret}"


def secret_hash(pepper: bytes, secret: str) -> bytes:
    """What is stored of a secret: HMAC-SHA256 under the installation's pepper."""
    return hmac.digest(pepper, secret.encode(), hashlib.sha256)


def read_authorization(header: str | None, pepper: bytes) -> Presented:
    """Take an `Authorization` header apart. Raises AuthenticationFailed."""
    if header is None:
        raise AuthenticationFailed("send your key as `Authorization: Bearer aio_…`")
    scheme, _, written_key = header.partition(" ")
    parts = written_key.strip().split("_")
    if scheme.lower() != "bearer" or len(parts) != len(["aio", "mode", "id", "secret"]) or parts[0] != _PREFIX:
        raise AuthenticationFailed("the Authorization header does not hold a key of the form `Bearer aio_…`")
    mode, key_id, secret = parts[1:]
    if mode not in get_args(Mode) or not is_id(key_id):
        raise AuthenticationFailed("this key is not valid")
    return Presented("live" if mode == "live" else "test", key_id, secret_hash(pepper, secret))


def judge(key: Key | None, presented: Presented, now_us: int) -> Key:
    """The key, if it is the one presented and still good. Raises AuthenticationFailed, PermissionDenied."""
    stored = b"" if key is None else key.secret_hash
    same = hmac.compare_digest(stored, presented.secret_hash)
    if key is None or not same or key.mode != presented.mode:
        raise AuthenticationFailed("this key is not valid")
    refuse_ended(key.revoked_us, key.expires_us, key.account_state, now_us)
    return key


def refuse_ended(revoked_us: int | None, expires_us: int | None, account_state: str, now_us: int) -> None:
    """Raise AuthenticationFailed for a revoked or expired key, PermissionDenied for a suspended account."""
    if revoked_us is not None and revoked_us <= now_us:
        raise AuthenticationFailed("this key was revoked")
    if expires_us is not None and expires_us <= now_us:
        raise AuthenticationFailed("this key has expired")
    if account_state != "active":
        raise PermissionDenied("this account is suspended")


def refuse_address(rules: KeyRules, address: str) -> None:
    """Raise PermissionDenied where the key names address ranges and the caller is in none of them."""
    if rules.ip_ranges is None:
        return
    try:
        caller = ipaddress.ip_address(address)
    except ValueError:
        raise PermissionDenied("this key may not be used from an unknown address") from None
    mapped = caller.ipv4_mapped if isinstance(caller, ipaddress.IPv6Address) else None
    if not any(_holds(ip_range, mapped or caller) for ip_range in rules.ip_ranges):
        raise PermissionDenied("this key may not be used from this address")


def refuse_scope(rules: KeyRules, scope: Scope) -> None:
    """Raise PermissionDenied where the key lacks the scope."""
    if scope not in rules.scopes:
        raise PermissionDenied(f"this key lacks the scope `{scope}`")


def refuse_model(rules: KeyRules, endpoint: str, names: tuple[str, ...]) -> None:
    """Raise PermissionDenied where the key names endpoints or models and this is none of them."""
    if rules.endpoints is not None and endpoint not in rules.endpoints:
        raise PermissionDenied(f"this key may not use the endpoint `{endpoint}`")
    if rules.models is not None and not set(rules.models) & set(names):
        raise PermissionDenied(f"this key may not use the model `{names[0]}`", param="/model")


def _holds(ip_range: str, caller: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether a range holds an address; what is no range holds none."""
    try:
        return caller in ipaddress.ip_network(ip_range, strict=False)
    except ValueError:
        return False
