"""Bad input is a 4xx that names the field, with nothing held; and it never gets as far as the database."""

import asyncio
import json
from collections.abc import Mapping

import pytest

from api.served_api import BODY, CREATE, Api
from apiinone.api.json_body import decode_object
from apiinone.api.queries import FIELDS_MAX
from apiinone.core.errors import BadRequest

Expected = tuple[int, str | None]
"""Status and param."""

BODIES: list[tuple[str, object, Expected]] = [
    ("unknown field", {**BODY, "promt": "x"}, (400, "/promt")),
    ("unknown field with odd characters", {**BODY, "a/b~c": "x"}, (400, "/a~1b~0c")),
    ("wrong type", {**BODY, "prompt": 5}, (400, "/prompt")),
    ("null", {**BODY, "prompt": None}, (400, "/prompt")),
    ("missing required", {"model": "recraft-v4"}, (400, "/prompt")),
    ("empty text", {**BODY, "prompt": ""}, (400, "/prompt")),
    ("size out of range", {**BODY, "image_size": "1x1"}, (400, "/image_size")),
    ("size of no form", {**BODY, "image_size": "large"}, (400, "/image_size")),
    ("unknown model", {**BODY, "model": "dall-e-17"}, (400, "/model")),
    ("model of a wrong type", {**BODY, "model": ["recraft-v4"]}, (400, "/model")),
    ("model null", {**BODY, "model": None}, (400, "/model")),
    ("model with NUL", {**BODY, "model": "recraft\0"}, (400, "/model")),
    ("model of another endpoint", {"model": "kling-3", "prompt": "x"}, (400, "/model")),
    ("callback to nobody", {**BODY, "callback_url": "https://10.0.0.1/"}, (400, "/callback_url")),
    ("deadline of nothing", {**BODY, "deadline_s": 0}, (400, "/deadline_s")),
    ("deadline as text", {**BODY, "deadline_s": "60"}, (400, "/deadline_s")),
    ("ttl too long", {**BODY, "result_ttl_s": 10**9}, (400, "/result_ttl_s")),
    ("max_credits below nothing", {**BODY, "max_credits": -1}, (400, "/max_credits")),
    ("max_credits too exact", {**BODY, "max_credits": 1.0000001}, (400, "/max_credits")),
    ("a quote that is none", {**BODY, "quote_id": "nothing"}, (400, "/quote_id")),
    ("metadata of numbers", {**BODY, "metadata": {"a": 1}}, (400, "/metadata/a")),
    ("metadata too many", {**BODY, "metadata": {str(n): "" for n in range(17)}}, (400, "/metadata")),
    ("metadata nested", {**BODY, "metadata": {"a": {"b": "c"}}}, (400, "/metadata/a")),
    ("NUL in the prompt", {**BODY, "prompt": "a\0b"}, (400, "/prompt")),
    ("NUL in a metadata value", {**BODY, "metadata": {"a": "\0"}}, (400, "/metadata/a")),
    ("a lone surrogate", {**BODY, "prompt": "\ud800"}, (400, "/prompt")),
    ("a lone surrogate in a name", {**BODY, "\udfff": "x"}, (400, "/\\udfff")),
    ("an integer beyond 64 bits", {**BODY, "seed": 2**63}, (400, "/seed")),
    ("an integer of 400 digits", {**BODY, "deadline_s": 10**400}, (400, "/deadline_s")),
    ("an integer of 5000 digits", b'{"model":"recraft-v4","prompt":"x","seed":' + b"9" * 5000 + b"}", (400, "/seed")),
    ("a number beyond floats", b'{"model":"recraft-v4","prompt":"x","max_credits":1e400}', (400, "/max_credits")),
    ("NaN", b'{"model":"recraft-v4","prompt":"x","max_credits":NaN}', (400, "/max_credits")),
    ("the same field twice", b'{"prompt":"x","prompt":"y"}', (400, "/prompt")),
    ("the same field twice, nested", b'{"prompt":"x","metadata":{"a":"1","a":"2"}}', (400, "/metadata/a")),
    ("the same field twice, in a list", b'{"prompt":"x","tags":[{"a":"1"},{"a":"1","a":"2"}]}', (400, "/tags/1/a")),
    ("nested too deeply", b'{"prompt":' + b"[" * 20_000 + b"]" * 20_000 + b"}", (400, "")),
    ("nested a little too deeply", b'{"prompt":' + b"[" * 40 + b"]" * 40 + b"}", (400, "/prompt" + "/0" * 31)),
    ("ten million lists", b'{"prompt":[' + b"[]," * 5_000_000 + b"[]]}", (400, "")),
    ("a prompt of 10 MB", {**BODY, "prompt": "x" * 10_000_000}, (400, "/prompt")),
    ("a body beyond the limit", {**BODY, "prompt": "x" * (20 * 1024 * 1024)}, (413, "")),
    ("malformed", b'{"prompt" "x"}', (400, "")),
    ("cut off", b'{"prompt": "x', (400, "")),
    ("more than one value", b'{"prompt":"x"} {}', (400, "")),
    ("empty", b"", (400, "")),
    ("blank", b" \n", (400, "")),
    ("a list", b"[]", (400, "")),
    ("a text", b'"prompt"', (400, "")),
    ("null body", b"null", (400, "")),
    ("not UTF-8", b'{"prompt":"\xff"}', (400, "")),
    ("UTF-16", json.dumps(dict(BODY)).encode("utf-16"), (400, "")),
    ("a byte order mark", b"\xef\xbb\xbf" + json.dumps(dict(BODY)).encode(), (400, "")),
]
HEADERS: list[tuple[Mapping[str, str], Expected]] = [
    ({"Content-Type": "text/plain"}, (415, "Content-Type")),
    ({"Content-Type": "application/x-www-form-urlencoded"}, (415, "Content-Type")),
    ({"Content-Type": "application/json; charset=latin-1"}, (415, "Content-Type")),
    ({"Content-Type": "application/json-seq"}, (415, "Content-Type")),
    ({"Idempotency-Key": ""}, (400, "Idempotency-Key")),
    ({"Idempotency-Key": "x" * 256}, (400, "Idempotency-Key")),
    ({"Idempotency-Key": "schlüssel"}, (400, "Idempotency-Key")),
    ({"Prefer": "wait=61"}, (400, "Prefer")),
    ({"Prefer": "wait=-1"}, (400, "Prefer")),
    ({"Prefer": "wait=soon"}, (400, "Prefer")),
    ({"Prefer": "wait=" + "9" * 5000}, (400, "Prefer")),
    ({"Prefer": "wait"}, (400, "Prefer")),
    ({"X-Test-Scenario": "delay=61"}, (400, "X-Test-Scenario")),
    ({"X-Test-Scenario": "delay=1;" * 100}, (400, "X-Test-Scenario")),
    ({"X-Test-Scenario": "delay=" + "1" * 150}, (400, "X-Test-Scenario")),
]
QUERIES: list[tuple[str, Expected]] = [
    ("/api/v1/tasks?limit=0", (400, "limit")),
    ("/api/v1/tasks?limit=101", (400, "limit")),
    ("/api/v1/tasks?limit=ten", (400, "limit")),
    ("/api/v1/tasks?limit=99999999999999999999", (400, "limit")),
    ("/api/v1/tasks?limit=1&limit=2", (400, "limit")),
    ("/api/v1/tasks?state=done", (400, "state")),
    ("/api/v1/tasks?status=done", (400, "status")),
    ("/api/v1/tasks?created_after=yesterday", (400, "created_after")),
    ("/api/v1/tasks?created_before=0001-01-01T00:00:00%2B23:59", (200, None)),
    ("/api/v1/tasks?created_after=9999-12-31T23:59:59Z", (200, None)),
    ("/api/v1/tasks?created_after=99999-01-01", (400, "created_after")),
    ("/api/v1/tasks?cursor=x", (400, "cursor")),
    ("/api/v1/tasks?cursor=%00", (400, "cursor")),
    ("/api/v1/tasks?cursor=WyJlbnRyaWVzIiwiMSJd", (400, "cursor")),
    ("/api/v1/tasks?cursor=WyJ0YXNrcyIsIn4iXQ", (400, "cursor")),
    ("/api/v1/tasks?metadata[a]=1&metadata[a]=2", (400, "metadata[a]")),
    ("/api/v1/tasks?metadata=1", (400, "metadata")),
    ("/api/v1/tasks?metadata[]=%00", (400, "metadata[]")),
    ("/api/v1/tasks?%ff=1", (400, "")),
    ("/api/v1/tasks?limit=%ff", (400, "")),
    ("/api/v1/tasks?" + "&".join(f"metadata[{n}]=x" for n in range(FIELDS_MAX + 1)), (400, "")),
    ("/api/v1/credits/entries?cursor=WyJlbnRyaWVzIiwiLTEiXQ", (400, "cursor")),
    ("/api/v1/credits?all=1", (400, "all")),
    ("/api/v1/usage?first_day=2026-1-1", (400, "first_day")),
    ("/api/v1/usage?key_id=", (400, "key_id")),
    ("/api/v1/me?verbose=1", (400, "verbose")),
    ("/api/v1/models?sort=price", (400, "sort")),
    ("/api/v1/models?availability=yes", (400, "availability")),
    ("/api/v1/models/recraft-v4?x", (400, "x")),
    ("/healthz?x=1", (400, "x")),
]


