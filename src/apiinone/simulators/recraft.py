"""Recraft as its API description and its pages have it: one synchronous answer, with links or base64.

Unconfirmed at the vendor, and our choice here: status and wording of every refusal but 401.
"""

import asyncio
import base64
import time
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from apiinone.simulators.faults import AFTER, BEFORE, LINK_FAULTS, Controls, FaultName, Stage, json
from apiinone.simulators.options import Options
from apiinone.simulators.pictures import Kind, Motif, Picture, draw, tiny
from apiinone.simulators.wire import Wires

MICRO_USD_PER_UNIT: Final = 1000
FILES_MAX: Final = 1000

MODELS: Final[Mapping[str, tuple[int, Kind, int]]] = {
    "recraftv4": (40, "raster", 1),
    "recraftv4_vector": (80, "vector", 1),
    "recraftv4_pro": (250, "raster", 2),
    "recraftv4_pro_vector": (300, "vector", 2),
    "recraftv4_1": (35, "raster", 1),
    "recraftv4_1_vector": (80, "vector", 1),
    "recraftv4_1_pro": (210, "raster", 2),
    "recraftv4_1_pro_vector": (300, "vector", 2),
    "recraftv4_1_flash": (7, "raster", 1),
}
"""API units for an image, its kind, and how many times the 1K sizes (pricing)."""

SIZES: Final[Mapping[str, tuple[int, int]]] = {
    "1:1": (1024, 1024),
    "2:1": (1536, 768),
    "1:2": (768, 1536),
    "3:2": (1280, 832),
    "2:3": (832, 1280),
    "4:3": (1216, 896),
    "3:4": (896, 1216),
    "5:4": (1152, 896),
    "4:5": (896, 1152),
    "6:10": (832, 1344),
    "14:10": (1280, 896),
    "10:14": (896, 1280),
    "16:9": (1344, 768),
    "9:16": (768, 1344),
}
"""The 1K sizes of the V4 family (appendix)."""


class Refused(Exception):
    """An answer that is an error: plain text, or JSON with a code and a message."""

    def __init__(self, status: int, code: str | None, message: str, headers: Mapping[str, str] | None = None) -> None:
        """Take what the answer says."""
        super().__init__(message)
        self.answer = (
            Response(message, status, headers, media_type="text/plain")
            if code is None
            else json({"code": code, "message": message}, status)
        )


REFUSALS: Final[Mapping[FaultName, tuple[int, str | None, str, Mapping[str, str]]]] = {
    "bad_key": (401, None, "request unauthorized", {}),
    "throttled": (429, None, "too many requests", {}),
    "throttled_retry_after": (429, None, "too many requests", {"Retry-After": "1"}),
    "bad_request": (400, "invalid_request", "invalid size", {}),
    "moderation": (400, "prompt_rejected", "the prompt was flagged by moderation", {}),
    "no_balance": (402, "not_enough_credits", "not enough credits", {}),
    "error_in_200": (200, "generation_failed", "generation failed", {}),
}
FAULTS: Final[Mapping[Stage, frozenset[FaultName]]] = {
    "submit": BEFORE | AFTER | REFUSALS.keys(),
    "poll": frozenset(),
    "output": BEFORE | AFTER | LINK_FAULTS,
}


