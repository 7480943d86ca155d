"""Kling AI as copies of its pages have it: tasks that are asked about on the route that took them.

Takes a plain key, or a token signed by HS256 whose issuer is `ACCESS_KEY` and whose secret is the key. Unconfirmed at
the vendor, and our choice here: unknown fields are refused, and the words of a failed task. It calls nobody back.
"""

import base64
import hashlib
import hmac
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from apiinone.simulators.errands import Ending, Errand, Errands, Stage, ending_of
from apiinone.simulators.faults import AFTER, BEFORE, LINK_FAULTS, FaultName, json
from apiinone.simulators.faults import Stage as FaultStage
from apiinone.simulators.options import Options
from apiinone.simulators.pictures import Motif
from apiinone.simulators.stand_in import Asked, Refused, StandIn
from apiinone.simulators.wire import Wires

ACCESS_KEY: Final = "simulated-access"
MICRO_USD_PER_UNIT: Final = {"videos": 140_000, "images": 3_500}
VIDEO_UNITS: Final[Mapping[tuple[str, str], int]] = {
    ("std", "off"): 6,
    ("std", "on"): 9,
    ("pro", "off"): 8,
    ("pro", "on"): 12,
}
"""Tenths of a unit for a second of kling-v3, by mode and sound."""
IMAGE_UNITS: Final = 8
SIDE: Final = 1024

REFUSALS: Final[Mapping[FaultName, tuple[int, int, str, Mapping[str, str]]]] = {
    "bad_key": (401, 1002, "authorization is invalid", {}),
    "throttled": (429, 1303, "parallel task over resource pack limit", {}),
    "throttled_retry_after": (429, 1302, "request too frequent", {"Retry-After": "1"}),
    "bad_request": (400, 1201, "invalid parameter: aspect_ratio", {}),
    "moderation": (400, 1301, "content security policy is triggered", {}),
    "no_balance": (429, 1102, "resource pack depleted or expired", {}),
    "not_found": (404, 1203, "task not found", {}),
    "error_in_200": (200, 1200, "invalid request parameters", {}),
}
ENDINGS: Final[Mapping[FaultName, Ending]] = {"failed": "failed", "nsfw": "moderated"}
WORDS: Final[Mapping[Stage, tuple[str, str]]] = {
    "queued": ("submitted", ""),
    "running": ("processing", ""),
    "done": ("succeed", ""),
    "failed": ("failed", "internal inference error"),
    "moderated": ("failed", "Failure to pass the risk control system"),
}
"""What the vendor calls a stage, and what it says then."""
ANSWERED: Final[frozenset[FaultName]] = frozenset({"bad_key", "throttled", "throttled_retry_after", "error_in_200"})
SUBMIT_ONLY: Final[frozenset[FaultName]] = frozenset({"bad_request", "moderation", "no_balance", "failed", "nsfw"})
POLL_ONLY: Final[frozenset[FaultName]] = frozenset({"not_found"})
FAULTS: Final[Mapping[FaultStage, frozenset[FaultName]]] = {
    "submit": BEFORE | AFTER | ANSWERED | SUBMIT_ONLY,
    "poll": BEFORE | AFTER | ANSWERED | POLL_ONLY,
    "output": BEFORE | AFTER | LINK_FAULTS,
}


