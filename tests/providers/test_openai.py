"""Reading and describing OpenAI's images."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.core.exchange import File, Part, Response
from apiinone.providers.openai import OpenAI
from apiinone.providers.provider import Finished, Inline, Linked, Rejected, Unclear
from providers.any_json import any_json
from providers.catalogue_orders import PNG, cost, ordered

OPENAI = OpenAI()
URL = "https://example.com/a.png"
PUBLISHED = {
    "created": 1790000000,
    "data": [{"b64_json": base64.b64encode(b"\x89PNG").decode()}],
    "output_format": "png",
    "quality": "medium",
    "size": "1024x1024",
    "usage": {
        "input_tokens": 12,
        "output_tokens": 1056,
        "total_tokens": 1068,
        "input_tokens_details": {"text_tokens": 12, "image_tokens": 0},
    },
}


def answered(body: object, status: int = 200, **headers: str) -> Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, data)


def refused(status: int, code: str | None, message: str = "x") -> Response:
    return answered({"error": {"message": message, "type": "t", "param": None, "code": code}}, status)


@pytest.mark.parametrize(
    ("name", "fields", "body"),
    [
        (
            "gpt-image-1-5",
            {"quality": "high", "aspect_ratio": "3:2"},
            {"model": "gpt-image-1.5", "quality": "high", "size": "1536x1024"},
        ),
        ("gpt-image-1-5", {}, {"model": "gpt-image-1.5", "quality": "medium", "size": "1024x1024"}),
        (
            "gpt-image-2",
            {"quality": "low", "aspect_ratio": "9:16"},
            {"model": "gpt-image-2", "quality": "low", "size": "864x1536"},
        ),
    ],
)
def test_a_picture_from_words_is_asked_for_as_json(
    name: str, fields: dict[str, object], body: dict[str, object]
) -> None:
    request = OPENAI.submit(ordered("openai", name, {"prompt": "a fox", **fields}))
    assert (request.method, request.url, request.auth, request.form) == (
        "POST",
        "https://api.openai.com/v1/images/generations",
        "bearer",
        (),
    )
    assert request.json == {"prompt": "a fox", "n": 1, **body}


@pytest.mark.parametrize("name", ["gpt-image-1-5", "gpt-image-2"])
def test_one_picture_to_edit_travels_as_a_form_under_its_own_name(name: str) -> None:
    order = ordered("openai", name, {"prompt": "a fox", "aspect_ratio": "2:3", "input_urls": [URL]})
    request = OPENAI.submit(order)
    assert request.url == "https://api.openai.com/v1/images/edits"
    assert request.json is None
    assert request.form == (
        Part("prompt", "a fox"),
        Part("size", "1024x1536"),
        Part("quality", "medium"),
        Part("model", order.upstream_model),
        Part("n", "1"),
        Part("image", PNG, "image-1.png"),
    )


def test_several_pictures_to_edit_are_a_list_with_names_that_tell_their_kind() -> None:
    files = (PNG, File(b"\xff\xd8\xff", "image/jpeg"), File(b"RIFF", "image/webp"))
    request = OPENAI.submit(ordered("openai", "gpt-image-2", {"prompt": "a fox", "input_urls": [URL] * 3}, files=files))
    assert request.form[-3:] == (
        Part("image[]", files[0], "image-1.png"),
        Part("image[]", files[1], "image-2.jpeg"),
        Part("image[]", files[2], "image-3.webp"),
    )


def test_the_answer_may_be_as_large_as_its_images() -> None:
    one, three = (
        OPENAI.submit(ordered("openai", "gpt-image-2", {"prompt": "x"}, outputs=n)).body_bytes_max for n in (1, 3)
    )
    assert three > 3 * 32_000_000 > one


@pytest.mark.parametrize(
    ("name", "fields", "micro_usd"),
    [
        ("gpt-image-1-5", {}, 33_792),
        ("gpt-image-1-5", {"aspect_ratio": "2:3"}, 50_688),
        ("gpt-image-1-5", {"aspect_ratio": "3:2"}, 50_176),
        ("gpt-image-1-5", {"quality": "high"}, 133_120),
        ("gpt-image-1-5", {"quality": "high", "aspect_ratio": "2:3"}, 199_680),
        ("gpt-image-1-5", {"quality": "high", "aspect_ratio": "3:2"}, 198_656),
        ("gpt-image-1-5", {"input_urls": [URL]}, 33_792),
        ("gpt-image-2", {"quality": "low"}, 6_000),
        ("gpt-image-2", {}, 53_000),
        ("gpt-image-2", {"quality": "high", "aspect_ratio": "16:9"}, 211_000),
        ("gpt-image-2", {"quality": "high", "input_urls": [URL]}, 211_000),
    ],
)
def test_what_each_request_costs(name: str, fields: dict[str, object], micro_usd: int) -> None:
    assert cost("openai", name, prompt="x", **fields) == micro_usd


def test_the_published_answer_is_read_with_its_cost_by_tokens() -> None:
    assert OPENAI.read_submit(answered(PUBLISHED)) == Finished((Inline(b"\x89PNG"),), 12 * 5 + 1056 * 30)
    edited = {"output_tokens": 100, "input_tokens_details": {"text_tokens": 1, "image_tokens": 1000}}
    reply = OPENAI.read_submit(answered({**PUBLISHED, "usage": edited}))
    assert isinstance(reply, Finished)
    assert reply.cost_micro_usd == 5 + 8_000 + 3_000


@pytest.mark.parametrize("usage", [None, 7, {}, {"output_tokens": "9"}, {"output_tokens": 9}])
def test_a_strange_usage_does_not_cost_the_images(usage: object) -> None:
    assert OPENAI.read_submit(answered({**PUBLISHED, "usage": usage})) == Finished((Inline(b"\x89PNG"),), None)


def test_tokens_beyond_reason_are_no_cost() -> None:
    for strange in (-1, 10**8):
        usage = {"output_tokens": strange, "input_tokens_details": {"text_tokens": 1, "image_tokens": 0}}
        reply = OPENAI.read_submit(answered({**PUBLISHED, "usage": usage}))
        assert reply == Finished((Inline(b"\x89PNG"),), None)


def test_a_link_is_taken_where_a_relay_gives_one() -> None:
    reply = OPENAI.read_submit(answered({"data": [{"url": "https://img.example/a.png"}]}))
    assert reply == Finished((Linked("https://img.example/a.png"),), None)


MALFORMED: list[object] = [
    b"",
    b"null",
    b"<html>",
    b"[" * 100_000,
    {},
    {"data": None},
    {"data": []},
    {"data": [{}]},
    {"data": [{"b64_json": "%%%"}]},
    {"data": [{"b64_json": ""}]},
    {"data": [{"url": "file:///etc/passwd"}]},
    {"data": [PUBLISHED["data"], {"b64_json": "%"}]},
    {"error": {"message": "x"}},
]


@pytest.mark.parametrize("body", MALFORMED)
def test_a_malformed_success_is_unclear(body: object) -> None:
    assert isinstance(OPENAI.read_submit(answered(body)), Unclear)


@pytest.mark.parametrize(
    ("response", "fault"),
    [
        (refused(401, "invalid_api_key", "Incorrect API key provided"), "bad_credential"),
        (refused(403, None, "Your organization must be verified to use the model"), "bad_credential"),
        (refused(404, "model_not_found", "The model does not exist"), "provider_error"),
        (refused(429, "rate_limit_exceeded", "Rate limit reached"), "throttled"),
        (refused(429, None, "slow down"), "throttled"),
        (refused(429, "insufficient_quota", "You exceeded your current quota"), "no_balance"),
        (refused(400, "billing_hard_limit_reached", "Billing hard limit has been reached"), "no_balance"),
        (refused(400, "moderation_blocked", "Your request was rejected"), "content_policy"),
        (refused(400, "content_policy_violation", "rejected"), "content_policy"),
        (refused(400, None, "Your request was rejected by the safety system"), "content_policy"),
        (refused(400, "invalid_value", "Invalid value: 'size'"), "bad_request"),
        (answered(b"not json", 400), "bad_request"),
        (answered({"error": {"code": 7}}, 429), "throttled"),
        (answered(b"overloaded", 503), "throttled"),
    ],
)
def test_every_refusal_is_the_fault_of_the_one_it_concerns(response: Response, fault: str) -> None:
    reply = OPENAI.read_submit(response)
    assert isinstance(reply, Rejected)
    assert reply.fault == fault


@pytest.mark.parametrize("status", [201, 408, 409, 500, 502, 504])
def test_what_may_have_been_carried_out_is_unclear(status: int) -> None:
    assert isinstance(OPENAI.read_submit(refused(status, "moderation_blocked")), Unclear)


def test_the_time_to_wait_is_the_vendors() -> None:
    body = {"error": {"code": "rate_limit_exceeded"}}
    reply = OPENAI.read_submit(answered(body, 429, retry_after="7"))
    assert isinstance(reply, Rejected)
    assert reply.retry_after_s == 7.0


@settings(deadline=None)
@given(st.integers(100, 599), st.binary(), st.dictionaries(st.sampled_from(["retry-after"]), st.text()))
def test_any_answer_is_read(status: int, body: bytes, headers: dict[str, str]) -> None:
    OPENAI.read_submit(Response(status, headers, body))


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["data", "usage", "error", "code"]),
        any_json(["b64_json", "url", "code"]),
    ),
    st.sampled_from([200, 400, 429]),
)
def test_any_json_is_read(body: dict[str, object], status: int) -> None:
    OPENAI.read_submit(answered(body, status))
