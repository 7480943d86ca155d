"""OpenAI's images as its SDK and its API description have them: base64 at once, edits as a form with files.

Unconfirmed at the vendor, and our choice here: codes of refusals, the tokens of gpt-image-2 and of pictures to edit.
"""

import base64
import re
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from apiinone.simulators.faults import AFTER, BEFORE, FaultName, Stage, json
from apiinone.simulators.forms import Field, read_form, texts_and_files
from apiinone.simulators.options import Options
from apiinone.simulators.pictures import Motif
from apiinone.simulators.stand_in import Asked, Refused, StandIn, admit_by_key
from apiinone.simulators.wire import Wires

STANDARD_SIZES: Final = ("1024x1024", "1536x1024", "1024x1536")
TEXT_IN, IMAGE_IN = 5, 8
"""Micro-USD for a token."""
MODELS: Final[Mapping[str, tuple[int, Mapping[str, int]]]] = {
    "gpt-image-1.5": (32, {"low": 272, "medium": 1056, "high": 4160}),
    "gpt-image-2": (30, {"low": 200, "medium": 1767, "high": 7034}),
}
"""Micro-USD for a token of a picture, and its tokens by quality."""
ANY_SIZE: Final = ("gpt-image-2",)
IMAGE_TOKENS: Final = 1000
"""Of a picture to edit."""
FILES_MAX, FILE_BYTES_MAX = 16, 50_000_000
FILE_TYPES: Final = {"png": "image/png", "webp": "image/webp", "jpeg": "image/jpeg", "jpg": "image/jpeg"}


def refused(status: int, code: str | None, message: str, headers: Mapping[str, str] | None = None) -> Refused:
    """An answer that is an error."""
    kind = "insufficient_quota" if code == "insufficient_quota" else "invalid_request_error"
    answer = json({"error": {"message": message, "type": kind, "param": None, "code": code}}, status)
    answer.headers.update(headers or {})
    return Refused(answer)


REFUSALS: Final[Mapping[FaultName, tuple[int, str | None, str, Mapping[str, str]]]] = {
    "bad_key": (401, "invalid_api_key", "Incorrect API key provided.", {}),
    "throttled": (429, "rate_limit_exceeded", "Rate limit reached for images.", {}),
    "throttled_retry_after": (429, "rate_limit_exceeded", "Rate limit reached for images.", {"Retry-After": "1"}),
    "bad_request": (400, "invalid_value", "Invalid value: 'size'.", {}),
    "moderation": (400, "moderation_blocked", "Your request was rejected.", {}),
    "no_balance": (429, "insufficient_quota", "You exceeded your current quota.", {}),
}
FAULTS: Final[Mapping[Stage, frozenset[FaultName]]] = {
    "submit": BEFORE | AFTER | REFUSALS.keys(),
    "poll": frozenset(),
    "output": frozenset(),
}


class OpenAISimulator(StandIn):
    """One simulated account."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start without faults."""
        super().__init__(wires, options, FAULTS)

    def routes(self) -> Sequence[BaseRoute]:
        """Pictures from words, and from pictures."""
        return [
            Route("/v1/images/generations", self._generations, methods=["POST"]),
            Route("/v1/images/edits", self._edits, methods=["POST"]),
        ]

    def admit(self, asked: Asked) -> None:
        """Check the key. Raises Refused."""
        admit_by_key(asked, f"Bearer {self.options.key}", REFUSALS, refused)

    async def _generations(self, request: Request) -> Response:
        return await self.ordered(request, self._generated)

    async def _edits(self, request: Request) -> Response:
        return await self.ordered(request, self._edited)

    async def _generated(self, asked: Asked) -> Response:
        return await self._made(asked, _read(asked.body), [])

    async def _edited(self, asked: Asked) -> Response:
        order, files = _read_form(asked.request.headers.get("content-type", ""), asked.body)
        return await self._made(asked, order, files)

    async def _made(self, asked: Asked, order: "_Order", files: list[Field]) -> Response:
        """Draw, charge, and tell."""
        width, height = _size(order)
        micro_usd, tokens = MODELS[order.model]
        quality = "medium" if order.quality == "auto" else order.quality
        usage = _usage(len(order.prompt), len(files), tokens[quality] * order.n)
        charge = usage.input_tokens_details.text_tokens * TEXT_IN + usage.output_tokens * micro_usd
        self.accept(asked, micro_usd=charge + usage.input_tokens_details.image_tokens * IMAGE_IN)
        seed = "".join(str(len(file.data)) for file in files)
        motifs = [
            Motif(order.prompt + seed, index, width, height, "raster", order.output_format) for index in range(order.n)
        ]
        images = [_Image(base64.b64encode((await self.picture(motif)).data).decode()) for motif in motifs]
        size = f"{width}x{height}"
        return json(_Answer(int(time.time()), images, order.output_format, quality, size, "opaque", usage))