async def test_a_bad_body_is_refused_by_name_and_holds_nothing(idle_api: Api) -> None:
    tenant = await idle_api.tenant()
    for route in (CREATE, "/api/v1/quotes"):
        for words, body, expected in BODIES:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            if words in ("a quote that is none", "model of another endpoint") and route != CREATE:
                continue
            got = await idle_api.ask("POST", route, key=tenant.key, data=data)
            assert (got.status, got.error["param"]) == expected, (words, got.body[:300])
            assert len(got.body) < 2_000, words
    await _assert_nothing_happened(idle_api, tenant.key)


async def test_a_bad_header_is_refused_by_name_and_holds_nothing(idle_api: Api) -> None:
    tenant = await idle_api.tenant()
    for headers, expected in HEADERS:
        got = await idle_api.ask("POST", CREATE, key=tenant.key, body=BODY, headers=headers)
        assert (got.status, got.error["param"]) == expected, headers
    await _assert_nothing_happened(idle_api, tenant.key)


async def test_a_bad_query_is_refused_by_name(idle_api: Api) -> None:
    tenant = await idle_api.tenant()
    for path, expected in QUERIES:
        got = await idle_api.get(path, tenant.key)
        assert (got.status, got.error["param"] if got.status >= 400 else None) == expected, (path, got.body)
    got = await idle_api.ask("POST", f"{CREATE}?model=recraft-v4", key=tenant.key, body=BODY)
    assert got.refused == (400, "bad_request", "model")
    await _assert_nothing_happened(idle_api, tenant.key)


