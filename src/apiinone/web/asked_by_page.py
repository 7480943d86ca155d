"""Requests that a page makes for a part of itself, by htmx: what its answer says to the script and not to the reader.

Such a page asks as any browser does, is answered with a whole page, and takes its part out of that. Two things differ.
A redirect would be followed unseen, and another page be put into a part of this one: its address is told instead, and
the browser goes there. And who looks may be another by now, signed out or at another account in another window: then
the whole page is drawn anew, never a part of it. (htmx 2.0, reference: request and response headers.)
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from apiinone.api.answer import Header
from apiinone.web.visitor import Visitor

ASKED_BY_PAGE: Final = b"hx-request"
DRAWN_FOR: Final = b"x-drawn-for"
GO_ON: Final = b"hx-redirect"
VARY: Final[Header] = (b"vary", b"accept-language, cookie, hx-request, x-drawn-for")
"""What decides about an answer beside its address."""
QUERY_BYTES_MAX: Final = 2048


def asked_by_page(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a page asks, and not its reader."""
    return headers.get(ASKED_BY_PAGE) == b"true"


def drawn_for_another(headers: Mapping[bytes, bytes], visitor: Visitor) -> bool:
    """Whether the page that asks was drawn for somebody else than who looks now, or says nothing of it."""
    return headers.get(DRAWN_FOR, b"") != visitor.drawn_for.encode()


def whole_address(path: str, query: bytes) -> str:
    """Where the whole of what was asked for is: the browser goes there itself."""
    asked = query[:QUERY_BYTES_MAX].decode("ascii", "ignore")
    return f"{quote(path)}?{asked}" if asked else quote(path)
