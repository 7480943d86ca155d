"""Reading and describing fal's wire contract."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.core.exchange import InHeader, Response
from apiinone.providers.fal import Fal
from apiinone.providers.provider import (
    Accepted,
    Canceled,
    Finished,
    Linked,
    Order,
    Reference,
    Rejected,
    Running,
    Unclear,
)
from providers.any_json import any_json
from providers.test_signatures import BASE64, BODY, NOW_S, signed

FAL = Fal()
JOB = "https://queue.fal.run/fal-ai/flux-2-pro/requests/a1b2"
LINK = "https://v3b.fal.media/files/b/x.png"
ASKED = Reference("a1b2", f"{JOB}/status")


def answered(body: object, status: int = 200, **headers: str) -> Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, data)


def told(status: object, **more: object) -> Response:
    return answered({"status": status, "request_id": "a1b2", "response_url": JOB, "logs": None, **more})


def test_an_order_is_the_models_own_input_at_its_own_path() -> None:
    request = FAL.submit(Order("attempt", "fal-ai/recraft/v4/text-to-image", {"prompt": "a hill"}, 1))
    assert (request.method, request.url) == ("POST", "https://queue.fal.run/fal-ai/recraft/v4/text-to-image")
    assert (request.auth, request.json) == (InHeader("Authorization", "Key "), {"prompt": "a hill"})


def test_an_address_to_call_is_told_in_the_query() -> None:
    order = Order("attempt", "fal-ai/flux-2-pro", {}, 1, "https://us.example/api/v1/providers/fal/webhook?a=b c")
    called = "https%3A%2F%2Fus.example%2Fapi%2Fv1%2Fproviders%2Ffal%2Fwebhook%3Fa%3Db%20c"
    assert FAL.submit(order).url == f"https://queue.fal.run/fal-ai/flux-2-pro?fal_webhook={called}"


@pytest.mark.parametrize(
    ("size", "sent"),
    [
        ({"ratio": "16:9", "class": "1K"}, {"width": 1360, "height": 768}),
        ({"ratio": "1:1", "class": "2K"}, {"width": 2048, "height": 2048}),
        ({"ratio": "9:16", "class": "4K"}, {"width": 3072, "height": 5456}),
        ({"pixels": "1536x768"}, {"width": 1536, "height": 768}),
        ("square_hd", "square_hd"),
        ("1024x1024", "1024x1024"),
        ({"width": 64, "height": 64}, {"width": 64, "height": 64}),
        ({"ratio": "1:1", "class": "8K"}, {"ratio": "1:1", "class": "8K"}),
    ],
)
def test_a_size_becomes_the_vendors_object_where_it_is_ours_to_convert(size: object, sent: object) -> None:
    fields = {"prompt": "x", "image_size": size}
    assert FAL.submit(Order("attempt", "m", fields, 1)).json == {"prompt": "x", "image_size": sent}


def test_an_accepted_order_is_asked_about_where_the_vendor_says() -> None:
    reply = FAL.read_submit(answered({"request_id": "a1b2", "status_url": f"{JOB}/status", "queue_position": 0}))
    assert reply == Accepted(ASKED, 1.0)
    asked = FAL.poll(ASKED)
    assert (asked.method, asked.url, asked.auth) == ("GET", f"{JOB}/status", InHeader("Authorization", "Key "))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        {},
        {"request_id": "a1b2"},
        {"request_id": "a1b2", "status_url": 7},
        {"request_id": "a1b2", "status_url": "https://evil.example/fal-ai/flux/requests/a1b2/status"},
        {"request_id": "a1b2", "status_url": "http://queue.fal.run/x/status"},
        {"request_id": "../x", "status_url": f"{JOB}/status"},
        {"request_id": 7, "status_url": f"{JOB}/status"},
    ],
)
def test_an_order_without_an_id_and_an_address_of_the_vendors_is_unclear(body: object) -> None:
    assert isinstance(FAL.read_submit(answered(body)), Unclear)


@pytest.mark.parametrize(
    ("status", "detail", "fault"),
    [
        (401, "Invalid API key", "bad_credential"),
        (402, "No credits", "no_balance"),
        (
            403,
            "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.",
            "no_balance",
        ),
        (403, "User is locked. Reason: TOP_UP.", "no_balance"),
        (403, "User is locked. Reason: Admin lock. Please contact support@fal.ai", "bad_credential"),
        (404, "Application not found", "provider_error"),
        (422, [{"loc": ["body", "prompt"], "msg": "field required", "type": "missing"}], "bad_request"),
        (422, [{"loc": ["body"], "msg": "flagged", "type": "content_policy_violation"}], "content_policy"),
        (429, "Too many requests", "throttled"),
        (500, "Internal Server Error", None),
        (503, "Unavailable", None),
        (504, "Timeout", None),
    ],
)
def test_each_refusal_has_its_fault(status: int, detail: object, fault: str | None) -> None:
    reply = FAL.read_submit(answered({"detail": detail}, status))
    if fault is None:
        assert isinstance(reply, Unclear)
    else:
        assert isinstance(reply, Rejected)
        assert reply.fault == fault


@pytest.mark.parametrize("status", ["IN_QUEUE", "IN_PROGRESS", "SOMETHING_NEW", ""])
def test_a_word_that_is_no_end_is_still_at_work(status: str) -> None:
    assert FAL.read_poll(told(status, queue_position=3)) == Running(1.0)


def test_a_job_that_is_done_has_its_result_elsewhere() -> None:
    assert FAL.read_poll(told("COMPLETED", metrics={})) == Running(0.0, Reference("a1b2", JOB))
    assert FAL.read_poll(told("COMPLETED", error=None, error_type=None)) == Running(0.0, Reference("a1b2", JOB))


@pytest.mark.parametrize("url", [None, 7, "https://evil.example/requests/a1b2", "http://queue.fal.run/a", f"{JOB}/"])
def test_a_result_is_asked_for_on_the_vendors_host_only(url: object) -> None:
    assert isinstance(FAL.read_poll(told("COMPLETED", response_url=url)), Unclear)


@pytest.mark.parametrize(
    ("error", "error_type", "fault"),
    [
        ("Runner disconnected", "runner_disconnected", "provider_error"),
        ("Timed out", "request_timeout", "provider_error"),
        ("The content was flagged", "content_policy_violation", "content_policy"),
        ("Cannot read the image", "image_load_error", "bad_request"),
        ("The content was flagged by a content checker", None, "content_policy"),
        ("oops", None, "provider_error"),
        ({"odd": 1}, None, "provider_error"),
        (None, "internal_server_error", "provider_error"),
    ],
)
def test_done_with_an_error_beside_it_is_no_success(error: object, error_type: str | None, fault: str) -> None:
    reply = FAL.read_poll(told("COMPLETED", error=error, error_type=error_type))
    assert isinstance(reply, Rejected)
    assert reply.fault == fault


def test_a_job_that_we_cancelled_is_canceled() -> None:
    assert FAL.read_poll(told("COMPLETED", error="Cancelled", error_type="client_cancelled")) == Canceled()
    assert FAL.read_poll(told("CANCELED")) == Canceled()


def test_a_job_that_failed_by_its_word_alone_is_refused() -> None:
    reply = FAL.read_poll(told("FAILED"))
    assert isinstance(reply, Rejected)
    assert reply.fault == "provider_error"


@pytest.mark.parametrize(
    ("body", "links"),
    [
        ({"images": [{"url": LINK, "width": 1024}], "seed": 7, "has_nsfw_concepts": [False]}, (LINK,)),
        ({"images": [{"url": LINK}, {"url": f"{LINK}2"}]}, (LINK, f"{LINK}2")),
        ({"images": [{"url": LINK}, {"url": f"{LINK}2"}], "has_nsfw_concepts": [True, False]}, (f"{LINK}2",)),
        ({"image": {"url": LINK, "content_type": "image/png"}}, (LINK,)),
        ({"video": {"url": LINK}, "seed": 7, "status": "fine"}, (LINK,)),
        ({"audio": {"url": LINK}}, (LINK,)),
    ],
)
def test_each_models_files_are_found(body: object, links: tuple[str, ...]) -> None:
    assert FAL.read_poll(answered(body)) == Finished(tuple(map(Linked, links)))


def test_a_result_that_is_marked_as_a_whole_is_refused() -> None:
    reply = FAL.read_poll(answered({"images": [{"url": LINK}], "has_nsfw_concepts": [True]}))
    assert isinstance(reply, Rejected)
    assert reply.fault == "content_policy"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        {},
        {"seed": 7},
        {"images": []},
        {"images": [{"url": 7}]},
        {"images": [{"url": "data:image/png;base64,AA=="}]},
        {"images": [{"url": LINK}, {"url": ""}]},
        {"video": "x"},
        {"status": 7},
    ],
)
def test_a_result_without_readable_files_is_asked_about_again(body: object) -> None:
    assert isinstance(FAL.read_poll(answered(body)), Unclear)


@pytest.mark.parametrize("status", [401, 422, 429, 503, 504])
def test_a_question_about_the_state_that_fails_says_nothing_even_with_a_type(status: int) -> None:
    response = Response(status, {"x-fal-error-type": "generation_timeout"}, b'{"detail": "x"}', f"{JOB}/status")
    assert isinstance(FAL.read_poll(response), Unclear | Running)


@pytest.mark.parametrize(
    ("status", "detail", "headers", "fault"),
    [
        (422, [{"type": "content_policy_violation", "msg": "flagged"}], {}, "content_policy"),
        (422, [{"type": "image_too_small", "msg": "x"}], {}, "bad_request"),
        (422, [{"type": "missing", "msg": "x"}], {}, "bad_request"),
        (422, [{"type": "face_detection_error", "msg": "x"}], {}, "bad_request"),
        (
            500,
            [{"type": "internal_server_error", "msg": "x"}],
            {"x_fal_error_type": "internal_server_error"},
            "provider_error",
        ),
        (504, "x", {"x_fal_error_type": "generation_timeout"}, "provider_error"),
    ],
)
def test_the_models_own_error_ends_the_job(status: int, detail: object, headers: dict[str, str], fault: str) -> None:
    reply = FAL.read_poll(answered({"detail": detail}, status, **headers))
    assert isinstance(reply, Rejected)
    assert reply.fault == fault


@pytest.mark.parametrize(
    ("status", "detail"),
    [
        (400, "Request is still in progress"),
        (401, "Invalid API key"),
        (403, "User is locked. Reason: Exhausted balance."),
        (404, "Request not found"),
        (422, "x"),
        (500, "Internal Server Error"),
        (500, [{"type": "internal_server_error", "msg": "x"}]),
        (502, "x"),
    ],
)
def test_a_question_that_fails_changes_nothing(status: int, detail: object) -> None:
    assert isinstance(FAL.read_poll(answered({"detail": detail}, status)), Unclear)


def test_a_job_is_cancelled_at_its_own_address() -> None:
    request = FAL.cancel(ASKED)
    assert request is not None
    assert (request.method, request.url, request.auth) == ("PUT", f"{JOB}/cancel", InHeader("Authorization", "Key "))
    assert FAL.cancel(Reference("a1b2")) is None
    assert FAL.cancel(Reference("a1b2", JOB)) is None


def test_a_signed_call_names_its_job() -> None:
    assert FAL.read_webhook(signed(), BODY, BASE64, NOW_S) == "a1b2"
    assert FAL.read_webhook(signed(), BODY + b" ", BASE64, NOW_S) is None
    assert FAL.read_webhook({}, BODY, BASE64, NOW_S) is None


FIELDS = ["status", "images", "image", "video", "audio", "url", "error", "error_type", "response_url", "detail", "type"]
JSON = any_json(FIELDS, words=["COMPLETED", JOB, LINK])


@settings(deadline=None)
@given(st.integers(100, 599), JSON, st.binary())
def test_any_answer_is_read(status: int, body: object, raw: bytes) -> None:
    for response in (answered(body, status), Response(status, {}, raw)):
        FAL.read_submit(response)
        FAL.read_poll(response)
