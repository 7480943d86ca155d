"""Kie.ai as its documentation has it: jobs and songs that are asked about or call back, with results as links.

Unconfirmed at the vendor, and our choice here: the wording of refusals, `creditsConsumed` on every job, `Retry-After`.
"""

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from apiinone.simulators.calling import CALL_FAULTS, Call
from apiinone.simulators.errands import Ending, Errand, Errands, ending_of
from apiinone.simulators.faults import AFTER, BEFORE, LINK_FAULTS, FaultName, Stage, json
from apiinone.simulators.kie_market import MODELS
from apiinone.simulators.kie_songs import Cover, Extension, Lyrics, Song, Sung, Upload
from apiinone.simulators.options import Options
from apiinone.simulators.pictures import Motif
from apiinone.simulators.recordings import Made
from apiinone.simulators.stand_in import Asked, Refused, StandIn, admit_by_key
from apiinone.simulators.wire import Wires

T = TypeVar("T")

MICRO_USD_PER_CREDIT: Final = 5000
SONG_CREDITS: Final = 12.0
LYRICS_CREDITS: Final = 0.5
BROWSERS: Final = "Mozilla/"
REFUSALS: Final[Mapping[FaultName, tuple[int, str, Mapping[str, str]]]] = {
    "bad_key": (401, "You do not have access permissions", {}),
    "throttled": (429, "The call frequency is too high", {}),
    "throttled_retry_after": (429, "The call frequency is too high", {"Retry-After": "1"}),
    "bad_request": (422, "This field is required", {}),
    "no_balance": (402, "Credits insufficient", {}),
    "not_found": (422, "recordInfo is null", {}),
    "error_in_200": (422, "The parameter is not supported", {}),
}
"""Codes inside an answer whose HTTP status is 200."""
ENDINGS: Final[Mapping[FaultName, Ending]] = {"moderation": "moderated", "failed": "failed"}
ANSWERED: Final[frozenset[FaultName]] = frozenset({"bad_key", "throttled", "throttled_retry_after"})
POLL_ONLY: Final[frozenset[FaultName]] = frozenset({"not_found"})
SUBMIT_ONLY: Final[frozenset[FaultName]] = frozenset(
    {"bad_request", "no_balance", "error_in_200", "moderation", "failed"}
)
FAULTS: Final[Mapping[Stage, frozenset[FaultName]]] = {
    "submit": BEFORE | AFTER | ANSWERED | SUBMIT_ONLY | CALL_FAULTS,
    "poll": BEFORE | AFTER | ANSWERED | POLL_ONLY,
    "output": BEFORE | AFTER | LINK_FAULTS,
}
FLAGGED: Final = "Your prompt was flagged as violating content policies"
JOB_STATES: Final = {"queued": "queuing", "running": "generating", "done": "success"}
SONG_STATES: Final = {
    "queued": "PENDING",
    "running": "FIRST_SUCCESS",
    "done": "SUCCESS",
    "failed": "GENERATE_AUDIO_FAILED",
    "moderated": "SENSITIVE_WORD_ERROR",
}
COVER_STATES: Final = {"queued": 0, "running": 2, "done": 1, "failed": 3, "moderated": 3}


def refused(code: int, message: str, headers: Mapping[str, str] | None = None, data: object = None) -> Refused:
    """An answer that is an error, in the vendor's envelope."""
    answer = json({"code": code, "msg": message, "data": data})
    answer.headers.update(headers or {})
    return Refused(answer)


