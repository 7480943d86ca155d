"""Events of a simulated Stripe: signed as the real one signs, sent to loopback, again where nobody took them."""

import asyncio
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from apiinone.simulators.calling import LOOPBACK, Call, call
from apiinone.simulators.faults import Controls, Seen
from apiinone.simulators.stripe_books import Shown, new_id, now_s

EVENTS_MAX: Final = 5000
TRIES: Final = 3
PAUSE_S: Final = 0.2
API_VERSION: Final = "2026-10-28.endive"


class Endpoint(Struct):
    """Where events go, and the secret that signs them."""

    url: str
    secret: str
    id: str


class Events:
    """What happened, and who is told."""

    def __init__(self, controls: Controls) -> None:
        """Take the faults that deliveries may have."""
        self._controls = controls
        self._kept: OrderedDict[str, Shown] = OrderedDict()
        self._calling: set[asyncio.Task[None]] = set()
        self.endpoints: list[Endpoint] = []

    @property
    def seen(self) -> Seen:
        """The counters."""
        return self._controls.seen

    def add_endpoint(self, url: str, secret: str) -> Endpoint | None:
        """Tell this address from now on; None where it is not on loopback."""
        if urlsplit(url).hostname not in LOOPBACK:
            return None
        self.endpoints = [one for one in self.endpoints if one.url != url]
        endpoint = Endpoint(url, secret, new_id("we"))
        self.endpoints.append(endpoint)
        return endpoint

    def happened(self, kind: str, thing: Shown) -> None:
        """Write an event down and tell it."""
        event: Shown = {
            "id": new_id("evt"),
            "object": "event",
            "type": kind,
            "api_version": API_VERSION,
            "created": now_s(),
            "livemode": bool(thing.get("livemode", False)),
            "pending_webhooks": len(self.endpoints),
            "request": None,
            "data": {"object": thing},
        }
        self._kept[str(event["id"])] = event
        if len(self._kept) > EVENTS_MAX:
            self._kept.popitem(last=False)
        fault = self._controls.take("output")
        name = None if fault is None else fault.fault
        if name == "webhook_lost":
            return
        for endpoint in self.endpoints:
            secret = "whsec_forged" if name == "webhook_forged" else endpoint.secret
            for _ in range(2 if name == "webhook_twice" else 1):
                self._tell(Call(endpoint.url, str(event["id"]), msgspec.json.encode(event), secret, signed=signed))

    def newest(self) -> list[Shown]:
        """All that are kept, the newest first."""
        return list(reversed(self._kept.values()))

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Do something in a while."""

        async def wait() -> None:
            await asyncio.sleep(seconds)
            work()

        self._keep(asyncio.create_task(wait()))

    async def aclose(self) -> None:
        """Tell no more."""
        for calling in self._calling:
            calling.cancel()
        await asyncio.gather(*self._calling, return_exceptions=True)

    def _tell(self, webhook: Call) -> None:
        self._keep(asyncio.create_task(self._call(webhook)))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._calling.add(task)
        task.add_done_callback(self._calling.discard)

    async def _call(self, webhook: Call) -> None:
        for _ in range(TRIES):
            self._controls.seen.webhooks += 1
            if await call(webhook):
                return
            await asyncio.sleep(PAUSE_S)


def signed(webhook: Call, timestamp_s: int) -> Mapping[str, str]:
    """`Stripe-Signature` (stripe 16.1.0, `_webhook.py`)."""
    payload = f"{timestamp_s}.".encode() + webhook.body
    digest = hmac.new(webhook.secret.encode(), payload, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={timestamp_s},v1={digest}"}
