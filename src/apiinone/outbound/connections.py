"""One HTTP exchange on a guarded connection, and the one judgement on its failure: not sent, or lost.

This file and `guard` import aiohttp, which costs time and memory; `sender` imports them with its first request.
"""

import io
from functools import lru_cache
from typing import Final

from aiohttp import (
    ClientConnectionError,
    ClientConnectorDNSError,
    ClientPayloadError,
    ClientResponse,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    DummyCookieJar,
)
from yarl import URL

from apiinone.core.exchange import Response
from apiinone.outbound.bodies import BodyMalformed, BodyTooLarge, Decoder, decoder_for, read_bounded
from apiinone.outbound.guard import GuardedConnector, GuardRefused, Lookup, Progress, progress
from apiinone.outbound.outcomes import Exchange, Lost, LostReason, NotSent, NotSentReason

CONNECT_TIMEOUT_S: Final = 10.0
HEADERS_MAX: Final = 128
HEADER_BYTES_MAX: Final = 8190
LARGE_BODY_BYTES: Final = 1024 * 1024
"""Larger request bodies are written in parts, so that one does not hold up the others."""


class Connections:
    """Two pools: one reaches public addresses only, the other the hosts that the operator allows by name."""

    def __init__(self, lookup: Lookup, *, connections_max: int, user_agent: str) -> None:
        """Open nothing yet. `connections_max` counts per pool. Needs a running loop."""
        self._public, self._permitted = (
            ClientSession(
                connector=GuardedConnector(lookup, judging=judging, connections_max=connections_max),
                cookie_jar=DummyCookieJar(),
                headers={"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": "identity"},
                auto_decompress=False,
                trust_env=False,
                max_headers=HEADERS_MAX,
                max_field_size=HEADER_BYTES_MAX,
            )
            for judging in (True, False)
        )

    async def perform(self, exchange: Exchange) -> Response:
        """Write the request once and read the whole answer. Raises NotSent or Lost, and nothing else."""
        mine = Progress()
        try:
            return await self._perform(exchange, mine)
        except Exception as error:  # noqa: BLE001 - whatever it was, it means one of two things
            failure = Lost(_lost(error)) if mine.connected else NotSent(_not_sent(error))
        # Raised out here, so that no foreign text hangs on it as its context.
        raise failure

    async def open(self, exchange: Exchange) -> "Incoming":
        """Write the request once and give the answer as it comes. Raises NotSent or Lost, and nothing else."""
        mine = Progress()
        try:
            return Incoming(await self._request(exchange, mine), exchange.body_bytes_max)
        except Exception as error:  # noqa: BLE001 - as above
            failure = Lost(_lost(error)) if mine.connected else NotSent(_not_sent(error))
        raise failure

    async def aclose(self) -> None:
        """Close every connection."""
        await self._public.close()
        await self._permitted.close()

    async def _request(self, exchange: Exchange, mine: Progress) -> ClientResponse:
        session = self._permitted if exchange.permitted else self._public
        progress.set(mine)
        return await session.request(
            exchange.method,
            _url(exchange.address.url),
            data=io.BytesIO(exchange.body) if len(exchange.body) > LARGE_BODY_BYTES else exchange.body or None,
            headers=exchange.headers,
            allow_redirects=False,
            timeout=_timeout(exchange.timeout_s, exchange.idle_s),
        )

    async def _perform(self, exchange: Exchange, mine: Progress) -> Response:
        answer = await self._request(exchange, mine)
        if exchange.status_only:
            await _leave(answer, exchange.body_bytes_max)
            return Response(answer.status, {}, b"")
        try:
            body = await _read(answer, exchange.body_bytes_max)
        except BaseException:
            answer.close()
            raise
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status, headers, body, exchange.address.url)


class Incoming:
    """An answer on its way: status and headers are here, the body comes in pieces, each read once."""

    def __init__(self, answer: ClientResponse, bytes_max: int) -> None:
        """Take an answer whose body was not read."""
        self._answer = answer
        self._left = bytes_max
        self._decoder: Decoder | None = None
        self.status = answer.status
        self.headers = {name.lower(): value for name, value in answer.headers.items()}

    async def next(self) -> bytes:
        """The next piece; empty at the end. Raises Lost, after which nothing more comes."""
        try:
            return await self._next()
        except Exception as error:  # noqa: BLE001 - whatever it was, the rest is lost
            failure = Lost(_lost(error))
        self._answer.close()
        raise failure

    async def whole(self) -> Response:
        """All of it. Raises Lost."""
        pieces: list[bytes] = []
        while piece := await self.next():
            pieces.append(piece)
        return Response(self.status, self.headers, b"".join(pieces))

    def close(self) -> None:
        """Let go of it. The connection is kept where the body is at its end, else closed."""
        if self._answer.content.at_eof():
            self._answer.release()
        else:
            self._answer.close()

    async def _next(self) -> bytes:
        if self._decoder is None:
            self._decoder = decoder_for(self.headers.get("content-encoding", ""))
            if (self._answer.content_length or 0) > self._left:
                raise BodyTooLarge
        while chunk := await self._answer.content.readany():
            piece = self._decoder.feed(chunk, self._left)
            self._left -= len(piece)
            if piece:
                return piece
        self._decoder.finish()
        return b""


@lru_cache(maxsize=256)
def _url(text: str) -> URL:
    return URL(text, encoded=True)


@lru_cache(maxsize=64)
def _timeout(timeout_s: float, idle_s: float | None) -> ClientTimeout:
    return ClientTimeout(total=timeout_s, sock_connect=min(CONNECT_TIMEOUT_S, timeout_s), sock_read=idle_s)


async def _read(answer: ClientResponse, bytes_max: int) -> bytes:
    encoding = answer.headers.get("Content-Encoding", "")
    announced = answer.content_length
    if announced is not None and announced <= bytes_max and not encoding:
        return await answer.read()
    return await read_bounded(answer.content.iter_any(), encoding, announced, bytes_max)


async def _leave(answer: ClientResponse, bytes_max: int) -> None:
    """Keep the connection where the rest of the answer is short and says so; else close it."""
    announced = answer.content_length
    if announced is None or announced > bytes_max:
        answer.close()
        return
    try:
        await answer.read()
    except Exception:  # noqa: BLE001 - the status has come, and nothing else was asked for
        answer.close()
    except BaseException:
        answer.close()
        raise


def _not_sent(error: Exception) -> NotSentReason:
    causes = _causes(error)
    if any(isinstance(cause, GuardRefused) for cause in causes):
        return "address_refused"
    if isinstance(error, ClientConnectorDNSError):
        return "name_not_resolved"
    if isinstance(error, ClientSSLError):
        return "tls_failed"
    if isinstance(error, TimeoutError):
        return "connect_timeout"
    return "connection_refused"


def _lost(error: Exception) -> LostReason:
    match error:
        case BodyTooLarge():
            return "too_large"
        case BodyMalformed():
            return "malformed"
        case ClientPayloadError():
            return "truncated"
        case TimeoutError():
            return "timeout"
        case OSError() | ClientConnectionError():
            return "reset"
        case _:
            return "malformed"


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it was raised from, nearest first."""
    found: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in found:
        found.append(cause)
        cause = cause.__cause__
    return found
