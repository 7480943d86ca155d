"""Performs what providers describe, and copies files from foreign addresses. Nothing here is ever sent twice."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from msgspec.structs import replace

from apiinone.addresses import (
    Address,
    AddressRefused,
    is_listed,
    plain_parts,
    read_address,
    read_callback,
    read_host_and_port,
    require_public,
)
from apiinone.core.boundary import refuse_inside_transaction
from apiinone.core.clock import US_PER_S, Clock, SystemClock
from apiinone.core.exchange import Request, Response
from apiinone.core.secret import Secret
from apiinone.outbound.encoding import encoded
from apiinone.outbound.outcomes import (
    Exchange,
    Fetched,
    FetchFailed,
    FetchFault,
    Lost,
    LostReason,
    NotSent,
    NotSentReason,
)

if TYPE_CHECKING:
    from apiinone.outbound.connections import Connections, Incoming

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
KNOWN_MAX: Final = 1024
"""Places of providers whose judgement is remembered: orders and questions go to the same one again and again."""
POSTED_ANSWER_BYTES_MAX: Final = 1024


class Outbound:
    """The sender. It belongs to the event loop of its first request and holds nothing open before that."""

    def __init__(  # noqa: PLR0913 - rules and limits of the operator's, and the parts of the host that tests replace
        self,
        *,
        allowed_private: frozenset[str],
        connections_max: int,
        user_agent: str,
        own_listeners: frozenset[str] = frozenset(),
        lookup: Callable[[str, int], Awaitable[Sequence[str]]] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Take the operator's exceptions and our own addresses, each as ``host:port``.

        A host in `allowed_private` may be reached by http or https on that port, wherever it is, by callers that name
        it too. `own_listeners` are never reached. `lookup` takes the place of the system's resolver,
        `clock` of the host's.
        Raises ValueError where an entry names no port.
        """
        for entry in allowed_private | own_listeners:
            read_host_and_port(entry)
        self._allowed_private = allowed_private
        self._own_listeners = own_listeners
        self._connections_max = connections_max
        self._user_agent = user_agent
        self._lookup = lookup
        self._clock = clock or SystemClock()
        self._opened: Connections | None = None
        self._judge_again = lru_cache(maxsize=KNOWN_MAX)(self._judge)

    async def send(self, request: Request, *, secret: Secret | None, hosts: tuple[str, ...]) -> Response:
        """Perform one request at a provider. A redirect is an answer like another and is not followed.

        `hosts` (``host`` or ``host:port``, at least one) are the only ones that may be asked. Raises NotSent where
        certainly nothing was written to any connection, Lost for every failure after that.
        """
        exchange = self._exchange(request, secret, hosts)
        return await self._connections().perform(exchange, request.url)

    @asynccontextmanager
    async def stream(
        self, request: Request, *, secret: Secret | None, hosts: tuple[str, ...]
    ) -> "AsyncGenerator[Incoming]":
        """The same, and the answer as it comes, for the length of the block; what is not read then is never read.

        `request.timeout_s` is for the whole answer, `request.idle_s` for each silence. Raises NotSent and, also while
        it is read, Lost.
        """
        exchange = self._exchange(request, secret, hosts, idle_s=request.idle_s)
        incoming = await self._connections().open(exchange)
        try:
            yield incoming
        finally:
            incoming.close()

    async def fetch(
        self, url: str, *, hosts: tuple[str, ...], bytes_max: int, timeout_s: float, redirects_max: int = 3
    ) -> Fetched:
        """Copy a file, without any credential. Each redirect is judged like the first address.

        `hosts` are the only ones that may be asked; empty: any public address. `timeout_s` is for the whole.
        Raises FetchFailed.
        """
        refuse_inside_transaction()
        clock = asyncio.get_running_loop().time
        ends_s = clock() + timeout_s
        for _ in range(redirects_max + 1):
            judged = self._judge(url, hosts)
            if judged is None:
                raise FetchFailed("address_refused")
            address, permitted = judged
            if (left_s := ends_s - clock()) <= 0:
                raise FetchFailed("timeout")
            response = await self._get(
                Exchange(
                    method="GET",
                    address=address,
                    permitted=permitted,
                    headers={},
                    timeout_s=left_s,
                    body_bytes_max=bytes_max,
                )
            )
            if response.status not in REDIRECTS:
                return _file(response)
            url = _target(address, response)
        raise FetchFailed("too_many_redirects")

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, https_only: bool, timeout_s: float
    ) -> int:
        """Post to an address of a client's choice, without any credential, and give the status; a redirect is one.

        The hosts in `allowed_private` are open here, by http too where not `https_only`. Of the answer's body nothing
        is kept and at most 1 KiB read. `timeout_s` is for the whole. Raises NotSent, Lost.
        """
        refuse_inside_transaction()
        judged = self._judge_callback(url, https_only=https_only)
        if judged is None:
            raise NotSent("address_refused")
        address, permitted = judged
        exchange = Exchange(
            method="POST",
            address=address,
            permitted=permitted,
            headers=headers,
            timeout_s=timeout_s,
            body_bytes_max=POSTED_ANSWER_BYTES_MAX,
            body=body,
            status_only=True,
        )
        return (await self._connections().perform(exchange)).status

    async def aclose(self) -> None:
        """Close every connection. A later request would open new ones."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.aclose()

    def _exchange(
        self, request: Request, secret: Secret | None, hosts: tuple[str, ...], *, idle_s: float | None = None
    ) -> Exchange:
        """A provider's request, judged. Raises NotSent."""
        refuse_inside_transaction()
        judged = self._judge_provider(request.url, hosts) if hosts else None
        if judged is None:
            raise NotSent("address_refused")
        address, permitted = judged
        body, headers = encoded(request, secret, self._clock.now_us() // US_PER_S)
        return Exchange(
            method=request.method,
            address=address,
            permitted=permitted,
            headers=headers,
            timeout_s=request.timeout_s,
            body_bytes_max=request.body_bytes_max,
            body=body,
            idle_s=idle_s,
        )

    def _judge_provider(self, url: str, hosts: tuple[str, ...]) -> tuple[Address, bool] | None:
        """The same for addresses that come again and again, each job's with an ending of its own: judged once."""
        parts = plain_parts(url)
        if parts is None:
            return self._judge(url, hosts)
        judged = self._judge_again(parts[0], hosts)
        return None if judged is None else (replace(judged[0], target=parts[1]), judged[1])

    def _judge(self, url: str, hosts: tuple[str, ...]) -> tuple[Address, bool] | None:
        """The address and whether the operator permits it by name; None where we do not talk to it."""
        with suppress(AddressRefused):
            address = read_address(url)
            named = is_listed(address, hosts)
            permitted = named and address.host_and_port in self._allowed_private
            if (hosts and not named) or address.host_and_port in self._own_listeners:
                return None
            if not permitted:
                require_public(address)
            return address, permitted
        return None

    def _judge_callback(self, url: str, *, https_only: bool) -> tuple[Address, bool] | None:
        with suppress(AddressRefused):
            address, permitted = read_callback(url, allowed=self._allowed_private, https_only=https_only)
            return None if address.host_and_port in self._own_listeners else (address, permitted)
        return None

    async def _get(self, exchange: Exchange) -> Response:
        """One step of a fetch. Raises FetchFailed."""
        failure: FetchFault
        try:
            return await self._connections().perform(exchange)
        except NotSent as error:
            failure = NOT_SENT_FAULTS.get(error.reason, "unreachable")
        except Lost as error:
            failure = LOST_FAULTS.get(error.reason, "unreachable")
        raise FetchFailed(failure)

    def _connections(self) -> "Connections":
        if self._opened is None:
            # Imported with the first request: TLS and the parser cost start-up time and memory.
            from apiinone.outbound.connections import Connections  # noqa: PLC0415
            from apiinone.outbound.guard import look_up  # noqa: PLC0415

            self._opened = Connections(
                self._lookup or look_up, connections_max=self._connections_max, user_agent=self._user_agent
            )
        return self._opened


NOT_SENT_FAULTS: Final[Mapping[NotSentReason, FetchFault]] = {
    "address_refused": "address_refused",
    "connect_timeout": "timeout",
}
"""Every other reason means that the host cannot be reached."""

LOST_FAULTS: Final[Mapping[LostReason, FetchFault]] = {
    "reset": "unreachable",
    "timeout": "timeout",
    "truncated": "truncated",
    "too_large": "too_large",
    "malformed": "malformed",
}

STATUS_FAULTS: Final[Mapping[int, FetchFault]] = {
    401: "expired",
    403: "expired",
    404: "not_found",
    408: "throttled",
    410: "expired",
    425: "throttled",
    429: "throttled",
}
"""Signed links answer 403 when their time is over, some stores 401 or 410."""


def _target(address: Address, response: Response) -> str:
    """Where a redirect leads. Raises FetchFailed where it leads nowhere."""
    location = response.headers.get("location", "")
    if not location:
        raise FetchFailed("unexpected_status")
    with suppress(ValueError):
        return urljoin(address.url, location)
    raise FetchFailed("address_refused")


def _file(response: Response) -> Fetched:
    """The file, where the answer is one. Raises FetchFailed."""
    if response.status == HTTPStatus.OK:
        content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return Fetched(response.body, content_type)
    if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise FetchFailed("server_error")
    raise FetchFailed(STATUS_FAULTS.get(response.status, "unexpected_status"))
