"""Faults to order, and what was seen: the part that every simulated vendor shares.

``POST /_sim/faults`` takes ``[{"fault": "lost_answer", "on": "submit", "times": 1, "delay_s": 0}, …]`` in place of what
was ordered before; ``GET /_sim/state`` tells what arrived and what was charged.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Mapping
from typing import Final, Literal

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from apiinone.simulators.wire import Silence, Wires

FaultName = Literal[
    "slow",
    "server_error",
    "bad_gateway",
    "overloaded",
    "reset",
    "lost_answer",
    "truncated",
    "wrong_content_type",
    "html",
    "huge",
    "lying_content_length",
    "error_in_200",
    "throttled",
    "throttled_retry_after",
    "bad_request",
    "moderation",
    "no_balance",
    "bad_key",
    "not_found",
    "failed",
    "nsfw",
    "expired",
    "gone",
    "webhook_lost",
    "webhook_twice",
    "webhook_early",
    "webhook_forged",
    "cut_stream",
    "stalled",
    "no_usage",
    "error_in_stream",
    "unreadable_event",
]
Stage = Literal["submit", "poll", "output"]

BEFORE: Final[frozenset[FaultName]] = frozenset({"server_error", "overloaded", "reset", "html"})
"""Answered instead of working: nothing is made or charged."""
LINK_FAULTS: Final[frozenset[FaultName]] = frozenset({"expired", "gone"})
"""Answered instead of a file."""
AFTER: Final[frozenset[FaultName]] = frozenset(
    {
        "slow",
        "bad_gateway",
        "lost_answer",
        "truncated",
        "wrong_content_type",
        "huge",
        "lying_content_length",
    }
)
"""The work is done, and charged; the answer is spoiled, late or missing."""

FAULTS_MAX: Final = 100
BODIES_MAX: Final = 10_000
HUGE_BYTES: Final = 512 * 1024 * 1024
HUGE_CHUNK: Final = bytes(64 * 1024)


class Fault(Struct, forbid_unknown_fields=True):
    """One order: what goes wrong, where, how often and, for ``slow``, how long."""

    fault: FaultName
    on: Stage = "submit"
    times: int = 1
    delay_s: float = 0.0


class Seen(Struct):
    """What happened since the start."""

    submits: int = 0
    submits_by_body: dict[str, int] = {}
    """By the SHA-256 of the body, hexadecimal; the first bodies up to a limit."""
    polls: int = 0
    outputs: int = 0
    webhooks: int = 0
    charges: int = 0
    charged_micro_usd: int = 0

    def submitted(self, body: bytes) -> None:
        """Count an order that passed the door."""
        self.submits += 1
        key = hashlib.sha256(body).hexdigest()
        if key in self.submits_by_body or len(self.submits_by_body) < BODIES_MAX:
            self.submits_by_body[key] = self.submits_by_body.get(key, 0) + 1

    def charged(self, micro_usd: int) -> None:
        """Count a charge."""
        self.charges += 1
        self.charged_micro_usd += micro_usd

    def refunded(self, micro_usd: int) -> None:
        """Take a charge back."""
        self.charges -= 1
        self.charged_micro_usd -= micro_usd


class Controls:
    """The ordered faults, the counters and the wires of one simulated vendor."""

    def __init__(self, wires: Wires, known: Mapping[Stage, frozenset[FaultName]]) -> None:
        """Take the connections, for faults below HTTP, and the faults that this vendor can have at each stage."""
        self.seen = Seen()
        self._faults: list[Fault] = []
        self._wires = wires
        self._known = known

    def routes(self) -> list[Route]:
        """The control routes. No vendor has them, and adapters know nothing of them."""
        return [
            Route("/_sim/faults", self._order, methods=["POST"]),
            Route("/_sim/state", self._state, methods=["GET"]),
        ]

    def take(self, stage: Stage) -> Fault | None:
        """The next fault ordered for this stage, or None."""
        for fault in self._faults:
            if fault.on == stage and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def instead(self, fault: Fault | None, request: Request) -> Response | None:
        """The answer that takes the place of any work, where the fault is one of `BEFORE` or `LINK_FAULTS`."""
        match fault.fault if fault else None:
            case "server_error":
                return Response("internal server error", 500, media_type="text/plain")
            case "overloaded":
                return Response("overloaded", 503, {"Retry-After": "2"}, media_type="text/plain")
            case "html":
                return Response("<html><body>one moment</body></html>", 200, media_type="text/html")
            case "expired":
                return Response("<Error><Code>AccessDenied</Code></Error>", 403, media_type="application/xml")
            case "gone":
                return Response("gone", 410, media_type="text/plain")
            case "reset":
                self._wires.of(request).reset()
                return Silence()
            case _:
                return None

    async def spoilt(self, fault: Fault | None, request: Request, answer: Response) -> Response:
        """The answer as it leaves, where the fault is one of `AFTER`."""
        body = bytes(answer.body)
        match fault.fault if fault else None:
            case "slow":
                await asyncio.sleep(fault.delay_s if fault else 0)
            case "bad_gateway":
                return Response("<html>bad gateway</html>", 502, media_type="text/html")
            case "wrong_content_type":
                return Response(body, answer.status_code, media_type="text/html")
            case "huge":
                return StreamingResponse(_zeros(), media_type="application/octet-stream")
            case "lost_answer":
                self._wires.of(request).reset()
                return Silence()
            case "truncated":
                self._wires.of(request).answer(body[: len(body) // 2], announced=len(body), closing=True)
                return Silence()
            case "lying_content_length":
                self._wires.of(request).answer(body, announced=len(body) // 2, closing=False)
                return Silence()
            case _:
                pass
        return answer

    async def _order(self, request: Request) -> Response:
        try:
            faults = msgspec.json.decode(await request.body(), type=list[Fault])
        except msgspec.DecodeError as error:
            return Response(f"{error}\n", 400, media_type="text/plain")
        if len(faults) > FAULTS_MAX or not all(fault.fault in self._known[fault.on] for fault in faults):
            return Response("too many faults, or one that cannot happen there\n", 400, media_type="text/plain")
        self._faults = faults
        return Response(status_code=204)

    async def _state(self, _request: Request) -> Response:
        return json(self.seen)


async def _zeros() -> AsyncGenerator[bytes]:
    for _ in range(HUGE_BYTES // len(HUGE_CHUNK)):
        await asyncio.sleep(0)  # so that a client that has seen enough is noticed
        yield HUGE_CHUNK


def json(value: object, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")
