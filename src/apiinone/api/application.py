"""The ASGI application: every request goes down one path, and every response carries the same headers.

Plain ASGI under Starlette's types: the table of routes must be our own, because a route that does not state its
authority may not exist, and the pipeline is small enough to be read whole.
"""

import logging
import time
from collections.abc import Awaitable
from functools import lru_cache
from typing import Any, Final, assert_never

from starlette.types import ASGIApp, Receive, Scope, Send

from apiinone.accounts.callers import Caller
from apiinone.accounts.keys import refuse_scope
from apiinone.accounts.limits import Allowed
from apiinone.addresses import read_networks
from apiinone.api import errors
from apiinone.api.answer import WHOLE_REQUEST, Answer, BrokenOff, Header, Reply
from apiinone.api.call import OWN_KEY, Call, ClientGone
from apiinone.api.catalogue_pages import CataloguePages
from apiinone.api.context import Context
from apiinone.api.counts import Counts
from apiinone.api.hints import Hints
from apiinone.api.house import House
from apiinone.api.kept_document import KeptDocument
from apiinone.api.proxies import address_of
from apiinone.api.queries import NoQuery, read_query
from apiinone.api.readiness import Readiness
from apiinone.api.request_headers import REQUEST_ID_BYTES, new_request_id, own_request_id
from apiinone.api.responding import offered, respond
from apiinone.api.route import (
    ByKey,
    ByMetricsToken,
    ByPaymentSignature,
    ByProviderSignature,
    BySignedLink,
    Public,
    Route,
)
from apiinone.api.routes import ROUTES
from apiinone.api.table import Found, Nowhere, OtherMethods, Table
from apiinone.core.errors import DatabaseUnavailable, NotFound, RateLimited, Refusal, ServerError
from apiinone.core.randomness import RandomPool

API: Final = "/api/v1/"
_LOG: Final = logging.getLogger(__name__)
POLICIES_MAX: Final = 1024
_ELSEWHERE: Final = "unknown"
_EXPOSED: Final = (
    b"X-Request-Id, Server-Timing, RateLimit, RateLimit-Policy, Retry-After, Idempotent-Replayed, Preference-Applied"
)
_NOSNIFF: Final[Header] = (b"x-content-type-options", b"nosniff")
_CORS: Final[tuple[Header, ...]] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", _EXPOSED),
)
_PREFLIGHT: Final[tuple[Header, ...]] = (
    (
        b"access-control-allow-headers",
        b"Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Prefer, X-Request-Id, X-Test-Scenario",
    ),
    (b"access-control-max-age", b"86400"),
)
_PRIVATE: Final[Header] = (b"cache-control", b"no-store")


def make_house(context: Context) -> House:
    """What routes work with."""
    return House(
        context=context,
        hints=Hints(context.hint),
        counts=Counts(),
        readiness=Readiness(context),
        pages=CataloguePages(
            context.running,
            lambda: context.keyring.providers() | context.calls.chat_providers,
            context.clock,
            context.board,
        ),
        document=KeptDocument(context.running).bytes_now,
    )


def make_application(house: House) -> ASGIApp:
    """The whole API. Raises RouteIncomplete for a route that leaves something open, ValueError for a bad proxy."""
    return Application(house, Table(ROUTES), RandomPool())


