"""What simulated vendors do alike: ordered faults, the door, files behind links, calls, and what they count.

WaveSpeedAI's, the first one, stands beside it: its jobs are their own kind.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeVarTuple

from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from apiinone.simulators.calling import Calls
from apiinone.simulators.faults import Controls, FaultName, Stage
from apiinone.simulators.options import Options
from apiinone.simulators.pictures import Motif, draw, tiny
from apiinone.simulators.recordings import Made, film, sound
from apiinone.simulators.wire import Wires

FILES_MAX: Final = 1000
Told = TypeVarTuple("Told")
"""What a vendor's refusal is made of."""


class Refused(Exception):
    """An answer that is an error, in the vendor's own form."""

    def __init__(self, answer: Response) -> None:
        """Take the answer."""
        super().__init__(answer.status_code)
        self.answer = answer


class Asked(Struct, frozen=True):
    """A request that passed the door, with its body and the fault that was ordered for it."""

    request: Request
    body: bytes
    fault: FaultName | None

    @property
    def root(self) -> str:
        """The server's URL, with a final slash."""
        return str(self.request.base_url)


class StandIn(ABC):
    """One simulated account. A vendor's own simulator derives from it and brings its routes and refusals."""

    def __init__(self, wires: Wires, options: Options, faults: Mapping[Stage, frozenset[FaultName]]) -> None:
        """Start without faults and without files."""
        self.options = options
        self.controls = Controls(wires, faults)
        self.calls = Calls(self.controls.seen)
        self._files: OrderedDict[str, Made] = OrderedDict()
        self.app = Starlette(
            routes=[*self.controls.routes(), Route("/files/{name:path}", self._file), *self.routes()],
            exception_handlers={Refused: _refused},
        )

    @abstractmethod
    def routes(self) -> Sequence[BaseRoute]:
        """The vendor's routes."""

    @abstractmethod
    def admit(self, asked: Asked) -> None:
        """Check the key, and refuse where the ordered fault says so. Raises Refused."""

    async def aclose(self) -> None:
        """Drop the calls that were still to be made, and the files."""
        await self.calls.aclose()
        self._files.clear()

    async def ordered(self, request: Request, work: Callable[[Asked], Awaitable[Response]]) -> Response:
        """Take an order: the fault that stands in its place, the door, the work, the fault that spoils the answer.

        `work` calls `accept` once it knows that the order is good.
        """
        return await self._at("submit", request, work)

    async def questioned(self, request: Request, look: Callable[[Asked], Awaitable[Response]]) -> Response:
        """Answer a question how an order stands."""
        return await self._at("poll", request, look)

    def accept(self, asked: Asked, *, micro_usd: int | None) -> None:
        """Count an order as taken, and its charge; None: it will not be charged."""
        self.controls.seen.submitted(asked.body)
        if micro_usd is not None:
            self.controls.seen.charged(micro_usd)

    async def picture(self, motif: Motif) -> Made:
        """A picture, drawn beside the loop."""
        picture = tiny(motif) if self.options.fast else await asyncio.to_thread(draw, motif)
        return Made(picture.data, picture.media_type, picture.extension)

    def film(self) -> Made:
        """A short film."""
        return film()

    def sound(self) -> Made:
        """A short sound."""
        return sound()

    def link(self, asked: Asked, made: Made, name: str) -> str:
        """Keep a file and give its address; the oldest goes where there are too many."""
        path = f"{name}.{made.extension}"
        self._files[path] = made
        if len(self._files) > FILES_MAX:
            self._files.popitem(last=False)
        return f"{asked.root}files/{path}"

    async def _at(self, stage: Stage, request: Request, work: Callable[[Asked], Awaitable[Response]]) -> Response:
        fault = self.controls.take(stage)
        if (answer := self.controls.instead(fault, request)) is not None:
            return answer
        asked = Asked(request, await request.body(), fault.fault if fault else None)
        self.admit(asked)
        if stage == "poll":
            self.controls.seen.polls += 1
        return await self.controls.spoilt(fault, request, await work(asked))

    async def _file(self, request: Request) -> Response:
        """Links are public."""
        return await self.served(request, str(request.path_params["name"]))

    async def served(self, request: Request, name: str) -> Response:
        """A file that was kept, or the fault in its place."""
        fault = self.controls.take("output")
        if (answer := self.controls.instead(fault, request)) is not None:
            return answer
        made = self._files.get(name)
        if made is None:
            return Response("not found", 404, media_type="text/plain")
        self.controls.seen.outputs += 1
        return await self.controls.spoilt(fault, request, Response(made.data, media_type=made.media_type))


def admit_by_key(
    asked: Asked,
    key: str,
    refusals: Mapping[FaultName, tuple[*Told]],
    refused: Callable[[*Told], Refused],
    header: str = "authorization",
) -> None:
    """Refuse who does not show this key, and what the ordered fault is a refusal of. Raises Refused."""
    if asked.request.headers.get(header) != key:
        raise refused(*refusals["bad_key"])
    if asked.fault is not None and asked.fault in refusals:
        raise refused(*refusals[asked.fault])


async def _refused(_request: Request, error: Exception) -> Response:
    return error.answer if isinstance(error, Refused) else Response("failed", 500)
