"""MiniMax's v1 API as its description and its clients have it: clips as tasks with a file each, songs at once.

Unconfirmed at the vendor, and our choice here: that unknown fields are refused, and which refusals have an HTTP status
of their own (none but those of gateways have).
"""

import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct, field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from apiinone.simulators.errands import Ending, Errand, Errands, ending_of
from apiinone.simulators.faults import AFTER, BEFORE, LINK_FAULTS, FaultName, Stage, json
from apiinone.simulators.options import Options
from apiinone.simulators.stand_in import Asked, Refused, StandIn, admit_by_key
from apiinone.simulators.wire import Wires

T = TypeVar("T")

CLIP_MICRO_USD: Final[Mapping[tuple[str, int], int]] = {
    ("768P", 6): 280_000,
    ("768P", 10): 560_000,
    ("1080P", 6): 490_000,
}
"""By resolution and seconds; what is not here is not made."""
SONG_MICRO_USD: Final = 150_000

REFUSALS: Final[Mapping[FaultName, tuple[int, str]]] = {
    "bad_key": (1004, "login fail: please carry the API secret key in the header"),
    "throttled": (1002, "rate limit exceeded"),
    "bad_request": (2013, "invalid params"),
    "moderation": (1026, "input new_sensitive"),
    "no_balance": (1008, "insufficient balance"),
    "not_found": (2013, "invalid params, task_id"),
    "error_in_200": (1033, "system error"),
}
"""All come with HTTP 200."""
ENDINGS: Final[Mapping[FaultName, Ending]] = {"failed": "failed", "nsfw": "moderated"}
ANSWERED: Final[frozenset[FaultName]] = frozenset({"bad_key", "throttled", "error_in_200"})
SUBMIT_ONLY: Final[frozenset[FaultName]] = frozenset({"bad_request", "moderation", "no_balance"})
POLL_ONLY: Final[frozenset[FaultName]] = frozenset({"not_found"})
FAULTS: Final[Mapping[Stage, frozenset[FaultName]]] = {
    "submit": BEFORE | AFTER | ANSWERED | SUBMIT_ONLY | ENDINGS.keys(),
    "poll": BEFORE | AFTER | ANSWERED | POLL_ONLY,
    "output": BEFORE | AFTER | LINK_FAULTS,
}


def refused(code: int, message: str) -> Refused:
    """An answer that is an error: HTTP 200 with a code."""
    return Refused(json({"base_resp": _said(code, message)}))


