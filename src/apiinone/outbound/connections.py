"""One HTTP exchange on a guarded connection, and the one judgement on its failure: not sent, or lost.

This file and those it imports cost start-up time and memory; `sender` imports them with its first request.
"""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Final

from apiinone.addresses import DEFAULT_PORTS
from apiinone.core.exchange import Response
from apiinone.outbound.bodies import BodyTooLarge, Decoder, decoder_for
from apiinone.outbound.guard import GuardRefused, Lookup, NameUnknown
from apiinone.outbound.outcomes import Exchange, Lost, LostReason, NotSent, NotSentReason
from apiinone.outbound.pool import Pool
from apiinone.outbound.wire import Truncated, Wire

WITH_LENGTH: Final = ("POST", "PUT")
"""Methods whose body is announced even where it is empty."""


class Connections:
    """Two pools: one reaches public addresses only, the other the hosts that the operator allows by name."""

    def __init__(self, lookup: Lookup, *, connections_max: int, user_agent: str) -> None:
        """Open nothing yet. `connections_max` counts per pool. Needs a running loop."""
        self._public = Pool(lookup, judging=True, connections_max=connections_max)
        self._permitted = Pool(lookup, judging=False, connections_max=connections_max)
        usual = {"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": "identity"}
        self._usual = {name.lower(): f"{name}: {value}" for name, value in usual.items()}
        self._clock = asyncio.get_running_loop().time

    async def perform(self, exchange: Exchange, url: str = "") -> Response:
        """Write the request once and read the whole answer, which bears this address as the one that was asked.

        Raises NotSent or Lost, and nothing else.
        """
        incoming = await self.open(exchange)
        try:
            if exchange.status_only:
                await incoming.leave()
                return Response(incoming.status, {}, b"")
            return await incoming.whole(url)
        finally:
            incoming.close()

    async def open(self, exchange: Exchange) -> "Incoming":
        """Write the request once and give the answer as it comes. Raises NotSent or Lost, and nothing else."""
        pool = self._permitted if exchange.permitted else self._public
        ends_s = self._clock() + exchange.timeout_s
        try:
            head = written(exchange, self._usual)
            wire = await pool.take(exchange.address, exchange.timeout_s)
        except Exception as error:  # noqa: BLE001 - whatever it was, nothing was written
            unsent = NotSent(_not_sent(error))
        else:
            return await _asked(pool, wire, exchange, head, ends_s - self._clock())
        # Raised out here, so that no foreign text hangs on it as its context. So below.
        raise unsent

    async def aclose(self) -> None:
        """Close every connection."""
        await self._public.aclose()
        await self._permitted.aclose()


async def _asked(pool: Pool, wire: Wire, exchange: Exchange, head: bytes, left_s: float) -> "Incoming":
    try:
        await wire.ask(head, exchange.body, timeout_s=left_s, idle_s=exchange.idle_s)
        await wire.head()
    except Exception as error:  # noqa: BLE001 - whatever it was, the answer is lost
        failure = Lost(_lost(error))
    except BaseException:
        pool.give_back(wire)
        raise
    else:
        return Incoming(pool, wire, exchange.body_bytes_max)
    pool.give_back(wire)
    raise failure


class Incoming:
    """An answer on its way: status and headers are here, the body comes in pieces, each read once."""

    def __init__(self, pool: Pool, wire: Wire, bytes_max: int) -> None:
        """Take an answer whose body was not read."""
        self._pool = pool
        self._wire: Wire | None = wire
        self._left = bytes_max
        self._decoder: Decoder | None = None
        self.status = wire.status
        self.headers = wire.headers

    async def next(self) -> bytes:
        """The next piece; empty at the end. Raises Lost, after which nothing more comes."""
        try:
            return await self._next()
        except Exception as error:  # noqa: BLE001 - whatever it was, the rest is lost
            failure = Lost(_lost(error))
        self.close()
        raise failure

    async def whole(self, url: str = "") -> Response:
        """All of it. Raises Lost."""
        body = self._at_hand()
        if body is None:
            pieces: list[bytes] = []
            while piece := await self.next():
                pieces.append(piece)
            body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        return Response(self.status, self.headers, body, url)

    async def leave(self) -> None:
        """Keep the connection where the rest of the answer is short and says so; else close it."""
        announced = self._announced()
        if self._wire is None or announced is None or announced > self._left:
            return
        try:
            while await self._wire.piece():
                continue
        except Exception:  # noqa: BLE001 - the status has come, and nothing else was asked for
            self.close()

    def close(self) -> None:
        """Let go of it. The connection is kept where the body is at its end, else closed."""
        wire, self._wire = self._wire, None
        if wire is not None:
            self._pool.give_back(wire)

    def _at_hand(self) -> bytes | None:
        """The body where all of it has come, plain and within its bounds, as nearly every short answer's has."""
        if self._wire is None or "content-encoding" in self.headers:
            return None
        return self._wire.rest(self._left)

    async def _next(self) -> bytes:
        if self._wire is None:
            raise Truncated
        if self._decoder is None:
            self._decoder = decoder_for(self.headers.get("content-encoding", ""))
            if (self._announced() or 0) > self._left:
                raise BodyTooLarge
        while chunk := await self._wire.piece():
            piece = self._decoder.feed(chunk, self._left)
            self._left -= len(piece)
            if piece:
                return piece
        self._decoder.finish()
        return b""

    def _announced(self) -> int | None:
        text = self.headers.get("content-length", "")
        return int(text) if text.isascii() and text.isdigit() else None


def written(exchange: Exchange, usual: Mapping[str, str]) -> bytes:
    """The head of the request; `usual`: lines by their names in lower case, for headers that it does not give itself.

    Raises ValueError for a header that would be more than one line.
    """
    address = exchange.address
    port = "" if address.port == DEFAULT_PORTS[address.scheme] else f":{address.port}"
    given = {name.lower() for name in exchange.headers}
    lines = [
        f"{exchange.method} {address.target} HTTP/1.1",
        f"Host: {address.bracketed}{port}",
        *(usual.values() if given.isdisjoint(usual) else (usual[name] for name in usual if name not in given)),
        *[f"{name}: {value}" for name, value in exchange.headers.items()],
    ]
    if exchange.body or exchange.method in WITH_LENGTH:
        lines.append(f"Content-Length: {len(exchange.body)}")
    text = "\r\n".join(lines)
    if not text.count("\r") == text.count("\n") == len(lines) - 1 or "\0" in text:
        raise ValueError
    return text.encode() + b"\r\n\r\n"


def _not_sent(error: Exception) -> NotSentReason:
    match error:
        case GuardRefused():
            return "address_refused"
        case NameUnknown():
            return "name_not_resolved"
        case ssl.SSLError():
            return "tls_failed"
        case TimeoutError():
            return "connect_timeout"
        case ValueError():
            return "unencodable"
        case _:
            return "connection_refused"


def _lost(error: Exception) -> LostReason:
    match error:
        case BodyTooLarge():
            return "too_large"
        case Truncated():
            return "truncated"
        case TimeoutError():
            return "timeout"
        case OSError():
            return "reset"
        case _:
            return "malformed"
