"""Signed links to outputs: who holds one may read one output until it expires, at most an hour later.

The signature is HMAC-SHA256 over mode, account, task, output index and expiry, by a key that the link names, so keys
can be rotated: sign with the new one, keep the old one for an hour. The row is still looked up when a link is used, so
a deleted output is gone at once (hazard 36).
"""

import hashlib
import hmac
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from apiinone.core.secret import Secret

LIFETIME_S_MAX = 3600
KEYS_MAX = 8
"""Keys in use at a time: the one that signs, and those that are still good."""

OUTPUT_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "private, no-store",
    }
)
"""On every response that carries an output: nothing in it runs, is guessed at, tells its address or is kept."""


class OutputPath(Struct, frozen=True):
    """Which output a link leads to."""

    mode: str
    account_id: str
    task_id: str
    index: int


class Valid(Struct, frozen=True):
    """Signed by us and still good."""


class Expired(Struct, frozen=True):
    """Signed by us, but its time is over."""


class Forged(Struct, frozen=True):
    """Not signed by us: changed, incomplete, for another output, or by a key that is gone."""


Verdict = Valid | Expired | Forged


def sign(key_id: str, secret: Secret, *, path: OutputPath, expires_at_s: int, now_s: int) -> str:
    """The query of a link: ``expires=…&key=…&signature=…``; seconds since 1970.

    Raises ValueError for a link that would be good for longer than an hour, or no more.
    """
    if not 0 < expires_at_s - now_s <= LIFETIME_S_MAX:
        raise ValueError("a link is good for at most an hour, and not yet over")
    shown_id = key_id if key_id.isalnum() and key_id.isascii() else quote(key_id, safe="")
    return f"expires={expires_at_s}&key={shown_id}&signature={_signature(secret, path, expires_at_s)}"


def verify(secrets: Mapping[str, Secret], query: Mapping[str, str], *, path: OutputPath, now_s: int) -> Verdict:
    """Judge a link by the secrets that are valid now, by key id. Takes any query, and as long for each signature."""
    secret = secrets.get(query.get("key", ""))
    expires, signature = query.get("expires", ""), query.get("signature", "")
    if secret is None or not (expires.isascii() and expires.isdigit() and len(expires) <= _DIGITS_MAX):
        return Forged()
    expires_at_s = int(expires)
    expected = _signature(secret, path, expires_at_s)
    if not hmac.compare_digest(expected.encode(), signature.encode(errors="replace")):
        return Forged()
    if expires_at_s <= now_s:
        return Expired()
    return Valid() if expires_at_s - now_s <= LIFETIME_S_MAX else Forged()


def content_disposition(filename: str) -> str:
    """A `Content-Disposition` that shows the output and names it when saved (RFC 6266, RFC 8187). Takes any text.

    The plain form has what every browser reads; the starred one the whole name, without folders and control characters.
    """
    last = filename.replace("\\", "/").rpartition("/")[2]
    name = "".join(character for character in last if character.isprintable()).strip(" .")[:_NAME_CHARACTERS_MAX]
    name = name.encode(errors="replace").decode() or "output"
    plain = "".join(character if _is_plain(character) else "_" for character in name)
    header = f'inline; filename="{plain}"'
    return header if plain == name else f"{header}; filename*=UTF-8''{quote(name, safe='')}"


def _signature(secret: Secret, path: OutputPath, expires_at_s: int) -> str:
    mode, account_id, task_id = path.mode, path.account_id, path.task_id
    message = (  # lengths keep texts from running into one another
        f"{_PURPOSE},{len(mode)}:{mode},{len(account_id)}:{account_id},{len(task_id)}:{task_id},"
        f"{path.index},{expires_at_s}"
    )
    code = _keyed(secret.reveal()).copy()
    code.update(message.encode(errors="replace"))
    return code.hexdigest()


@lru_cache(maxsize=KEYS_MAX)
def _keyed(key: str) -> hmac.HMAC:
    """The code with its key taken in, which is half the work; every link is a copy that goes on from there."""
    return hmac.new(key.encode(), digestmod=hashlib.sha256)


def _is_plain(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in " -_.()")


_PURPOSE = "output-link-1"
"""Keeps a signature for a link from being one for anything else that the same secret may sign."""
_DIGITS_MAX = 12
_NAME_CHARACTERS_MAX = 150
