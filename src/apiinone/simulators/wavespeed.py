"""WaveSpeedAI as its SDK, its API description and its pages have it: jobs that are asked about or call back.

Unconfirmed at the vendor, and our choice here: status and wording of refusals, the list of past jobs, webhook bodies.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from apiinone.simulators.calling import CALL_FAULTS, Call, Calls
from apiinone.simulators.faults import AFTER, BEFORE, LINK_FAULTS, Controls, FaultName, Stage, json
from apiinone.simulators.jobs import Job, Jobs
from apiinone.simulators.options import Options
from apiinone.simulators.pictures import Picture, draw, tiny
from apiinone.simulators.recordings import Made, film, sound
from apiinone.simulators.wavespeed_models import MODELS, Model
from apiinone.simulators.wavespeed_orders import Asked, KlingImage, Prompted
from apiinone.simulators.wire import Wires

T = TypeVar("T")

SIDE: Final = 1024
SIDE_MIN: Final = 100
"""What is smaller is a part of a ratio."""
SIDE_MAX: Final = 4096
PAGE_SIZE_MAX: Final = 100

REFUSALS: Final[Mapping[FaultName, tuple[int, str, Mapping[str, str]]]] = {
    "bad_key": (401, "unauthorized", {}),
    "throttled": (429, "too many requests", {}),
    "throttled_retry_after": (429, "too many requests", {"Retry-After": "1"}),
    "bad_request": (400, "invalid input: size", {}),
    "no_balance": (402, "insufficient credits, please top up", {}),
    "not_found": (404, "prediction not found", {}),
}
ENDINGS: Final[Mapping[FaultName, str]] = {
    "moderation": "Content flagged as potentially sensitive. Please try a different prompt.",
    "failed": "inference failed",
}
"""Errors of jobs that are accepted and then fail."""
ANSWERED: Final[frozenset[FaultName]] = frozenset({"bad_key", "throttled", "throttled_retry_after", "error_in_200"})
SUBMIT_ONLY: Final[frozenset[FaultName]] = frozenset({"bad_request", "no_balance", "moderation", "failed", "nsfw"})
POLL_ONLY: Final[frozenset[FaultName]] = frozenset({"not_found"})
FAULTS: Final[Mapping[Stage, frozenset[FaultName]]] = {
    "submit": BEFORE | AFTER | ANSWERED | SUBMIT_ONLY | CALL_FAULTS,
    "poll": BEFORE | AFTER | ANSWERED | POLL_ONLY,
    "output": BEFORE | AFTER | LINK_FAULTS,
}


class Refused(Exception):
    """An answer that is an error, in the vendor's envelope."""

    def __init__(
        self, code: int, message: str, headers: Mapping[str, str] | None = None, *, status: int | None = None
    ) -> None:
        """Take the envelope's code, which is the HTTP status too where no other is given."""
        super().__init__(message)
        self.answer = json({"code": code, "message": message, "data": None}, code if status is None else status)
        self.answer.headers.update(headers or {})


