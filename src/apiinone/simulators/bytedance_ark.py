"""ByteDance's ModelArk as its SDKs have it: pictures at once, clips as tasks that are asked about.

Unconfirmed at the vendor, and our choice here: HTTP status and wording of refusals (their codes are those that public
clients name), Retry-After, and that unknown fields are refused.
"""

import base64
import re
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from apiinone.simulators.errands import Ending, Errand, Errands, ending_of
from apiinone.simulators.faults import AFTER, BEFORE, LINK_FAULTS, FaultName, Stage, json
from apiinone.simulators.options import Options
from apiinone.simulators.pictures import Motif
from apiinone.simulators.stand_in import Asked, Refused, StandIn, admit_by_key
from apiinone.simulators.wire import Wires

T = TypeVar("T")

PICTURE_MODELS: Final[Mapping[str, int]] = {"seedream-4-5-251128": 40_000}
"""Millionths of a dollar for a picture."""
CLIP_MODELS: Final[Mapping[str, int]] = {"dreamina-seedance-2-0-fast-260128": 5_600}
"""Millionths of a dollar for a thousand tokens."""
CLASS_SIDES: Final[Mapping[str, int]] = {"2K": 2048, "4K": 4096}
PIXELS_MIN, PIXELS_MAX, RATIO_MAX = 2560 * 1440, 4096 * 4096, 16
FRAMES: Final[Mapping[str, Mapping[str, tuple[int, int]]]] = {
    "480p": {
        "16:9": (864, 496),
        "4:3": (752, 560),
        "1:1": (640, 640),
        "3:4": (560, 752),
        "9:16": (496, 864),
        "21:9": (992, 432),
    },
    "720p": {
        "16:9": (1280, 720),
        "4:3": (1112, 834),
        "1:1": (960, 960),
        "3:4": (834, 1112),
        "9:16": (720, 1280),
        "21:9": (1470, 630),
    },
}
FRAMES_PER_S: Final = 24

REFUSALS: Final[Mapping[FaultName, tuple[int, str, Mapping[str, str]]]] = {
    "bad_key": (401, "AuthenticationError", {}),
    "throttled": (429, "RateLimitExceeded.EndpointRPMExceeded", {}),
    "throttled_retry_after": (429, "ServerOverloaded", {"Retry-After": "1"}),
    "bad_request": (400, "InvalidParameter", {}),
    "moderation": (400, "InputTextSensitiveContentDetected", {}),
    "no_balance": (403, "AccountOverdueError", {}),
    "not_found": (404, "ResourceNotFound", {}),
    "error_in_200": (200, "InternalServiceError", {}),
}
ENDINGS: Final[Mapping[FaultName, Ending]] = {"failed": "failed", "nsfw": "moderated"}
ANSWERED: Final[frozenset[FaultName]] = frozenset({"bad_key", "throttled", "throttled_retry_after"})
SUBMIT_ONLY: Final[frozenset[FaultName]] = frozenset({"bad_request", "moderation", "no_balance", "error_in_200"})
POLL_ONLY: Final[frozenset[FaultName]] = frozenset({"not_found"})
FAULTS: Final[Mapping[Stage, frozenset[FaultName]]] = {
    "submit": BEFORE | AFTER | ANSWERED | SUBMIT_ONLY | ENDINGS.keys(),
    "poll": BEFORE | AFTER | ANSWERED | POLL_ONLY,
    "output": BEFORE | AFTER | LINK_FAULTS,
}


def refused(status: int, code: str, headers: Mapping[str, str] | None = None, message: str = "refused") -> Refused:
    """An answer that is an error, in the form of OpenAI's."""
    answer = json({"error": {"code": code, "message": message, "param": "", "type": "BadRequest"}}, status)
    answer.headers.update(headers or {})
    return Refused(answer)


