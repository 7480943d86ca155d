"""How a page leaves: with the headers every page carries, compressed where the browser takes it, cheap to ask again."""

import gzip
import hashlib
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from apiinone.api.answer import Answer, Header

GZIP_LEVEL: Final = 6
COMPRESSED_FROM_BYTES: Final = 512
FOR_EVER: Final = b"public, max-age=31536000, immutable"
ASK_AGAIN: Final = b"no-cache"
FILES_VARY: Final = b"accept-encoding"
PAGES_VARY: Final = b"accept-encoding, accept-language, cookie"
POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:;"
    b" connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY: Final[tuple[Header, ...]] = (
    (b"content-security-policy", POLICY),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
"""On every page: no script, style or request from anywhere else, and no frame around us."""


class Document(Struct, frozen=True):
    """A body with its type, its compressed twin and its mark."""

    body: bytes
    content_type: bytes
    packed: bytes
    """Gzip; empty where it would not pay."""
    tag: bytes
    """The ETag."""


def document(text: str | bytes, content_type: bytes) -> Document:
    """A body made ready to be sent many times."""
    body = text.encode() if isinstance(text, str) else text
    packed = gzip.compress(body, GZIP_LEVEL, mtime=0) if len(body) >= COMPRESSED_FROM_BYTES else b""
    tag = b'"%b"' % hashlib.sha256(body).hexdigest()[:20].encode()
    return Document(body, content_type, packed if len(packed) < len(body) else b"", tag)


def answer(found: Document, headers: Mapping[bytes, bytes], *, status: int = 200, for_ever: bool = False) -> Answer:
    """The response to a request with these headers: 304 where the client has it already."""
    common: tuple[Header, ...] = (
        *SECURITY,
        (b"cache-control", FOR_EVER if for_ever else ASK_AGAIN),
        (b"etag", found.tag),
        (b"vary", FILES_VARY if for_ever else PAGES_VARY),
    )
    if status == 200 and found.tag in headers.get(b"if-none-match", b""):  # noqa: PLR2004 - the status itself
        return Answer(304, b"", common)
    if found.packed and b"gzip" in headers.get(b"accept-encoding", b""):
        return Answer(status, found.packed, (*common, (b"content-encoding", b"gzip")), found.content_type)
    return Answer(status, found.body, common, found.content_type)


def moved(path: str) -> Answer:
    """There is one address for each page; others lead to it."""
    return Answer(308, b"", (*SECURITY, (b"location", path.encode()), (b"cache-control", ASK_AGAIN)))
