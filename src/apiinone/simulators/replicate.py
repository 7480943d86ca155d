"""Replicate as its API description and its SDK have it: predictions that are waited for, asked about or call back.

Unconfirmed at the vendor, and our choice here: status and body of an empty balance.
"""

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from apiinone.simulators.calling import CALL_FAULTS, Call
from apiinone.simulators.errands import Ending, Errand, Errands, ending_of
from apiinone.simulators.faults import AFTER, BEFORE, FaultName, Stage, json
from apiinone.simulators.options import Options
from apiinone.simulators.pictures import Motif
from apiinone.simulators.replicate_hosted import HOSTED
from apiinone.simulators.stand_in import Asked, Refused, StandIn, admit_by_key
from apiinone.simulators.wire import Wires

T = TypeVar("T")

WAIT_S_MAX: Final = 60
KEPT_S: Final = 3600.0
"""Then inputs and outputs are gone."""
REFUSALS: Final[Mapping[FaultName, tuple[int, str, str, Mapping[str, str]]]] = {
    "bad_key": (401, "Unauthenticated", "You did not pass a valid authentication token", {}),
    "throttled": (429, "", "Request was throttled. Try again.", {}),
    "throttled_retry_after": (429, "", "Request was throttled. Your rate limit resets in ~1s.", {}),
    "bad_request": (422, "Input validation failed", "- input: prompt is required", {}),
    "no_balance": (402, "Insufficient credit", "You have insufficient credit to run this model.", {}),
    "not_found": (404, "Not found", "Prediction not found.", {}),
}
ENDINGS: Final[Mapping[FaultName, Ending]] = {"moderation": "moderated", "failed": "failed"}
ERRORS: Final[Mapping[str, str]] = {
    "moderated": "The input or output was flagged as sensitive. Please try again with different inputs. (E005)",
    "failed": "Director: unexpected error handling prediction (E6716)",
}
ANSWERED: Final[frozenset[FaultName]] = frozenset({"bad_key", "throttled", "throttled_retry_after"})
SUBMIT_ONLY: Final[frozenset[FaultName]] = frozenset({"bad_request", "no_balance", "moderation", "failed"})
POLL_ONLY: Final[frozenset[FaultName]] = frozenset({"not_found"})
FAULTS: Final[Mapping[Stage, frozenset[FaultName]]] = {
    "submit": BEFORE | AFTER | ANSWERED | SUBMIT_ONLY | CALL_FAULTS,
    "poll": BEFORE | AFTER | ANSWERED | POLL_ONLY,
    "output": frozenset(),
}
"""Files are fetched by the door that orders go through, where no link can expire."""
STATUSES: Final[Mapping[str, str]] = {
    "queued": "starting",
    "running": "processing",
    "done": "succeeded",
    "failed": "failed",
    "moderated": "failed",
}

UNDER_WAY: Final = frozenset({"starting", "processing"})


def refused(status: int, title: str, detail: str, headers: Mapping[str, str] | None = None) -> Refused:
    """An answer that is an error: a problem body."""
    answer = json({"title": title, "detail": detail, "status": status}, status)
    answer.headers.update(headers or {})
    return Refused(answer)