class ByteDanceArkSimulator(StandIn):
    """One simulated account."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start without faults and without tasks."""
        super().__init__(wires, options, FAULTS)
        self._errands = Errands()

    def routes(self) -> Sequence[BaseRoute]:
        """Pictures, and tasks."""
        tasks = "/api/v3/contents/generations/tasks"
        return [
            Route("/api/v3/images/generations", self._pictures, methods=["POST"]),
            Route(tasks, self._tasks, methods=["POST"]),
            Route(f"{tasks}/{{task}}", self._task, methods=["GET"]),
            Route(f"{tasks}/{{task}}", self._delete, methods=["DELETE"]),
        ]

    def admit(self, asked: Asked) -> None:
        """Check the key, and refuse where told to. Raises Refused."""
        admit_by_key(asked, f"Bearer {self.options.key}", REFUSALS, refused)

    async def _pictures(self, request: Request) -> Response:
        return await self.ordered(request, self._drawn)

    async def _drawn(self, asked: Asked) -> Response:
        order = _read(asked.body, _PictureOrder)
        if order.model not in PICTURE_MODELS:
            raise refused(404, "InvalidEndpointOrModel.NotFound")
        width, height = _sides(order.size)
        ending = ending_of(asked.fault, ENDINGS)
        self.accept(asked, micro_usd=PICTURE_MODELS[order.model] if ending == "done" else None)
        if ending in _PICTURE_ERRORS:
            refusal = {"code": _PICTURE_ERRORS[ending], "message": "the picture was not made"}
            return json({"model": order.model, "created": int(time.time()), "data": [{"error": refusal}]})
        picture = await self.picture(Motif(order.prompt, 0, width, height, "raster"))
        shown: dict[str, str] = {"size": f"{width}x{height}"}
        if order.response_format == "b64_json":
            shown["b64_json"] = base64.b64encode(picture.data).decode()
        else:
            shown["url"] = self.link(asked, picture, uuid.uuid4().hex)
        tokens = width * height // 256
        usage = {"generated_images": 1, "output_tokens": tokens, "total_tokens": tokens}
        return json({"model": order.model, "created": int(time.time()), "data": [shown], "usage": usage})

    async def _tasks(self, request: Request) -> Response:
        return await self.ordered(request, self._begun)

    async def _begun(self, asked: Asked) -> Response:
        order = _read(asked.body, _ClipOrder)
        if order.model not in CLIP_MODELS:
            raise refused(404, "InvalidEndpointOrModel.NotFound")
        if not any(isinstance(part, _Text) for part in order.content):
            raise refused(400, "MissingParameter")
        ending = ending_of(asked.fault, ENDINGS)
        charge = -(-CLIP_MODELS[order.model] * _tokens(order) // 1000)
        self.accept(asked, micro_usd=charge if ending == "done" else None)
        errand = Errand(order.model, order, self.options.seconds, ending, id=f"cgt-{uuid.uuid4().hex}")
        return json({"id": self._errands.add(errand).id})

    async def _task(self, request: Request) -> Response:
        return await self.questioned(request, self._shown)

    async def _shown(self, asked: Asked) -> Response:
        errand, order = self._found(asked)
        stage = "cancelled" if errand.canceled else errand.stage()
        told: dict[str, object] = {"id": errand.id, "model": errand.model, "status": _STATUS.get(stage, stage)}
        if stage == "done":
            if not errand.files:
                errand.files = [self.link(asked, self.film(), errand.id)]
            tokens = _tokens(order)
            told |= {
                "content": {"video_url": errand.files[0]},
                "usage": {"completion_tokens": tokens, "total_tokens": tokens},
                "resolution": order.resolution,
                "ratio": order.ratio,
                "duration": order.duration,
            }
        if stage in _ERRORS:
            told["error"] = {"code": _ERRORS[stage], "message": "the task failed"}
        return json(told)

    async def _delete(self, request: Request) -> Response:
        return await self.questioned(request, self._ended)

    async def _ended(self, asked: Asked) -> Response:
        """Queued: canceled and not charged. Running: refused. Over: forgotten."""
        errand, order = self._found(asked)
        match "canceled" if errand.canceled else errand.stage():
            case "queued":
                errand.canceled = True
                self.controls.seen.refunded(-(-CLIP_MODELS[errand.model] * _tokens(order) // 1000))
            case "running":
                raise refused(409, "TaskRunningCannotCancel")
            case _:
                errand.order = None
        return json({})

    def _found(self, asked: Asked) -> "tuple[Errand, _ClipOrder]":
        """The task and its order. Raises Refused."""
        errand = self._errands.get(asked.request.path_params["task"])
        if errand is None or not isinstance(errand.order, _ClipOrder):
            raise refused(*REFUSALS["not_found"])
        return errand, errand.order


_STATUS: Final = {"done": "succeeded", "moderated": "failed"}
_ERRORS: Final = {"failed": "InternalServiceError", "moderated": "OutputVideoSensitiveContentDetected"}
_PICTURE_ERRORS: Final = {"failed": "InternalServiceError", "moderated": "OutputImageSensitiveContentDetected"}
Url = Annotated[str, Meta(pattern=r"^(https?://|data:image/[a-z]+;base64,)")]


class _PictureOrder(Struct, forbid_unknown_fields=True):
    """What Seedream 4.5 takes."""

    model: str
    prompt: Annotated[str, Meta(min_length=1)]
    image: Url | Annotated[list[Url], Meta(min_length=1, max_length=14)] = []
    size: str = "2048x2048"
    response_format: Literal["url", "b64_json"] = "url"
    seed: Annotated[int, Meta(ge=-1, le=2**31 - 1)] = -1
    watermark: bool = True
    sequential_image_generation: Literal["disabled"] = "disabled"
    stream: Literal[False] = False


class _Link(Struct, forbid_unknown_fields=True):
    url: Url


class _Text(Struct, forbid_unknown_fields=True, tag="text"):
    text: Annotated[str, Meta(min_length=1)]


class _Image(Struct, forbid_unknown_fields=True, tag="image_url"):
    image_url: _Link
    role: Literal["first_frame", "last_frame", "reference_image"] = "first_frame"


class _ClipOrder(Struct, forbid_unknown_fields=True):
    """What Seedance 2.0 Fast takes."""

    model: str
    content: Annotated[list[_Text | _Image], Meta(min_length=1)]
    resolution: Literal["480p", "720p"] = "720p"
    ratio: Literal["16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"] = "adaptive"
    duration: Annotated[int, Meta(ge=4, le=15)] = 5
    seed: Annotated[int, Meta(ge=-1, le=2**32 - 1)] = -1
    watermark: bool = False
    generate_audio: bool = True
    return_last_frame: bool = False
    callback_url: str = ""
    service_tier: Literal["default", "flex"] = "default"
    execution_expires_after: Annotated[int, Meta(ge=3600, le=259_200)] = 172_800


def _read(body: bytes, shape: type[T]) -> T:
    """The order. Raises Refused."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (ValueError, RecursionError) as error:
        raise refused(400, "InvalidParameter", message=str(error)) from None


def _sides(size: str) -> tuple[int, int]:
    """Pixels of a class (a square, where the prompt says no more) or of ``WxH``. Raises Refused."""
    if size in CLASS_SIDES:
        return CLASS_SIDES[size], CLASS_SIDES[size]
    found = re.fullmatch(r"([1-9][0-9]{1,4})x([1-9][0-9]{1,4})", size)
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    if not PIXELS_MIN <= width * height <= PIXELS_MAX or max(width, height) > RATIO_MAX * min(width, height):
        raise refused(400, "InvalidParameter", message="size")
    return width, height


def _tokens(order: _ClipOrder) -> int:
    """Of every frame, the first one of the next second included: 1280x720 for 5 s are the published 108,900."""
    width, height = FRAMES[order.resolution].get(order.ratio, (1280, 720))
    return width * height * (order.duration * FRAMES_PER_S + 1) // 1024