class KieSimulator(StandIn):
    """One simulated account."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start without faults and without jobs."""
        self._errands = Errands()
        self._covers: dict[str, str] = {}
        super().__init__(wires, options, FAULTS)

    def routes(self) -> Sequence[BaseRoute]:
        """Jobs, songs, covers, lyrics, and what is left of the credits."""
        below = "/api/v1"
        return [
            Route(f"{below}/jobs/createTask", self._create, methods=["POST"]),
            Route(f"{below}/jobs/recordInfo", self._record, methods=["GET"]),
            Route(f"{below}/generate", self._song, methods=["POST"]),
            Route(f"{below}/generate/extend", self._song, methods=["POST"]),
            Route(f"{below}/generate/upload-cover", self._song, methods=["POST"]),
            Route(f"{below}/generate/record-info", self._record, methods=["GET"]),
            Route(f"{below}/generate/get-timestamped-lyrics", self._lyrics, methods=["POST"]),
            Route(f"{below}/suno/cover/generate", self._cover, methods=["POST"]),
            Route(f"{below}/suno/cover/record-info", self._record, methods=["GET"]),
            Route(f"{below}/chat/credit", self._credit, methods=["GET"]),
        ]

    def admit(self, asked: Asked) -> None:
        """The front door takes browsers alone; then the key. Raises Refused."""
        if not asked.request.headers.get("user-agent", "").startswith(BROWSERS):
            raise Refused(Response("error code: 1010", 403, media_type="text/plain"))
        admit_by_key(asked, f"Bearer {self.options.key}", REFUSALS, refused)

    async def _create(self, request: Request) -> Response:
        return await self.ordered(request, self._job)

    async def _job(self, asked: Asked) -> Response:
        order = _read(asked.body, _Order)
        model = MODELS.get(order.model)
        if model is None:
            raise refused(422, "The model name you specified is not supported")
        given = _read(order.input, model.takes)
        return await self._begun(asked, order.model, given.credits(order.model), order.callBackUrl)

    async def _song(self, request: Request) -> Response:
        return await self.ordered(request, self._sung)

    async def _sung(self, asked: Asked) -> Response:
        path = asked.request.url.path
        order: Sung
        if path.endswith("/extend"):
            order = extension = _read(asked.body, Extension)
            self._take(extension.audioId)
        else:
            order = _read(asked.body, Upload if path.endswith("/upload-cover") else Song)
        return await self._begun(asked, f"suno:{order.model}", SONG_CREDITS, order.callBackUrl)

    async def _cover(self, request: Request) -> Response:
        return await self.ordered(request, self._drawn)

    async def _drawn(self, asked: Asked) -> Response:
        """Once for each song; the second time is refused with the first one's id."""
        order = _read(asked.body, Cover)
        song = self._errands.get(order.taskId)
        if song is None or not song.model.startswith("suno:") or song.stage() != "done":
            raise refused(400, "The music task does not exist or is not finished")
        if (first := self._covers.get(order.taskId)) is not None:
            raise refused(400, "A cover exists", data={"taskId": first})
        answer = await self._begun(asked, "cover", 0.0, order.callBackUrl)
        self._covers[order.taskId] = self._errands.newest()[0].id
        return answer

    async def _lyrics(self, request: Request) -> Response:
        return await self.ordered(request, self._timed)

    async def _timed(self, asked: Asked) -> Response:
        order = _read(asked.body, Lyrics)
        self._take(order.audioId)
        self.accept(asked, micro_usd=_micro_usd(LYRICS_CREDITS))
        words = [{"word": "Oh", "success": True, "startS": 0.1, "endS": 0.4, "palign": 0}]
        found = {"alignedWords": words, "waveformData": [0.1, 0.5], "hootCer": 0.1, "isStreamed": False}
        return json({"code": 200, "msg": "success", "data": found})

    async def _credit(self, request: Request) -> Response:
        self.admit(Asked(request, b"", None))
        return json({"code": 200, "msg": "success", "data": 1000})

    async def _record(self, request: Request) -> Response:
        return await self.questioned(request, self._shown)

    async def _shown(self, asked: Asked) -> Response:
        errand = self._errands.get(asked.request.query_params.get("taskId", ""))
        if errand is None or _place(errand.model) not in asked.request.url.path:
            raise refused(*REFUSALS["not_found"])
        return json({"code": 200, "msg": "success", "data": await self._state(asked, errand)})

    async def _begun(self, asked: Asked, model: str, credits_due: float, call_url: str | None) -> Response:
        """Accept the errand, and charge it unless it is going to fail."""
        ending = ending_of(asked.fault, ENDINGS)
        early = asked.fault == "webhook_early"
        self.accept(asked, micro_usd=None if ending != "done" else _micro_usd(credits_due))
        errand = self._errands.add(Errand(model, credits_due, 0.0 if early else self.options.seconds, ending))
        if call_url and call_url.startswith("http"):
            await self.calls.arrange(asked.fault, lambda: self._call(asked, errand, call_url))
        return json({"code": 200, "msg": "success", "data": {"taskId": errand.id}})

    async def _call(self, asked: Asked, errand: Errand, url: str) -> Call:
        await asyncio.sleep(errand.left_s())
        named: Mapping[str, object] = {"callbackType": "complete", "task_id": errand.id}
        state = named if errand.model.startswith("suno:") else await self._state(asked, errand)
        body = msgspec.json.encode({"code": 200, "msg": "success", "data": state})
        return Call(url, errand.id, body, self.options.webhook_secret, signing)

    async def _state(self, asked: Asked, errand: Errand) -> Mapping[str, object]:
        match _place(errand.model):
            case "/generate/":
                return await self._song_state(asked, errand)
            case "/suno/cover/":
                stage = errand.stage()
                done = {"images": await self._files_of(asked, errand)} if stage == "done" else None
                error = {"errorCode": 501, "errorMessage": "failed"} if stage == "failed" else {}
                return {"taskId": errand.id, "successFlag": COVER_STATES[stage], "response": done, **error}
            case _:
                return await self._job_state(asked, errand)

    async def _job_state(self, asked: Asked, errand: Errand) -> Mapping[str, object]:
        stage = errand.stage()
        shown = {"taskId": errand.id, "model": errand.model, "param": "{}", "createTime": int(time.time() * 1000)}
        if stage == "done":
            urls = await self._files_of(asked, errand)
            result = msgspec.json.encode({"resultUrls": urls}).decode()
            return {**shown, "state": "success", "resultJson": result, "creditsConsumed": errand.order, "failMsg": ""}
        if stage in ENDINGS.values():
            words = FLAGGED if stage == "moderated" else "Internal Error, Please try again later."
            return {**shown, "state": "fail", "resultJson": "", "failCode": "500", "failMsg": words}
        return {**shown, "state": JOB_STATES[stage], "resultJson": "", "failMsg": None, "failCode": None}

    async def _song_state(self, asked: Asked, errand: Errand) -> Mapping[str, object]:
        stage = errand.stage()
        urls = await self._files_of(asked, errand) if stage in {"running", "done"} else []
        songs = [
            {"id": f"{errand.id}-{number}", "audioUrl": url, "imageUrl": "", "title": "Song", "duration": 0.5}
            for number, url in enumerate(urls if stage == "done" else urls[:1])
        ]
        shown = {"taskId": errand.id, "status": SONG_STATES[stage], "response": {"sunoData": songs}, "type": "GENERATE"}
        return {**shown, "errorCode": None, "errorMessage": None}

    async def _files_of(self, asked: Asked, errand: Errand) -> list[str]:
        """What was made, once."""
        if not errand.files:
            made = [await self._made(errand, number) for number in range(_outputs(errand.model))]
            errand.files = [self.link(asked, file, f"{errand.id}-{number}") for number, file in enumerate(made)]
        return errand.files

    async def _made(self, errand: Errand, number: int) -> Made:
        if errand.model.startswith("suno:") or (errand.model in MODELS and MODELS[errand.model].makes == "sound"):
            return self.sound()
        if errand.model in MODELS and MODELS[errand.model].makes == "film":
            return self.film()
        return await self.picture(Motif(errand.model, number, 256, 256, "raster"))

    def _take(self, audio_id: str) -> None:
        """Raise Refused for a song that nobody made here."""
        song = self._errands.get(audio_id.rpartition("-")[0])
        if song is None or not song.model.startswith("suno:"):
            raise refused(404, "The audio does not exist")