class MiniMaxSimulator(StandIn):
    """One simulated account."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start without faults and without tasks."""
        super().__init__(wires, options, FAULTS)
        self._errands = Errands()
        self._task_of: dict[str, str] = {}
        """By the id of the file that it made."""

    def routes(self) -> Sequence[BaseRoute]:
        """Clips, their tasks and files, and songs."""
        return [
            Route("/v1/video_generation", self._clips, methods=["POST"]),
            Route("/v1/query/video_generation", self._query, methods=["GET"]),
            Route("/v1/files/retrieve", self._retrieve, methods=["GET"]),
            Route("/v1/music_generation", self._songs, methods=["POST"]),
        ]

    def admit(self, asked: Asked) -> None:
        """Check the key, and refuse where told to. Raises Refused."""
        admit_by_key(asked, f"Bearer {self.options.key}", REFUSALS, refused)

    async def _clips(self, request: Request) -> Response:
        return await self.ordered(request, self._begun)

    async def _begun(self, asked: Asked) -> Response:
        order = _read(asked.body, _ClipOrder)
        charge = CLIP_MICRO_USD.get((order.resolution, order.duration))
        if charge is None:
            raise refused(2013, "invalid params, duration does not go with resolution")
        ending = ending_of(asked.fault, ENDINGS)
        self.accept(asked, micro_usd=charge if ending == "done" else None)
        errand = self._errands.add(Errand(order.model, order, self.options.seconds, ending, id=_number()))
        return json({"task_id": errand.id, "base_resp": _said()})

    async def _query(self, request: Request) -> Response:
        return await self.questioned(request, self._shown)

    async def _shown(self, asked: Asked) -> Response:
        errand = self._errands.get(asked.request.query_params.get("task_id", ""))
        if errand is None:
            raise refused(*REFUSALS["not_found"])
        stage = errand.stage()
        told: dict[str, object] = {"task_id": errand.id, "status": _STATUS[stage], "base_resp": _said()}
        if stage == "done":
            file_id = f"9{errand.id}"
            self._task_of[file_id] = errand.id
            told |= {"file_id": file_id, "video_width": 1366, "video_height": 768}
        if stage == "moderated":
            told["base_resp"] = _said(1027, "output new_sensitive")
        return json(told)

    async def _retrieve(self, request: Request) -> Response:
        return await self.questioned(request, self._file_shown)

    async def _file_shown(self, asked: Asked) -> Response:
        file_id = asked.request.query_params.get("file_id", "")
        errand = self._errands.get(self._task_of.get(file_id, ""))
        if errand is None:
            raise refused(2013, "invalid params, file_id")
        if not errand.files:
            errand.files = [self.link(asked, self.film(), file_id)]
        file = {"file_id": int(file_id), "bytes": len(self.film().data), "created_at": int(time.time())}
        about = {"filename": "output.mp4", "purpose": "video_generation", "download_url": errand.files[0]}
        return json({"file": {**file, **about}, "base_resp": _said()})

    async def _songs(self, request: Request) -> Response:
        return await self.ordered(request, self._sung)

    async def _sung(self, asked: Asked) -> Response:
        order = _read(asked.body, _SongOrder)
        self.accept(asked, micro_usd=SONG_MICRO_USD)
        sound = self.sound()
        audio = sound.data.hex() if order.output_format == "hex" else self.link(asked, sound, uuid.uuid4().hex)
        about = {"music_duration": 500, "music_sample_rate": order.audio_setting.sample_rate, "music_channel": 2}
        about |= {"bitrate": order.audio_setting.bitrate, "music_size": len(sound.data)}
        data = {"audio": audio, "status": 2}
        return json({"data": data, "trace_id": uuid.uuid4().hex, "extra_info": about, "base_resp": _said()})


_STATUS: Final = {
    "queued": "Queueing",
    "running": "Processing",
    "done": "Success",
    "failed": "Fail",
    "moderated": "Fail",
}
Picture = Annotated[str, Meta(pattern=r"^(https?://|data:image/[a-z]+;base64,)")]


class _ClipOrder(Struct, forbid_unknown_fields=True):
    """What Hailuo 2.3 takes. Its pictures are the only start; what the reference makes of words is another model."""

    model: Literal["MiniMax-Hailuo-2.3"]
    prompt: Annotated[str, Meta(max_length=2000)] = ""
    first_frame_image: Picture | None = None
    duration: Literal[6, 10] = 6
    resolution: Literal["768P", "1080P"] = "768P"
    prompt_optimizer: bool = True
    callback_url: str = ""

    def __post_init__(self) -> None:
        """Refuse an order of nothing. Raises ValueError."""
        if not self.prompt and self.first_frame_image is None:
            raise ValueError("neither prompt nor first_frame_image")


class _Audio(Struct, forbid_unknown_fields=True):
    sample_rate: Literal[16000, 24000, 32000, 44100] = 44100
    bitrate: Literal[32000, 64000, 128000, 256000] = 256000
    format: Literal["mp3", "wav", "pcm"] = "mp3"


class _SongOrder(Struct, forbid_unknown_fields=True):
    """What Music 2.5 takes."""

    model: Literal["music-2.5"]
    lyrics: Annotated[str, Meta(min_length=1, max_length=3500)]
    prompt: Annotated[str, Meta(max_length=2000)] = ""
    audio_setting: _Audio = field(default_factory=_Audio)
    output_format: Literal["hex", "url"] = "hex"
    stream: Literal[False] = False


def _read(body: bytes, shape: type[T]) -> T:
    """The order. Raises Refused."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (ValueError, RecursionError) as error:
        raise refused(2013, f"invalid params, {error}") from None


def _said(code: int = 0, message: str = "success") -> dict[str, object]:
    return {"status_code": code, "status_msg": message}


def _number() -> str:
    """The vendor's ids are digits."""
    return str(uuid.uuid4().int)[:17]
