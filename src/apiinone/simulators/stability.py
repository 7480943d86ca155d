"""Stability AI's stable image API, as clients of it have it: forms in, JSON with base64 out, one upscaler that queues.

Unconfirmed at the vendor: all of it, since the vendor's own text was not read. Our choice: the names of refusals.
"""

import base64
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Final, Literal, cast

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from apiinone.simulators.errands import Errand, Errands
from apiinone.simulators.faults import AFTER, BEFORE, FaultName, Stage, json
from apiinone.simulators.forms import Field, read_form, texts_and_files
from apiinone.simulators.options import Options
from apiinone.simulators.pictures import Motif
from apiinone.simulators.stand_in import Asked, Refused, StandIn, admit_by_key
from apiinone.simulators.wire import Wires

MICRO_USD: Final[Mapping[str, int]] = {
    "generate/ultra": 80_000,
    "generate/core": 30_000,
    "generate/sd3": 65_000,
    "edit/remove-background": 50_000,
    "upscale/fast": 20_000,
    "upscale/conservative": 400_000,
    "upscale/creative": 600_000,
}
SD3_MICRO_USD: Final = {"sd3.5-large": 65_000, "sd3.5-large-turbo": 40_000, "sd3.5-medium": 35_000}
QUEUED: Final = "upscale/creative"
FILE_TYPES: Final = ("image/png", "image/jpeg", "image/webp")
IMAGE: Final = "image"


def refused(status: int, name: str, message: str, headers: Mapping[str, str] | None = None) -> Refused:
    """An answer that is an error."""
    answer = json({"id": "simulated", "name": name, "errors": [message]}, status)
    answer.headers.update(headers or {})
    return Refused(answer)


REFUSALS: Final[Mapping[FaultName, tuple[int, str, str, Mapping[str, str]]]] = {
    "bad_key": (401, "unauthorized", "authorization: invalid or missing header value", {}),
    "throttled": (429, "rate_limit_exceeded", "You have exceeded the rate limit", {}),
    "throttled_retry_after": (429, "rate_limit_exceeded", "You have exceeded the rate limit", {"Retry-After": "1"}),
    "bad_request": (400, "bad_request", "aspect_ratio: must be one of", {}),
    "moderation": (403, "content_moderation", "Your request was flagged by our content moderation system", {}),
    "no_balance": (402, "payment_required", "You lack sufficient credits to make this request", {}),
}
FAULTS: Final[Mapping[Stage, frozenset[FaultName]]] = {
    "submit": BEFORE | AFTER | REFUSALS.keys() | frozenset[FaultName]({"nsfw"}),
    "poll": BEFORE | AFTER | frozenset[FaultName]({"bad_key", "throttled", "throttled_retry_after", "not_found"}),
    "output": frozenset(),
}


