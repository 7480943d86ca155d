"""An adapter, its simulated vendor on loopback, and the sender between them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

import msgspec

from apiinone.core.exchange import Request, Response
from apiinone.core.secret import Secret
from apiinone.outbound import Fetched, Lost, NotSent, Outbound
from apiinone.providers.provider import (
    Accepted,
    Finished,
    Inline,
    Linked,
    Order,
    PollReply,
    Reference,
    Remote,
    Running,
    SubmitReply,
    Unclear,
)
from apiinone.providers.registry import remote_providers
from apiinone.simulators import serving
from apiinone.simulators.faults import Fault, FaultName, Seen, Stage
from apiinone.simulators.options import SIMULATED_KEY, Options
from apiinone.tasks.vendor_exchange import opened
from providers.case import CASES

ASKED_MAX, ASKED_EVERY_S = 500, 0.01
KEY: Final = Secret(SIMULATED_KEY)


class Play:
    """What a test has in hand."""

    def __init__(self, name: str, root: str, outbound: Outbound) -> None:
        self.root = root
        self.outbound = outbound
        self.place = urlsplit(root).netloc
        self.provider: Remote = remote_providers({name: f"{root}{CASES[name].api_path}"})[name]
        self.case = CASES[name]

    def order(self, *, outputs: int = 1, webhook_url: str | None = None, **fields: object) -> Order:
        sent = {**self.case.fields, **fields}
        return Order("attempt", self.case.model, sent, outputs, webhook_url, self.case.files)

    async def submit(self, order: Order | None = None, key: Secret = KEY) -> SubmitReply | NotSent | Lost:
        response = await self._sent(self.provider.submit(order or self.order()), key)
        return response if isinstance(response, NotSent | Lost) else self.provider.read_submit(response)

    async def poll(self, reference: Reference) -> PollReply | NotSent | Lost:
        response = await self._sent(self.provider.poll(reference), KEY)
        return response if isinstance(response, NotSent | Lost) else self.provider.read_poll(response)

    async def ended(self, reply: SubmitReply | NotSent | Lost) -> SubmitReply | PollReply | NotSent | Lost:
        """Ask, where there is something to ask, until there is an end."""
        if not isinstance(reply, Accepted):
            return reply
        reference = reply.reference
        for _ in range(ASKED_MAX):
            state = await self.poll(reference)
            if not isinstance(state, Running | Unclear | Lost):
                return state
            if isinstance(state, Running) and state.reference is not None:
                reference = state.reference
                continue
            await asyncio.sleep(ASKED_EVERY_S)
        raise AssertionError("no end")

    async def fetch(self, output: object) -> Fetched:
        if isinstance(output, Inline):
            return Fetched(output.data, "")
        assert isinstance(output, Linked)
        if output.authorized:
            bytes_of = await opened(self.outbound, self.provider, KEY, Finished((output,)))
            (inline,) = bytes_of.outputs
            assert isinstance(inline, Inline)
            return Fetched(inline.data, "")
        hosts = self.provider.output_hosts
        return await self.outbound.fetch(output.url, hosts=hosts, bytes_max=10_000_000, timeout_s=5)

    async def arrange(self, fault: FaultName, on: Stage = "submit", *, times: int = 1, delay_s: float = 0.05) -> None:
        faults = [Fault(fault, on, times, delay_s)]
        request = Request("POST", f"{self.root}/_sim/faults", auth="none", json=faults)
        assert (await self.outbound.send(request, secret=None, hosts=(self.place,))).status == 204

    async def seen(self) -> Seen:
        request = Request("GET", f"{self.root}/_sim/state", auth="none")
        response = await self.outbound.send(request, secret=None, hosts=(self.place,))
        return msgspec.json.decode(response.body, type=Seen)

    async def _sent(self, request: Request, key: Secret) -> Response | NotSent | Lost:
        try:
            return await self.outbound.send(request, secret=key, hosts=self.provider.hosts)
        except (NotSent, Lost) as failure:
            return failure


@asynccontextmanager
async def playing(name: str, *, seconds: float = 0.05, fast: bool = True) -> AsyncGenerator[Play]:
    async with serving(name, Options(seconds=seconds, fast=fast)) as root:
        outbound = Outbound(
            allowed_private=frozenset({urlsplit(root).netloc}), connections_max=10, user_agent="apiinone-tests/1"
        )
        try:
            yield Play(name, root, outbound)
        finally:
            await outbound.aclose()


def called(request: bytes) -> tuple[dict[str, str], bytes]:
    """The headers, in small letters, and the body of a call that came in."""
    head, _, body = request.partition(b"\r\n\r\n")
    pairs = (line.partition(": ") for line in head.decode().split("\r\n")[1:])
    return {name.lower(): value for name, _, value in pairs}, body


async def calls_made(play: Play, expected: int) -> int:
    """How many calls were made, after as many as expected and a moment for one too many."""
    for _ in range(100):
        if (await play.seen()).webhooks >= expected:
            break
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.02)
    return (await play.seen()).webhooks
