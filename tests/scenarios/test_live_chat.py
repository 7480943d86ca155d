"""Live chats against simulated vendors, over HTTP: each way it can go ends in the right money and a clear record."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import openai
import pytest
from openai import AsyncOpenAI

from api.served_api import Api, Tenant, served_api, statement
from apiinone.core.secret import Secret
from apiinone.outbound import Outbound
from apiinone.simulators.options import SIMULATED_KEY, Options
from apiinone.simulators.serving import serving
from whole_app import Vendor

PATH = "/api/v1/chat/completions"
WORDS = "one two three four five six"
BODY: Mapping[str, Any] = {"model": "gemini", "messages": [{"role": "user", "content": WORDS}]}
RATES = (90, 450)
PROMPT, SAID, THOUGHT = 6, 6, 2
EXACT = Decimal(RATES[0] * PROMPT + RATES[1] * (SAID + THOUGHT)).scaleb(-6)
COST_MICRO_USD = {"google": (750_000, 3_750_000), "kie": (225_000, 1_125_000)}
ATTEMPTS = statement("SELECT provider, state, fault, actual_cost_micro_usd FROM attempts ORDER BY attempt_no")
SECRET = Secret("none")


class Shop(NamedTuple):
    """The product with Google first and kie second, both simulated."""

    api: Api
    google: Vendor
    kie: Vendor

    async def chat(self, key: str, body: Mapping[str, Any] = BODY, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.api.ask("POST", PATH, key=key, body=body, headers=sent)

    async def money(self, tenant: Tenant) -> tuple[Decimal, Decimal]:
        got = await self.api.get("/api/v1/credits", tenant.key)
        data = json.loads(got.body, parse_float=Decimal, parse_int=Decimal)["data"]
        return data["available"], data["held"]

    async def attempts(self) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.api.rows(ATTEMPTS)]


@asynccontextmanager
async def shop_on(database_url: str, folder: Path, *, seconds: float = 0.0, **settings: Any) -> AsyncGenerator[Shop]:
    options = Options(seconds=seconds, fast=not seconds)
    async with serving("chat_vendor", options) as google, serving("chat_vendor", options) as kie:
        environ = {"GEMINI_API_KEY": SIMULATED_KEY, "KIE_API_KEY": SIMULATED_KEY}
        urls = {"google": f"{google}/v1beta", "kie": f"{kie}/api/v1"}
        async with served_api(database_url, folder, environ=environ, provider_base_urls=urls, **settings) as api:
            places = frozenset(root.removeprefix("http://") for root in (google, kie))
            outbound = Outbound(allowed_private=places, connections_max=4, user_agent="test")
            try:
                yield Shop(api, Vendor("google", google, outbound), Vendor("kie", kie, outbound))
            finally:
                await outbound.aclose()


@pytest.fixture
async def shop(database_url: str, tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop_on(database_url, tmp_path) as opened:
        yield opened


def events(got: Any) -> list[Any]:
    assert got.headers["Content-Type"].startswith("text/event-stream")
    lines = [line.removeprefix("data: ") for line in got.body.decode().split("\n\n") if line]
    return [line if line == "[DONE]" else json.loads(line, parse_float=Decimal) for line in lines]


def text(found: list[Any], field: str = "content") -> str:
    deltas = [choice["delta"] for event in found if event != "[DONE]" for choice in event.get("choices", ())]
    return "".join(delta.get(field, "") for delta in deltas)


@pytest.mark.parametrize("streams", [False, True])
async def test_openais_client_chats_with_a_vendor_and_pays_by_its_count(shop: Shop, *, streams: bool) -> None:
    tenant = await shop.api.tenant(mode="live", balance=20)
    options = {"stream": True, "stream_options": {"include_usage": True}} if streams else {}
    async with AsyncOpenAI(base_url=f"{shop.api.url}/api/v1", api_key=tenant.key, max_retries=0) as client:
        create: Any = client.chat.completions.create
        answer: Any = await create(**BODY, **options)
        if streams:
            chunks = [chunk async for chunk in answer]
            said = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
            answer = chunks[-1]
        else:
            said = answer.choices[0].message.content
            assert answer.choices[0].message.reasoning_content == "Let me"
    assert said == WORDS
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (PROMPT, SAID + THOUGHT)
    assert Decimal(str(answer.model_extra["credits_consumed"])) == EXACT
    assert answer.model_extra["mode"] == "live"
    assert await shop.money(tenant) == (20 - EXACT, 0)
    cost = -(-(750_000 * PROMPT + 3_750_000 * (SAID + THOUGHT)) // 1_000_000)
    assert await shop.attempts() == [("google", "finished", None, cost)]
    assert (await shop.google.seen()).submits == 1
    receipt = (await shop.api.get(f"/api/v1/tasks/{answer.id}/receipt", tenant.key)).data
    assert [attempt["provider"] for attempt in receipt["attempts"]] == ["google"]
    assert receipt["usage"]["estimated"] is False
    await shop.api.assert_sound()


async def test_a_stream_arrives_word_by_word_and_not_at_the_end(database_url: str, tmp_path: Path) -> None:
    async with shop_on(database_url, tmp_path, seconds=1.6) as shop:
        tenant = await shop.api.tenant(mode="live", balance=20)
        clock = asyncio.get_running_loop().time
        async with AsyncOpenAI(base_url=f"{shop.api.url}/api/v1", api_key=tenant.key, max_retries=0) as client:
            create: Any = client.chat.completions.create
            stream = await create(**BODY, stream=True)
            chunks = [(chunk, clock()) async for chunk in stream]
        moments = [at for chunk, at in chunks if chunk.choices and chunk.choices[0].delta.content]
        assert len(moments) == SAID
        assert moments[-1] - moments[0] > 0.5


async def test_a_function_call_is_relayed_in_its_parts_with_its_signature(shop: Shop) -> None:
    tenant = await shop.api.tenant(mode="live", balance=20)
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
    whole = await shop.chat(tenant.key, {**BODY, "tools": [tool]})
    choice = whole.json["choices"][0]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("tool_calls", None)
    (call,) = choice["message"]["tool_calls"]
    assert call["function"] == {"name": "get_weather", "arguments": '{"city":"Bergen"}'}
    assert call["extra_content"] == {"google": {"thought_signature": "c2ltdWxhdGVk"}}
    found = events(await shop.chat(tenant.key, {**BODY, "tools": [tool], "stream": True}))
    parts = [part for event in found[:-1] for part in event["choices"][0]["delta"].get("tool_calls", ())]
    assert [part["function"]["arguments"] for part in parts] == ['{"city":', '"Bergen"}']
    assert ["id" in part for part in parts] == [True, False]
    told = [*BODY["messages"], choice["message"], {"role": "tool", "tool_call_id": call["id"], "content": "4 degrees"}]
    second = await shop.chat(tenant.key, {**BODY, "messages": told, "tools": [tool]})
    assert second.status == 200, second.body
    assert second.json["choices"][0]["message"]["content"] == "4 degrees"
    await shop.api.assert_sound()


async def test_the_limit_goes_upstream_and_covers_the_reasoning(shop: Shop) -> None:
    tenant = await shop.api.tenant(mode="live", balance=20)
    got = await shop.chat(tenant.key, {**BODY, "max_tokens": 4})
    assert got.json["choices"][0]["finish_reason"] == "length"
    assert got.json["usage"]["completion_tokens"] == 4
    assert await shop.money(tenant) == (20 - Decimal(RATES[0] * PROMPT + RATES[1] * 4).scaleb(-6), 0)


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize(
    ("fault", "noted"),
    [
        ("bad_key", "bad_credential"),
        ("throttled", "throttled"),
        ("no_balance", "no_balance"),
        ("not_found", "provider_error"),
        ("overloaded", "throttled"),
        ("error_in_200", "no_balance"),
    ],
)
async def test_after_a_certain_refusal_the_next_offer_answers_and_the_price_stays(
    shop: Shop, fault: str, noted: str, *, streams: bool
) -> None:
    tenant = await shop.api.tenant(mode="live", balance=20)
    await shop.google.arrange({"fault": fault})
    got = await shop.chat(tenant.key, {**BODY, "stream": streams})
    said = text(events(got)) if streams else got.json["choices"][0]["message"]["content"]
    assert said == WORDS
    assert await shop.money(tenant) == (20 - EXACT, 0)
    cost = -(-(225_000 * PROMPT + 1_125_000 * (SAID + THOUGHT)) // 1_000_000)
    assert await shop.attempts() == [("google", "rejected", noted, None), ("kie", "finished", None, cost)]
    assert ((await shop.google.seen()).charges, (await shop.kie.seen()).charges) == (0, 1)
    (task,) = (await shop.api.get("/api/v1/tasks", tenant.key)).data
    receipt = (await shop.api.get(f"/api/v1/tasks/{task['task_id']}/receipt", tenant.key)).data
    assert [(attempt["provider"], attempt["outcome"]) for attempt in receipt["attempts"]] == [
        ("google", "rejected"),
        ("kie", "finished"),
    ]
    await shop.api.assert_sound()


@pytest.mark.parametrize(
    ("fault", "status", "kind"), [("moderation", 400, "content_policy"), ("bad_request", 400, "bad_request")]
)
async def test_a_refusal_that_is_about_the_request_is_the_answer_and_costs_nothing(
    shop: Shop, fault: str, status: int, kind: str
) -> None:
    tenant = await shop.api.tenant(mode="live", balance=20)
    for streams in (False, True):
        await shop.google.arrange({"fault": fault})
        got = await shop.chat(tenant.key, {**BODY, "stream": streams})
        assert got.refused[:2] == (status, kind)
    assert await shop.money(tenant) == (20, 0)
    assert (await shop.kie.seen()).submits == 0
    await shop.api.assert_sound()


async def test_where_all_refuse_it_fails_and_costs_nothing_and_the_operators_trouble_is_not_the_clients(
    shop: Shop,
) -> None:
    tenant = await shop.api.tenant(mode="live", balance=20)
    await shop.google.arrange({"fault": "no_balance"})
    await shop.kie.arrange({"fault": "bad_key"})
    got = await shop.chat(tenant.key)
    assert got.refused[:2] == (502, "provider_error")
    assert "key" not in got.error["message"]
    assert await shop.money(tenant) == (20, 0)
    assert [attempt[:3] for attempt in await shop.attempts()] == [
        ("google", "rejected", "no_balance"),
        ("kie", "rejected", "bad_credential"),
    ]
    await shop.api.assert_sound()


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("fault", ["server_error", "reset", "html"])
async def test_an_answer_that_is_lost_before_a_word_is_not_asked_for_again_and_costs_nothing(
    shop: Shop, fault: str, *, streams: bool
) -> None:
    tenant = await shop.api.tenant(mode="live", balance=20)
    await shop.google.arrange({"fault": fault})
    got = await shop.chat(tenant.key, {**BODY, "stream": streams})
    assert got.refused[:2] == (502, "provider_error")
    assert await shop.money(tenant) == (20, 0)
    assert ((await shop.google.seen()).submits, (await shop.kie.seen()).submits) == (0, 0)
    assert len(await shop.attempts()) == 1
    await shop.api.assert_sound()


@pytest.mark.parametrize("fault", ["bad_gateway", "lost_answer", "truncated", "huge", "lying_content_length"])
async def test_a_whole_answer_that_is_lost_after_it_was_made_costs_the_operator_and_not_the_client(
    shop: Shop, fault: str
) -> None:
    tenant = await shop.api.tenant(mode="live", balance=20)
    await shop.google.arrange({"fault": fault})
    got = await shop.chat(tenant.key)
    assert got.refused[:2] == (502, "provider_error")
    assert await shop.money(tenant) == (20, 0)
    assert ((await shop.google.seen()).charges, (await shop.kie.seen()).submits) == (1, 0)
    await shop.api.assert_sound()


@pytest.mark.parametrize("fault", ["cut_stream", "error_in_stream", "unreadable_event"])
async def test_a_stream_that_breaks_off_is_charged_for_what_was_relayed_by_our_count(shop: Shop, fault: str) -> None:
    tenant = await shop.api.tenant(mode="live", balance=20)
    await shop.google.arrange({"fault": fault})
    found = events(await shop.chat(tenant.key, {**BODY, "stream": True}))
    assert "error" in found[-1]
    assert text(found) == "one"
    receipt = (await shop.api.get(f"/api/v1/tasks/{found[0]['id']}/receipt", tenant.key)).data
    usage = receipt["usage"]
    assert (usage["estimated"], usage["finish_reason"], usage["completion_tokens"]) == (True, None, 1 + 2)
    captured = Decimal(RATES[0] * usage["prompt_tokens"] + RATES[1] * usage["completion_tokens"]).scaleb(-6)
    assert await shop.money(tenant) == (20 - captured, 0)
    assert (await shop.kie.seen()).submits == 0, "something was said: nobody else is asked"
    assert await shop.attempts() == [("google", "finished", None, None)]
    await shop.api.assert_sound()


@pytest.mark.parametrize("streams", [False, True])
async def test_an_answer_without_a_count_is_charged_by_ours_and_flagged(shop: Shop, *, streams: bool) -> None:
    tenant = await shop.api.tenant(mode="live", balance=20)
    await shop.google.arrange({"fault": "no_usage"})
    got = await shop.chat(tenant.key, {**BODY, "stream": streams, "stream_options": {"include_usage": True}})
    told = events(got)[-2] if streams else got.json
    assert told["usage_estimated"] is True
    usage = told["usage"]
    captured = Decimal(RATES[0] * usage["prompt_tokens"] + RATES[1] * usage["completion_tokens"]).scaleb(-6)
    assert captured > 0
    assert await shop.money(tenant) == (20 - captured, 0)
    await shop.api.assert_sound()


async def test_a_silent_vendor_is_given_up_at_the_deadline_and_what_was_said_is_charged(shop: Shop) -> None:
    tenant = await shop.api.tenant(mode="live", balance=20)
    await shop.google.arrange({"fault": "stalled", "times": 2})
    body = {**BODY, "deadline_s": 10}
    whole, streamed = await asyncio.gather(shop.chat(tenant.key, body), shop.chat(tenant.key, {**body, "stream": True}))
    assert whole.refused[:2] == (504, "provider_timeout")
    found = events(streamed)
    assert (text(found), "error" in found[-1]) == ("one", True)
    available, held = await shop.money(tenant)
    assert (0 < 20 - available < EXACT, held) == (True, 0)
    await shop.api.assert_sound()


async def test_a_server_that_answers_in_one_piece_though_it_was_asked_to_stream_is_understood(shop: Shop) -> None:
    tenant = await shop.api.tenant(mode="live", balance=20)
    await shop.google.arrange({"fault": "wrong_content_type"})
    got = await shop.chat(tenant.key, {**BODY, "stream": True})
    assert got.refused[:2] == (502, "provider_error"), "events under another type are no answer in one piece"
    assert await shop.money(tenant) == (20, 0)


async def test_a_client_that_hangs_up_pays_for_what_the_vendor_made(database_url: str, tmp_path: Path) -> None:
    async with shop_on(database_url, tmp_path, seconds=1.6) as shop:
        tenant = await shop.api.tenant(mode="live", balance=20)
        async with AsyncOpenAI(base_url=f"{shop.api.url}/api/v1", api_key=tenant.key, max_retries=0) as client:
            create: Any = client.chat.completions.create
            stream = await create(**BODY, stream=True)
            async for _ in stream:
                break
            await stream.close()
        async with asyncio.timeout(10):
            while (await shop.money(tenant))[1]:  # noqa: ASYNC110 - the record is all there is to look at
                await asyncio.sleep(0.05)
        assert await shop.money(tenant) == (20 - EXACT, 0)
        await shop.api.assert_sound()


async def test_a_vendor_that_cannot_be_reached_was_not_asked_and_the_next_one_is(
    database_url: str, tmp_path: Path, free_port: int
) -> None:
    async with serving("chat_vendor", Options(fast=True)) as kie:
        environ = {"GEMINI_API_KEY": SIMULATED_KEY, "KIE_API_KEY": SIMULATED_KEY}
        urls = {"google": f"http://127.0.0.1:{free_port}/v1beta", "kie": kie}
        async with served_api(database_url, tmp_path, environ=environ, provider_base_urls=urls) as api:
            tenant = await api.tenant(mode="live", balance=20)
            got = await api.ask("POST", PATH, key=tenant.key, body=BODY)
            assert got.json["choices"][0]["message"]["content"] == WORDS
            assert [row[:2] for row in await api.rows(ATTEMPTS)] == [("google", "rejected"), ("kie", "finished")]
            await api.assert_sound()


async def test_a_model_is_live_once_one_of_its_vendors_has_a_credential(shop: Shop) -> None:
    model = (await shop.api.get("/api/v1/models/gemini")).data
    assert model["availability"] == "live"


async def test_the_vendors_key_never_reaches_a_client(shop: Shop) -> None:
    tenant = await shop.api.tenant(mode="live", balance=20)
    async with AsyncOpenAI(base_url=f"{shop.api.url}/api/v1", api_key=tenant.key, max_retries=0) as client:
        await shop.google.arrange({"fault": "bad_key"})
        await shop.kie.arrange({"fault": "bad_key"})
        create: Any = client.chat.completions.create
        with pytest.raises(openai.InternalServerError) as failed:
            await create(**BODY)
    assert SIMULATED_KEY not in str(failed.value.response.headers) + failed.value.response.text
