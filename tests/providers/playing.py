"""An adapter, its simulated vendor on loopback, and the sender between them."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

import msgspec

from apiinone.core.exchange import Request, Response
from apiinone.core.secret import Secret
from apiinone.outbound import Fetched, Lost, NotSent, Outbound
from apiinone.providers.provider import (
    Accepted,
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

API_PATHS: Final = {"recraft": "/v1", "wavespeed": "/api/v3"}
MODELS: Final = {"recraft": "recraftv4", "wavespeed": "recraft-ai/recraft-v4/text-to-image"}
FIELDS: Final[Mapping[str, Mapping[str, object]]] = {
    "recraft": {"prompt": "a hill", "size": "1024x1024", "response_format": "url"},
    "wavespeed": {"prompt": "a hill", "size": "256*256"},
}
ASKED_MAX, ASKED_EVERY_S = 500, 0.01
KEY: Final = Secret(SIMULATED_KEY)


class Play:
    """What a test has in hand."""

    def __init__(self, name: str, root: str, outbound: Outbound) -> None:
        self.root = root
        self.outbound = outbound
        self.place = urlsplit(root).netloc
        self.provider: Remote = remote_providers({name: f"{root}{API_PATHS[name]}"})[name]
        self._name = name

    def order(self, *, outputs: int = 1, webhook_url: str | None = None, **fields: object) -> Order:
        return Order("attempt", MODELS[self._name], {**FIELDS[self._name], **fields}, outputs, webhook_url)

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
        for _ in range(ASKED_MAX):
            state = await self.poll(reply.reference)
            if not isinstance(state, Running | Unclear | Lost):
                return state
            await asyncio.sleep(ASKED_EVERY_S)
        raise AssertionError("no end")

    async def fetch(self, output: object) -> Fetched:
        assert isinstance(output, Linked)
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
