"""Alibaba Model Studio's tasks for Wan 2.6 as the vendor's SDK and reference have them.

Unconfirmed at the vendor, and our choice here: HTTP status of some refusals, Retry-After, and that unknown fields are
refused.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from apiinone.simulators.errands import Ending, Errand, Errands, ending_of
from apiinone.simulators.faults import AFTER, BEFORE, LINK_FAULTS, FaultName, Stage, json
from apiinone.simulators.options import Options
from apiinone.simulators.stand_in import Asked, Refused, StandIn, admit_by_key
from apiinone.simulators.wire import Wires

MICRO_USD_PER_S: Final[Mapping[int, int]] = {720: 100_000, 1080: 150_000}
INPUT_SECONDS: Final = 5
"""What clips that come in count for: five seconds in all, whatever their length."""

REFUSALS: Final[Mapping[FaultName, tuple[int, str, Mapping[str, str]]]] = {
    "bad_key": (401, "InvalidApiKey", {}),
    "throttled": (429, "Throttling.RateQuota", {}),
    "throttled_retry_after": (429, "Throttling", {"Retry-After": "1"}),
    "bad_request": (400, "InvalidParameter", {}),
    "moderation": (400, "DataInspectionFailed", {}),
    "no_balance": (400, "Arrearage", {}),
    "error_in_200": (200, "InvalidParameter.DataInspection", {}),
}
ENDINGS: Final[Mapping[FaultName, Ending]] = {"failed": "failed", "nsfw": "moderated"}
ANSWERED: Final[frozenset[FaultName]] = frozenset({"bad_key", "throttled", "throttled_retry_after", "error_in_200"})
SUBMIT_ONLY: Final[frozenset[FaultName]] = frozenset({"bad_request", "moderation", "no_balance"})
POLL_ONLY: Final[frozenset[FaultName]] = frozenset({"not_found"})
FAULTS: Final[Mapping[Stage, frozenset[FaultName]]] = {
    "submit": BEFORE | AFTER | ANSWERED | SUBMIT_ONLY | ENDINGS.keys(),
    "poll": BEFORE | AFTER | ANSWERED | POLL_ONLY,
    "output": BEFORE | AFTER | LINK_FAULTS,
}


def refused(status: int, code: str, headers: Mapping[str, str] | None = None, message: str = "refused") -> Refused:
    """An answer that is an error: a code at the top, and no `output`."""
    answer = json({"code": code, "message": message, "request_id": str(uuid.uuid4())}, status)
    answer.headers.update(headers or {})
    return Refused(answer)


class DashScopeSimulator(StandIn):
    """One simulated account."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start without faults and without tasks."""
        super().__init__(wires, options, FAULTS)
        self._errands = Errands()

    def routes(self) -> Sequence[BaseRoute]:
        """Clips, and tasks."""
        return [
            Route("/api/v1/services/aigc/video-generation/video-synthesis", self._clips, methods=["POST"]),
            Route("/api/v1/tasks/{task}", self._task, methods=["GET"]),
            Route("/api/v1/tasks/{task}/cancel", self._cancel, methods=["POST"]),
        ]

    def admit(self, asked: Asked) -> None:
        """Check the key, and refuse where told to. Raises Refused."""
        admit_by_key(asked, f"Bearer {self.options.key}", REFUSALS, refused)

    async def _clips(self, request: Request) -> Response:
        return await self.ordered(request, self._begun)

    async def _begun(self, asked: Asked) -> Response:
        if asked.request.headers.get("x-dashscope-async") != "enable":
            raise refused(403, "AccessDenied", message="current user api does not support synchronous calls")
        order = _read(asked.body)
        ending = ending_of(asked.fault, ENDINGS)
        self.accept(asked, micro_usd=_charge(order) if ending == "done" else None)
        errand = Errand(order.model, order, self.options.seconds, ending, id=str(uuid.uuid4()))
        output = {"task_id": self._errands.add(errand).id, "task_status": "PENDING"}
        return json({"output": output, "request_id": str(uuid.uuid4())})

    async def _task(self, request: Request) -> Response:
        return await self.questioned(request, self._shown)

    async def _shown(self, asked: Asked) -> Response:
        errand = self._errands.get(asked.request.path_params["task"])
        if errand is None or asked.fault == "not_found":
            output: dict[str, object] = {"task_id": asked.request.path_params["task"], "task_status": "UNKNOWN"}
            return json({"request_id": str(uuid.uuid4()), "output": output})
        stage = errand.stage()
        output = {"task_id": errand.id, "task_status": "CANCELED" if errand.canceled else _STATUS[stage]}
        told: dict[str, object] = {"request_id": str(uuid.uuid4()), "output": output}
        if stage in _ERRORS and not errand.canceled:
            output |= {"code": _ERRORS[stage], "message": "the task failed"}
        if stage == "done" and not errand.canceled and isinstance(errand.order, _OrderTypes):
            if not errand.files:
                errand.files = [self.link(asked, self.film(), errand.id)]
            output["video_url"] = errand.files[0]
            told["usage"] = {"video_count": 1, "duration": _seconds(errand.order), "SR": _lines(errand.order)}
        return json(told)

    async def _cancel(self, request: Request) -> Response:
        return await self.questioned(request, self._canceled)

    async def _canceled(self, asked: Asked) -> Response:
        """Only what is pending can be canceled; then it is not charged."""
        errand = self._errands.get(asked.request.path_params["task"])
        if errand is None or errand.canceled or errand.stage() != "queued" or not isinstance(errand.order, _OrderTypes):
            raise refused(400, "UnsupportedOperation", message="only a pending task can be canceled")
        errand.canceled = True
        self.controls.seen.refunded(_charge(errand.order))
        return json({"request_id": str(uuid.uuid4())})


