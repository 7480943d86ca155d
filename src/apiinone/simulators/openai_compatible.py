"""A server that speaks OpenAI's images form, as vLLM-Omni and LocalAI document it, with a key or without.

Unconfirmed, and our choice here: how such servers word their refusals.
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

from apiinone.simulators.faults import AFTER, BEFORE, LINK_FAULTS, FaultName, Stage, json
from apiinone.simulators.forms import Field, read_form, texts_and_files
from apiinone.simulators.options import Options
from apiinone.simulators.pictures import Motif
from apiinone.simulators.stand_in import Asked, Refused, StandIn
from apiinone.simulators.wire import Wires

SIDE_MAX: Final = 2048
FILES_MAX: Final = 4


def refused(status: int, message: str, headers: Mapping[str, str] | None = None) -> Refused:
    """An answer that is an error."""
    answer = json({"error": {"message": message, "type": "invalid_request_error", "code": status}}, status)
    answer.headers.update(headers or {})
    return Refused(answer)


REFUSALS: Final[Mapping[FaultName, tuple[int, str, Mapping[str, str]]]] = {
    "bad_key": (401, "Unauthorized", {}),
    "throttled": (429, "Too many requests", {}),
    "throttled_retry_after": (429, "Too many requests", {"Retry-After": "1"}),
    "bad_request": (400, "invalid value: size", {}),
    "failed": (500, "failed to draw: out of memory", {}),
}
FAULTS: Final[Mapping[Stage, frozenset[FaultName]]] = {
    "submit": BEFORE | AFTER | REFUSALS.keys(),
    "poll": frozenset(),
    "output": BEFORE | AFTER | LINK_FAULTS,
}


class OpenAICompatibleSimulator(StandIn):
    """One simulated server."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start without faults and without files."""
        super().__init__(wires, options, FAULTS)

    def routes(self) -> Sequence[BaseRoute]:
        """Pictures from words, from pictures, and the files behind links, which need the key too."""
        return [
            Route("/v1/images/generations", self._generations, methods=["POST"]),
            Route("/v1/images/edits", self._edits, methods=["POST"]),
            Route("/generated-images/{name}", self._opened, methods=["GET"]),
        ]

    def admit(self, asked: Asked) -> None:
        """Check the key. Raises Refused."""
        self._check_key(asked.request)
        if asked.fault in REFUSALS:
            raise refused(*REFUSALS[asked.fault])

    def _check_key(self, request: Request) -> None:
        if self.options.key and request.headers.get("authorization") != f"Bearer {self.options.key}":
            raise refused(*REFUSALS["bad_key"])

    async def _opened(self, request: Request) -> Response:
        self._check_key(request)
        return await self.served(request, str(request.path_params["name"]))

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
        """Draw and tell; nothing is charged, which counts as a charge of nothing."""
        width, height = _sides(order.size)
        self.accept(asked, micro_usd=0)
        given = "".join(str(len(file.data)) for file in files)
        images: list[Mapping[str, str]] = []
        for index in range(order.n):
            picture = await self.picture(Motif(f"{order.prompt}{given}{order.seed}", index, width, height, "raster"))
            if order.response_format == "b64_json":
                images.append({"b64_json": base64.b64encode(picture.data).decode()})
            else:
                url = self.link(asked, picture, f"{time.time_ns()}-{index}")
                images.append({"url": url.replace("/files/", "/generated-images/")})
        return json({"created": int(time.time()), "data": images})


class _Order(Struct, forbid_unknown_fields=True):
    """The body, with the further fields that vLLM-Omni names."""

    prompt: Annotated[str, Meta(min_length=1)]
    model: Annotated[str, Meta(min_length=1)]
    n: Annotated[int, Meta(ge=1, le=10)] = 1
    size: str = "1024x1024"
    response_format: Literal["url", "b64_json"] = "b64_json"
    seed: int = 0
    negative_prompt: str = ""
    num_inference_steps: Annotated[int, Meta(ge=1, le=200)] = 30
    guidance_scale: float = 1.0


def _read(body: bytes) -> _Order:
    """The order. Raises Refused."""
    try:
        return _judged(msgspec.json.decode(body, type=_Order))
    except (ValueError, RecursionError) as error:
        raise refused(422, f"invalid request: {error}") from None


def _read_form(content_type: str, body: bytes) -> tuple[_Order, list[Field]]:
    """The order and the pictures to edit. Raises Refused."""
    try:
        texts, files = texts_and_files(read_form(content_type, body))
        order = msgspec.convert(texts, _Order, strict=False)
    except ValueError as error:
        raise refused(422, f"invalid request: {error}") from None
    if not 1 <= len(files) <= FILES_MAX or {file.name for file in files} - {"image", "image[]"}:
        raise refused(422, "image is required")
    return _judged(order), files


def _judged(order: _Order) -> _Order:
    _sides(order.size)
    return order


def _sides(size: str) -> tuple[int, int]:
    """Pixels. Raises Refused."""
    match = re.fullmatch(r"([1-9][0-9]{1,3})x([1-9][0-9]{1,3})", size)
    if match is None or max(int(match[1]), int(match[2])) > SIDE_MAX:
        raise refused(400, "invalid value: size")
    return int(match[1]), int(match[2])