class RecraftSimulator:
    """One simulated account."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start without faults and without files."""
        self._options = options
        self._controls = Controls(wires, FAULTS)
        self._files: OrderedDict[str, Picture] = OrderedDict()
        self.app = Starlette(
            routes=[
                Route("/v1/images/generations", self._generations, methods=["POST"]),
                Route("/v1/users/me", self._me, methods=["GET"]),
                Route("/files/{name}", self._file, methods=["GET"]),
                *self._controls.routes(),
            ],
            exception_handlers={Refused: _refused},
        )

    async def aclose(self) -> None:
        """Nothing runs in the background."""

    async def _generations(self, request: Request) -> Response:
        fault = self._controls.take("submit")
        if (answer := self._controls.instead(fault, request)) is not None:
            return answer
        self._check_key(request)
        if fault and fault.fault in REFUSALS:
            raise Refused(*REFUSALS[fault.fault])
        body = await request.body()
        order = _read(body)
        self._controls.seen.submitted(body)
        answer = json(await self._made(order, str(request.base_url)))
        return await self._controls.spoilt(fault, request, answer)

    async def _made(self, order: "_Order", root: str) -> "_Answer":
        """Draw, charge, and tell."""
        units, kind, scale = MODELS[order.model]
        width, height = _size(order, scale)
        images: list[_Image] = []
        for index in range(order.n):
            motif = Motif(order.prompt, index, width, height, kind, order.image_format)
            picture = tiny(motif) if self._options.fast else await asyncio.to_thread(draw, motif)
            images.append(self._shown(picture, order, root))
        self._controls.seen.charged(units * order.n * MICRO_USD_PER_UNIT)
        return _Answer(int(time.time()), units * order.n, images)

    def _shown(self, picture: Picture, order: "_Order", root: str) -> "_Image":
        image_id = str(uuid.uuid4())
        if order.response_format == "b64_json":
            return _Image(image_id, b64_json=base64.b64encode(picture.data).decode())
        name = f"{image_id}.{picture.extension}"
        self._files[name] = picture
        if len(self._files) > FILES_MAX:
            self._files.popitem(last=False)
        return _Image(image_id, url=f"{root}files/{name}")

    async def _me(self, request: Request) -> Response:
        self._check_key(request)
        return json({"id": "simulated", "email": "someone@example.com", "name": "Simulated", "credits": 100_000})

    async def _file(self, request: Request) -> Response:
        """Links are public, as the vendor's are."""
        fault = self._controls.take("output")
        if (answer := self._controls.instead(fault, request)) is not None:
            return answer
        picture = self._files.get(request.path_params["name"])
        if picture is None:
            return Response("not found", 404, media_type="text/plain")
        self._controls.seen.outputs += 1
        return await self._controls.spoilt(fault, request, Response(picture.data, media_type=picture.media_type))

    def _check_key(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {self._options.key}":
            raise Refused(*REFUSALS["bad_key"])


class _Colour(Struct, forbid_unknown_fields=True):
    rgb: tuple[int, int, int]
    weight: float | None = None


class _Palette(Struct, forbid_unknown_fields=True):
    colors: Annotated[list[_Colour], Meta(max_length=10)] = []
    background_color: _Colour | None = None


class _Order(Struct, forbid_unknown_fields=True):
    """The body. Stricter than the vendor (which is not known to refuse unknown fields), to catch mistakes of ours."""

    prompt: Annotated[str, Meta(min_length=1, max_length=10_000)]
    model: str = "recraftv4_1"
    n: Annotated[int, Meta(ge=1, le=6)] = 1
    size: str = "1:1"
    response_format: Literal["url", "b64_json"] = "url"
    image_format: Literal["png", "webp"] = "png"
    random_seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] | None = None
    controls: _Palette | None = None


class _Image(Struct, omit_defaults=True):
    image_id: str
    url: str | None = None
    b64_json: str | None = None


class _Answer(Struct):
    created: int
    credits: int
    data: list[_Image]


def _read(body: bytes) -> _Order:
    """The order. Raises Refused."""
    try:
        order = msgspec.json.decode(body, type=_Order)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "invalid_request", f"invalid request: {error}") from None
    if order.model not in MODELS:
        raise Refused(400, "invalid_request", "unknown model")
    _size(order, MODELS[order.model][2])
    return order


def _size(order: _Order, scale: int) -> tuple[int, int]:
    """Pixels, from ``WxH`` of the list or a ratio of the list. Raises Refused."""
    for ratio, (width, height) in SIZES.items():
        if order.size in (ratio, f"{width * scale}x{height * scale}"):
            return width * scale, height * scale
    raise Refused(400, "invalid_request", "invalid size")


async def _refused(_request: Request, error: Exception) -> Response:
    return error.answer if isinstance(error, Refused) else Response("failed", 500)
