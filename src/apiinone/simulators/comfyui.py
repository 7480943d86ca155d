"""ComfyUI as its page of routes has it: graphs are queued, a history tells of those that are done, files are viewed.

Stricter than the server: a graph must save a picture, each of its links must lead somewhere, nothing may be left open
in it. The key is that of a proxy in front; told none, anybody comes in. The wording of refusals is our choice.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, TypeVar, cast

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from apiinone.simulators.errands import Errand, Errands
from apiinone.simulators.faults import AFTER, BEFORE, LINK_FAULTS, FaultName, Stage, json
from apiinone.simulators.options import Options
from apiinone.simulators.pictures import Motif
from apiinone.simulators.stand_in import Asked, Refused, StandIn
from apiinone.simulators.wire import Wires

T = TypeVar("T")

SIDE_MAX: Final = 4096
FAULTS: Final[Mapping[Stage, frozenset[FaultName]]] = {
    "submit": BEFORE | AFTER | frozenset[FaultName]({"bad_key", "bad_request", "failed"}),
    "poll": BEFORE | AFTER | frozenset[FaultName]({"bad_key", "not_found"}),
    "output": BEFORE | AFTER | LINK_FAULTS,
}


def refused(kind: str, message: str) -> Refused:
    """A graph that is not taken."""
    return Refused(json({"error": {"type": kind, "message": message, "details": ""}, "node_errors": {}}, 400))


class ComfyUISimulator(StandIn):
    """One simulated server."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start without faults and without a queue."""
        super().__init__(wires, options, FAULTS)
        self._errands = Errands()

    def routes(self) -> Sequence[BaseRoute]:
        """The queue, the history and the files."""
        return [
            Route("/prompt", self._prompt, methods=["POST"]),
            Route("/queue", self._dequeue, methods=["POST"]),
            Route("/history/{job}", self._history, methods=["GET"]),
            Route("/view", self._view, methods=["GET"]),
        ]

    def admit(self, asked: Asked) -> None:
        """Check the proxy's key. Raises Refused."""
        if asked.fault == "bad_key":
            raise Refused(Response("unauthorized", 401, media_type="text/plain"))
        self._check_key(asked.request)
        if asked.fault == "bad_request":
            raise refused("prompt_outputs_failed_validation", "Prompt outputs failed validation")

    def _check_key(self, request: Request) -> None:
        if self.options.key and request.headers.get("authorization") != f"Bearer {self.options.key}":
            raise Refused(Response("unauthorized", 401, media_type="text/plain"))

    async def _prompt(self, request: Request) -> Response:
        return await self.ordered(request, self._queued)

    async def _queued(self, asked: Asked) -> Response:
        graph = _read(asked.body)
        failed = asked.fault == "failed"
        self.accept(asked, micro_usd=None if failed else 0)
        errand = Errand("", graph, self.options.seconds, "failed" if failed else "done")
        self._errands.add(errand)
        return json({"prompt_id": errand.id, "number": len(self._errands.newest()), "node_errors": {}})

    async def _history(self, request: Request) -> Response:
        return await self.questioned(request, self._told)

    async def _told(self, asked: Asked) -> Response:
        if asked.fault == "not_found":
            return json({}, 404)
        errand = self._errands.get(str(asked.request.path_params["job"]))
        if errand is None or errand.left_s() or errand.canceled:
            return json({})
        if errand.stage() == "failed":
            return json({errand.id: _Entry({}, _Status("error", completed=False, messages=[("execution_error", {})]))})
        graph = cast("_Graph", errand.order)
        if not errand.files:
            errand.files = [await self._made(asked, errand.id, graph, index) for index in range(graph.batch)]
        images = [{"filename": name, "subfolder": "", "type": "output"} for name in errand.files]
        preview = [{"filename": "preview.png", "subfolder": "", "type": "temp"}]
        outputs = {"8": {"images": preview, "text": ["a note"]}, graph.saver: {"images": images, "animated": [False]}}
        status = _Status("success", completed=True, messages=[("execution_success", {})])
        return json({errand.id: _Entry(outputs, status)})

    async def _made(self, asked: Asked, errand_id: str, graph: "_Graph", index: int) -> str:
        picture = await self.picture(Motif(graph.text, index, graph.width, graph.height, "raster"))
        self.link(asked, picture, f"{errand_id}_{index:05}_")
        return f"{errand_id}_{index:05}_.png"

    async def _view(self, request: Request) -> Response:
        self._check_key(request)
        asked = request.query_params
        if asked.get("type") != "output" or asked.get("subfolder"):
            return Response("not found", 404, media_type="text/plain")
        return await self.served(request, asked.get("filename", ""))

    async def _dequeue(self, request: Request) -> Response:
        self._check_key(request)
        for name in _decoded(await request.body(), _Dequeue, "invalid_prompt").delete:
            errand = self._errands.get(name)
            if errand is not None and errand.stage() == "queued":
                errand.canceled = True
        return Response(status_code=200)


class _Node(Struct, forbid_unknown_fields=True):
    class_type: Annotated[str, Meta(min_length=1)]
    inputs: dict[str, object]
    meta: object = msgspec.field(default=None, name="_meta")


class _Order(Struct, forbid_unknown_fields=True):
    prompt: Annotated[dict[str, _Node], Meta(min_length=1)]
    client_id: Annotated[str, Meta(min_length=1)]


class _Dequeue(Struct, forbid_unknown_fields=True):
    delete: tuple[str, ...]


class _Status(Struct):
    status_str: str
    completed: bool
    messages: list[tuple[str, dict[str, str]]]


class _Entry(Struct):
    outputs: Mapping[str, Mapping[str, object]]
    status: _Status


class _Graph(Struct, frozen=True):
    """What is drawn: all the words of the graph, the sides and the number."""

    text: str
    width: int
    height: int
    batch: int
    saver: str


def _decoded(body: bytes, shape: type[T], kind: str) -> T:
    """The body. Raises Refused."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (ValueError, RecursionError) as error:
        raise refused(kind, f"{error}") from None


def _read(body: bytes) -> _Graph:
    """The graph. Raises Refused."""
    nodes = _decoded(body, _Order, "no_prompt").prompt
    for node in nodes.values():
        for value in node.inputs.values():
            if isinstance(value, list) and str(cast("list[object]", value)[:1]) not in {str([name]) for name in nodes}:
                raise refused("prompt_outputs_failed_validation", "a link leads nowhere")
            if isinstance(value, str) and re.search(r"\{\{.*\}\}", value):
                raise refused("prompt_outputs_failed_validation", "something was left open")
    savers = [name for name, node in nodes.items() if node.class_type == "SaveImage"]
    latents = [node for node in nodes.values() if node.class_type == "EmptyLatentImage"]
    if len(savers) != 1 or len(latents) != 1:
        raise refused("prompt_no_outputs", "Prompt has no outputs")
    sides = [latents[0].inputs.get(name) for name in ("width", "height", "batch_size")]
    if not all(type(side) is int and 0 < side <= SIDE_MAX for side in sides):
        raise refused("prompt_outputs_failed_validation", "a side is no whole number")
    width, height, batch = cast("list[int]", sides)
    texts = [str(node.inputs.get("text", "")) for node in nodes.values() if node.class_type == "CLIPTextEncode"]
    return _Graph("\n".join(texts), width, height, batch, savers[0])
