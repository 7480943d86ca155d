"""Google's `generateContent` for pictures, as its SDK and its error envelope have it.

Unconfirmed at the vendor, and our choice here: the texts of refusals and the tokens of pictures given.
"""

import base64
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from apiinone.simulators.faults import AFTER, BEFORE, FaultName, Stage, json
from apiinone.simulators.options import Options
from apiinone.simulators.pictures import Motif
from apiinone.simulators.stand_in import Asked, Refused, StandIn, admit_by_key
from apiinone.simulators.wire import Wires

MODELS: Final = ("gemini-3.1-flash-image",)
METHOD: Final = ":generateContent"
DRAWN_TOKENS: Final[Mapping[str, int]] = {"1K": 1120, "2K": 1680, "4K": 2520}
SIDES: Final[Mapping[str, int]] = {"1K": 1024, "2K": 2048, "4K": 4096}
GIVEN_TOKENS: Final = 1120
NANO_USD_READ, NANO_USD_DRAWN = 500, 60_000
FILES_MAX: Final = 14
BODY_BYTES_MAX: Final = 20 * 1024 * 1024


def refused(code: int, status: str, message: str, detail: Mapping[str, str] | None = None) -> Refused:
    """An answer that is an error."""
    details = [detail] if detail else []
    return Refused(json({"error": {"code": code, "message": message, "status": status, "details": details}}, code))


