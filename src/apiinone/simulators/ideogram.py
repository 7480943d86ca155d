"""Ideogram's first API as its description has it, and version 4 as Comfy's schema has it: one synchronous answer.

Unconfirmed at the vendor, and our choice here: wording of refusals, that an unsafe image is free.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from apiinone.simulators.faults import AFTER, BEFORE, LINK_FAULTS, FaultName, Stage, json
from apiinone.simulators.forms import Field, read_form, texts_and_files
from apiinone.simulators.options import Options
from apiinone.simulators.pictures import Motif
from apiinone.simulators.stand_in import Asked, Refused, StandIn, admit_by_key
from apiinone.simulators.wire import Wires

T = TypeVar("T")

BYTES_MAX: Final = 10 * 1024 * 1024
"""Of one image, and of all style references together."""
SIGNATURES: Final = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")

REFUSALS: Final[Mapping[FaultName, tuple[int, object, Mapping[str, str]]]] = {
    "bad_key": (401, {"error": "Not authorized"}, {}),
    "throttled": (
        429,
        {"error": "Too many requests", "reject_reason": "inflight_limit", "max_inflight_requests": 10},
        {},
    ),
    "throttled_retry_after": (429, {"error": "Too many requests"}, {"Retry-After": "1"}),
    "bad_request": (400, {"error": "Invalid input provided"}, {}),
    "moderation": (422, {"error": "Prompt provided failed safety check due to prohibited content."}, {}),
    "no_balance": (402, {"error": "Payment required", "reject_reason": "insufficient_funds"}, {}),
}
UNSAFE: Final[frozenset[FaultName]] = frozenset({"nsfw"})
FAULTS: Final[Mapping[Stage, frozenset[FaultName]]] = {
    "submit": BEFORE | AFTER | REFUSALS.keys() | UNSAFE,
    "poll": frozenset(),
    "output": BEFORE | AFTER | LINK_FAULTS,
}

Ratio = Literal[
    "1x3", "3x1", "1x2", "2x1", "9x16", "16x9", "10x16", "16x10", "2x3", "3x2", "3x4", "4x3", "4x5", "5x4", "1x1"
]
Resolution = Literal[
    "2048x2048",
    "1440x2880",
    "2880x1440",
    "1664x2496",
    "2496x1664",
    "1792x2240",
    "2240x1792",
    "1440x2560",
    "2560x1440",
    "1600x2560",
    "2560x1600",
    "1728x2304",
    "2304x1728",
    "1296x3168",
    "3168x1296",
    "1152x2944",
    "2944x1152",
    "1248x3328",
    "3328x1248",
    "1280x3072",
    "3072x1280",
]
SPEEDS: Final[Mapping[str, int]] = {"FLASH": 30_000, "TURBO": 30_000, "DEFAULT": 60_000, "BALANCED": 60_000}
"""Millionths of a dollar for an image (price list, which is silent on the first); the finest has its own by version."""
FINEST: Final[Mapping[str, int]] = {"ideogram-v3": 90_000, "ideogram-v4": 100_000}
FILES_MAX: Final = {"image": 1, "style_reference_images": 10}
"""The files that a form may bring, and how many of each."""


def refused(status: int, body: object, headers: Mapping[str, str] | None = None) -> Refused:
    """An answer that is an error."""
    answer = json(body, status)
    answer.headers.update(headers or {})
    return Refused(answer)


class IdeogramSimulator(StandIn):
    """One simulated account."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start without faults and without files."""
        super().__init__(wires, options, FAULTS)

    def routes(self) -> Sequence[BaseRoute]:
        """The three ways to an image that our offers know."""
        return [
            Route("/v1/ideogram-v3/generate", self._generate, methods=["POST"]),
            Route("/v1/ideogram-v3/remix", self._remix, methods=["POST"]),
            Route("/v1/ideogram-v4/generate", self._generate_4, methods=["POST"]),
        ]

    def admit(self, asked: Asked) -> None:
        """Check the key. Raises Refused."""
        admit_by_key(asked, self.options.key, REFUSALS, refused, "api-key")

    async def _generate(self, request: Request) -> Response:
        return await self.ordered(request, self._made_3)

    async def _remix(self, request: Request) -> Response:
        return await self.ordered(request, self._remixed)

    async def _generate_4(self, request: Request) -> Response:
        return await self.ordered(request, self._made_4)

    async def _made_3(self, asked: Asked) -> Response:
        order, files = _read(asked, _Order)
        if "image" in files:
            raise refused(400, {"error": "image is not a field of this request"})
        width, height = _ratio_sides(order.aspect_ratio)
        return await self._answer(asked, order, (width, height), _cost("ideogram-v3", order.rendering_speed))

    async def _remixed(self, asked: Asked) -> Response:
        order, files = _read(asked, _Remix)
        if "image" not in files:
            raise refused(400, {"error": "image is required"})
        width, height = _ratio_sides(order.aspect_ratio)
        return await self._answer(asked, order, (width, height), _cost("ideogram-v3", order.rendering_speed))

    async def _made_4(self, asked: Asked) -> Response:
        order, _ = _read(asked, _Order4)
        width, _, height = order.resolution.partition("x")
        sides = int(width), int(height)
        plain = _Order(prompt=order.text_prompt, rendering_speed=order.rendering_speed)
        return await self._answer(asked, plain, sides, _cost("ideogram-v4", order.rendering_speed))

    async def _answer(self, asked: Asked, order: "_Order", sides: tuple[int, int], micro_usd: int) -> Response:
        unsafe = asked.fault in UNSAFE
        self.accept(asked, micro_usd=None if unsafe else micro_usd * order.num_images)
        images: list[_Image] = []
        for index in range(order.num_images):
            motif = Motif(order.prompt, index, *sides, "raster")
            link = None if unsafe else self.link(asked, await self.picture(motif), uuid.uuid4().hex)
            resolution = f"{sides[0]}x{sides[1]}"
            images.append(_Image(url=link, prompt=order.prompt, resolution=resolution, is_image_safe=not unsafe))
        return json({"created": "2026-11-01T10:00:00+00:00", "data": images})


