"""Pictures written into an address (RFC 2397)."""

import re
from binascii import Error as BadBase64
from binascii import a2b_base64
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from apiinone.assets.media import Unacceptable


class DataUrl(Struct, frozen=True):
    """What a `data:` URL holds; its type is only what it says, in lower case and without parameters."""

    content_type: str
    data: bytes


def decode_data_url(text: str, bytes_max: int) -> DataUrl:
    """Read a `data:` URL, in base64 or percent-encoded. Nothing above the limit is decoded. Raises Unacceptable."""
    head = text[:_HEAD_CHARACTERS_MAX].partition(",")[0]
    match = _HEAD.fullmatch(head)
    if match is None or text[len(head) : len(head) + 1] != ",":
        raise Unacceptable("broken", "not a data: URL")
    try:
        data = _decoded(text[len(head) + 1 :], bytes_max, base64=bool(match[2]))
    except (BadBase64, ValueError):
        raise Unacceptable("broken", "data: URL with bad encoding") from None
    if len(data) > bytes_max:
        raise Unacceptable("too_large", "data: URL")
    return DataUrl(match[1].lower() or "text/plain", data)


def _decoded(body: str, bytes_max: int, *, base64: bool) -> bytes:
    """The bytes, or more than the limit where there are more. Raises ValueError."""
    if not base64:
        return unquote_to_bytes(body[: 3 * bytes_max + 1])  # an escaped byte takes three characters
    if len(body) // 4 * 3 > bytes_max + 2:
        raise Unacceptable("too_large", "data: URL")
    return a2b_base64(unquote_to_bytes(body), strict_mode=True)


_HEAD_CHARACTERS_MAX = 300
_HEAD = re.compile(r"data:([\w.+-]+/[\w.+-]+|)(?:;[\w.-]+=[\w.+\"-]*)*+(;base64)?", re.IGNORECASE | re.ASCII)
