"""One vendor asked for one chat: what it says, refuses or loses, by what came over the wire."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import NamedTuple

import pytest

from apiinone.core.clock import SystemClock
from apiinone.core.secret import Secret
from apiinone.outbound import Outbound
from apiinone.providers.chat import ChatEvent, ChatOrder, ChatRefused, Ended, Said, Used
from apiinone.providers.chat_openai_form import OPENAI_COMPATIBLE, OpenAiChat
from apiinone.tasks.live_chat import ChatVendor, LiveChat
from apiinone.tasks.pace import Pace
from apiinone.tasks.scenario import PLAIN
from circles import circles
from outbound.loopback import Handler, Loopback, always, answer, sender

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
WORD = b'data: {"choices": [{"index": 0, "delta": {"content": "hi"}}]}\n\n'
STOP = (
    b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],'
    b' "usage": {"prompt_tokens": 1, "completion_tokens": 2}}\n\n'
)
DONE = b"data: [DONE]\n\n"
COMPLETION = b'{"choices": [{"index": 0, "message": {"content": "hi"}, "finish_reason": "stop"}]}'


class Desk(NamedTuple):
    live: LiveChat
    server: Loopback
    outbound: Outbound

    async def ask(self, *, streams: bool = True, provider: str = "own") -> list[ChatEvent]:
        order = ChatOrder("a1", "m", {"messages": [{"role": "user", "content": "x"}]}, 9, streams, provider)
        return [event async for event in self.live.answer(order, PLAIN)]


@asynccontextmanager
async def desk(handler: Handler, *, key: Secret | None = None, concurrent_max: int = 8) -> AsyncGenerator[Desk]:
    async with Loopback(handler) as server, sender(server.netloc) as outbound:
        pace = Pace(per_s_max=1_000, concurrent_max=concurrent_max, clock=SystemClock())
        vendor = ChatVendor(OpenAiChat(OPENAI_COMPATIBLE, f"{server.url}/v1"), key, pace)
        yield Desk(LiveChat(outbound, {"own": vendor}), server, outbound)


def streamed(*events: bytes, whole: bool = True) -> bytes:
    return STREAM + b"".join(b"%x\r\n%b\r\n" % (len(data), data) for data in events) + (b"0\r\n\r\n" if whole else b"")


async def test_a_key_is_sent_where_there_is_one_and_none_where_none_is_needed() -> None:
    async with desk(always(streamed(WORD, STOP, DONE))) as without:
        assert await without.ask() == [Said("hi"), Ended("stop"), Used(1, 2, 0)]
        assert b"authorization" not in without.server.requests[0].lower()
    async with desk(always(streamed(WORD, STOP, DONE)), key=Secret("a-key")) as having:
        await having.ask()
        assert b"Authorization: Bearer a-key" in having.server.requests[0]


async def test_a_stream_read_to_its_end_leaves_its_connection_for_the_next() -> None:
    async with desk(always(streamed(WORD, STOP, DONE))) as asked:
        for _ in range(3):
            await asked.ask()
        assert (len(asked.server.requests), asked.server.connections) == (3, 1)


@pytest.mark.parametrize("streams", [True, False])
async def test_an_answer_that_was_heard_is_freed_without_the_garbage_collector(*, streams: bool) -> None:
    said = streamed(WORD, STOP, DONE) if streams else answer(COMPLETION, "Content-Type: application/json")
    async with desk(always(said)) as asked:
        await asked.ask(streams=streams)
        with circles() as found:
            for _ in range(3):
                assert await asked.ask(streams=streams)
    assert found == []


async def test_a_server_that_answers_in_one_piece_though_it_was_asked_to_stream_is_understood() -> None:
    async with desk(always(answer(COMPLETION, "Content-Type: application/json"))) as asked:
        assert await asked.ask() == [Said("hi"), Ended("stop")]


@pytest.mark.parametrize(
    "response",
    [
        streamed(b"data: {not json\n\n"),
        streamed(b'data: {"error": {"message": "x", "code": 500}}\n\n'),
        answer(b"<html>", "Content-Type: text/html"),
        answer(b"oops", status=500),
    ],
)
async def test_what_cannot_be_read_before_a_word_is_not_asked_for_elsewhere(response: bytes) -> None:
    async with desk(always(response)) as asked:
        assert await asked.ask() == []
        assert len(asked.server.requests) == 1


async def test_a_stream_that_is_cut_ends_without_an_end() -> None:
    async with desk(always(streamed(WORD, whole=False), closing=True)) as asked:
        assert await asked.ask() == [Said("hi")]


async def test_a_certain_refusal_says_so() -> None:
    async with desk(always(answer(b"{}", "Retry-After: 3", status=429))) as asked:
        for streams in (False, True):
            with pytest.raises(ChatRefused) as refused:
                await asked.ask(streams=streams)
            assert (refused.value.rejected.fault, refused.value.rejected.retry_after_s) == ("throttled", 3.0)


async def test_a_provider_that_is_not_known_here_is_not_asked() -> None:
    async with desk(always(answer(COMPLETION))) as asked:
        with pytest.raises(ChatRefused):
            await asked.ask(provider="another")
        assert asked.server.requests == []


async def test_a_whole_answer_gives_the_turn_back_however_it_ends() -> None:
    async def lost(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    for handler, said in ((always(answer(COMPLETION)), 2), (lost, 0)):
        async with desk(handler, concurrent_max=1) as asked:
            async with asyncio.timeout(20):
                for _ in range(3):
                    assert len(await asked.ask(streams=False)) == said


async def test_whoever_stops_listening_gives_the_turn_back() -> None:
    async def endless(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(streamed(WORD, whole=False))
        await asyncio.sleep(60)

    async with desk(endless, concurrent_max=1) as asked:
        order = ChatOrder("a1", "m", {"messages": [{"role": "user", "content": "x"}]}, 9, streams=True, provider="own")
        for _ in range(2):
            answering = asked.live.answer(order, PLAIN)
            async with asyncio.timeout(20):
                assert await anext(answering) == Said("hi")
                await answering.aclose()