_STATUS: Final = {
    "queued": "PENDING",
    "running": "RUNNING",
    "done": "SUCCEEDED",
    "failed": "FAILED",
    "moderated": "FAILED",
}
_ERRORS: Final = {"failed": "InternalError.Algo", "moderated": "DataInspectionFailed"}
Link = Annotated[str, Meta(pattern=r"^https?://")]
Picture = Annotated[str, Meta(pattern=r"^(https?://|data:image/[a-z]+;base64,)")]
Prompt = Annotated[str, Meta(min_length=1, max_length=1500)]
Size = Literal["1280*720", "720*1280", "960*960", "1088*832", "832*1088", "1920*1080", "1080*1920", "1440*1440"]
_LINES: Final = {"1920*1080": 1080, "1080*1920": 1080, "1440*1440": 1080}


class _Words(Struct, forbid_unknown_fields=True, kw_only=True):
    prompt: Prompt
    negative_prompt: str = ""
    extend_prompt: bool = True
    """The SDK sends it and `function` always, though they have no meaning any more."""
    function: Literal["video-synthesis"] = "video-synthesis"


class _WordsAndSound(_Words, forbid_unknown_fields=True, kw_only=True):
    audio_url: Link | None = None


class _Still(_WordsAndSound, forbid_unknown_fields=True, kw_only=True):
    img_url: Picture


class _Clips(_Words, forbid_unknown_fields=True, kw_only=True):
    reference_video_urls: Annotated[list[Link], Meta(min_length=1, max_length=3)]


class _Parameters(Struct, forbid_unknown_fields=True, kw_only=True):
    shot_type: Literal["single", "multi"] = "single"
    watermark: bool = False
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0


class _FromWords(_Parameters, forbid_unknown_fields=True, kw_only=True):
    size: Size = "1920*1080"
    duration: Annotated[int, Meta(ge=2, le=15)] = 5
    prompt_extend: bool = True
    audio: bool = True


class _FromStill(_Parameters, forbid_unknown_fields=True, kw_only=True):
    resolution: Literal["720P", "1080P"] = "1080P"
    duration: Annotated[int, Meta(ge=2, le=15)] = 5
    prompt_extend: bool = True
    audio: bool = True


class _FromClips(_Parameters, forbid_unknown_fields=True, kw_only=True):
    size: Size = "1920*1080"
    duration: Annotated[int, Meta(ge=2, le=10)] = 5


class _OfWords(Struct, forbid_unknown_fields=True, tag_field="model", tag="wan2.6-t2v"):
    input: _WordsAndSound
    parameters: _FromWords = msgspec.field(default_factory=_FromWords)
    model = "wan2.6-t2v"


class _OfStill(Struct, forbid_unknown_fields=True, tag_field="model", tag="wan2.6-i2v"):
    input: _Still
    parameters: _FromStill = msgspec.field(default_factory=_FromStill)
    model = "wan2.6-i2v"


class _OfClips(Struct, forbid_unknown_fields=True, tag_field="model", tag="wan2.6-r2v"):
    input: _Clips
    parameters: _FromClips = msgspec.field(default_factory=_FromClips)
    model = "wan2.6-r2v"


_Order = _OfWords | _OfStill | _OfClips
_OrderTypes = (_OfWords, _OfStill, _OfClips)


def _read(body: bytes) -> _Order:
    """The order. Raises Refused."""
    try:
        order = msgspec.json.decode(body, type=_Order)
    except (ValueError, RecursionError) as error:
        raise refused(400, "InvalidParameter", message=str(error)) from None
    if isinstance(order, _OfWords | _OfStill):
        multi = order.parameters.shot_type == "multi"
        if multi and not order.parameters.prompt_extend:
            raise refused(400, "InvalidParameter", message="several shots need prompt_extend")
    return order


def _lines(order: _Order) -> int:
    if isinstance(order, _OfStill):
        return int(order.parameters.resolution.removesuffix("P"))
    return _LINES.get(order.parameters.size, 720)


def _seconds(order: _Order) -> int:
    """Those that are charged."""
    return order.parameters.duration + (INPUT_SECONDS if isinstance(order, _OfClips) else 0)


def _charge(order: _Order) -> int:
    return _seconds(order) * MICRO_USD_PER_S[_lines(order)]
