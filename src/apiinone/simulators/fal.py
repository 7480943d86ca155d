"""fal's queue as its SDK and its pages have it: orders are asked about in one place and fetched in another, or call.

Unconfirmed at the vendor, and our choice here: the wording of refusals other than an empty balance's, the status of a
late cancellation, that a marked result is free.
"""

import asyncio
import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from apiinone.simulators.calling import CALL_FAULTS, Call
from apiinone.simulators.errands import Ending, Errand, Errands, ending_of
from apiinone.simulators.fal_models import MODELS, Input, Model, Sides
from apiinone.simulators.faults import AFTER, BEFORE, LINK_FAULTS, FaultName, json
from apiinone.simulators.faults import Stage as FaultStage
from apiinone.simulators.options import Options
from apiinone.simulators.pictures import Motif
from apiinone.simulators.recordings import Made
from apiinone.simulators.stand_in import Asked, Refused, StandIn, admit_by_key
from apiinone.simulators.wire import Wires

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

REFUSALS: Final[Mapping[FaultName, tuple[int, object, Mapping[str, str]]]] = {
    "bad_key": (401, "Invalid API key", {}),
    "throttled": (429, "Too many requests", {}),
    "throttled_retry_after": (429, "Too many requests", {"Retry-After": "1"}),
    "bad_request": (422, [{"loc": ["body", "prompt"], "msg": "field required", "type": "missing"}], {}),
    "no_balance": (403, "User is locked. Reason: Exhausted balance. Top up your balance.", {}),
}
FLAGGED: Final = {
    "loc": ["body", "prompt"],
    "msg": "The content was flagged by a content checker.",
    "type": "content_policy_violation",
}
ENDINGS: Final[Mapping[FaultName, Ending]] = {"moderation": "moderated", "nsfw": "done", "failed": "failed"}
POLL_ANSWERS: Final[frozenset[FaultName]] = frozenset({"bad_key", "throttled", "throttled_retry_after", "not_found"})
FAULTS: Final[Mapping[FaultStage, frozenset[FaultName]]] = {
    "submit": BEFORE | AFTER | REFUSALS.keys() | ENDINGS.keys() | CALL_FAULTS,
    "poll": BEFORE | AFTER | POLL_ANSWERS,
    "output": BEFORE | AFTER | LINK_FAULTS,
}
OWNER_AND_ALIAS: Final = 2
"""How many parts of a model's name stand in the addresses of its jobs (SDK)."""


def refused(status: int, detail: object, headers: Mapping[str, str] | None = None) -> Refused:
    """An answer that is an error."""
    answer = json({"detail": detail}, status)
    answer.headers.update(headers or {})
    return Refused(answer)


