"""Reading and describing ModelArk's wire contract."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.core.exchange import Response
from apiinone.providers.bytedance_ark import ByteDanceArk
from apiinone.providers.provider import (
    Accepted,
    Canceled,
    Finished,
    Inline,
    Linked,
    Order,
    Reference,
    Rejected,
    Running,
    Unclear,
)
from providers.any_json import any_json
from providers.upstream import answered, cost_at, order_of, served_by

ARK = ByteDanceArk()
ROOT = "https://ark.ap-southeast.bytepluses.com/api/v3"
URL = "https://example.com/a.png"
LINK = "https://ark-content.tos-ap-southeast-1.volces.com/a.mp4?X-Tos-Signature=ab"
SEEDANCE = "seedance-2-0-fast"


def body_of(order: Order | None) -> object:
    assert order is not None
    return ARK.submit(order).json


def told(status: object, **more: object) -> Response:
    return answered({"id": "cgt-1", "model": "m", "status": status, **more})


def test_a_picture_is_one_request_with_the_vendors_own_size() -> None:
    order = order_of("bytedance-ark", "seedream-4-5", prompt="a hill", aspect_ratio="16:9", quality="high")
    assert order is not None
    request = ARK.submit(order)
    assert (request.method, request.url, request.auth) == ("POST", f"{ROOT}/images/generations", "bearer")
    assert request.json == {
        "model": "seedream-4-5-251128",
        "prompt": "a hill",
        "size": "5504x3040",
        "response_format": "url",
        "sequential_image_generation": "disabled",
        "watermark": False,
    }
    assert request.timeout_s > 60
    assert ARK.hosts == ("ark.ap-southeast.bytepluses.com",)


def test_pictures_to_edit_go_along_as_links_or_data() -> None:
    images = [URL, "data:image/png;base64,AA=="]
    body = body_of(order_of("bytedance-ark", "seedream/4.5-edit", prompt="at night", image_urls=images))
    assert body == {
        "model": "seedream-4-5-251128",
        "prompt": "at night",
        "size": "2048x2048",
        "image": images,
        "response_format": "url",
        "sequential_image_generation": "disabled",
        "watermark": False,
    }


@pytest.mark.parametrize("quality", ["basic", "high"])
@pytest.mark.parametrize("ratio", ["1:1", "4:3", "3:4", "16:9", "9:16", "2:3", "3:2", "21:9"])
def test_every_size_has_the_ratio_that_was_asked_for_and_is_one_that_the_vendor_takes(ratio: str, quality: str) -> None:
    body = body_of(order_of("bytedance-ark", "seedream-4-5", prompt="x", aspect_ratio=ratio, quality=quality))
    assert isinstance(body, dict)
    width, height = map(int, str(body["size"]).split("x"))  # pyright: ignore[reportUnknownArgumentType]  # JSON
    across, down = map(int, ratio.split(":"))
    assert abs(width / height - across / down) < 0.04
    assert 2560 * 1440 <= width * height <= 4096 * 4096


def test_a_class_without_a_ratio_goes_as_it_is() -> None:
    body = body_of(Order("attempt", "seedream-4-5-251128", {"prompt": "x", "size": "2K"}, 1))
    assert body == {"model": "seedream-4-5-251128", "prompt": "x", "size": "2K"}


def test_a_clip_is_a_task_whose_content_holds_the_words_and_the_first_frame() -> None:
    order = order_of(
        "bytedance-ark",
        SEEDANCE,
        prompt="a hill",
        image=URL,
        duration="12",
        resolution="480p",
        aspect_ratio="21:9",
        generateAudio=True,
    )
    assert order is not None
    assert ARK.submit(order).url == f"{ROOT}/contents/generations/tasks"
    assert body_of(order) == {
        "model": "dreamina-seedance-2-0-fast-260128",
        "content": [
            {"type": "text", "text": "a hill"},
            {"type": "image_url", "image_url": {"url": URL}, "role": "first_frame"},
        ],
        "resolution": "480p",
        "ratio": "21:9",
        "duration": 12,
        "generate_audio": True,
        "watermark": False,
    }


def test_a_clip_from_words_alone_has_its_defaults_written_out() -> None:
    assert body_of(order_of("bytedance-ark", SEEDANCE, prompt="a hill")) == {
        "model": "dreamina-seedance-2-0-fast-260128",
        "content": [{"type": "text", "text": "a hill"}],
        "resolution": "720p",
        "ratio": "16:9",
        "duration": 8,
        "generate_audio": False,
        "watermark": False,
    }


def test_it_serves_what_the_maker_still_runs() -> None:
    assert set(served_by("bytedance-ark")) == {"seedream/4.5-text-to-image", "seedream/4.5-edit", SEEDANCE}


@pytest.mark.parametrize(
    ("model", "fields", "cost_micro_usd"),
    [
        ("seedream-4-5", {"prompt": "x"}, 40_000),
        ("seedream-4-5", {"prompt": "x", "quality": "high"}, 40_000),
        ("seedream/4.5-edit", {"prompt": "x", "image_urls": [URL]}, 40_000),
        (SEEDANCE, {"prompt": "x", "duration": "4", "resolution": "480p"}, 228_000),
        (SEEDANCE, {"prompt": "x", "duration": "15", "resolution": "480p"}, 855_000),
        (SEEDANCE, {"prompt": "x", "duration": "4"}, 492_000),
        (SEEDANCE, {"prompt": "x"}, 984_000),
        (SEEDANCE, {"prompt": "x", "duration": "15"}, 1_845_000),
        (SEEDANCE, {"prompt": "x", "duration": "8", "generateAudio": True}, 984_000),
    ],
)
def test_a_request_costs_what_the_vendor_asks(model: str, fields: dict[str, object], cost_micro_usd: int) -> None:
    assert cost_at("bytedance-ark", model, **fields) == cost_micro_usd


def test_the_published_answers_are_read() -> None:
    image = {"url": "https://ark.tos.example/a.png", "size": "2048x2048"}
    usage = {"generated_images": 1, "output_tokens": 16384, "total_tokens": 16384}
    answer = {"model": "seedream-4-5-251128", "created": 1790000000, "data": [image], "usage": usage}
    assert ARK.read_submit(answered(answer)) == Finished((Linked("https://ark.tos.example/a.png"),))
    assert ARK.read_submit(answered({"id": "cgt-1"})) == Accepted(Reference("cgt-1"), 5.0)
    task = told(
        "succeeded",
        model="dreamina-seedance-2-0-fast-260128",
        content={"video_url": LINK, "last_frame_url": "https://example.com/l.png"},
        usage={"completion_tokens": 108900, "total_tokens": 108900},
        resolution="720p",
        ratio="16:9",
        duration=5,
        seed=7,
    )
    assert ARK.read_poll(task) == Finished((Linked(LINK),), 609_840)
    assert ARK.poll(Reference("cgt-1")).url == f"{ROOT}/contents/generations/tasks/cgt-1"


def test_a_picture_may_come_inline_and_a_refused_one_of_a_group_is_left_out() -> None:
    data = [{"error": {"code": "OutputImageSensitiveContentDetected"}}, {"b64_json": base64.b64encode(b"jpg").decode()}]
    assert ARK.read_submit(answered({"data": data})) == Finished((Inline(b"jpg"),))


@pytest.mark.parametrize(
    ("model", "usage", "cost"),
    [
        ("dreamina-seedance-2-5-260628", {"completion_tokens": 1000}, 10_700),
        ("dreamina-seedance-2-0-fast-260128", {"completion_tokens": 1}, 6),
        ("doubao-seedance-2-0-fast-260128", {"completion_tokens": 1000}, None),
        ("dreamina-seedance-2-0-fast-260128", {"completion_tokens": 0}, None),
        ("dreamina-seedance-2-0-fast-260128", {"completion_tokens": -5}, None),
        ("dreamina-seedance-2-0-fast-260128", {"completion_tokens": 10**30}, None),
        ("dreamina-seedance-2-0-fast-260128", {"completion_tokens": "x"}, None),
        ("dreamina-seedance-2-0-fast-260128", None, None),
        (7, {"completion_tokens": 1000}, None),
    ],
)
def test_the_charge_follows_from_the_tokens_where_the_models_price_is_known(
    model: object, usage: object, cost: int | None
) -> None:
    reply = ARK.read_poll(told("succeeded", model=model, usage=usage, content={"video_url": LINK}))
    assert reply == Finished((Linked(LINK),), cost)


@pytest.mark.parametrize(
    ("status", "code", "fault"),
    [
        (400, "InputTextSensitiveContentDetected", "content_policy"),
        (400, "InputImageSensitiveContentDetected.PrivacyInformation", "content_policy"),
        (400, "OutputImageSensitiveContentDetected", "content_policy"),
        (400, "InputMediaMayContainRealPerson", "content_policy"),
        (400, "InvalidParameter", "bad_request"),
        (400, "MissingParameter", "bad_request"),
        (400, "RefImageNotSupported", "bad_request"),
        (401, "AuthenticationError", "bad_credential"),
        (403, "AccessDenied", "bad_credential"),
        (404, "ModelNotOpen", "bad_credential"),
        (403, "AccountOverdueError", "no_balance"),
        (403, "ServiceOverdue", "no_balance"),
        (429, "QuotaExceeded", "no_balance"),
        (429, "SetLimitExceeded", "no_balance"),
        (429, "RateLimitExceeded.EndpointTPMExceeded", "throttled"),
        (429, "ModelAccountRpmRateLimitExceeded", "throttled"),
        (429, "ServerOverloaded", "throttled"),
        (429, "SomethingNew", "throttled"),
        (404, "InvalidEndpointOrModel.NotFound", "bad_request"),
        (404, "", "provider_error"),
        (403, "SomethingNew", "bad_credential"),
        (200, "OutputImageSensitiveContentDetected", "content_policy"),
    ],
)
def test_a_refusal_is_named_by_its_code_before_its_status(status: int, code: str, fault: str) -> None:
    response = answered({"error": {"code": code, "message": "no", "param": "", "type": "x"}}, status, retry_after="7")
    reply = ARK.read_submit(response)
    assert isinstance(reply, Rejected)
    assert (reply.fault, reply.retry_after_s) == (fault, 7.0)
    assert reply.retryable == (fault not in {"bad_request", "content_policy"})


UNCLEAR: list[tuple[int, object]] = [
    (500, {"error": {"code": "InternalServiceError"}}),
    (200, {"error": {"code": "InternalServiceError"}}),
    (200, {"data": None, "error": {"code": "SomethingNew"}}),
    (500, {"error": {"code": "InputTextSensitiveContentDetected"}}),
    (502, b"<html>"),
    (504, b""),
    (200, b""),
    (200, b"<html>"),
    (200, {}),
    (200, {"data": []}),
    (200, {"data": [{}]}),
    (200, {"data": [{"url": "file:///etc/passwd"}]}),
    (200, {"data": [{"b64_json": "%%%"}]}),
    (200, {"data": 7}),
    (200, {"id": "../x"}),
    (200, {"error": {}}),
    (202, {"data": [{"url": LINK}]}),
]


@pytest.mark.parametrize(("status", "body"), UNCLEAR)
def test_what_may_stand_before_a_job_that_runs_is_unclear(status: int, body: object) -> None:
    assert isinstance(ARK.read_submit(answered(body, status)), Unclear)


@pytest.mark.parametrize("status", ["queued", "running", "QUEUED", "some new word", "", None, 7])
def test_an_unknown_word_counts_as_running(status: object) -> None:
    assert ARK.read_poll(told(status)) == Running(5.0)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("OutputVideoSensitiveContentDetected.PolicyViolation", "content_policy"),
        ("InvalidImageURL", "bad_request"),
        ("InternalServiceError", "provider_error"),
        ("AccountOverdueError", "provider_error"),
        ("", "provider_error"),
        (7, "provider_error"),
    ],
)
def test_a_failed_task_is_the_clients_fault_only_where_its_code_says_so(code: object, fault: str) -> None:
    reply = ARK.read_poll(told("failed", error={"code": code, "message": "x"}))
    assert isinstance(reply, Rejected)
    assert reply.fault == fault


def test_other_ends_are_read() -> None:
    assert ARK.read_poll(told("cancelled")) == Canceled()
    expired = ARK.read_poll(told("expired"))
    assert isinstance(expired, Rejected)
    assert expired.fault == "provider_error"


@pytest.mark.parametrize(
    "content", [None, {}, {"video_url": ""}, {"video_url": "ftp://a"}, {"video_url": "https://a.example/a b"}, 7]
)
def test_a_task_that_is_done_without_a_readable_output_is_asked_about_again(content: object) -> None:
    assert isinstance(ARK.read_poll(told("succeeded", content=content)), Unclear)


def test_a_task_can_be_canceled_and_nobody_is_called() -> None:
    request = ARK.cancel(Reference("cgt-1"))
    assert (request.method, request.url) == ("DELETE", f"{ROOT}/contents/generations/tasks/cgt-1")
    assert ARK.read_webhook({}, b'{"id": "cgt-1"}', "secret", 0) is None
    assert ARK.webhook_secret_name is None


FIELDS = ["id", "data", "error", "code", "url", "b64_json", "status", "content", "video_url", "usage", "model"]
JSON = any_json(FIELDS)


@settings(deadline=None)
@given(st.integers(100, 599), st.binary() | JSON)
def test_any_answer_is_read(status: int, body: object) -> None:
    ARK.read_submit(answered(body, status))
    ARK.read_poll(answered(body, status))
