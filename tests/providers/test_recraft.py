"""Reading and describing Recraft's wire contract."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.core.exchange import Response
from apiinone.providers.provider import Finished, Inline, Linked, Order, Reference, Rejected, Unclear
from apiinone.providers.recraft import Recraft
from providers.any_json import any_json

RECRAFT = Recraft()
ORDER = Order("attempt", "recraftv4_vector", {"prompt": "a hill", "size": "1:1", "response_format": "b64_json"}, 2)


def answered(body: object, status: int = 200, **headers: str) -> Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, data)


def test_an_order_is_one_request_to_the_vendors_own_host() -> None:
    request = RECRAFT.submit(ORDER)
    assert (request.method, request.url, request.auth) == (
        "POST",
        "https://external.api.recraft.ai/v1/images/generations",
        "bearer",
    )
    assert request.json == {
        "prompt": "a hill",
        "size": "1:1",
        "response_format": "b64_json",
        "model": "recraftv4_vector",
        "n": 2,
    }
    assert RECRAFT.hosts == ("external.api.recraft.ai",)
    assert RECRAFT.output_hosts == ()


def test_fields_never_replace_the_model_or_the_number() -> None:
    request = RECRAFT.submit(Order("attempt", "recraftv4", {"prompt": "x", "model": "recraftv4_pro", "n": 6}, 1))
    assert request.json == {"prompt": "x", "model": "recraftv4", "n": 1}


def test_the_answer_may_be_as_large_as_its_images() -> None:
    assert RECRAFT.submit(ORDER).body_bytes_max > 2 * 16_000_000


@pytest.mark.parametrize(
    ("base_url", "url", "hosts", "output_hosts"),
    [
        (
            "http://127.0.0.1:9001/v1",
            "http://127.0.0.1:9001/v1/images/generations",
            "127.0.0.1:9001",
            ("127.0.0.1:9001",),
        ),
        ("http://Sim.lan:80/", "http://Sim.lan:80/images/generations", "sim.lan:80", ("sim.lan:80",)),
        ("https://relay.example/v1/", "https://relay.example/v1/images/generations", "relay.example", ()),
    ],
)
def test_the_operator_may_point_it_elsewhere(
    base_url: str, url: str, hosts: str, output_hosts: tuple[str, ...]
) -> None:
    recraft = Recraft(base_url)
    assert (recraft.submit(ORDER).url, recraft.hosts, recraft.output_hosts) == (url, (hosts,), output_hosts)


@pytest.mark.parametrize(
    "base_url", ["", "recraft.ai", "ftp://a.example", "https://", "https://u:p@a.example", "https://a.example/?x=1"]
)
def test_what_is_no_base_url_is_refused(base_url: str) -> None:
    with pytest.raises(ValueError, match="base URL"):
        Recraft(base_url)


def test_images_come_inline_or_as_links_with_their_cost() -> None:
    image = {"image_id": "a", "b64_json": base64.b64encode(b"<svg/>").decode()}
    link = {"image_id": "b", "url": "https://img.example/b.png?sig=1%2B"}
    reply = RECRAFT.read_submit(answered({"created": 1, "credits": 80, "data": [image, link]}))
    assert reply == Finished((Inline(b"<svg/>"), Linked("https://img.example/b.png?sig=1%2B")), 80_000)


@pytest.mark.parametrize("units", [None, "80", -1, 1.5, 10**30, [1], {"a": 1}])
def test_a_strange_cost_does_not_cost_the_images(units: object) -> None:
    reply = RECRAFT.read_submit(answered({"credits": units, "data": [{"url": "https://img.example/b"}]}))
    assert reply == Finished((Linked("https://img.example/b"),), None)


MALFORMED: list[object] = [
    b"",
    b"null",
    b"[]",
    b"<html>",
    b"\xff",
    b'{"data": "\\ud800"}',
    b"[" * 100_000,
    {},
    {"data": None},
    {"data": []},
    {"data": [{}]},
    {"data": [{"b64_json": "%%%"}]},
    {"data": [{"url": "file:///etc/passwd"}]},
    {"data": [{"url": "https://img.example/a b"}]},
    {"data": [{"url": "https://img.example/\x00"}]},
    {"data": [{"url": "https://img.example/" + "a" * 9000}]},
    {"data": [{"url": "https://img.example/a"}, {"url": ""}]},
    {"error": {"message": "x"}},
]


@pytest.mark.parametrize("body", MALFORMED)
def test_a_malformed_success_is_unclear(body: object) -> None:
    assert isinstance(RECRAFT.read_submit(answered(body)), Unclear)


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (401, b"request unauthorized", "bad_credential"),
        (402, b"", "no_balance"),
        (403, b"", "bad_credential"),
        (403, b"your balance: not enough credits", "no_balance"),
        (404, b"404 page not found", "provider_error"),
        (400, {"code": "x", "message": "Not enough credits"}, "no_balance"),
        (400, {"code": "x", "message": "prompt rejected by moderation"}, "content_policy"),
        (400, {"code": "x", "message": "unknown size"}, "bad_request"),
        (400, b"\xff\xfe\x00", "bad_request"),
        (422, {"message": "NSFW content"}, "content_policy"),
        (413, b"", "bad_request"),
        (429, b"too many requests", "throttled"),
        (429, b"insufficient credits", "no_balance"),
        (503, b"the model is overloaded", "throttled"),
        (307, b"", "provider_error"),
        (200, {"code": "x", "message": "flagged by moderation"}, "content_policy"),
        (200, {"code": 13, "message": "odd"}, "provider_error"),
    ],
)
def test_a_refusal_is_named_by_status_and_words(status: int, body: object, fault: str) -> None:
    reply = RECRAFT.read_submit(answered(body, status))
    assert isinstance(reply, Rejected)
    assert reply.fault == fault
    assert reply.retryable == (fault not in {"bad_request", "content_policy"})


@pytest.mark.parametrize("status", [100, 201, 202, 204, 302, 303, 408, 409, 418, 499, 500, 502, 503, 504, 524, 599])
def test_what_may_stand_before_a_job_that_runs_is_unclear(status: int) -> None:
    assert isinstance(RECRAFT.read_submit(answered(b"invalid prompt flagged by moderation", status)), Unclear)


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("9999", 3600.0),
        ("1.5", None),
        ("-1", None),
        ("", None),
        ("9" * 5000, None),
        ("٣", None),
    ],
)
def test_a_retry_after_is_read_in_seconds_and_bounded(text: str, wait_s: float | None) -> None:
    reply = RECRAFT.read_submit(answered(b"", 429, retry_after=text))
    assert isinstance(reply, Rejected)
    assert reply.retry_after_s == wait_s


def test_the_vendor_has_no_jobs_and_calls_nobody() -> None:
    reference = Reference("x")
    assert RECRAFT.cancel(reference) is None
    assert RECRAFT.read_webhook({}, b"{}", "secret", 0) is None
    assert isinstance(RECRAFT.read_poll(answered({"id": "x"})), Unclear)
    assert RECRAFT.poll(reference).method == "GET"


@settings(deadline=None)
@given(st.integers(100, 599), st.binary(), st.dictionaries(st.sampled_from(["retry-after", "content-type"]), st.text()))
def test_any_answer_is_read(status: int, body: bytes, headers: dict[str, str]) -> None:
    RECRAFT.read_submit(Response(status, headers, body))
    RECRAFT.read_poll(Response(status, headers, body))


JSON = any_json(["data", "url", "b64_json", "code", "credits"])


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["data", "credits", "code", "created"]), JSON))
def test_any_json_is_read(body: dict[str, object]) -> None:
    RECRAFT.read_submit(answered(body))
