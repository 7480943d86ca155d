"""POST /chat/completions with OpenAI's own client and without it: answers, streams, prices, replays, refusals."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any, cast

import openai
import pytest
from openai import AsyncOpenAI

from api.served_api import Api, Got, Tenant, statement
from apiinone.accounts.keys import KeyRules
from apiinone.core.credits import whole

PATH = "/api/v1/chat/completions"
BODY: Mapping[str, Any] = {"model": "gemini", "messages": [{"role": "user", "content": "Why is the sky blue?"}]}
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
RATES = (90, 450)
"""Micro-credits for one token, in and out: 90 and 450 credits for a million."""


async def _chat(api: Api, key: str, body: Mapping[str, Any] = BODY, **headers: str) -> Got:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.ask("POST", PATH, key=key, body=body, headers=sent)


async def _money(api: Api, tenant: Tenant) -> tuple[Decimal, Decimal]:
    got = await api.get("/api/v1/credits", tenant.key)
    data = json.loads(got.body, parse_float=Decimal, parse_int=Decimal)["data"]
    return data["available"], data["held"]


async def _complete(client: AsyncOpenAI, **fields: Any) -> Any:
    create: Any = client.chat.completions.create
    return await create(**fields)


def _events(got: Got) -> list[Any]:
    assert got.headers["Content-Type"].startswith("text/event-stream")
    lines = [line.removeprefix("data: ") for line in got.body.decode().split("\n\n") if line]
    return [line if line == "[DONE]" else json.loads(line, parse_float=Decimal) for line in lines]


def _text(events: list[Any]) -> str:
    deltas = [choice["delta"] for event in events if event != "[DONE]" for choice in event.get("choices", ())]
    return "".join(delta.get("content", "") for delta in deltas)


@pytest.fixture
async def tenant(api: Api) -> Tenant:
    return await api.tenant(balance=20)


@pytest.fixture
async def client(api: Api, tenant: Tenant) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{api.url}/api/v1", api_key=tenant.key, max_retries=0) as opened:
        yield opened


async def test_openais_own_client_gets_an_answer_and_its_exact_cost(
    api: Api, tenant: Tenant, client: AsyncOpenAI
) -> None:
    answer = await _complete(client, **BODY)
    assert answer.object == "chat.completion"
    assert "built-in test provider" in (answer.choices[0].message.content or "")
    assert answer.choices[0].finish_reason == "stop"
    usage = answer.usage
    assert usage is not None
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    extra = cast("Mapping[str, Any]", answer.model_extra)
    cost = RATES[0] * usage.prompt_tokens + RATES[1] * usage.completion_tokens
    assert Decimal(str(extra["credits_consumed"])) == Decimal(cost).scaleb(-6)
    assert (extra["mode"], extra["usage_estimated"]) == ("test", False)
    assert await _money(api, tenant) == (20 - Decimal(cost).scaleb(-6), 0)
    task = (await api.get(f"/api/v1/tasks/{answer.id}", tenant.key)).data
    assert (task["status"], task["endpoint"], task["model"], task["response"]) == ("SUCCESS", "chat", "gemini", [])
    assert task["request"]["messages"] == BODY["messages"]
    assert Decimal(str(task["consumed_credits"])) == Decimal(cost).scaleb(-6)
    await api.assert_sound()


async def test_openais_own_client_reads_a_stream_with_its_usage(api: Api, tenant: Tenant, client: AsyncOpenAI) -> None:
    whole_answer = await _complete(client, **BODY)
    stream = await _complete(client, **BODY, stream=True, stream_options={"include_usage": True})
    chunks = [chunk async for chunk in stream]
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == whole_answer.choices[0].message.content
    assert len(chunks) > 10
    assert [chunk.usage is None for chunk in chunks] == [True] * (len(chunks) - 1) + [False]
    assert chunks[-1].usage == whole_answer.usage
    extra = cast("Mapping[str, Any]", chunks[-1].model_extra)
    receipt = (await api.get(f"/api/v1/tasks/{chunks[0].id}/receipt", tenant.key)).data
    assert receipt["settlement"]["captured"] == extra["credits_consumed"]
    assert receipt["usage"]["estimated"] is False
    await api.assert_sound()


async def test_openais_own_client_raises_its_own_errors(api: Api, client: AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="Unknown field 'logit_bias'") as unknown:
        await _complete(client, **BODY, logit_bias={"1": 2})
    assert unknown.value.body["param"] == "/logit_bias"  # pyright: ignore[reportIndexIssue, reportOptionalSubscript] - JSON
    with pytest.raises(openai.BadRequestError, match="There is no model"):
        await _complete(client, **{**BODY, "model": "nobody-knows"})
    with pytest.raises(openai.AuthenticationError):
        await _complete(client.with_options(api_key="aio_test_x"), **BODY)
    failing = client.with_options(default_headers={"X-Test-Scenario": "fail=provider_error"})
    with pytest.raises(openai.InternalServerError) as failed:
        await _complete(failing, **BODY)
    assert failed.value.status_code == 502
    cut = client.with_options(default_headers={"X-Test-Scenario": "cut=9"})
    stream = await _complete(cut, **BODY, stream=True)
    with pytest.raises(openai.APIError, match="broke off"):
        _ = [chunk async for chunk in stream]
    poor = await api.tenant(balance=4)
    with pytest.raises(openai.APIStatusError) as refused:
        await _complete(client.with_options(api_key=poor.key), **BODY)
    assert refused.value.status_code == 402
    await api.assert_sound()


async def test_the_model_is_named_and_every_field_we_do_not_support_is_refused_by_name(small_api: Api) -> None:
    tenant = await small_api.tenant()
    text = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]}]
    refused: list[tuple[dict[str, Any], str]] = [
        ({"messages": BODY["messages"]}, "/model"),
        ({**BODY, "n": 2}, "/n"),
        ({**BODY, "messages": []}, "/messages"),
        ({**BODY, "messages": text}, "/messages/0/content"),
        ({**BODY, "messages": [{"role": "user", "content": "x", "weight": 1}]}, "/messages/0/weight"),
        ({**BODY, "max_tokens": 0}, "/max_tokens"),
        ({**BODY, "stream_options": {"include": True}}, "/stream_options/include"),
        ({**BODY, "response_format": {"type": "xml"}}, "/response_format/type"),
        ({**BODY, "callback_url": "https://example.com/"}, "/callback_url"),
    ]
    for body, param in refused:
        assert (await _chat(small_api, tenant.key, body)).refused == (400, "bad_request", param)
    assert (await _chat(small_api, tenant.key, Prefer="wait=5")).refused == (400, "bad_request", "Prefer")
    for scenario in ("late=1", "partial=1", "fail=expired_url", "cut=0"):
        got = await _chat(small_api, tenant.key, X_Test_Scenario=scenario)
        assert got.refused == (400, "bad_request", "X-Test-Scenario")
    assert (await small_api.create(tenant.key, X_Test_Scenario="cut=1")).refused[2] == "X-Test-Scenario"
    assert await _money(small_api, tenant) == (1_000, 0)


async def test_a_live_key_is_told_that_no_provider_is_configured_and_nothing_is_held(small_api: Api) -> None:
    tenant = await small_api.tenant(mode="live")
    assert (await _chat(small_api, tenant.key)).refused == (503, "provider_not_configured", None)
    assert await _money(small_api, tenant) == (1_000, 0)


async def test_the_limit_holds_for_the_whole_output_reasoning_included(small_api: Api) -> None:
    tenant = await small_api.tenant()
    for most in (1, 2, 7, 40):
        got = await _chat(small_api, tenant.key, {**BODY, "max_tokens": most})
        assert got.json["choices"][0]["finish_reason"] == "length"
        assert got.json["usage"]["completion_tokens"] <= most
    hidden = await _chat(small_api, tenant.key, {**BODY, "include_thoughts": False})
    shown = await _chat(small_api, tenant.key)
    assert "reasoning_content" not in hidden.json["choices"][0]["message"]
    assert hidden.json["usage"] == shown.json["usage"]
    assert hidden.json["usage"]["completion_tokens_details"]["reasoning_tokens"] > 0


async def test_a_function_is_called_where_it_is_named_and_json_keeps_its_schema(small_api: Api) -> None:
    tenant = await small_api.tenant()
    asking = {**BODY, "messages": [{"role": "user", "content": 'Call get_weather for "Bergen"'}], "tools": [WEATHER]}
    for body in (asking, {**BODY, "tools": [WEATHER], "tool_choice": "required"}):
        choice = (await _chat(small_api, tenant.key, body)).json["choices"][0]
        assert choice["finish_reason"] == "tool_calls"
        assert choice["message"]["tool_calls"][0]["function"]["name"] == "get_weather"
    first = (await _chat(small_api, tenant.key, asking)).json["choices"][0]["message"]
    assert json.loads(first["tool_calls"][0]["function"]["arguments"]) == {"city": "Bergen"}
    told = [*asking["messages"], first, {"role": "tool", "tool_call_id": "call_1", "content": "4 degrees"}]
    second = await _chat(small_api, tenant.key, {**asking, "messages": told})
    assert "4 degrees" in second.json["choices"][0]["message"]["content"]
    streamed = _events(await _chat(small_api, tenant.key, {**asking, "stream": True}))
    deltas = [event["choices"][0]["delta"] for event in streamed[:-1]]
    assert [delta["tool_calls"][0]["index"] for delta in deltas if "tool_calls" in delta] == [0]
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": WEATHER["function"]["parameters"]}}
    got = await _chat(small_api, tenant.key, {**BODY, "response_format": form})
    assert set(json.loads(got.json["choices"][0]["message"]["content"])) == {"city"}


@pytest.mark.parametrize(
    ("scenario", "status", "kind"),
    [
        ("fail=moderation", 400, "content_policy"),
        ("fail=invalid_input", 400, "bad_request"),
        ("fail=provider_error", 502, "provider_error"),
        ("fail=rate_limited;delay=0.1", 502, "provider_error"),
        ("cut=1", 502, "provider_error"),
    ],
)
async def test_a_chat_that_fails_costs_nothing_and_says_why(api: Api, scenario: str, status: int, kind: str) -> None:
    tenant = await api.tenant(balance=20)
    for body in (BODY, {**BODY, "stream": True}):
        if body.get("stream") and scenario.startswith("cut"):
            continue
        got = await _chat(api, tenant.key, body, X_Test_Scenario=scenario)
        assert (got.status, got.error["type"]) == (status, kind)
    assert await _money(api, tenant) == (20, 0)
    failed = (await api.get("/api/v1/tasks?status=FAILED", tenant.key)).data
    assert {task["error"]["type"] for task in failed} == {kind}
    await api.assert_sound()


async def test_a_stream_that_is_cut_is_charged_by_our_own_count_and_says_so(api: Api, tenant: Tenant) -> None:
    body = {**BODY, "stream": True, "include_thoughts": False}
    events = _events(await _chat(api, tenant.key, body, X_Test_Scenario="cut=5"))
    assert events[-1]["error"]["type"] == "provider_error"
    assert "[DONE]" not in events
    receipt = (await api.get(f"/api/v1/tasks/{events[0]['id']}/receipt", tenant.key)).data
    said = -(-len(_text(events).encode()) // 4)
    usage = receipt["usage"]
    assert (usage["completion_tokens"], usage["estimated"], usage["finish_reason"]) == (said, True, None)
    cost = Decimal(RATES[0] * usage["prompt_tokens"] + RATES[1] * said).scaleb(-6)
    assert Decimal(str(receipt["settlement"]["captured"])) == cost
    assert await _money(api, tenant) == (20 - cost, 0)
    await api.assert_sound()


async def test_a_long_stream_ends_with_length_where_the_balance_ends_and_no_sooner(api: Api) -> None:
    poor, rich = await api.tenant(balance=6), await api.tenant(balance=100)
    asked = {"role": "user", "content": "Tell me of the sea in 16000 words"}
    body = {**BODY, "messages": [asked], "max_tokens": 60_000, "stream": True, "include_thoughts": False}
    body["stream_options"] = {"include_usage": True}
    whole_told = _events(await _chat(api, rich.key, body))
    told = _events(await _chat(api, poor.key, body))
    assert (await _chat(api, poor.key, {**body, "stream": False})).refused[:2] == (402, "insufficient_credits")
    assert [choice["finish_reason"] for choice in told[-3]["choices"]] == ["length"]
    assert told[-1] == "[DONE]"
    text = _text(told)
    assert _text(whole_told).startswith(text)
    assert len(text) < len(_text(whole_told))
    spent = 6 - (await _money(api, poor))[0]
    usage = told[-2]["usage"]
    assert (told[-2]["usage_estimated"], usage["completion_tokens"]) == (True, -(-len(text.encode()) // 4))
    assert spent == Decimal(str(told[-2]["credits_consumed"]))
    assert Decimal("5.9") < spent <= 6, "all that the balance pays for was delivered"
    receipt = (await api.get(f"/api/v1/tasks/{told[0]['id']}/receipt", poor.key)).data
    assert [entry["kind"] for entry in receipt["entries"]][:3] == ["hold", "hold", "capture"]
    assert (receipt["hold"]["credits"], receipt["usage"]["finish_reason"]) == (6, "length")
    await api.assert_sound()


@pytest.mark.parametrize("streams", [False, True])
async def test_a_whole_answer_whose_usage_is_missing_is_charged_by_our_own_count(
    api: Api, tenant: Tenant, *, streams: bool
) -> None:
    body = {**BODY, "stream": streams, "stream_options": {"include_usage": True}}
    plain = await _chat(api, tenant.key, BODY)
    got = await _chat(api, tenant.key, body, X_Test_Scenario="lost_answer")
    told = _events(got)[-2] if streams else got.json
    assert told["usage_estimated"] is True
    assert told["usage"] == plain.json["usage"]
    assert Decimal(str(told["credits_consumed"])) == Decimal(str(plain.json["credits_consumed"]))
    await api.assert_sound()


async def test_the_same_key_gives_the_same_object_and_costs_once(api: Api, tenant: Tenant) -> None:
    first = await _chat(api, tenant.key, Idempotency_Key="k")
    again = await _chat(api, tenant.key, Idempotency_Key="k")
    assert again.body == first.body
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (await api.get("/api/v1/usage", tenant.key)).data["rows"][0]["tasks_succeeded"] == 1
    other = await _chat(api, tenant.key, {**BODY, "max_tokens": 9}, Idempotency_Key="k")
    assert other.refused == (422, "idempotency_mismatch", "Idempotency-Key")
    await _chat(api, tenant.key, X_Test_Scenario="fail=moderation", Idempotency_Key="f")
    assert (await _chat(api, tenant.key, Idempotency_Key="f")).refused[:2] == (400, "content_policy")


async def test_a_chat_under_way_is_in_progress_and_a_streamed_one_cannot_be_replayed(api: Api, tenant: Tenant) -> None:
    body = {**BODY, "stream": True}
    first = asyncio.create_task(_chat(api, tenant.key, body, Idempotency_Key="k", X_Test_Scenario="delay=1.5"))
    await asyncio.sleep(0.5)
    waiting = await _chat(api, tenant.key, body, Idempotency_Key="k")
    assert waiting.refused[:2] == (409, "idempotency_in_progress")
    task_id = _events(await first)[0]["id"]
    again = await _chat(api, tenant.key, body, Idempotency_Key="k")
    assert again.refused == (409, "conflict", "Idempotency-Key")
    assert again.error["task_id"] == task_id
    await api.assert_sound()


async def test_a_hundred_chats_at_once_against_a_balance_for_ten_hold_ten(api: Api) -> None:
    tenant = await api.tenant(balance=50)
    delayed = (_chat(api, tenant.key, X_Test_Scenario="delay=4") for _ in range(100))
    answers = await asyncio.gather(*delayed)
    assert sorted(got.status for got in answers) == [200] * 10 + [402] * 90
    assert {got.error["type"] for got in answers if got.status == 402} == {"insufficient_credits"}
    spent = sum(Decimal(str(got.json["credits_consumed"])) for got in answers if got.status == 200)
    assert await _money(api, tenant) == (50 - spent, 0)
    await api.assert_sound()


async def test_budget_ceiling_and_open_calls_refuse_and_hold_nothing(api: Api) -> None:
    frugal = await api.tenant(budget=(whole(4), "total"))
    assert (await _chat(api, frugal.key)).refused[:2] == (402, "budget_exceeded")
    careful = await api.tenant()
    dear = await _chat(api, careful.key, {**BODY, "max_credits": 4.9})
    assert dear.refused == (402, "price_above_max", "/max_credits")
    busy = await api.tenant(rules=KeyRules(open_tasks_max=1))
    first = asyncio.create_task(_chat(api, busy.key, X_Test_Scenario="delay=1"))
    await asyncio.sleep(0.3)
    assert (await _chat(api, busy.key)).refused[:2] == (429, "rate_limit_error")
    assert (await first).status == 200
    spender = await api.tenant(budget=(whole(6), "total"))
    for _ in range(3):
        assert (await _chat(api, spender.key)).status == 200, "only what was used counts against the budget"
    for tenant in (frugal, careful, busy, spender):
        assert (await _money(api, tenant))[1] == 0
    await api.assert_sound()


async def test_a_chat_is_listed_cannot_be_cancelled_under_way_and_is_deleted_with_its_words(api: Api) -> None:
    tenant = await api.tenant(balance=20)
    body = {**BODY, "messages": [{"role": "user", "content": "canary-words of mine"}], "metadata": {"order": "7"}}
    asking = asyncio.create_task(_chat(api, tenant.key, body, Idempotency_Key="k", X_Test_Scenario="delay=1.5"))
    await asyncio.sleep(0.5)
    (underway,) = (await api.get("/api/v1/tasks?status=IN_PROGRESS", tenant.key)).data
    assert (underway["held_credits"], underway["metadata"]) == (5, {"order": "7"})
    cancelled = await api.ask("POST", f"/api/v1/tasks/{underway['task_id']}/cancel", key=tenant.key)
    assert cancelled.refused[:2] == (409, "conflict")
    got = await asking
    assert got.json["id"] == underway["task_id"]
    assert await api.rows(statement("SELECT 1 FROM direct_answers WHERE answer LIKE '%canary-words%'"))
    assert (await api.ask("DELETE", f"/api/v1/tasks/{got.json['id']}", key=tenant.key)).data["request"] is None
    assert await api.rows(statement("SELECT 1 FROM direct_answers")) == []
    assert await api.rows(statement("SELECT 1 FROM task_inputs")) == []
    gone = await _chat(api, tenant.key, body, Idempotency_Key="k")
    assert gone.refused == (404, "not_found", "Idempotency-Key")
    await api.assert_sound()