def signing(webhook: Call, timestamp_s: int) -> Mapping[str, str]:
    """Base64 of HMAC-SHA256 over the task's id and the time, and nothing of the body (webhook verification)."""
    signed = f"{webhook.event_id}.{timestamp_s}".encode()
    digest = hmac.new(webhook.secret.encode(), signed, hashlib.sha256).digest()
    return {"X-Webhook-Timestamp": str(timestamp_s), "X-Webhook-Signature": base64.b64encode(digest).decode()}


class _Order(Struct, forbid_unknown_fields=True):
    model: str
    input: msgspec.Raw
    callBackUrl: Annotated[str, Meta(pattern=r"^https?://")] | None = None  # noqa: N815 - the vendor's own names, below too


def _read(body: bytes | msgspec.Raw, shape: type[T]) -> T:
    """The body. Raises Refused."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (ValueError, RecursionError) as error:
        raise refused(422, f"invalid input: {error}") from None


def _micro_usd(credits_due: float) -> int:
    return round(credits_due * MICRO_USD_PER_CREDIT)


def _place(model: str) -> str:
    """The part of its question's path that is its own."""
    return "/generate/" if model.startswith("suno:") else "/suno/cover/" if model == "cover" else "/jobs/"


def _outputs(model: str) -> int:
    """Two songs, two covers; of a job what its model makes."""
    return MODELS[model].outputs if model in MODELS else 2
