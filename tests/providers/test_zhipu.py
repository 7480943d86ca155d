"""Reading and describing Zhipu's wire contract."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.core.exchange import Response
from apiinone.providers.provider import Finished, Linked, Reference, Rejected, Unclear
from apiinone.providers.zhipu import Zhipu
from providers.any_json import any_json
from providers.upstream import answered, cost_at, order_of, served_by

ZHIPU = Zhipu()
LINK = "https://sfile.chatglm.cn/testpath/a_0.png"


def refused(status: int, code: object, **headers: str) -> Response:
    return answered({"error": {"code": code, "message": "no"}}, status, **headers)


def test_an_order_is_one_request_for_one_picture() -> None:
    order = order_of("zhipu", "cogview-4", prompt="a robot", size="768*1344", quality="standard")
    assert order is not None
    request = ZHIPU.submit(order)
    assert (request.method, request.url, request.auth) == (
        "POST",
        "https://api.z.ai/api/paas/v4/images/generations",
        "bearer",
    )
    assert request.json == {
        "model": "cogview-4-250304",
        "prompt": "a robot",
        "size": "768x1344",
        "quality": "standard",
    }
    assert ZHIPU.hosts == ("api.z.ai",)


@pytest.mark.parametrize(
    ("size", "served"),
    [
        ("1024*1024", True),
        ("1024x1024", True),
        ("864*1152", True),
        ("1344*768", True),
        ("1440*720", True),
        ("720*1440", True),
        ("2048*1024", True),
        ("2048*1040", False),
        ("2048*2048", False),
        ("1000*1024", False),
        ("1024*1001", False),
    ],
)
def test_only_sizes_that_the_maker_makes_are_asked_of_it(size: str, served: bool) -> None:  # noqa: FBT001 - a column
    assert (order_of("zhipu", "cogview-4", prompt="x", size=size) is not None) == served


@pytest.mark.parametrize("quality", ["standard", "hd"])
def test_both_qualities_cost_the_same(quality: str) -> None:
    assert set(served_by("zhipu")) == {"cogview-4"}
    assert cost_at("zhipu", "cogview-4", prompt="x", quality=quality) == 10_000


def test_the_published_answer_is_read() -> None:
    answer = {
        "created": 1790000000,
        "data": [{"url": LINK}],
        "content_filter": [{"role": "assistant", "level": 3}],
    }
    assert ZHIPU.read_submit(answered(answer)) == Finished((Linked(LINK),), None)
    assert ZHIPU.read_submit(answered({**answer, "content_filter": "odd"})) == Finished((Linked(LINK),), None)


@pytest.mark.parametrize(
    ("status", "code", "fault"),
    [
        (401, "1000", "bad_credential"),
        (401, "1004", "bad_credential"),
        (429, "1112", "bad_credential"),
        (429, "1121", "bad_credential"),
        (403, "1220", "bad_credential"),
        (429, "1113", "no_balance"),
        (429, 1113, "no_balance"),
        (429, "1309", "no_balance"),
        (400, "1210", "bad_request"),
        (400, "1214", "bad_request"),
        (400, "1261", "bad_request"),
        (400, "1211", "provider_error"),
        (404, "1222", "provider_error"),
        (400, "1300", "content_policy"),
        (400, "1301", "content_policy"),
        (200, "1301", "content_policy"),
        (429, "1302", "throttled"),
        (429, "1303", "throttled"),
        (429, "1304", "throttled"),
        (429, "1305", "throttled"),
        (429, "1310", "throttled"),
        (429, "1312", "throttled"),
        (429, "", "throttled"),
        (400, "9999", "bad_request"),
        (401, None, "bad_credential"),
    ],
)
def test_a_refusal_is_named_by_its_code_before_its_status(status: int, code: object, fault: str) -> None:
    reply = ZHIPU.read_submit(refused(status, code))
    assert isinstance(reply, Rejected)
    assert reply.fault == fault
    assert reply.retryable == (fault not in {"bad_request", "content_policy"})


def test_the_time_to_wait_is_taken_from_the_header() -> None:
    reply = ZHIPU.read_submit(refused(429, "1302", retry_after="7"))
    assert isinstance(reply, Rejected)
    assert reply.retry_after_s == 7.0


UNCLEAR: list[Response] = [
    refused(500, "500"),
    refused(500, "1301"),
    refused(400, "1230"),
    refused(400, "1234"),
    refused(429, "1120"),
    refused(200, "9999"),
    answered(b"<html>", 502),
    answered(b"", 504),
    answered(b""),
    answered({}),
    answered({"data": []}),
    answered({"data": None}),
    answered({"data": [{"url": "file:///etc/passwd"}]}),
    answered({"data": [{"url": LINK}]}, 202),
]


@pytest.mark.parametrize("response", UNCLEAR)
def test_what_may_stand_before_a_picture_that_is_made_is_unclear(response: Response) -> None:
    assert isinstance(ZHIPU.read_submit(response), Unclear)


def test_the_vendor_keeps_no_jobs_of_pictures_and_calls_nobody() -> None:
    assert ZHIPU.cancel(Reference("x")) is None
    assert ZHIPU.read_webhook({}, b"{}", "secret", 0) is None
    assert isinstance(ZHIPU.read_poll(answered({"id": "x"})), Unclear)


FIELDS = ["data", "url", "error", "code", "content_filter"]
JSON = any_json(FIELDS)


@settings(deadline=None)
@given(st.integers(100, 599), st.binary() | JSON)
def test_any_answer_is_read(status: int, body: object) -> None:
    ZHIPU.read_submit(answered(body, status))
