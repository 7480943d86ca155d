"""A vendor answering a chat: one paid request, its answer read as it comes. What is lost is never asked for again."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, assert_never

from msgspec.structs import replace

from apiinone.core.exchange import Request
from apiinone.core.secret import Secret
from apiinone.outbound import Lost, NotSent, Outbound
from apiinone.providers.chat import ChatEvent, ChatOrder, ChatRefused, ChatRemote, ChatReply, Whole
from apiinone.providers.provider import Rejected, Unclear
from apiinone.providers.reading import rejected
from apiinone.tasks.pace import Pace
from apiinone.tasks.scenario import Scenario

TURN_S_MAX: Final = 5.0
"""How long a chat may wait for its turn at a vendor; then another one is asked."""
LAST_BYTES_S: Final = 0.05
"""How long the end of a body may lag behind the last word, so that its connection can be kept."""
STREAMED: Final = "text/event-stream"


@dataclass(frozen=True, slots=True)
class ChatVendor:
    """A vendor that chats, with what it takes to reach it from here. `secret` is None where none is needed."""

    remote: ChatRemote
    secret: Secret | None
    pace: Pace


class LiveChat:
    """The vendors that can be asked from here."""

    def __init__(self, outbound: Outbound, vendors: Mapping[str, ChatVendor]) -> None:
        """Take the sender, and the vendors by name."""
        self._outbound = outbound
        self._vendors = vendors

    def whole(self, order: ChatOrder) -> Awaitable[Sequence[ChatEvent]] | None:
        """The vendor's answer where it is asked for in one piece; nothing of it where that is lost on the way."""
        return None if order.streams else self._whole(order)

    async def answer(self, order: ChatOrder, scenario: Scenario) -> AsyncGenerator[ChatEvent]:
        """The vendor's answer. Raises ChatRefused where it certainly refused, or nothing was sent."""
        del scenario
        if not order.streams:
            for event in await self._whole(order):
                yield event
            return
        vendor, request = await self._in_turn(order)
        try:
            async with aclosing(self._streamed(vendor, request)) as answering:
                async for event in answering:
                    yield event
        except NotSent:
            raise ChatRefused(UNREACHABLE) from None
        except Lost:
            return  # cut: what was heard so far decides
        finally:
            vendor.pace.leave()

    async def _whole(self, order: ChatOrder) -> Sequence[ChatEvent]:
        vendor, request = await self._in_turn(order)
        try:
            response = await self._outbound.send(request, secret=vendor.secret, hosts=vendor.remote.hosts)
        except NotSent:
            raise ChatRefused(UNREACHABLE) from None
        except Lost:
            return ()
        finally:
            vendor.pace.leave()
        return _said(vendor.remote.read(response))

    async def _in_turn(self, order: ChatOrder) -> tuple[ChatVendor, Request]:
        """Whom to ask and what, with a turn there that is to be given back. Raises ChatRefused."""
        vendor = self._vendors.get(order.provider)
        if vendor is None:
            raise ChatRefused(UNREACHABLE)
        request = vendor.remote.ask(order)
        if vendor.secret is None:
            request = replace(request, auth="none")
        await _take_turn(vendor.pace)
        return vendor, request

    async def _streamed(self, vendor: ChatVendor, request: Request) -> AsyncGenerator[ChatEvent]:
        remote = vendor.remote
        async with self._outbound.stream(request, secret=vendor.secret, hosts=remote.hosts) as incoming:
            if not _is_stream(incoming.status, incoming.headers):
                for event in _said(remote.read(await incoming.whole())):
                    yield event
                return
            reader = remote.reader()
            while not reader.done and (piece := await incoming.next()):
                for event in reader.feed(piece):
                    if isinstance(event, Unclear):
                        return
                    yield _certain(event)
            await _read_end(incoming.next)
            for event in reader.finish():
                yield event


def _is_stream(status: int, headers: Mapping[str, str]) -> bool:
    """Whether it is what was asked for: errors, and servers that do not stream, answer in one piece."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return status == HTTPStatus.OK and kind == STREAMED


def _certain(event: ChatEvent | Rejected) -> ChatEvent:
    """The event. Raises ChatRefused where it is a refusal."""
    if isinstance(event, Rejected):
        raise ChatRefused(event)
    return event


async def _read_end(read: Callable[[], Awaitable[bytes]]) -> None:
    """Nothing more is expected; a body at its end leaves its connection for the next."""
    with suppress(TimeoutError, Lost):
        async with asyncio.timeout(LAST_BYTES_S):
            while await read():
                continue


def _said(reply: ChatReply) -> Sequence[ChatEvent]:
    """The events of a whole answer; none where it is unclear. Raises ChatRefused."""
    match reply:
        case Whole(events):
            return events
        case Rejected():
            raise ChatRefused(reply)
        case Unclear():
            return ()
        case _:
            assert_never(reply)


async def _take_turn(pace: Pace) -> None:
    """Wait for a turn at a vendor, to be given back. Raises ChatRefused where none comes soon."""
    waited_s = 0.0
    while (wait_s := pace.enter("")) > 0:
        waited_s += wait_s
        if waited_s > TURN_S_MAX:
            raise ChatRefused(rejected("throttled", wait_s))
        await asyncio.sleep(wait_s)


UNREACHABLE: Final = Rejected("provider_error", "the provider cannot be reached", retryable=True)
