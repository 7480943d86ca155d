"""Zhipu's picture API as its pages have it: one picture with the answer, errors by a code of the vendor's own.

Unconfirmed at the vendor, and our choice here: the envelope of errors, and that unknown fields are refused.
"""

import re
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from apiinone.simulators.faults import AFTER, BEFORE, LINK_FAULTS, FaultName, Stage, json
from apiinone.simulators.options import Options
from apiinone.simulators.pictures import Motif
from apiinone.simulators.stand_in import Asked, Refused, StandIn, admit_by_key
from apiinone.simulators.wire import Wires

MICRO_USD: Final[Mapping[str, int]] = {"cogview-4-250304": 10_000}
SIDE_MIN, SIDE_MAX, STEP, PIXELS_MAX = 512, 2048, 16, 2**21

REFUSALS: Final[Mapping[FaultName, tuple[int, str, str, Mapping[str, str]]]] = {
    "bad_key": (401, "1002", "Invalid Authentication Token", {}),
    "throttled": (429, "1302", "High concurrency usage of this API", {}),
    "throttled_retry_after": (429, "1303", "High frequency usage of this API", {"Retry-After": "1"}),
    "bad_request": (400, "1214", "Invalid size parameter", {}),
    "moderation": (400, "1301", "potentially unsafe or sensitive content", {}),
    "no_balance": (429, "1113", "Your account is in arrears", {}),
    "error_in_200": (200, "1301", "potentially unsafe or sensitive content", {}),
}
"""An empty balance and an order too many have one status."""
FAULTS: Final[Mapping[Stage, frozenset[FaultName]]] = {
    "submit": BEFORE | AFTER | REFUSALS.keys(),
    "poll": frozenset(),
    "output": BEFORE | AFTER | LINK_FAULTS,
}


def refused(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Refused:
    """An answer that is an error, with the vendor's code as a text."""
    answer = json({"error": {"code": code, "message": message}}, status)
    answer.headers.update(headers or {})
    return Refused(answer)


class ZhipuSimulator(StandIn):
    """One simulated account."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start without faults and without files."""
        super().__init__(wires, options, FAULTS)

    def routes(self) -> Sequence[BaseRoute]:
        """Pictures."""
        return [Route("/api/paas/v4/images/generations", self._pictures, methods=["POST"])]

    def admit(self, asked: Asked) -> None:
        """Check the key, and refuse where told to. Raises Refused."""
        admit_by_key(asked, f"Bearer {self.options.key}", REFUSALS, refused)

    async def _pictures(self, request: Request) -> Response:
        return await self.ordered(request, self._drawn)

    async def _drawn(self, asked: Asked) -> Response:
        order = _read(asked.body)
        width, height = _sides(order.size)
        self.accept(asked, micro_usd=MICRO_USD[order.model])
        picture = await self.picture(Motif(order.prompt, 0, width, height, "raster"))
        data = [{"url": self.link(asked, picture, uuid.uuid4().hex)}]
        return json({"created": int(time.time()), "data": data, "content_filter": [{"role": "assistant", "level": 3}]})


class _Order(Struct, forbid_unknown_fields=True):
    """What CogView 4 takes."""

    model: str
    prompt: Annotated[str, Meta(min_length=1)]
    quality: Literal["standard", "hd"] = "standard"
    size: str = "1024x1024"
    watermark_enabled: bool = True
    user_id: Annotated[str, Meta(min_length=6, max_length=128)] | None = None
    request_id: str | None = None


def _read(body: bytes) -> _Order:
    """The order. Raises Refused."""
    try:
        order = msgspec.json.decode(body, type=_Order)
    except (ValueError, RecursionError) as error:
        raise refused(400, "1214", f"Invalid parameter: {error}") from None
    if order.model not in MICRO_USD:
        raise refused(400, "1211", "Model does not exist")
    return order


def _sides(size: str) -> tuple[int, int]:
    """Pixels of ``WxH``. Raises Refused."""
    found = re.fullmatch(r"([1-9][0-9]{2,3})x([1-9][0-9]{2,3})", size)
    sides = (int(found[1]), int(found[2])) if found else (0, 0)
    fits = all(SIDE_MIN <= side <= SIDE_MAX and not side % STEP for side in sides)
    if not fits or sides[0] * sides[1] > PIXELS_MAX:
        raise refused(400, "1214", "Invalid size parameter")
    return sides