def refused(status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> Refused:
    """An answer that is an error, in the vendor's envelope."""
    answer = json({"code": code, "message": message, "request_id": str(uuid.uuid4())}, status)
    answer.headers.update(headers or {})
    return Refused(answer)


class KlingSimulator(StandIn):
    """One simulated account."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start without faults and without tasks."""
        super().__init__(wires, options, FAULTS)
        self._errands = Errands()

    def routes(self) -> Sequence[BaseRoute]:
        """Each route takes orders, and is asked about them."""
        return [
            route
            for path in SHAPES
            for route in (
                Route(f"/v1/{path}", self._create, methods=["POST"]),
                Route(f"/v1/{path}/{{task}}", self._query, methods=["GET"]),
            )
        ]

    def admit(self, asked: Asked) -> None:
        """Check the key or the token. Raises Refused."""
        scheme, _, shown = asked.request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not (shown == self.options.key or _signed_now(shown, self.options.key)):
            raise refused(*REFUSALS["bad_key"])
        if asked.fault in REFUSALS:
            raise refused(*REFUSALS[asked.fault])

    async def _create(self, request: Request) -> Response:
        return await self.ordered(request, self._begun)

    async def _query(self, request: Request) -> Response:
        return await self.questioned(request, self._told)

    async def _begun(self, asked: Asked) -> Response:
        path = asked.request.url.path.removeprefix("/v1/")
        order = _read(asked.body, SHAPES[path])
        ending = ending_of(asked.fault, ENDINGS)
        tenths = order.tenths()
        charge = tenths * MICRO_USD_PER_UNIT[path.partition("/")[0]] // 10
        self.accept(asked, micro_usd=charge if ending == "done" else None)
        errand = self._errands.add(Errand(path, order, self.options.seconds, ending))
        return self._shown(errand, errand.stage())

    async def _told(self, asked: Asked) -> Response:
        path, _, task = asked.request.url.path.removeprefix("/v1/").rpartition("/")
        errand = self._errands.get(task)
        if errand is None or errand.model != path:
            raise refused(*REFUSALS["not_found"])
        stage = errand.stage()
        if stage == "done" and not errand.files:
            errand.files = await self._made(asked, errand)
        return self._shown(errand, stage)

    async def _made(self, asked: Asked, errand: Errand) -> list[str]:
        order = errand.order
        if not isinstance(order, _Image):
            return [self.link(asked, self.film(), errand.id)]
        motifs = [Motif(order.prompt, index, SIDE, SIDE, "raster") for index in range(order.count())]
        return [self.link(asked, await self.picture(one), f"{errand.id}-{one.index}") for one in motifs]

    def _shown(self, errand: Errand, stage: Stage) -> Response:
        """The task at one moment: who asks for the stage again may find another one."""
        order = errand.order
        status, says = WORDS[stage]
        data: dict[str, object] = {"task_id": errand.id, "task_status": status, "task_status_msg": says}
        data["task_info"] = {"external_task_id": order.external_task_id} if isinstance(order, _Order) else {}
        if stage == "done" and isinstance(order, _Order):
            data["task_result"] = order.result(errand.files)
            data["final_unit_deduction"] = f"{order.tenths() / 10:g}"
        return json({"code": 0, "message": "SUCCEED", "request_id": str(uuid.uuid4()), "data": data})


Prompt = Annotated[str, Meta(max_length=2500)]
Base64OrLink = Annotated[str, Meta(min_length=1, pattern=r"^(?!data:)")]


class _Order(Struct, forbid_unknown_fields=True, kw_only=True):
    """What every route takes."""

    callback_url: str | None = None
    external_task_id: str = ""

    def tenths(self) -> int:
        """Tenths of a unit that it costs."""
        return 0

    def result(self, files: Sequence[str]) -> object:
        """How the vendor lists what was made."""
        return {"videos": [{"id": str(uuid.uuid4()), "url": url, "duration": "5"} for url in files]}


class _Shot(Struct, forbid_unknown_fields=True):
    index: Annotated[int, Meta(ge=1, le=6)]
    prompt: Annotated[str, Meta(min_length=1, max_length=512)]
    duration: Annotated[str, Meta(pattern=r"^([1-9]|1[0-5])$")]


class _Video(_Order, kw_only=True):
    model_name: Literal["kling-v3"]
    prompt: Prompt = ""
    negative_prompt: Prompt = ""
    mode: Literal["std", "pro"] = "std"
    duration: Annotated[str, Meta(pattern=r"^([3-9]|1[0-5])$")] = "5"
    sound: Literal["on", "off"] = "off"
    multi_shot: bool = False
    shot_type: Literal["customize", "intelligence"] | None = None
    multi_prompt: Annotated[list[_Shot], Meta(max_length=6)] = []

    def __post_init__(self) -> None:
        """Refuse shots whose seconds do not add up, and what is needed and missing."""
        shots = self.multi_shot and self.shot_type == "customize"
        if shots and sum(int(shot.duration) for shot in self.multi_prompt) != int(self.duration):
            raise ValueError("the durations of multi_prompt must add up to duration")
        if not shots and not self.prompt:
            raise ValueError("prompt is required")

    def tenths(self) -> int:
        return VIDEO_UNITS[self.mode, self.sound] * int(self.duration)


class _Words(_Video, kw_only=True):
    aspect_ratio: Literal["16:9", "9:16", "1:1"] = "16:9"


class _Still(_Video, kw_only=True):
    image: Base64OrLink
    image_tail: Base64OrLink | None = None


class _Reference(Struct, forbid_unknown_fields=True):
    image: Base64OrLink


class _Image(_Order, kw_only=True):
    model_name: Literal["kling-image-o1", "kling-v3-omni"] = "kling-image-o1"
    prompt: Annotated[str, Meta(min_length=1, max_length=2500)]
    image_list: Annotated[list[_Reference], Meta(max_length=10)] = []
    resolution: Literal["1k", "2k", "4k"] = "1k"
    result_type: Literal["single", "series"] = "single"
    n: Annotated[int, Meta(ge=1, le=9)] = 1
    series_amount: Annotated[int, Meta(ge=2, le=9)] = 4
    aspect_ratio: Literal["16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9", "auto"] = "auto"

    def __post_init__(self) -> None:
        """Refuse what the older model does not make."""
        if self.model_name == "kling-image-o1" and (self.result_type == "series" or self.resolution == "4k"):
            raise ValueError("not supported by kling-image-o1")

    def count(self) -> int:
        return self.n if self.result_type == "single" else self.series_amount

    def tenths(self) -> int:
        return IMAGE_UNITS * 10 * self.count()

    def result(self, files: Sequence[str]) -> object:
        made = [{"index": index, "url": url} for index, url in enumerate(files)]
        name = "images" if self.result_type == "single" else "series_images"
        return {"result_type": self.result_type, "images": [], "series_images": []} | {name: made}


SHAPES: Final[Mapping[str, type[_Order]]] = {
    "videos/text2video": _Words,
    "videos/image2video": _Still,
    "images/omni-image": _Image,
}
"""What each route takes."""


def _read(body: bytes, shape: type[_Order]) -> _Order:
    """The order. Raises Refused."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (ValueError, RecursionError) as error:
        raise refused(400, 1201, f"invalid parameter: {error}") from None


def _signed_now(token: str, secret: str) -> bool:
    """Whether it is a token that our access key issued, signed by the secret, and holds at this moment."""
    signed, _, signature = token.rpartition(".")
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"="), signature.encode()):
        return False
    claims = signed.partition(".")[2]
    found = msgspec.json.decode(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)), type=_Claims)
    return found.iss == ACCESS_KEY and found.nbf <= time.time() < found.exp


class _Claims(Struct):
    iss: str
    exp: int
    nbf: int
