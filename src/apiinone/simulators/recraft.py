"""Recraft as its API description and its pages have it: one synchronous answer, with links or base64.

Unconfirmed at the vendor, and our choice here: status and wording of every refusal but 401.
"""

import base64
import hashlib
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
from apiinone.simulators.forms import read_named
from apiinone.simulators.options import Options
from apiinone.simulators.pictures import Kind, Motif
from apiinone.simulators.recordings import Made
from apiinone.simulators.stand_in import Asked, Refused, StandIn, admit_by_key
from apiinone.simulators.wire import Wires

MICRO_USD_PER_UNIT: Final = 1000

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

TOOLS: Final[Mapping[str, tuple[int, Kind]]] = {
    "vectorize": (10, "vector"),
    "removeBackground": (10, "raster"),
    "crispUpscale": (4, "raster"),
}
"""API units for a picture, and its kind."""
TOOL_FIELDS: Final = frozenset({"response_format", "image_format"})
MAGIC: Final = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")
"""What the files begin with that a tool takes: PNG, JPEG, WebP."""
TOOL_SIDE: Final = 1024

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


def refused(status: int, code: str | None, message: str, headers: Mapping[str, str] | None = None) -> Refused:
    """An answer that is an error: plain text, or JSON with a code and a message."""
    if code is None:
        return Refused(Response(message, status, headers, media_type="text/plain"))
    return Refused(json({"code": code, "message": message}, status))


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


class RecraftSimulator(StandIn):
    """One simulated account."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start without faults and without files."""
        super().__init__(wires, options, FAULTS)

    def routes(self) -> Sequence[BaseRoute]:
        """Images, and a question that is free."""
        return [
            Route("/v1/images/generations", self._generations, methods=["POST"]),
            *(Route(f"/v1/images/{tool}", self._tool, methods=["POST"]) for tool in TOOLS),
            Route("/v1/users/me", self._me, methods=["GET"]),
        ]

    def admit(self, asked: Asked) -> None:
        """Check the key. Raises Refused."""
        admit_by_key(asked, f"Bearer {self.options.key}", REFUSALS, refused)

    async def _generations(self, request: Request) -> Response:
        return await self.ordered(request, self._made)

    async def _made(self, asked: Asked) -> Response:
        """Draw, charge, and tell."""
        order = _read(asked.body)
        units, kind, scale = MODELS[order.model]
        width, height = _size(order, scale)
        self.accept(asked, micro_usd=units * order.n * MICRO_USD_PER_UNIT)
        images: list[_Image] = []
        for index in range(order.n):
            picture = await self.picture(Motif(order.prompt, index, width, height, kind, order.image_format))
            images.append(self._shown(asked, picture, order.response_format))
        return json(_Answer(int(time.time()), units * order.n, images))

    def _shown(self, asked: Asked, picture: Made, response_format: str) -> "_Image":
        image_id = str(uuid.uuid4())
        if response_format == "b64_json":
            return _Image(image_id, b64_json=base64.b64encode(picture.data).decode())
        return _Image(image_id, url=self.link(asked, picture, image_id))

    async def _tool(self, request: Request) -> Response:
        return await self.ordered(request, self._worked)

    async def _worked(self, asked: Asked) -> Response:
        """Work on the picture of a form: what comes back is drawn, and of the tool's kind."""
        data, response_format = _read_tool(asked)
        units, kind = TOOLS[asked.request.url.path.rpartition("/")[2]]
        self.accept(asked, micro_usd=units * MICRO_USD_PER_UNIT)
        picture = await self.picture(Motif(hashlib.sha256(data).hexdigest(), 0, TOOL_SIDE, TOOL_SIDE, kind))
        return json(_ToolAnswer(int(time.time()), units, self._shown(asked, picture, response_format)))

    async def _me(self, request: Request) -> Response:
        return await self.questioned(request, self._about)

    async def _about(self, _asked: Asked) -> Response:
        return json({"id": "simulated", "email": "someone@example.com", "name": "Simulated", "credits": 100_000})


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


class _ToolAnswer(Struct):
    created: int
    credits: int
    image: _Image


class _Answer(Struct):
    created: int
    credits: int
    data: list[_Image]


def _read_tool(asked: Asked) -> tuple[bytes, str]:
    """The picture and the form of the answer. Raises Refused."""
    form = read_named(asked.request.headers.get("content-type", ""), asked.body)
    if form is None:
        raise refused(400, "invalid_request", "a form with an image is expected")
    images = form.files.get("image", ())
    if len(images) != 1 or form.files.keys() - {"image"} or form.texts.keys() - TOOL_FIELDS:
        raise refused(400, "invalid_request", "invalid request: one image, and nothing unknown")
    if not images[0].startswith(MAGIC):
        raise refused(400, "invalid_request", "invalid image")
    response_format = form.texts.get("response_format", "url")
    if response_format not in ("url", "b64_json"):
        raise refused(400, "invalid_request", "invalid response_format")
    return images[0], response_format


def _read(body: bytes) -> _Order:
    """The order. Raises Refused."""
    try:
        order = msgspec.json.decode(body, type=_Order)
    except (ValueError, RecursionError) as error:
        raise refused(400, "invalid_request", f"invalid request: {error}") from None
    if order.model not in MODELS:
        raise refused(400, "invalid_request", "unknown model")
    _size(order, MODELS[order.model][2])
    return order


def _size(order: _Order, scale: int) -> tuple[int, int]:
    """Pixels, from ``WxH`` of the list or a ratio of the list. Raises Refused."""
    for ratio, (width, height) in SIZES.items():
        if order.size in (ratio, f"{width * scale}x{height * scale}"):
            return width * scale, height * scale
    raise refused(400, "invalid_request", "invalid size")