class StabilitySimulator(StandIn):
    """One simulated account."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start without faults and without jobs."""
        super().__init__(wires, options, FAULTS)
        self._errands = Errands()

    def routes(self) -> Sequence[BaseRoute]:
        """Pictures, and the results of the one that queues."""
        below = "/v2beta/stable-image"
        return [
            Route(f"{below}/upscale/creative/result/{{job}}", self._result, methods=["GET"]),
            Route(f"{below}/{{group}}/{{tool}}", self._create, methods=["POST"]),
        ]

    def admit(self, asked: Asked) -> None:
        """Check the key and what the answer shall be. Raises Refused."""
        admit_by_key(asked, f"Bearer {self.options.key}", REFUSALS, refused)
        if asked.request.headers.get("accept") != "application/json":
            raise refused(400, "bad_request", "accept: must be application/json here")
        if asked.fault == "not_found":
            raise refused(404, "not_found", "no such result")

    async def _create(self, request: Request) -> Response:
        return await self.ordered(request, self._made)

    async def _made(self, asked: Asked) -> Response:
        """Charge what will be given, and draw it or queue it."""
        path = f"{asked.request.path_params['group']}/{asked.request.path_params['tool']}"
        order, files = _read(path, asked.request.headers.get("content-type", ""), asked.body)
        filtered = asked.fault == "nsfw"
        cost = SD3_MICRO_USD[order.model] if path == "generate/sd3" else MICRO_USD[path]
        self.accept(asked, micro_usd=None if filtered else cost)
        errand = Errand(path, (order, len(files)), self.options.seconds, "moderated" if filtered else "done")
        if path == QUEUED:
            return json({"id": self._errands.add(errand).id})
        return await self._drawn(order, len(files), filtered=filtered)

    async def _result(self, request: Request) -> Response:
        return await self.questioned(request, self._told)

    async def _told(self, asked: Asked) -> Response:
        job = str(asked.request.path_params["job"])
        errand = self._errands.get(job)
        if errand is None:
            raise refused(404, "not_found", "no such result")
        if errand.left_s():
            return json({"id": job, "status": "in-progress"}, 202)
        order, files = cast("tuple[_Order, int]", errand.order)
        return await self._drawn(order, files, filtered=errand.ending == "moderated")

    async def _drawn(self, order: "_Order", files: int, *, filtered: bool) -> Response:
        if filtered:
            return json({"finish_reason": "CONTENT_FILTERED", "seed": order.seed})
        width, height = _sides(order.aspect_ratio)
        kind = "webp" if order.output_format == "webp" else "png"
        picture = await self.picture(Motif(f"{order.prompt}{order.seed}{files}", 0, width, height, "raster", kind))
        shown = base64.b64encode(picture.data).decode()
        return json({"image": shown, "finish_reason": "SUCCESS", "seed": order.seed})


class _Order(Struct, forbid_unknown_fields=True):
    """The texts of the form; only the formats that are drawn here."""

    prompt: Annotated[str, Meta(max_length=10_000)] = ""
    negative_prompt: Annotated[str, Meta(max_length=10_000)] = ""
    aspect_ratio: Literal["1:1", "16:9", "9:16", "3:2", "2:3", "5:4", "4:5", "21:9", "9:21"] = "1:1"
    seed: Annotated[int, Meta(ge=0, le=4_294_967_294)] = 0
    output_format: Literal["png", "webp"] = "png"
    strength: Annotated[float, Meta(ge=0, le=1)] | None = None
    creativity: Annotated[float, Meta(ge=0, le=1)] | None = None
    model: Literal["sd3.5-large", "sd3.5-large-turbo", "sd3.5-medium"] = "sd3.5-large"
    mode: Literal["text-to-image", "image-to-image"] = "text-to-image"
    cfg_scale: Annotated[float, Meta(ge=1, le=10)] | None = None


ONLY_GENERATED: Final = ("aspect_ratio",)
ONLY_SD3: Final = ("model", "mode", "cfg_scale")
WORDLESS: Final = ("edit/remove-background", "upscale/fast")


def _read(path: str, content_type: str, body: bytes) -> tuple[_Order, list[Field]]:
    """The order and its picture. Raises Refused."""
    if path not in MICRO_USD:
        raise refused(404, "not_found", "the requested resource could not be found")
    try:
        texts, files = texts_and_files(read_form(content_type, body))
        order = msgspec.convert(texts, _Order, strict=False)
    except ValueError as error:
        raise refused(400, "bad_request", f"invalid form: {error}") from None
    generated = path.startswith("generate/")
    misplaced = [
        *(name for name in ONLY_GENERATED if name in texts and not generated),
        *(name for name in ONLY_SD3 if name in texts and path != "generate/sd3"),
    ]
    if misplaced or (path in WORDLESS) != (not order.prompt):
        raise refused(400, "bad_request", f"prompt: required, or not taken here; {misplaced}")
    if [file.name for file in files] != [IMAGE] * (not generated or order.strength is not None):
        raise refused(400, "bad_request", "image: required, or not taken here")
    if any(file.content_type not in FILE_TYPES or not file.data for file in files):
        raise refused(400, "bad_request", "image: unsupported file type")
    return order, files


def _sides(ratio: str) -> tuple[int, int]:
    """About one megapixel."""
    shape = Fraction(*map(int, ratio.split(":")))
    width = round(1024 * math.sqrt(shape) / 64) * 64
    return width, round(width / shape / 64) * 64
