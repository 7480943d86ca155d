"""Reading and describing Model Studio's wire contract."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.core.exchange import Response
from apiinone.providers.dashscope import DashScope
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
from providers.upstream import answered, cost_at, order_of, served_by

DASHSCOPE = DashScope()
ROOT = "https://dashscope-intl.aliyuncs.com/api/v1"
URL = "https://example.com/a.png"
CLIP = "https://example.com/a.mp4"
LINK = "https://dashscope-result-sgp.oss-ap-southeast-1.aliyuncs.com/a.mp4?Expires=1"
TEXT, IMAGE, VIDEO = "wan/2-6-text-to-video", "wan/2-6-image-to-video", "wan/2-6-video-to-video"


def body_of(order: Order | None) -> object:
    assert order is not None
    return DASHSCOPE.submit(order).json


def told(status: object, **more: object) -> Response:
    return answered({"request_id": "r", "output": {"task_id": "t-1", "task_status": status, **more}})


def test_an_order_is_a_task_by_its_header() -> None:
    order = order_of("dashscope", TEXT, prompt="a hill")
    assert order is not None
    request = DASHSCOPE.submit(order)
    assert request.url == f"{ROOT}/services/aigc/video-generation/video-synthesis"
    assert (request.method, request.auth, request.headers) == ("POST", "bearer", {"X-DashScope-Async": "enable"})
    assert DASHSCOPE.hosts == ("dashscope-intl.aliyuncs.com",)
    assert request.json == {
        "model": "wan2.6-t2v",
        "input": {"prompt": "a hill"},
        "parameters": {
            "size": "1280*720",
            "duration": 5,
            "shot_type": "single",
            "prompt_extend": True,
            "watermark": False,
        },
    }


def test_a_clip_from_a_picture_names_its_resolution() -> None:
    order = order_of("dashscope", IMAGE, prompt="x", image=URL, resolution="1080p", duration="15", multi_shots=True)
    assert body_of(order) == {
        "model": "wan2.6-i2v",
        "input": {"prompt": "x", "img_url": URL},
        "parameters": {
            "resolution": "1080P",
            "duration": 15,
            "shot_type": "multi",
            "prompt_extend": True,
            "watermark": False,
        },
    }


def test_a_clip_from_clips_sends_their_links() -> None:
    assert body_of(order_of("dashscope", VIDEO, prompt="x", video_urls=[CLIP, CLIP], duration="10")) == {
        "model": "wan2.6-r2v",
        "input": {"prompt": "x", "reference_video_urls": [CLIP, CLIP]},
        "parameters": {"size": "1280*720", "duration": 10, "shot_type": "single", "watermark": False},
    }


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (VIDEO, {"video_urls": [CLIP], "duration": "5"}),
        (VIDEO, {"video_urls": [CLIP], "duration": "10", "resolution": "1080p"}),
        (VIDEO, {"video_urls": ["data:video/mp4;base64,AAAA"], "duration": "10"}),
        (TEXT, {"prompt": "x" * 1501}),
    ],
)
def test_what_would_lose_money_or_be_cut_is_not_served(model: str, fields: dict[str, object]) -> None:
    assert order_of("dashscope", model, **{"prompt": "x", **fields}) is None


def test_it_serves_the_three_ways_of_wan() -> None:
    assert set(served_by("dashscope")) == {TEXT, IMAGE, VIDEO}


@pytest.mark.parametrize("model", [TEXT, IMAGE])
@pytest.mark.parametrize(
    ("resolution", "duration", "cost_micro_usd"),
    [
        ("720p", "5", 500_000),
        ("720p", "10", 1_000_000),
        ("720p", "15", 1_500_000),
        ("1080p", "5", 750_000),
        ("1080p", "10", 1_500_000),
        ("1080p", "15", 2_250_000),
    ],
)
def test_a_second_has_its_price(model: str, resolution: str, duration: str, cost_micro_usd: int) -> None:
    image = {"image": URL} if model == IMAGE else {}
    asked = {"prompt": "x", "resolution": resolution, "duration": duration, **image}
    assert cost_at("dashscope", model, **asked) == cost_micro_usd


def test_clips_that_come_in_are_paid_too() -> None:
    assert cost_at("dashscope", VIDEO, prompt="x", video_urls=[CLIP], duration="10") == 1_500_000


def test_the_published_answers_are_read() -> None:
    submitted = answered({"output": {"task_id": "0385dc79-5ff8", "task_status": "PENDING"}, "request_id": "r"})
    assert DASHSCOPE.read_submit(submitted) == Accepted(Reference("0385dc79-5ff8"), 15.0)
    assert DASHSCOPE.poll(Reference("0385dc79-5ff8")).url == f"{ROOT}/tasks/0385dc79-5ff8"
    done = told("SUCCEEDED", submit_time="2026-11-20 10:00:00", end_time="2026-11-20 10:02:00", video_url=LINK)
    assert DASHSCOPE.read_poll(done) == Finished((Linked(LINK),), None)


@pytest.mark.parametrize(
    ("status", "code", "fault"),
    [
        (400, "Arrearage", "no_balance"),
        (400, "PrepaidBillOverdue", "no_balance"),
        (403, "AllocationQuota.FreeTierOnly", "no_balance"),
        (400, "DataInspectionFailed", "content_policy"),
        (400, "InvalidParameter.DataInspection", "content_policy"),
        (400, "data_inspection_failed", "content_policy"),
        (400, "InvalidParameter", "bad_request"),
        (400, "InvalidURL", "bad_request"),
        (401, "InvalidApiKey", "bad_credential"),
        (403, "Model.AccessDenied", "bad_credential"),
        (429, "Throttling", "throttled"),
        (429, "Throttling.RateQuota", "throttled"),
        (429, "", "throttled"),
        (404, "ModelNotFound", "provider_error"),
        (400, "SomethingNew", "bad_request"),
        (200, "DataInspectionFailed", "content_policy"),
        (200, "Arrearage", "no_balance"),
    ],
)
def test_a_refusal_is_named_by_its_code_before_its_status(status: int, code: str, fault: str) -> None:
    reply = DASHSCOPE.read_submit(answered({"code": code, "message": "no", "request_id": "r"}, status))
    assert isinstance(reply, Rejected)
    assert reply.fault == fault


UNCLEAR: list[tuple[int, object]] = [
    (500, {"code": "InternalError"}),
    (500, {"code": "DataInspectionFailed"}),
    (502, b"<html>"),
    (504, b""),
    (200, b""),
    (200, {}),
    (200, {"code": "InternalError", "message": "x"}),
    (200, {"code": None, "output": None}),
    (200, {"output": {}}),
    (200, {"output": {"task_id": "../x"}}),
    (200, {"output": {"task_id": 7}}),
]


@pytest.mark.parametrize(("status", "body"), UNCLEAR)
def test_what_may_stand_before_a_task_that_runs_is_unclear(status: int, body: object) -> None:
    assert isinstance(DASHSCOPE.read_submit(answered(body, status)), Unclear)


def test_strange_neighbours_do_not_cost_the_id() -> None:
    output = {"task_id": "t-1", "task_status": 7, "code": None, "video_url": {"a": 1}}
    assert DASHSCOPE.read_submit(answered({"code": 5, "output": output}, 500)) == Accepted(Reference("t-1"), 15.0)


@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "SUSPENDED", "pending", "SOME_NEW_WORD"])
def test_an_unknown_word_counts_as_running(status: str) -> None:
    assert DASHSCOPE.read_poll(told(status)) == Running(15.0)


@pytest.mark.parametrize("status", ["UNKNOWN", "", None, 7])
def test_a_task_that_the_vendor_does_not_know_is_asked_about_again(status: object) -> None:
    assert isinstance(DASHSCOPE.read_poll(told(status)), Unclear)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("DataInspectionFailed", "content_policy"),
        ("IPInfringementSuspect", "content_policy"),
        ("InvalidParameter", "bad_request"),
        ("InvalidURL", "bad_request"),
        ("InternalError.Algo", "provider_error"),
        ("Throttling", "provider_error"),
        (None, "provider_error"),
    ],
)
def test_a_failed_task_is_the_clients_fault_only_where_its_code_says_so(code: object, fault: str) -> None:
    reply = DASHSCOPE.read_poll(told("FAILED", code=code, message="x"))
    assert isinstance(reply, Rejected)
    assert reply.fault == fault


@pytest.mark.parametrize("url", [None, "", "ftp://a", "https://a.example/a b", 7])
def test_a_task_that_is_done_without_a_readable_output_is_asked_about_again(url: object) -> None:
    assert isinstance(DASHSCOPE.read_poll(told("SUCCEEDED", video_url=url)), Unclear)


def test_a_pending_task_can_be_canceled_and_nobody_is_called() -> None:
    request = DASHSCOPE.cancel(Reference("t-1"))
    assert (request.method, request.url) == ("POST", f"{ROOT}/tasks/t-1/cancel")
    assert DASHSCOPE.read_poll(told("CANCELED")) == Canceled()
    assert DASHSCOPE.read_webhook({}, b'{"task_id": "t-1"}', "secret", 0) is None


FIELDS = ["output", "task_id", "task_status", "video_url", "code", "message"]
JSON = any_json(FIELDS)


@settings(deadline=None)
@given(st.integers(100, 599), st.binary() | JSON)
def test_any_answer_is_read(status: int, body: object) -> None:
    DASHSCOPE.read_submit(answered(body, status))
    DASHSCOPE.read_poll(answered(body, status))
