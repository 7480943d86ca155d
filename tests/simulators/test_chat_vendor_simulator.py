"""The simulated chat vendor, driven by OpenAI's own SDK: what it speaks is what that client understands."""

from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from apiinone.core.exchange import Request
from apiinone.outbound import Outbound
from apiinone.simulators.options import SIMULATED_KEY, Options
from apiinone.simulators.serving import serving

MESSAGES = [{"role": "user", "content": "one two three"}]
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
ADDRESSES = ("/v1", "/v1beta/openai")


@pytest.fixture
async def root() -> AsyncIterator[str]:
    async with serving("chat_vendor", Options(fast=True)) as url:
        yield url


@pytest.fixture(params=ADDRESSES)
async def client(root: str, request: pytest.FixtureRequest) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{root}{request.param}", api_key=SIMULATED_KEY, max_retries=0) as opened:
        yield opened


async def _complete(client: AsyncOpenAI, **fields: Any) -> Any:
    create: Any = client.chat.completions.create
    return await create(model="m", messages=MESSAGES, **fields)


async def _order(root: str, *faults: str) -> None:
    place = root.removeprefix("http://")
    outbound = Outbound(allowed_private=frozenset({place}), connections_max=1, user_agent="test")
    asked = Request("POST", f"{root}/_sim/faults", auth="none", json=[{"fault": fault} for fault in faults])
    response = await outbound.send(asked, secret=None, hosts=(place,))
    assert response.status == 204, response.body
    await outbound.aclose()


async def test_the_sdk_reads_a_whole_answer_and_its_count(client: AsyncOpenAI) -> None:
    answer = await _complete(client)
    assert answer.object == "chat.completion"
    assert answer.choices[0].message.content.endswith("one two three")
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == 3 + 3 + 2


async def test_the_sdk_reads_a_stream_and_the_count_where_it_was_asked_for(client: AsyncOpenAI) -> None:
    chunks = [chunk async for chunk in await _complete(client, stream=True, stream_options={"include_usage": True})]
    said = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert said.endswith("one two three")
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices][-1] == "stop"
    assert (chunks[-1].choices, chunks[-1].usage.total_tokens) == ([], 8)
    silent = [chunk async for chunk in await _complete(client, stream=True)]
    assert all(chunk.usage is None for chunk in silent)


async def test_the_sdk_puts_a_streamed_call_together(client: AsyncOpenAI) -> None:
    async with client.chat.completions.stream(model="m", messages=MESSAGES, tools=[TOOL]) as stream:  # pyright: ignore[reportArgumentType] - plain JSON
        final = await stream.get_final_completion()
    calls = final.choices[0].message.tool_calls or []
    assert [(call.function.name, call.function.arguments) for call in calls] == [("get_weather", '{"city":"Bergen"}')]


async def test_the_limit_is_kept_under_either_name(client: AsyncOpenAI) -> None:
    for name in ("max_tokens", "max_completion_tokens"):
        answer = await _complete(client, **{name: 3})
        assert answer.choices[0].finish_reason == "length"
        assert answer.usage.total_tokens == 3 + 3


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("bad_key", openai.AuthenticationError),
        ("throttled", openai.RateLimitError),
        ("no_balance", openai.RateLimitError),
        ("bad_request", openai.BadRequestError),
        ("moderation", openai.BadRequestError),
        ("not_found", openai.NotFoundError),
        ("server_error", openai.InternalServerError),
        ("reset", openai.APIConnectionError),
        ("lost_answer", openai.APIConnectionError),
    ],
)
async def test_the_sdk_raises_its_own_error_for_each_refusal(
    root: str, client: AsyncOpenAI, fault: str, error: type[Exception]
) -> None:
    await _order(root, fault)
    with pytest.raises(error):
        await _complete(client)


@pytest.mark.parametrize("fault", ["cut_stream", "error_in_stream", "unreadable_event"])
async def test_the_sdk_notices_a_stream_that_breaks_off(root: str, client: AsyncOpenAI, fault: str) -> None:
    await _order(root, fault)
    with pytest.raises(Exception):  # noqa: B017, PT011 - each layer of the SDK raises its own
        _ = [chunk async for chunk in await _complete(client, stream=True)]


async def test_what_the_form_does_not_know_is_refused(client: AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError):
        await _complete(client, extra_body={"surprise": 1})
    with pytest.raises(openai.AuthenticationError):
        await _complete(client.with_options(api_key="another"))
