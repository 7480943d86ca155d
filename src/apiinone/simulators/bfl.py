"""Black Forest Labs as its API description, its pages and its skill files have it: jobs that are asked about.

Unconfirmed at the vendor, and our choice here: wording of refusals, the status of a wrong key, that a moderated job is
free. Calls are not simulated.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal, cast

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from apiinone.simulators.errands import Ending, Errand, Errands, ending_of
from apiinone.simulators.faults import AFTER, BEFORE, LINK_FAULTS, FaultName, json
from apiinone.simulators.faults import Stage as FaultStage
from apiinone.simulators.options import Options
from apiinone.simulators.pictures import Motif
from apiinone.simulators.stand_in import Asked, Refused, StandIn, admit_by_key
from apiinone.simulators.wire import Wires

MEGAPIXEL: Final = 1024 * 1024
MEGAPIXELS_MAX: Final = 4
SIDE_MULTIPLE: Final = 16
MICRO_USD_PER_CREDIT: Final = 10_000
CREDITS: Final[Mapping[str, tuple[float, float]]] = {
    "flux-2-pro": (3, 1.5),
    "flux-2-max": (7, 3),
    "flux-2-flex": (5, 5),
}
"""For the first megapixel and for each further one, of pictures to start from too."""

REFUSALS: Final[Mapping[FaultName, tuple[int, object, Mapping[str, str]]]] = {
    "bad_key": (403, "Not authenticated", {}),
    "throttled": (429, "Rate limit exceeded", {}),
    "throttled_retry_after": (429, "Rate limit exceeded", {"Retry-After": "1"}),
    "bad_request": (422, [{"loc": ["body", "width"], "msg": "Input should be at least 64", "type": "too_small"}], {}),
    "no_balance": (402, "Insufficient credits", {}),
}
ENDINGS: Final[Mapping[FaultName, Ending]] = {"moderation": "moderated", "nsfw": "moderated", "failed": "failed"}
POLL_ANSWERS: Final[frozenset[FaultName]] = frozenset({"bad_key", "throttled", "throttled_retry_after", "not_found"})
FAULTS: Final[Mapping[FaultStage, frozenset[FaultName]]] = {
    "submit": BEFORE | AFTER | REFUSALS.keys() | ENDINGS.keys(),
    "poll": BEFORE | AFTER | POLL_ANSWERS,
    "output": BEFORE | AFTER | LINK_FAULTS,
}


def refused(status: int, detail: object, headers: Mapping[str, str] | None = None) -> Refused:
    """An answer that is an error."""
    answer = json({"detail": detail}, status)
    answer.headers.update(headers or {})
    return Refused(answer)


class BlackForestLabsSimulator(StandIn):
    """One simulated account."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start without faults and without jobs."""
        super().__init__(wires, options, FAULTS)
        self._errands = Errands()

    def routes(self) -> Sequence[BaseRoute]:
        """Models, the question, and the balance."""
        return [
            Route("/v1/get_result", self._get_result, methods=["GET"]),
            Route("/v1/credits", self._credits, methods=["GET"]),
            Route("/v1/{model}", self._model, methods=["POST"]),
        ]

    def admit(self, asked: Asked) -> None:
        """Check the key. Raises Refused."""
        admit_by_key(asked, self.options.key, REFUSALS, refused, "x-key")

    async def _model(self, request: Request) -> Response:
        return await self.ordered(request, self._taken)

    async def _taken(self, asked: Asked) -> Response:
        model = asked.request.path_params["model"]
        if model not in CREDITS:
            raise refused(404, "Not Found")
        order = _read(asked.body, model)
        first, further = CREDITS[model]
        megapixels = -(-order.width * order.height // MEGAPIXEL)
        credit = first + further * (megapixels - 1 + len(order.pictures()))
        ending = ending_of(asked.fault, ENDINGS)
        errand = Errand(model, (order, asked.fault), self.options.seconds, ending)
        self._errands.add(errand)
        self.accept(asked, micro_usd=round(credit * MICRO_USD_PER_CREDIT) if ending == "done" else None)
        polling_url = f"{asked.root}v1/get_result?id={errand.id}"
        return json({"id": errand.id, "polling_url": polling_url, "cost": credit, "output_mp": float(megapixels)})

    async def _get_result(self, request: Request) -> Response:
        return await self.questioned(request, self._state)

    async def _state(self, asked: Asked) -> Response:
        errand_id = asked.request.query_params.get("id", "")
        errand = self._errands.get(errand_id)
        if errand is None or asked.fault == "not_found":
            return _told(errand_id, "Task not found")
        match errand.stage():
            case "queued" | "running":
                return _told(errand.id, "Pending")
            case "failed":
                return _told(errand.id, "Error")
            case "moderated":
                _, fault = _order_of(errand)
                return _told(errand.id, "Content Moderated" if fault == "nsfw" else "Request Moderated")
            case "done":
                order, _ = _order_of(errand)
                if not errand.files:
                    motif = Motif(order.prompt, 0, order.width, order.height, "raster", order.output_format)
                    errand.files.append(self.link(asked, await self.picture(motif), errand.id))
                return _told(errand.id, "Ready", {"sample": errand.files[0], "prompt": order.prompt, "seed": 7})

    async def _credits(self, request: Request) -> Response:
        return await self.questioned(request, self._balance)

    async def _balance(self, _asked: Asked) -> Response:
        return json({"credits": 1000.0})


class _Order(Struct, forbid_unknown_fields=True):
    """The body. Stricter than the vendor (which is not known to refuse unknown fields), to catch mistakes of ours."""

    prompt: Annotated[str, Meta(min_length=1)]
    width: Annotated[int, Meta(ge=64)] = 1024
    height: Annotated[int, Meta(ge=64)] = 1024
    seed: int | None = None
    safety_tolerance: Annotated[int, Meta(ge=0, le=5)] = 2
    output_format: Literal["jpeg", "png", "webp"] = "jpeg"
    input_image: str | None = None
    input_image_2: str | None = None
    input_image_3: str | None = None
    input_image_4: str | None = None
    input_image_5: str | None = None
    input_image_6: str | None = None
    input_image_7: str | None = None
    input_image_8: str | None = None
    webhook_url: str | None = None
    webhook_secret: str | None = None

    def pictures(self) -> list[str]:
        """Those to start from."""
        first = (self.input_image, self.input_image_2, self.input_image_3, self.input_image_4)
        rest = (self.input_image_5, self.input_image_6, self.input_image_7, self.input_image_8)
        return [picture for picture in (*first, *rest) if picture is not None]


class _FlexOrder(_Order, forbid_unknown_fields=True):
    prompt_upsampling: bool = True
    guidance: Annotated[float, Meta(ge=1.5, le=10)] = 5.0
    steps: Annotated[int, Meta(ge=1, le=50)] = 50


def _read(body: bytes, model: str) -> _Order:
    """The order. Raises Refused."""
    try:
        order = msgspec.json.decode(body, type=_FlexOrder if model == "flux-2-flex" else _Order)
    except (ValueError, RecursionError) as error:
        raise refused(422, [{"loc": ["body"], "msg": str(error), "type": "value_error"}]) from None
    if order.width % SIDE_MULTIPLE or order.height % SIDE_MULTIPLE:
        raise refused(400, "width and height must be multiples of 16")
    if order.width * order.height > MEGAPIXELS_MAX * MEGAPIXEL:
        raise refused(400, "width times height must be at most 4 megapixels")
    return order


def _order_of(errand: Errand) -> tuple[_Order, FaultName | None]:
    return cast("tuple[_Order, FaultName | None]", errand.order)


def _told(errand_id: str, status: str, result: object = None) -> Response:
    return json({"id": errand_id, "status": status, "result": result, "progress": None, "details": None})