def signing_key(secret: str) -> "Ed25519PrivateKey":
    """The key that a simulator with this secret signs with; the real one's is not known to anybody."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - seldom wanted

    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(secret.encode()).digest())


class _Ordered(Struct):
    """What an errand remembers."""

    order: Input
    fault: FaultName | None
    charged_micro_usd: int | None
    results: list[dict[str, object]] = []


class FalSimulator(StandIn):
    """One simulated account."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start without faults and without jobs."""
        super().__init__(wires, options, FAULTS)
        self._errands = Errands()

    def routes(self) -> Sequence[BaseRoute]:
        """The queue, and the public key of its calls."""
        job = "/{owner}/{alias}/requests/{job}"
        return [
            Route("/.well-known/jwks.json", self._jwks, methods=["GET"]),
            Route(f"{job}/status", self._status, methods=["GET"]),
            Route(f"{job}/cancel", self._cancel, methods=["PUT"]),
            Route(job, self._result, methods=["GET"]),
            Route("/{model:path}", self._model, methods=["POST"]),
        ]

    def admit(self, asked: Asked) -> None:
        """Check the key. Raises Refused."""
        admit_by_key(asked, f"Key {self.options.key}", REFUSALS, refused)
        if asked.fault == "not_found":
            raise refused(404, "Request not found")

    async def _model(self, request: Request) -> Response:
        return await self.ordered(request, self._taken)

    async def _status(self, request: Request) -> Response:
        return await self.questioned(request, self._state)

    async def _result(self, request: Request) -> Response:
        return await self.questioned(request, self._made)

    async def _taken(self, asked: Asked) -> Response:
        name = asked.request.path_params["model"]
        model = MODELS.get(name)
        if model is None:
            raise refused(404, f"Application {name} not found")
        order = _read(asked.body, model)
        ending = ending_of(asked.fault, ENDINGS)
        seconds = 0.0 if asked.fault == "webhook_early" else self.options.seconds
        free = ending != "done" or asked.fault == "nsfw"
        charge = None if free else model.micro_usd(order) * _count(order)
        errand = self._errands.add(Errand(name, _Ordered(order, asked.fault, charge), seconds, ending))
        self.accept(asked, micro_usd=charge)
        await self._arrange_call(asked, errand)
        return json({**_addresses(asked, errand), "queue_position": 0})

    async def _state(self, asked: Asked) -> Response:
        errand = self._errand(asked)
        told: dict[str, object] = {**_addresses(asked, errand), "logs": None}
        match "canceled" if errand.canceled else errand.stage():
            case "queued":
                return json({**told, "status": "IN_QUEUE", "queue_position": 0})
            case "running":
                return json({**told, "status": "IN_PROGRESS"})
            case "failed":
                error = {"error": "Runner disconnected", "error_type": "runner_disconnected"}
                return json({**told, "status": "COMPLETED", "metrics": {}, **error})
            case "canceled":
                error = {"error": "Cancelled by the client", "error_type": "client_cancelled"}
                return json({**told, "status": "COMPLETED", "metrics": {}, **error})
            case _:
                return json({**told, "status": "COMPLETED", "metrics": {"inference_time": errand.seconds}})

    async def _made(self, asked: Asked) -> Response:
        errand = self._errand(asked)
        if errand.canceled or errand.stage() in ("queued", "running"):
            raise refused(400, "Request is still in progress")
        if errand.stage() == "failed":
            raise refused(500, "Internal Server Error")
        if errand.stage() == "moderated":
            raise refused(422, [FLAGGED])
        return json(await self._payload(asked, errand))

    async def _cancel(self, request: Request) -> Response:
        return await self.questioned(request, self._canceled)

    async def _canceled(self, asked: Asked) -> Response:
        errand = self._errand(asked)
        if errand.stage() != "queued":
            raise refused(409, "Request is already being processed or done")
        errand.canceled = True
        if isinstance(errand.order, _Ordered) and errand.order.charged_micro_usd is not None:
            self.controls.seen.refunded(errand.order.charged_micro_usd)
        return json({"status": "CANCELLATION_REQUESTED"}, 202)

    async def _jwks(self, _request: Request) -> Response:
        public = signing_key(self.options.webhook_secret).public_key().public_bytes_raw()
        word = base64.urlsafe_b64encode(public).decode().rstrip("=")
        return json({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": word}]})

    def _errand(self, asked: Asked) -> Errand:
        """The job that the path names. Raises Refused."""
        parameters = asked.request.path_params
        errand = self._errands.get(parameters["job"])
        if errand is None or errand.model.split("/")[:OWNER_AND_ALIAS] != [parameters["owner"], parameters["alias"]]:
            raise refused(404, "Request not found")
        return errand

    async def _payload(self, asked: Asked, errand: Errand) -> object:
        """The result, made when somebody first looks."""
        ordered, model = cast("_Ordered", errand.order), MODELS[errand.model]
        count = _count(ordered.order)
        while len(ordered.results) < count:
            index = len(ordered.results)
            made = await self._make(model, ordered.order, index)
            url = self.link(asked, made, f"{errand.id}-{index}")
            ordered.results.append({"url": url, "content_type": made.media_type, "file_name": url.rpartition("/")[2]})
        if model.output in ("images", "vectors"):
            marks = [ordered.fault == "nsfw"] * count
            return {"images": ordered.results, "seed": 7, "has_nsfw_concepts": marks, "prompt": ""}
        return {"image" if model.output == "vector" else model.output: ordered.results[0]}

    async def _make(self, model: Model, order: Input, index: int) -> Made:
        match model.output:
            case "video":
                return self.film()
            case "audio":
                return self.sound()
            case _:
                size = getattr(order, "image_size", None)
                width, height = (size.width, size.height) if isinstance(size, Sides) else (1024, 1024)
                kind = "vector" if model.output in ("vector", "vectors") else "raster"
                return await self.picture(Motif(str(getattr(order, "prompt", "")), index, width, height, kind))

    async def _arrange_call(self, asked: Asked, errand: Errand) -> None:
        url = asked.request.query_params.get("fal_webhook")
        if url:
            await self.calls.arrange(asked.fault, lambda: self._call(errand, url, asked))

    async def _call(self, errand: Errand, url: str, asked: Asked) -> Call:
        await asyncio.sleep(errand.left_s())
        well = errand.stage() == "done"
        body = {
            "request_id": errand.id,
            "gateway_request_id": errand.id,
            "status": "OK" if well else "ERROR",
            "payload": await self._payload(asked, errand) if well else None,
            "error": None if well else "failed",
        }
        return Call(url, errand.id, msgspec.json.encode(body), self.options.webhook_secret, signed=_signed)


def _signed(webhook: Call, timestamp_s: int) -> Mapping[str, str]:
    """The vendor's headers (its page on webhooks)."""
    digest = hashlib.sha256(webhook.body).hexdigest()
    signed = "\n".join((webhook.event_id, "user", str(timestamp_s), digest)).encode()
    return {
        "x-fal-webhook-request-id": webhook.event_id,
        "x-fal-webhook-user-id": "user",
        "x-fal-webhook-timestamp": str(timestamp_s),
        "x-fal-webhook-signature": signing_key(webhook.secret).sign(signed).hex(),
    }


def _read(body: bytes, model: Model) -> Input:
    """The order. Raises Refused."""
    try:
        return msgspec.json.decode(body, type=model.shape)
    except (ValueError, RecursionError) as error:
        raise refused(422, [{"loc": ["body"], "msg": str(error), "type": "value_error"}]) from None


def _count(order: Input) -> int:
    return int(getattr(order, "num_images", 1))


def _addresses(asked: Asked, errand: Errand) -> dict[str, object]:
    owner_and_alias = "/".join(errand.model.split("/")[:OWNER_AND_ALIAS])
    job = f"{asked.root}{owner_and_alias}/requests/{errand.id}"
    return {
        "request_id": errand.id,
        "response_url": job,
        "status_url": f"{job}/status",
        "cancel_url": f"{job}/cancel",
    }