class _Order(Struct, forbid_unknown_fields=True):
    """Stricter than the vendor (which is not known to refuse unknown fields), to catch mistakes of ours."""

    prompt: Annotated[str, Meta(min_length=1)]
    seed: Annotated[int, Meta(ge=0, le=2147483647)] | None = None
    aspect_ratio: Ratio = "1x1"
    rendering_speed: Literal["FLASH", "TURBO", "BALANCED", "DEFAULT", "QUALITY"] = "DEFAULT"
    magic_prompt: Literal["AUTO", "ON", "OFF"] = "AUTO"
    negative_prompt: str = ""
    num_images: Annotated[int, Meta(ge=1, le=8)] = 1
    style_type: Literal["AUTO", "GENERAL", "REALISTIC", "DESIGN", "CUSTOM", "FICTION", "STYLIZED"] = "GENERAL"


class _Remix(_Order, forbid_unknown_fields=True):
    image_weight: Annotated[int, Meta(ge=1, le=100)] = 50


class _Order4(Struct, forbid_unknown_fields=True):
    text_prompt: Annotated[str, Meta(min_length=1)]
    resolution: Resolution = "2048x2048"
    rendering_speed: Literal["TURBO", "DEFAULT", "QUALITY"] = "DEFAULT"
    enable_copyright_detection: bool = False


class _Image(Struct):
    url: str | None
    prompt: str
    resolution: str
    is_image_safe: bool
    seed: int = 7


def _read(asked: Asked, shape: "type[T]") -> tuple[T, Mapping[str, list[Field]]]:
    """The order, as JSON or as a form, and the files of the form by name. Raises Refused."""
    kind = asked.request.headers.get("content-type", "")
    try:
        if kind == "application/json":
            return msgspec.json.decode(asked.body, type=shape), {}
        texts, files = texts_and_files(read_form(kind, asked.body))
        return msgspec.convert(texts, shape, strict=False), _judged(files)
    except (ValueError, RecursionError) as error:
        raise refused(400, {"error": f"Invalid input provided: {error}"}) from None


def _judged(files: list[Field]) -> Mapping[str, list[Field]]:
    """Files by name. Raises ValueError for one that the vendor does not take."""
    named: dict[str, list[Field]] = {}
    for file in files:
        named.setdefault(file.name, []).append(file)
    for name, several in named.items():
        if len(several) > FILES_MAX.get(name, 0):
            raise ValueError(f"too many files in {name}")
        if sum(len(file.data) for file in several) > BYTES_MAX:
            raise ValueError(f"{name} is larger than 10 MB")
        if not all(file.data.startswith(SIGNATURES) for file in several):
            raise ValueError(f"{name} is no JPEG, PNG or WebP")
    return named


def _ratio_sides(ratio: str) -> tuple[int, int]:
    width, _, height = ratio.partition("x")
    stretch = (int(width) / int(height)) ** 0.5
    return round(1024 * stretch), round(1024 / stretch)


def _cost(version: str, speed: str) -> int:
    return SPEEDS.get(speed, FINEST[version])