class ReplicateSimulator(StandIn):
    """One simulated account."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start without faults and without predictions."""
        self._errands = Errands()
        super().__init__(wires, options, FAULTS)

    def routes(self) -> Sequence[BaseRoute]:
        """Predictions, their files, and the secret of webhooks."""
        return [
            Route("/v1/models/{owner}/{name}/predictions", self._create, methods=["POST"]),
            Route("/v1/predictions/{id}", self._get, methods=["GET"]),
            Route("/v1/predictions/{id}/cancel", self._cancel, methods=["POST"]),
            Route("/v1/webhooks/default/secret", self._secret, methods=["GET"]),
            Route("/delivery/{id}/{number:int}", self._delivery, methods=["GET"]),
        ]

    @property
    def signing_key(self) -> str:
        """What the account's calls are signed with, in the vendor's form."""
        return f"whsec_{base64.b64encode(self.options.webhook_secret.encode()).decode()}"

    def admit(self, asked: Asked) -> None:
        """Check the key, and refuse where the ordered fault says so. Raises Refused."""
        admit_by_key(asked, f"Bearer {self.options.key}", REFUSALS, refused)

    async def _create(self, request: Request) -> Response:
        return await self.ordered(request, self._begun)

    async def _begun(self, asked: Asked) -> Response:
        """Accept the prediction, and charge it unless it is going to fail; hold the answer where that is asked for."""
        path = asked.request.path_params
        model = f"{path['owner']}/{path['name']}"
        order = _read(asked.body, _Order)
        if model not in HOSTED:
            raise refused(*REFUSALS["not_found"])
        _read(order.input, HOSTED[model].takes)
        ending = ending_of(asked.fault, ENDINGS)
        self.accept(asked, micro_usd=HOSTED[model].micro_usd if ending == "done" else None)
        early = asked.fault == "webhook_early"
        errand = self._errands.add(Errand(model, order.input, 0.0 if early else self.options.seconds, ending))
        await self._arrange_call(asked, errand, order.webhook)
        waits_s = _wait_s(asked.request.headers.get("prefer", ""))
        await asyncio.sleep(min(waits_s, errand.left_s()))
        shown = self._shown(asked.root, errand)
        return json(shown, 202 if waits_s and shown["status"] in UNDER_WAY else 201)

    async def _get(self, request: Request) -> Response:
        return await self.questioned(request, self._told)

    async def _told(self, asked: Asked) -> Response:
        return json(self._shown(asked.root, self._named(asked.request)))

    async def _cancel(self, request: Request) -> Response:
        """Stop it, where it is still at work; what was not made is not charged (unconfirmed)."""
        asked = Asked(request, b"", None)
        self.admit(asked)
        errand = self._named(request)
        if not errand.canceled and errand.left_s():
            errand.canceled = True
            if errand.ending == "done":
                self.controls.seen.refunded(HOSTED[errand.model].micro_usd)
        return json(self._shown(asked.root, errand))

    async def _secret(self, request: Request) -> Response:
        self.admit(Asked(request, b"", None))
        return json({"key": self.signing_key})

    async def _delivery(self, request: Request) -> Response:
        """A file, for the account's key alone."""
        self.admit(Asked(request, b"", None))
        errand = self._named(request)
        if errand.canceled or errand.stage() != "done":
            raise refused(*REFUSALS["not_found"])
        self.controls.seen.outputs += 1
        made = (
            self.film()
            if HOSTED[errand.model].film
            else await self.picture(Motif(errand.model, request.path_params["number"], 256, 256, "raster"))
        )
        return Response(made.data, media_type=made.media_type)

    def _named(self, request: Request) -> Errand:
        """Raises Refused."""
        errand = self._errands.get(request.path_params["id"])
        if errand is None:
            raise refused(*REFUSALS["not_found"])
        return errand

    def _shown(self, root: str, errand: Errand) -> Mapping[str, object]:
        """The prediction object."""
        stage = errand.stage()
        done = stage == "done" and not errand.canceled
        kept = time.monotonic() - errand.begun_s - errand.seconds < KEPT_S
        link = f"{root}delivery/{errand.id}/0"
        output = ([link] if HOSTED[errand.model].several else link) if done and kept else None
        return {
            "id": errand.id,
            "model": errand.model,
            "version": "hidden",
            "input": errand.order if kept else {},
            "logs": "",
            "output": output,
            "data_removed": not kept,
            "error": None if errand.canceled else ERRORS.get(stage),
            "status": "canceled" if errand.canceled else STATUSES[stage],
            "created_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "metrics": {"predict_time": errand.seconds} if done else {},
            "urls": {
                "get": f"{root}v1/predictions/{errand.id}",
                "cancel": f"{root}v1/predictions/{errand.id}/cancel",
                "web": f"{root}p/{errand.id}",
            },
        }

    async def _arrange_call(self, asked: Asked, errand: Errand, url: str | None) -> None:
        if url is not None:
            await self.calls.arrange(asked.fault, lambda: self._call(asked, errand, url))

    async def _call(self, asked: Asked, errand: Errand, url: str) -> Call:
        await asyncio.sleep(errand.left_s())
        body = msgspec.json.encode(self._shown(asked.root, errand))
        return Call(url, f"msg_{errand.id}", body, self.signing_key, signing)


def signing(webhook: Call, timestamp_s: int) -> Mapping[str, str]:
    """``v1,`` and base64 of HMAC-SHA256 over ``{id}.{timestamp}.{body}`` (verify webhook)."""
    key = base64.b64decode(webhook.secret.removeprefix("whsec_"))
    signed = f"{webhook.event_id}.{timestamp_s}.".encode() + webhook.body
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": webhook.event_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": f"v1,{digest}",
    }


class _Order(Struct, forbid_unknown_fields=True):
    input: msgspec.Raw
    webhook: Annotated[str, Meta(pattern=r"^https?://")] | None = None
    webhook_events_filter: tuple[Literal["start", "output", "logs", "completed"], ...] = ()
    stream: bool | None = None


def _read(body: bytes | msgspec.Raw, shape: type[T]) -> T:
    """The body. Raises Refused."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (ValueError, RecursionError) as error:
        raise refused(422, "Input validation failed", f"- input: {error}") from None


def _wait_s(prefer: str) -> int:
    """How long the answer may be held."""
    if not prefer.startswith("wait"):
        return 0
    _, _, seconds = prefer.partition("=")
    return min(int(seconds), WAIT_S_MAX) if seconds.isdigit() else WAIT_S_MAX
