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
from apiinone.outbound.bodies import BodyMalformed, BodyTooLarge, read_bounded
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

    async def aclose(self) -> None:
        """Close every connection."""
        await self._public.close()
        await self._permitted.close()

    async def _perform(self, exchange: Exchange, mine: Progress) -> Response:
        session = self._permitted if exchange.permitted else self._public
        progress.set(mine)
        answer = await session.request(
            exchange.method,
            _url(exchange.address.url),
            data=io.BytesIO(exchange.body) if len(exchange.body) > LARGE_BODY_BYTES else exchange.body or None,
            headers=exchange.headers,
            allow_redirects=False,
            timeout=_timeout(exchange.timeout_s),
        )
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


@lru_cache(maxsize=256)
def _url(text: str) -> URL:
    return URL(text, encoded=True)


@lru_cache(maxsize=64)
def _timeout(timeout_s: float) -> ClientTimeout:
    return ClientTimeout(total=timeout_s, sock_connect=min(CONNECT_TIMEOUT_S, timeout_s))


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