class Application:
    """Takes requests; see the module's words."""

    def __init__(self, house: House, table: Table, randomness: RandomPool) -> None:
        """Take what routes work with, the routes, and what request ids are made of."""
        self._house = house
        self._context = house.context
        self._table = table
        self._trusted = read_networks(house.context.rules.trusted_proxies)
        self._randomness = randomness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await _decline(scope, receive, send)
            return
        began_s = time.perf_counter()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        own_id = own_request_id(headers.get(b"x-request-id"))
        request_id = own_id or new_request_id(self._randomness(REQUEST_ID_BYTES))
        address, take_whole = address_of(scope, self._trusted), offered(scope, WHOLE_REQUEST)
        call = Call(scope["method"], headers, scope["query_string"], address, request_id, receive, take_whole)
        call.own_key = scope.get(OWN_KEY)
        common: list[Header] = [_NOSNIFF, (b"x-request-id", request_id.encode())]
        if b"origin" in headers and scope["path"].startswith(API):
            common += _CORS
        found = self._table.find(call.method, scope["path"], scope.get("raw_path") or b"")
        name = _ELSEWHERE
        try:
            if isinstance(found, Found):
                name = found.route.name
                reply = await self._enter(found, call, common)
            else:
                reply = _elsewhere(found, call)
        except Refusal as refusal:
            reply = _refused(refusal, call, name)
        except ClientGone:
            return
        except Exception:  # noqa: BLE001 - whatever it is, the client gets an answer and the log the reason
            _LOG.exception("a request failed", extra={"request_id": request_id, "route": name})
            reply = errors.unexpected(request_id)
        ended_s = time.perf_counter()
        common.append((b"server-timing", _timing((ended_s - began_s - call.waited_s) * 1000, call.waited_s * 1000)))
        self._house.counts.answered(name, reply.status)
        try:
            await respond(reply, common, (scope, receive, send))
        except BrokenOff:
            return  # the server closes the connection, because the response is not whole

    async def _enter(self, found: Found, call: Call, common: list[Header]) -> Reply:
        """Ask for what the route demands of its callers, then let it answer."""
        route, call.ids = found.route, found.ids
        match route.authority:
            case ByKey(scope, handle):
                common.append(_PRIVATE)
                caller = await self._caller(call)
                self._refuse_too_many(caller, common)
                if scope is not None:
                    refuse_scope(caller.rules, scope)
                _refuse_query(route, call)
                return await handle(self._house, call, caller)
            case (
                Public(handle)
                | BySignedLink(handle)
                | ByProviderSignature(handle)
                | ByPaymentSignature(handle)
                | ByMetricsToken(handle)
            ):
                _refuse_query(route, call)
                return await handle(self._house, call)
            case _:
                assert_never(route.authority)

    def _caller(self, call: Call) -> Awaitable[Caller]:
        """Whose key it is: the one presented, or the one that a member uses. Raises AuthenticationFailed, NotFound."""
        callers = self._context.callers
        if call.own_key is not None:
            return callers.of_key(*call.own_key, call.address)
        return callers.identify(call.header(b"authorization"), call.address)

    def _refuse_too_many(self, caller: Caller, common: list[Header]) -> None:
        """Take one from the key's rate; the response says how it stands (draft-ietf-httpapi-ratelimit-headers)."""
        own = caller.rules.requests_per_minute_max
        most = self._context.rules.requests_per_minute_max if own is None else own
        taken = self._context.rates.take(caller.key_id, most, self._context.clock.monotonic_s())
        common.append(_policy(most))
        if isinstance(taken, Allowed):
            common.append((b"ratelimit", b'"key";r=%d;t=%d' % (taken.remaining, taken.reset_s)))
            return
        common.append((b"ratelimit", b'"key";r=0;t=%d' % taken.retry_after_s))
        raise RateLimited(f"This key may send {most} requests a minute.", retry_after_s=taken.retry_after_s)


@lru_cache(maxsize=POLICIES_MAX)
def _policy(per_minute_max: int) -> Header:
    return (b"ratelimit-policy", b'"key";q=%d;w=60' % per_minute_max)


def _elsewhere(found: OtherMethods | Nowhere, call: Call) -> Answer:
    """What is asked of a path rather than of a route: which methods it takes, and from where (CORS)."""
    match found:
        case OtherMethods(methods) if call.method == "OPTIONS":
            allowed = methods.encode()
            return Answer(204, b"", ((b"allow", allowed), (b"access-control-allow-methods", allowed), *_PREFLIGHT))
        case OtherMethods(methods):
            raise errors.WrongMethod(methods)
        case Nowhere():
            raise NotFound("There is nothing under this path.")
        case _:
            assert_never(found)


def _refused(refusal: Refusal, call: Call, route: str) -> Answer:
    """The response; what is ours to look into is logged."""
    if isinstance(refusal, ServerError | DatabaseUnavailable):
        details = {"request_id": call.request_id, "route": route, "status": refusal.status, "reason": str(refusal)}
        _LOG.warning("a request was refused", extra=details)
    return errors.refused(refusal, call.request_id)


def _refuse_query(route: Route, call: Call) -> None:
    """Where a route takes no query parameters, none may be sent."""
    if call.query_string and route.query is NoQuery:
        read_query(call.query_string, NoQuery)


def _timing(own_ms: float, waited_ms: float) -> bytes:
    """`Server-Timing`: our own share, and apart from it what the client asked us to wait."""
    if waited_ms:
        return b"app;dur=%.2f, wait;dur=%.0f" % (own_ms, waited_ms)
    return b"app;dur=%.2f" % own_ms


async def _decline(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer what is not HTTP: there is nothing to start or stop here, and no WebSocket."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
        return
    while scope["type"] == "lifespan":
        message: Any = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