async def test_malformed_json_is_told_where_it_breaks(idle_api: Api) -> None:
    tenant = await idle_api.tenant()
    got = await idle_api.ask("POST", CREATE, key=tenant.key, data=b'{"prompt" "x"}')
    assert "byte 10" in got.error["message"]


async def test_an_unknown_model_or_field_comes_with_a_suggestion(idle_api: Api) -> None:
    tenant = await idle_api.tenant()
    model = await idle_api.create(tenant.key, {**BODY, "model": "recraft-v5"})
    field = await idle_api.create(tenant.key, {**BODY, "promtp": "x"})
    assert "recraft-v4" in model.error["message"]
    assert "'prompt'" in field.error["message"]


async def test_a_body_that_lies_about_its_length_is_counted_as_it_comes(idle_api: Api) -> None:
    tenant = await idle_api.tenant()
    for length in ("-1", "1e3", "9" * 30):
        status = await _raw(idle_api, tenant.key, f"Content-Length: {length}\r\n", b"{}")
        assert status in (400, 413), length
    piece = b"%x\r\n%b\r\n" % (1024 * 1024, b"x" * 1024 * 1024)
    assert await _raw(idle_api, tenant.key, "Transfer-Encoding: chunked\r\n", piece * 22) == 413
    await _assert_nothing_happened(idle_api, tenant.key)


async def test_a_client_that_hangs_up_within_its_body_leaves_nothing(idle_api: Api) -> None:
    tenant = await idle_api.tenant()
    _, writer = await asyncio.open_connection("127.0.0.1", int(idle_api.url.rpartition(":")[2]))
    writer.write(_head(tenant.key, "Content-Length: 1000\r\n") + b'{"prompt":"x"}')
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await _assert_nothing_happened(idle_api, tenant.key)


@pytest.mark.parametrize("text", ["", "[", "{", '{"a":1,}', "{'a':1}", '{"a":.5}', '{"a":tru}', "\x00", '{"a":"\t"}'])
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        decode_object(text.encode())


@pytest.mark.parametrize(
    "text", ['{"a":"b:c"}', '{"a":":::","b":["16:9",{"c":"d:e"}]}', '{"a":"\\":\\""}', '{ "a" : 1 , "b" : {} }', "{}"]
)
def test_colons_in_texts_are_no_names(text: str) -> None:
    assert decode_object(text.encode()) == json.loads(text)


def _head(key: str, more: str) -> bytes:
    lines = f"POST {CREATE} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    return f"{lines}{more}\r\n".encode()


async def _raw(api: Api, key: str, headers: str, body: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(api.url.rpartition(":")[2]))
    writer.write(_head(key, headers) + body)
    try:
        line = await reader.readline()
    finally:
        writer.close()
    return int(line.split()[1])


async def _assert_nothing_happened(api: Api, key: str) -> None:
    assert (await api.get("/api/v1/credits", key)).data["held"] == 0
    assert (await api.get("/api/v1/tasks", key)).data == []
    await api.assert_sound()