class _Order(Struct, forbid_unknown_fields=True):
    """The body. Only what the vendor's description names for these models, and only the formats that are drawn here."""

    prompt: Annotated[str, Meta(min_length=1, max_length=32_000)]
    model: str
    n: Annotated[int, Meta(ge=1, le=10)] = 1
    size: str = "auto"
    quality: Literal["auto", "low", "medium", "high"] = "auto"
    background: Literal["auto", "opaque", "transparent"] = "auto"
    output_format: Literal["png", "webp"] = "png"
    moderation: Literal["auto", "low"] = "auto"


class _Image(Struct):
    b64_json: str


class _Split(Struct):
    text_tokens: int
    image_tokens: int


class _Usage(Struct):
    input_tokens: int
    input_tokens_details: _Split
    output_tokens: int
    total_tokens: int


class _Answer(Struct):
    created: int
    data: list[_Image]
    output_format: str
    quality: str
    size: str
    background: str
    usage: _Usage


def _usage(characters: int, files: int, out: int) -> _Usage:
    split = _Split(-(-characters // 4), files * IMAGE_TOKENS)
    into = split.text_tokens + split.image_tokens
    return _Usage(into, split, out, into + out)


def _read(body: bytes) -> _Order:
    """The order. Raises Refused."""
    try:
        return _judged(msgspec.json.decode(body, type=_Order))
    except (ValueError, RecursionError) as error:
        raise refused(400, "invalid_type", f"Invalid request: {error}") from None


def _read_form(content_type: str, body: bytes) -> tuple[_Order, list[Field]]:
    """The order and the pictures to edit. Raises Refused."""
    try:
        texts, files = texts_and_files(read_form(content_type, body))
        order = msgspec.convert(texts, _Order, strict=False)
    except ValueError as error:
        raise refused(400, "invalid_type", f"Invalid request: {error}") from None
    names = [file.name for file in files]
    if not 1 <= len(files) <= FILES_MAX or names not in (["image"], ["image[]"] * len(files)):
        raise refused(400, "missing_required_parameter", "Missing required parameter: 'image'.")
    for file in files:
        ending = (file.file_name or "").rpartition(".")[2]
        if FILE_TYPES.get(ending) != file.content_type or not 0 < len(file.data) < FILE_BYTES_MAX:
            raise refused(400, "unsupported_file_mimetype", "Invalid file: unsupported mimetype.")
    return _judged(order), files


def _judged(order: _Order) -> _Order:
    if order.model not in MODELS:
        raise refused(404, "model_not_found", "The model does not exist or you do not have access to it.")
    _size(order)
    return order


def _size(order: _Order) -> tuple[int, int]:
    """Pixels. Raises Refused."""
    if order.size == "auto":
        return 1024, 1024
    match = re.fullmatch(r"([1-9][0-9]{1,3})x([1-9][0-9]{1,3})", order.size)
    width, height = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (order.size in STANDARD_SIZES or (order.model in ANY_SIZE and _drawn(width, height))):
        raise refused(400, "invalid_value", "Invalid value: 'size'.")
    return width, height


def _drawn(width: int, height: int) -> bool:
    """Any sides that are multiples of 16, at most 3840x2160 and 3:1."""
    long, short = max(width, height), min(width, height)
    return short > 0 and width % 16 == height % 16 == 0 and long <= 3840 and short <= 2160 and long <= 3 * short  # noqa: PLR2004
