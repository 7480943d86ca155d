"""A vendor that chats in OpenAI's form, at the addresses of four: OpenAI's, Google's, kie's, and a server of one's own.

Written from OpenAI's API description (bodies, chunks, errors) and from captures of Google's route (reasoning inside the
content, counted in the total alone). What it says is a function of the last message: the words it was given.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from itertools import cycle
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from apiinone.simulators.chat_form import ChatRequest, Choice, Said, Words, answered, chunk, completion
from apiinone.simulators.faults import AFTER, BEFORE, FaultName, Stage, json
from apiinone.simulators.options import Options
from apiinone.simulators.stand_in import Asked, Refused, StandIn
from apiinone.simulators.wire import Silence, Wires

MICRO_USD_PER_TOKEN: Final = 1
STALLED_S: Final = 3600.0
WORDS_BEFORE_FAULT: Final = 3
STREAM_FAULTS: Final[frozenset[FaultName]] = frozenset(
    {"cut_stream", "stalled", "no_usage", "error_in_stream", "unreadable_event"}
)
BREAKS: Final[frozenset[FaultName]] = frozenset(
    {"cut_stream", "stalled", "error_in_stream", "unreadable_event", "truncated", "lost_answer"}
)
REFUSALS: Final[Mapping[FaultName, tuple[int, str, str, Mapping[str, str]]]] = {
    "bad_key": (401, "invalid_request_error", "invalid_api_key", {}),
    "throttled": (429, "requests", "rate_limit_exceeded", {}),
    "throttled_retry_after": (429, "requests", "rate_limit_exceeded", {"Retry-After": "1"}),
    "bad_request": (400, "invalid_request_error", "context_length_exceeded", {}),
    "moderation": (400, "invalid_request_error", "content_policy_violation", {}),
    "no_balance": (429, "insufficient_quota", "insufficient_quota", {}),
    "not_found": (404, "invalid_request_error", "model_not_found", {}),
    "error_in_200": (200, "server_error", "insufficient_quota", {}),
}
FAULTS: Final[Mapping[Stage, frozenset[FaultName]]] = {
    "submit": BEFORE | AFTER | STREAM_FAULTS | REFUSALS.keys(),
    "poll": frozenset(),
    "output": frozenset(),
}


class ChatVendorSimulator(StandIn):
    """One simulated account."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start without faults."""
        self._wires = wires
        super().__init__(wires, options, FAULTS)

    def routes(self) -> Sequence[BaseRoute]:
        """The same answer at each vendor's address."""
        return [
            Route("/v1/chat/completions", self._openai, methods=["POST"]),
            Route("/v1beta/openai/chat/completions", self._google, methods=["POST"]),
            Route("/{model}/v1/chat/completions", self._kie, methods=["POST"]),
        ]

    def admit(self, asked: Asked) -> None:
        """Check the key. Raises Refused."""
        if asked.request.headers.get("authorization") != f"Bearer {self.options.key}":
            raise refused("bad_key")
        if asked.fault in REFUSALS:
            raise refused(asked.fault)

    async def _openai(self, request: Request) -> Response:
        return await self._complete(request, google=False)

    async def _google(self, request: Request) -> Response:
        return await self._complete(request, google=True)

    async def _kie(self, request: Request) -> Response:
        if not request.headers.get("user-agent", "").startswith("Mozilla/"):
            return Response("error code: 1010", 403, media_type="text/plain")
        return await self._complete(request, google=False)

    async def _complete(self, request: Request, *, google: bool) -> Response:
        fault = self.controls.take("submit")
        if (answer := self.controls.instead(fault, request)) is not None:
            return answer
        asked = Asked(request, await request.body(), fault.fault if fault else None)
        self.admit(asked)
        order = _read(asked.body)
        said = answered(order, google=google)
        self.accept(asked, micro_usd=(said.usage.prompt_tokens + said.usage.completion_tokens) * MICRO_USD_PER_TOKEN)
        if order.stream:
            kind = "text/html" if asked.fault == "wrong_content_type" else "text/event-stream"
            delay_s = fault.delay_s if fault else 0.0
            return StreamingResponse(self._chunks(asked, order, said, delay_s), media_type=kind)
        if asked.fault == "stalled":
            return Silence()
        return await self.controls.spoilt(fault, request, json(completion(order, said, counted=_counts(asked))))

    async def _chunks(self, asked: Asked, order: ChatRequest, said: Said, delay_s: float) -> AsyncGenerator[bytes]:
        """Chunk by chunk, paused so that all of it takes the ordered seconds; a fault comes after some words."""
        pause_s = delay_s or (0.0 if self.options.fast else self.options.seconds / max(1, len(said.deltas)))
        for number, delta in enumerate(cycle(said.deltas) if asked.fault == "huge" else said.deltas):
            if number == WORDS_BEFORE_FAULT and asked.fault in BREAKS:
                yield await self._break(asked)
                return
            if pause_s or asked.fault == "huge":  # without end, it must notice a client that has heard enough
                await asyncio.sleep(pause_s)
            yield _event(chunk(order, said, [Choice(delta=delta)]))
        yield _event(chunk(order, said, [Choice(delta=Words(), finish_reason=said.reason)]))
        if order.stream_options is not None and order.stream_options.include_usage and _counts(asked):
            yield _event(chunk(order, said, [], said.usage))
        yield b"data: [DONE]\n\n"

    async def _break(self, asked: Asked) -> bytes:
        """The last that is heard of a stream that does not come to its end."""
        if asked.fault == "error_in_stream":
            return _event({"error": {"message": "overloaded", "type": "server_error", "code": 503}})
        if asked.fault == "unreadable_event":
            return b"data: {not json\n\n"
        if asked.fault != "stalled":
            self._wires.of(asked.request).reset()
        await asyncio.sleep(STALLED_S)
        return b""


def _event(value: object) -> bytes:
    return b"data: %b\n\n" % msgspec.json.encode(value)


def _counts(asked: Asked) -> bool:
    return asked.fault != "no_usage"


def refused(name: FaultName, message: str = "refused by the simulator") -> Refused:
    """OpenAI's envelope."""
    status, kind, code, headers = REFUSALS[name]
    answer = json({"error": {"message": message, "type": kind, "param": None, "code": code}}, status)
    answer.headers.update(headers)
    return Refused(answer)


def _read(body: bytes) -> ChatRequest:
    """The order. Raises Refused."""
    try:
        return msgspec.json.decode(body, type=ChatRequest)
    except (ValueError, RecursionError) as error:
        answer = json(
            {"error": {"message": str(error), "type": "invalid_request_error", "param": None, "code": None}}, 400
        )
        raise Refused(answer) from None