_INFO: Final = "type.googleapis.com/google.rpc."
_BAD_KEY: Final = {"@type": f"{_INFO}ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
_RETRY: Final = {"@type": f"{_INFO}RetryInfo", "retryDelay": "1s"}
_QUOTA: Final = "You exceeded your current quota, please check your plan and billing details."
REFUSALS: Final[Mapping[FaultName, tuple[int, str, str, Mapping[str, str] | None]]] = {
    "bad_key": (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", _BAD_KEY),
    "throttled": (429, "RESOURCE_EXHAUSTED", _QUOTA, None),
    "throttled_retry_after": (429, "RESOURCE_EXHAUSTED", _QUOTA, _RETRY),
    "bad_request": (400, "INVALID_ARGUMENT", "Invalid value at 'generation_config.image_config'.", None),
    "no_balance": (429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted.", None),
}
IN_200: Final[Mapping[FaultName, Mapping[str, object]]] = {
    "moderation": {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}},
    "nsfw": {"candidates": [{"content": {"role": "model"}, "finishReason": "IMAGE_SAFETY", "index": 0}]},
    "failed": {"candidates": [{"content": {"parts": [{"text": "I cannot."}]}, "finishReason": "NO_IMAGE", "index": 0}]},
}
"""Refusals with HTTP 200; nothing is charged (unconfirmed)."""
FAULTS: Final[Mapping[Stage, frozenset[FaultName]]] = {
    "submit": BEFORE | AFTER | REFUSALS.keys() | IN_200.keys(),
    "poll": frozenset(),
    "output": frozenset(),
}


class GoogleSimulator(StandIn):
    """One simulated account."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start without faults."""
        super().__init__(wires, options, FAULTS)

    def routes(self) -> Sequence[BaseRoute]:
        """One route, in both versions that the SDK has asked (3.4.0 and 3.6.1): the method stands behind a colon."""
        versions = ("v1beta", "v1")
        return [Route(f"/{version}/models/{{called}}", self._called, methods=["POST"]) for version in versions]

    def admit(self, asked: Asked) -> None:
        """Check the key. Raises Refused."""
        admit_by_key(asked, self.options.key, REFUSALS, refused, "x-goog-api-key")

    async def _called(self, request: Request) -> Response:
        return await self.ordered(request, self._made)

    async def _made(self, asked: Asked) -> Response:
        """Draw, charge, and tell."""
        called = str(asked.request.path_params["called"])
        model = called.removesuffix(METHOD)
        if model not in MODELS or model == called:
            raise refused(404, "NOT_FOUND", f"models/{model} is not found for API version v1beta.")
        order = _read(asked.body)
        if asked.fault in IN_200:
            self.accept(asked, micro_usd=None)
            return json({**IN_200[asked.fault], "modelVersion": model})
        image = order.generationConfig.imageConfig
        prompt, files = order.read()
        width, height = _sides(image.aspectRatio, SIDES[image.imageSize])
        read, drawn = len(prompt) // 4 + 1 + files * GIVEN_TOKENS, DRAWN_TOKENS[image.imageSize]
        self.accept(asked, micro_usd=-(-(read * NANO_USD_READ + drawn * NANO_USD_DRAWN) // 1000))
        picture = await self.picture(Motif(f"{prompt}{files}", 0, width, height, "raster"))
        blob = {"mimeType": picture.media_type, "data": base64.b64encode(picture.data).decode()}
        parts = [{"text": "A draft.", "thought": True}, {"inlineData": blob}]
        content = {"role": "model", "parts": parts}
        tokens = {"promptTokenCount": read, "candidatesTokenCount": drawn, "totalTokenCount": read + drawn}
        candidate = {"content": content, "finishReason": "STOP", "index": 0}
        return json({"candidates": [candidate], "usageMetadata": tokens, "modelVersion": model})


_Pictures = Literal["image/png", "image/jpeg", "image/webp"]


class _Blob(Struct, forbid_unknown_fields=True):
    """The type under one of both spellings that protobuf's JSON knows (the SDK writes the second)."""

    data: bytes
    mimeType: _Pictures | None = None  # noqa: N815 - the vendor's name
    mime_type: _Pictures | None = None

    def __post_init__(self) -> None:
        """Refuse a picture without a type. Raises ValueError."""
        if (self.mimeType is None) == (self.mime_type is None):
            raise ValueError("one mimeType is required")


class _Part(Struct, forbid_unknown_fields=True):
    text: str | None = None
    inlineData: _Blob | None = None  # noqa: N815 - the vendor's name


class _Content(Struct, forbid_unknown_fields=True):
    parts: Annotated[tuple[_Part, ...], Meta(min_length=1)]
    role: Literal["user"] = "user"


class _ImageConfig(Struct, frozen=True, forbid_unknown_fields=True):
    aspectRatio: Literal["1:1", "2:3", "3:2", "3:4", "4:3", "9:16", "16:9", "21:9"] = "1:1"  # noqa: N815 - the vendor's
    imageSize: Literal["1K", "2K", "4K"] = "1K"  # noqa: N815 - the vendor's name


class _Config(Struct, forbid_unknown_fields=True):
    responseModalities: Annotated[tuple[Literal["IMAGE"], ...], Meta(min_length=1)]  # noqa: N815 - the vendor's name
    imageConfig: _ImageConfig = _ImageConfig()  # noqa: N815 - the vendor's name


class _Order(Struct, forbid_unknown_fields=True):
    """The body. Stricter than the vendor, which draws with text beside it as well."""

    contents: Annotated[tuple[_Content, ...], Meta(min_length=1, max_length=1)]
    generationConfig: _Config  # noqa: N815 - the vendor's name

    def read(self) -> tuple[str, int]:
        """The words, and how many pictures are given."""
        parts = self.contents[0].parts
        return "".join(part.text or "" for part in parts), sum(part.inlineData is not None for part in parts)


def _read(body: bytes) -> _Order:
    """The order. Raises Refused."""
    if len(body) > BODY_BYTES_MAX:
        raise refused(413, "INVALID_ARGUMENT", "Request payload size exceeds the limit.")
    try:
        order = msgspec.json.decode(body, type=_Order)
    except (ValueError, RecursionError) as error:
        raise refused(400, "INVALID_ARGUMENT", f"Invalid JSON payload received: {error}") from None
    parts = order.contents[0].parts
    prompt, files = order.read()
    one_each = all((part.text is None) != (part.inlineData is None) for part in parts)
    if not prompt or not one_each or files > FILES_MAX:
        raise refused(400, "INVALID_ARGUMENT", "contents.parts must not be empty, nor hold too much.")
    return order


def _sides(ratio: str, side: int) -> tuple[int, int]:
    """The sides with this ratio and about the area of such a square."""
    shape = Fraction(*map(int, ratio.split(":")))
    width = round(side * math.sqrt(shape) / 16) * 16
    return width, round(width / shape / 16) * 16
