"""One request as routes see it: nothing is read before a route asks for it."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from starlette.types import Receive

from apiinone.api.answer import TakeWhole
from apiinone.core.errors import BadRequest, PayloadTooLarge

OWN_KEY: Final = "apiinone.own_key"
"""Where a scope carries `Call.own_key`. The site puts it there in this process; no request can."""
_LENGTH_DIGITS_MAX: Final = 18


class ClientGone(Exception):
    """The client hung up before its request was whole; there is nobody to answer."""


class Call(Struct):
    """A request under way. Header names are lower case; cookies stand among the headers and are never read."""

    method: str
    headers: Mapping[bytes, bytes]
    query_string: bytes
    address: str
    """The network address of the client; empty where it is unknown."""
    request_id: str
    receive: Receive
    take_whole: TakeWhole | None = None
    """Gives the whole body where it has come, if the server offers that."""
    ids: dict[str, str] = {}
    """What stands in the path where the route has names."""
    own_key: tuple[str, str, str] | None = None
    """Account and key that a member who is signed in uses, and the member; None: the request presents a key itself."""
    waited_s: float = 0.0
    """How long it waited because the client asked to wait; no overhead of ours."""

    def header(self, name: bytes) -> str | None:
        """A header's value; None where it was not sent."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    async def body(self, bytes_max: int) -> bytes:
        """The whole body: at once where it has come, else counted as it comes.

        Raises PayloadTooLarge, BadRequest, ClientGone.
        """
        whole = None if self.take_whole is None else self.take_whole()
        if whole is None:
            return await self._received(bytes_max)
        if len(whole) > bytes_max:
            raise _too_large(bytes_max)
        return whole

    async def _received(self, bytes_max: int) -> bytes:
        announced = self.headers.get(b"content-length", b"0")
        if not announced.isdigit() or len(announced) > _LENGTH_DIGITS_MAX:
            raise BadRequest("Content-Length is not a number of bytes.", param="Content-Length")
        if int(announced) > bytes_max:
            raise _too_large(bytes_max)
        message = await self.receive()
        first: bytes = message.get("body", b"")
        if message["type"] == "http.request" and not message.get("more_body", False) and len(first) <= bytes_max:
            return first
        pieces, count = [first], len(first)
        while message["type"] == "http.request" and message.get("more_body", False) and count <= bytes_max:
            message = await self.receive()
            piece: bytes = message.get("body", b"")
            pieces.append(piece)
            count += len(piece)
        if message["type"] != "http.request":
            raise ClientGone
        if count > bytes_max:
            raise _too_large(bytes_max)
        return b"".join(pieces)


def _too_large(bytes_max: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"The body is larger than {bytes_max} bytes.", param="")