class WaveSpeedSimulator:
    """One simulated account."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start without faults and without jobs."""
        self._options = options
        self._controls = Controls(wires, FAULTS)
        self._jobs = Jobs()
        self._calls = Calls(self._controls.seen)
        self.app = Starlette(
            routes=[
                *self._controls.routes(),
                Route("/files/{job}/{index:int}", self._file, methods=["GET"]),
                Route("/api/v3/webhook/secret", self._secret, methods=["GET"]),
                Route("/api/v3/predictions", self._history, methods=["POST"]),
                Route("/api/v3/predictions/{job}/result", self._result, methods=["GET"]),
                Route("/api/v3/predictions/{job}", self._result, methods=["GET"]),
                Route("/api/v3/{vendor}/{model:path}", self._submit, methods=["POST"]),
            ],
            exception_handlers={Refused: _refused},
        )

    async def aclose(self) -> None:
        """Drop the calls that were still to be made."""
        await self._calls.aclose()

    async def _submit(self, request: Request) -> Response:
        fault = self._controls.take("submit")
        if (answer := self._controls.instead(fault, request)) is not None:
            return answer
        name = fault.fault if fault else None
        self._admit(request, name)
        path = f"{request.path_params['vendor']}/{request.path_params['model']}"
        model = MODELS.get(path)
        if model is None:
            raise Refused(404, "model not found")
        body = await request.body()
        order = _read(body, model.takes)
        self._controls.seen.submitted(body)
        job = self._begin(path, model, order, name)
        await self._arrange_call(job, request, name)
        if order.enable_sync_mode:
            await asyncio.sleep(job.left_s())
        return await self._controls.spoilt(fault, request, _shown(job, request))

    async def _result(self, request: Request) -> Response:
        fault = self._controls.take("poll")
        if (answer := self._controls.instead(fault, request)) is not None:
            return answer
        self._admit(request, fault.fault if fault else None)
        job = self._jobs.get(request.path_params["job"])
        if job is None:
            raise Refused(*REFUSALS["not_found"])
        self._controls.seen.polls += 1
        return await self._controls.spoilt(fault, request, _shown(job, request))

    async def _file(self, request: Request) -> Response:
        """Links are public."""
        fault = self._controls.take("output")
        if (answer := self._controls.instead(fault, request)) is not None:
            return answer
        job = self._jobs.get(request.path_params["job"])
        index = request.path_params["index"]
        if job is None or index >= job.outputs or job.status() != "completed":
            return Response("not found", 404, media_type="text/plain")
        made = await self._made(job, index)
        self._controls.seen.outputs += 1
        return await self._controls.spoilt(fault, request, Response(made.data, media_type=made.media_type))

    async def _made(self, job: Job, index: int) -> Made | Picture:
        match job.kind:
            case "film":
                return film()
            case "sound":
                return sound()
            case _:
                motif = job.motif(index)
                return tiny(motif) if self._options.fast else await asyncio.to_thread(draw, motif)

    async def _history(self, request: Request) -> Response:
        self._admit(request, None)
        page = _read(await request.body(), _Page)
        jobs = [job for job in self._jobs.page(page.page, page.page_size) if page.shows(job)]
        items = [job.prediction(str(request.base_url)) for job in jobs]
        return json({"code": 200, "message": "success", "data": {"page": page.page, "items": items}})

    async def _secret(self, request: Request) -> Response:
        self._admit(request, None)
        return json({"code": 200, "message": "success", "data": {"secret": self._options.webhook_secret}})

    def _admit(self, request: Request, fault: FaultName | None) -> None:
        """Check the key, and refuse where told to. Raises Refused."""
        if request.headers.get("authorization") != f"Bearer {self._options.key}":
            raise Refused(*REFUSALS["bad_key"])
        if fault == "error_in_200":
            raise Refused(400, "invalid input: size", status=200)
        if fault in REFUSALS:
            raise Refused(*REFUSALS[fault])

    def _begin(self, path: str, model: Model, order: Asked, fault: FaultName | None) -> Job:
        """Accept the job, and charge it unless it is going to fail or be marked (unconfirmed) and refunded."""
        job = Job(
            model=path,
            kind=model.makes,
            prompt=order.prompt if isinstance(order, Prompted) else "",
            outputs=order.num_images if isinstance(order, KlingImage) else 1,
            size=_sides(order),
            seconds=0.0 if fault == "webhook_early" else self._options.seconds,
            error=ENDINGS.get(fault, "") if fault else "",
            nsfw=fault == "nsfw",
        )
        self._jobs.add(job)
        if not (job.error or job.nsfw):
            self._controls.seen.charged(order.charge(model.listed) * job.outputs)
        return job

    async def _arrange_call(self, job: Job, request: Request, fault: FaultName | None) -> None:
        url = request.query_params.get("webhook")
        if url:
            await self._calls.arrange(fault, lambda: self._call(job, url, str(request.base_url)))

    async def _call(self, job: Job, url: str, root: str) -> Call:
        await asyncio.sleep(job.left_s())
        return Call(url, job.id, msgspec.json.encode(job.prediction(root)), self._options.webhook_secret)


class _Page(Struct):
    page: Annotated[int, Meta(ge=1)]
    page_size: Annotated[int, Meta(ge=1, le=PAGE_SIZE_MAX)]
    model: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None

    def shows(self, job: Job) -> bool:
        """Whether the filters let it pass; the vendor filters before it makes pages, which nobody here relies on."""
        created = datetime.fromisoformat(job.created_at)
        return (
            self.model in (None, job.model)
            and (self.created_after is None or created >= self.created_after)
            and (self.created_before is None or created <= self.created_before)
        )


def _read(body: bytes, shape: type[T]) -> T:
    """The body. Raises Refused."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"invalid input: {error}") from None


def _sides(order: Asked) -> tuple[int, int]:
    """From pixels or a ratio, whatever the model calls them."""
    for name in ("size", "image_size", "aspect_ratio"):
        width, mark, height = str(getattr(order, name, "")).replace("*", ":").partition(":")
        if mark:
            longer = max(int(width), int(height))
            scale = 1 if longer >= SIDE_MIN else SIDE / longer
            return min(round(int(width) * scale), SIDE_MAX), min(round(int(height) * scale), SIDE_MAX)
    return SIDE, SIDE


def _shown(job: Job, request: Request) -> Response:
    return json({"code": 200, "message": "success", "data": job.prediction(str(request.base_url))})


async def _refused(_request: Request, error: Exception) -> Response:
    return error.answer if isinstance(error, Refused) else json({"code": 500, "message": "failed"}, 500)
