"""Reading and describing Google's pictures."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.core.exchange import File, InHeader, Response
from apiinone.providers.google import BLOCKED, NOT_MADE, Google
from apiinone.providers.provider import Finished, Inline, Linked, Rejected, Unclear
from providers.any_json import any_json
from providers.catalogue_orders import PNG, cost, ordered

GOOGLE = Google()
URL = "https://example.com/a.png"
DATA = base64.b64encode(b"\x89PNG").decode()
PICTURE: dict[str, object] = {"inlineData": {"mimeType": "image/png", "data": DATA}}
USAGE = {"promptTokenCount": 9, "candidatesTokenCount": 1120, "totalTokenCount": 1129}


def answered(body: object, status: int = 200, **headers: str) -> Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, data)


def made(*parts: object, reason: str | None = "STOP", more: dict[str, object] | None = None) -> Response:
    return answered({"candidates": [{"content": {"parts": parts}, "finishReason": reason}], **(more or {})})


def refused(code: int, status: str, message: str = "x", *details: dict[str, str]) -> Response:
    return answered({"error": {"code": code, "message": message, "status": status, "details": details}}, code)


def test_an_order_is_one_content_with_the_words_and_the_pictures() -> None:
    jpeg = File(b"\xff\xd8\xff", "image/jpeg")
    fields = {"prompt": "a fox", "aspect_ratio": "21:9", "resolution": "2K", "input_urls": [URL, URL]}
    request = GOOGLE.submit(ordered("google", "gemini-3.1-flash-image", fields, files=(PNG, jpeg)))
    assert (request.method, request.url, request.auth) == (
        "POST",
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-3.1-flash-image:generateContent",
        InHeader("x-goog-api-key"),
    )
    given = {"inlineData": {"mimeType": "image/jpeg", "data": base64.b64encode(b"\xff\xd8\xff").decode()}}
    assert request.json == {
        "contents": [{"role": "user", "parts": [{"text": "a fox"}, PICTURE, given]}],
        "generationConfig": {
            "responseModalities": ["IMAGE"],
            "imageConfig": {"aspectRatio": "21:9", "imageSize": "2K"},
        },
    }


def test_words_alone_are_one_part_and_the_defaults_are_sent() -> None:
    request = GOOGLE.submit(ordered("google", "nano-banana-2", {"prompt": "a fox"}))
    assert request.json == {
        "contents": [{"role": "user", "parts": [{"text": "a fox"}]}],
        "generationConfig": {
            "responseModalities": ["IMAGE"],
            "imageConfig": {"aspectRatio": "1:1", "imageSize": "1K"},
        },
    }


def test_a_models_name_cannot_lead_to_another_path() -> None:
    order = ordered("google", "gemini-3.1-flash-image", {"prompt": "x"})
    moved = type(order)("a", "../x?y=/z", order.fields, 1)
    assert GOOGLE.submit(moved).url.endswith("/v1beta/models/..%2Fx%3Fy%3D%2Fz:generateContent")


@pytest.mark.parametrize(("resolution", "micro_usd"), [("1K", 67_200), ("2K", 100_800), ("4K", 151_200)])
@pytest.mark.parametrize("inputs", [{}, {"input_urls": [URL]}])
def test_what_each_size_costs(resolution: str, micro_usd: int, inputs: dict[str, object]) -> None:
    assert cost("google", "gemini-3.1-flash-image", prompt="x", resolution=resolution, **inputs) == micro_usd


def test_the_published_answer_is_read_with_its_cost_by_tokens() -> None:
    reply = GOOGLE.read_submit(made(PICTURE, more={"usageMetadata": USAGE, "modelVersion": "gemini-3.1-flash-image"}))
    assert reply == Finished((Inline(b"\x89PNG"),), 67_205)  # 9 read, 1120 drawn, rounded upward


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"usageMetadata": USAGE},
        {"usageMetadata": USAGE, "modelVersion": "another"},
        {"usageMetadata": "odd", "modelVersion": "gemini-3.1-flash-image"},
        {"usageMetadata": {"candidatesTokenCount": -1}, "modelVersion": "gemini-3.1-flash-image"},
        {"usageMetadata": {"promptTokenCount": 9}, "modelVersion": "gemini-3.1-flash-image"},
        {"usageMetadata": USAGE, "modelVersion": 7},
    ],
)
def test_a_cost_that_cannot_be_known_does_not_cost_the_picture(more: dict[str, object]) -> None:
    assert GOOGLE.read_submit(made(PICTURE, more=more)) == Finished((Inline(b"\x89PNG"),), None)


def test_drafts_of_the_models_thinking_and_its_words_are_not_delivered() -> None:
    draft = {**PICTURE, "inlineData": {"data": "ZHJhZnQ="}, "thought": True}
    assert GOOGLE.read_submit(made(draft, {"text": "Here it is."}, PICTURE)) == Finished((Inline(b"\x89PNG"),))


def test_a_file_of_the_vendors_is_opened_with_our_key_and_any_other_without() -> None:
    own = "https://generativelanguage.googleapis.com/v1beta/files/a:download?alt=media"
    for uri, output in (
        (own, Linked(own, authorized=True, auth=InHeader("x-goog-api-key"))),
        ("https://files.example/a.png", Linked("https://files.example/a.png")),
        ("http://generativelanguage.googleapis.com/a", Linked("http://generativelanguage.googleapis.com/a")),
        (
            "https://generativelanguage.googleapis.com.evil.example/a",
            Linked("https://generativelanguage.googleapis.com.evil.example/a"),
        ),
        (
            "https://generativelanguage.googleapis.com@evil.example/a",
            Linked("https://generativelanguage.googleapis.com@evil.example/a"),
        ),
    ):
        assert GOOGLE.read_submit(made({"fileData": {"fileUri": uri}})) == Finished((output,))


@pytest.mark.parametrize("reason", BLOCKED)
def test_what_the_safety_rules_stop_is_refused_although_the_status_is_200(reason: str) -> None:
    for response in (made(reason=reason), made(PICTURE, reason=reason)):
        reply = GOOGLE.read_submit(response)
        assert isinstance(reply, Rejected)
        assert reply.fault == "content_policy"


@pytest.mark.parametrize("reason", ["SAFETY", "OTHER", "PROHIBITED_CONTENT", "A_NEW_WORD"])
def test_a_blocked_prompt_is_refused(reason: str) -> None:
    reply = GOOGLE.read_submit(answered({"promptFeedback": {"blockReason": reason}}))
    assert isinstance(reply, Rejected)
    assert reply.fault == "content_policy"


@pytest.mark.parametrize("reason", NOT_MADE)
def test_an_end_without_a_picture_is_the_vendors_failure(reason: str) -> None:
    reply = GOOGLE.read_submit(made({"text": "I would rather not."}, reason=reason))
    assert isinstance(reply, Rejected)
    assert reply.fault == "provider_error"


@pytest.mark.parametrize(
    "response",
    [
        made(reason="A_NEW_WORD"),
        made(reason=None),
        made({"inlineData": {"data": "%"}}),
        made(PICTURE, {"inlineData": {"data": "%"}}),
        made({"fileData": {"fileUri": "file:///etc/passwd"}}),
        answered({"candidates": []}),
        answered({"promptFeedback": {}}),
        answered({}),
        answered(b""),
        answered(b"[" * 100_000),
        answered({"candidates": "odd"}),
        answered({"error": {"code": 400}}),
    ],
)
def test_an_answer_that_says_nothing_we_know_is_unclear(response: Response) -> None:
    assert isinstance(GOOGLE.read_submit(response), Unclear)


BAD_KEY = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}


@pytest.mark.parametrize(
    ("response", "fault"),
    [
        (
            refused(400, "INVALID_ARGUMENT", "API key not valid. Please pass one.", BAD_KEY),
            "bad_credential",
        ),
        (refused(401, "UNAUTHENTICATED"), "bad_credential"),
        (refused(403, "PERMISSION_DENIED", "Your API key was reported as leaked."), "bad_credential"),
        (refused(400, "FAILED_PRECONDITION", "User location is not supported for the API use."), "bad_credential"),
        (refused(400, "FAILED_PRECONDITION", "Not available in your country. Please enable billing."), "no_balance"),
        (
            refused(429, "RESOURCE_EXHAUSTED", "You exceeded your quota, check your billing details."),
            "throttled",
        ),
        (refused(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."), "no_balance"),
        (refused(402, ""), "no_balance"),
        (refused(400, "INVALID_ARGUMENT", "Invalid value at 'aspect_ratio'"), "bad_request"),
        (refused(404, "NOT_FOUND", "models/x is not found"), "provider_error"),
        (refused(503, "UNAVAILABLE", "The model is overloaded. Please try again later."), "throttled"),
        (answered(b"not json", 400), "bad_request"),
        (answered(b"", 429), "throttled"),
    ],
)
def test_every_refusal_is_the_fault_of_the_one_it_concerns(response: Response, fault: str) -> None:
    reply = GOOGLE.read_submit(response)
    assert isinstance(reply, Rejected)
    assert reply.fault == fault


@pytest.mark.parametrize("status", [499, 500, 502, 504])
def test_what_may_have_been_carried_out_is_unclear(status: int) -> None:
    assert isinstance(GOOGLE.read_submit(refused(status, "RESOURCE_EXHAUSTED")), Unclear)


@pytest.mark.parametrize(
    ("delay", "wait_s"), [("34s", 34.0), ("0.5s", 1.0), ("999999s", 3600.0), ("", None), ("-3s", None), ("3m", None)]
)
def test_the_time_to_wait_stands_in_the_details(delay: str, wait_s: float | None) -> None:
    reply = GOOGLE.read_submit(refused(429, "RESOURCE_EXHAUSTED", "x", {"retryDelay": delay}))
    assert isinstance(reply, Rejected)
    assert reply.retry_after_s == wait_s


def test_the_header_counts_before_the_details() -> None:
    error = {"status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": "34s"}]}
    reply = GOOGLE.read_submit(answered({"error": error}, 429, retry_after="3"))
    assert isinstance(reply, Rejected)
    assert reply.retry_after_s == 3.0


@settings(deadline=None)
@given(st.integers(100, 599), st.binary(), st.dictionaries(st.sampled_from(["retry-after"]), st.text()))
def test_any_answer_is_read(status: int, body: bytes, headers: dict[str, str]) -> None:
    GOOGLE.read_submit(Response(status, headers, body))


NAMES = [
    "content",
    "parts",
    "inlineData",
    "fileData",
    "fileUri",
    "data",
    "thought",
    "finishReason",
    "status",
    "details",
]
JSON = any_json(NAMES, words=["STOP", "SAFETY"])


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["candidates", "promptFeedback", "usageMetadata", "modelVersion", "error"]), JSON),
    st.sampled_from([200, 400, 429]),
)
def test_any_json_is_read(body: dict[str, object], status: int) -> None:
    GOOGLE.read_submit(answered(body, status))
