"""Reading and describing WaveSpeedAI's wire contract."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.core.exchange import Response
from apiinone.providers.provider import (
    Accepted,
    Canceled,
    Candidates,
    Finished,
    Inline,
    Linked,
    LostOrder,
    Order,
    Reference,
    Rejected,
    Running,
    Unclear,
)
from apiinone.providers.wavespeed import WaveSpeed
from providers.any_json import any_json

WAVESPEED = WaveSpeed()
GET = "https://api.wavespeed.ai/api/v3/predictions/a1b2/result"
LINK = "https://cdn.example/a.png"


def answered(body: object, status: int = 200, **headers: str) -> Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, data)


def told(state: object, data: Mapping[str, object] | None = None, *, code: int = 200, http: int = 200) -> Response:
    """The envelope with a job in this state."""
    return answered({"code": code, "message": "success", "data": {"id": "a1b2", "status": state, **(data or {})}}, http)


def ordered(webhook_url: str | None = None) -> Order:
    return Order(
        "attempt", "recraft-ai/recraft-v4/text-to-image", {"prompt": "a hill", "size": "1024*1024"}, 1, webhook_url
    )


def test_an_order_is_one_post_to_the_models_path() -> None:
    request = WAVESPEED.submit(ordered())
    assert request.url == "https://api.wavespeed.ai/api/v3/recraft-ai/recraft-v4/text-to-image"
    assert (request.method, request.auth) == ("POST", "bearer")
    assert request.json == {"prompt": "a hill", "size": "1024*1024"}
    assert WAVESPEED.hosts == ("api.wavespeed.ai",)


def test_the_address_to_call_goes_into_the_query() -> None:
    request = WAVESPEED.submit(ordered("https://hooks.example/a?b=c&d=e"))
    assert request.url.endswith("/text-to-image?webhook=https%3A%2F%2Fhooks.example%2Fa%3Fb%3Dc%26d%3De")


def test_a_models_name_cannot_leave_its_path() -> None:
    order = Order("attempt", "/a/b?c=d#e", {}, 1)
    assert WAVESPEED.submit(order).url == "https://api.wavespeed.ai/api/v3/a/b%3Fc%3Dd%23e"


@pytest.mark.parametrize("state", ["created", "processing", "", "queued", "PROCESSING", "some new word"])
def test_a_job_that_is_not_at_its_end_is_accepted_and_runs(state: str) -> None:
    response = told(state, {"urls": {"get": GET}})
    assert isinstance(WAVESPEED.read_submit(response), Accepted)
    assert isinstance(WAVESPEED.read_poll(response), Running)


@pytest.mark.parametrize(
    ("urls", "poll_url"),
    [
        ({"get": GET}, GET),
        ({"get": GET + "?x=1"}, GET + "?x=1"),
        ({"get": "https://API.wavespeed.ai/x"}, "https://API.wavespeed.ai/x"),
        ({"get": "https://evil.example/api/v3/predictions/a1b2/result"}, None),
        ({"get": "https://api.wavespeed.ai.evil.example/x"}, None),
        ({"get": "https://api.wavespeed.ai@evil.example/x"}, None),
        ({"get": "https://api.wavespeed.ai:8443/x"}, None),
        ({"get": "http://api.wavespeed.ai/x"}, None),
        ({"get": "//api.wavespeed.ai/x"}, None),
        ({"get": "https://[api.wavespeed.ai/x"}, None),
        ({"get": ""}, None),
        ({"get": 7}, None),
        ("x", None),
        (None, None),
    ],
)
def test_the_credential_goes_to_the_vendors_host_only(urls: object, poll_url: str | None) -> None:
    reply = WAVESPEED.read_submit(told("created", {"urls": urls}))
    assert isinstance(reply, Accepted)
    assert reply.reference == Reference("a1b2", poll_url)
    assert WAVESPEED.poll(reply.reference).url == (poll_url or GET)


@pytest.mark.parametrize(
    ("state", "data"),
    [
        ("failed", {"code": 5004, "error": "x"}),
        ("processing", {"code": 5004}),
        ("processing", {"error": "Sync mode timed out after 60 s"}),
    ],
)
def test_a_wait_that_timed_out_is_not_the_end_of_the_job(state: str, data: dict[str, object]) -> None:
    assert isinstance(WAVESPEED.read_submit(told(state, data)), Accepted)
    assert isinstance(WAVESPEED.read_poll(told(state, data)), Running)


@pytest.mark.parametrize(
    ("data", "outputs"),
    [
        ({"outputs": [LINK]}, (Linked(LINK),)),
        ({"outputs": [LINK], "has_nsfw_contents": [False]}, (Linked(LINK),)),
        ({"outputs": [LINK], "has_nsfw_contents": None}, (Linked(LINK),)),
        ({"outputs": [LINK], "has_nsfw_contents": "odd"}, (Linked(LINK),)),
        ({"outputs": [LINK, LINK + "2"], "has_nsfw_contents": [True, False]}, (Linked(LINK + "2"),)),
        ({"outputs": ["data:image/png;base64," + base64.b64encode(b"png").decode()]}, (Inline(b"png"),)),
    ],
)
def test_a_completed_job_gives_its_outputs(data: dict[str, object], outputs: tuple[object, ...]) -> None:
    response = told("completed", data)
    assert WAVESPEED.read_poll(response) == Finished(outputs, None)  # pyright: ignore[reportArgumentType]  # a column
    assert WAVESPEED.read_submit(response) == WAVESPEED.read_poll(response)


@pytest.mark.parametrize(
    "data", [{"outputs": [LINK], "has_nsfw_contents": [True]}, {"outputs": [], "has_nsfw_contents": [True]}]
)
def test_a_job_whose_every_output_is_marked_is_refused(data: dict[str, object]) -> None:
    reply = WAVESPEED.read_poll(told("completed", data))
    assert isinstance(reply, Rejected)
    assert reply.fault == "content_policy"


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"outputs": []},
        {"outputs": [7]},
        {"outputs": ["text"]},
        {"outputs": ["data:,x"]},
        {"outputs": ["data:a;base64,%"]},
    ],
)
def test_a_completed_job_without_readable_outputs_is_asked_about_again(data: dict[str, object]) -> None:
    response = told("completed", data)
    assert isinstance(WAVESPEED.read_poll(response), Unclear)
    assert isinstance(WAVESPEED.read_submit(response), Accepted)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        ("Content flagged as potentially sensitive", "content_policy"),
        ("NSFW detected", "content_policy"),
        ("invalid image: cannot be decoded", "bad_request"),
        ("HTTP 500 from worker", "provider_error"),
        ("unauthorized", "provider_error"),
        ("", "provider_error"),
        ({"odd": 1}, "provider_error"),
    ],
)
def test_a_failed_job_is_named_by_its_words(error: object, fault: str) -> None:
    reply = WAVESPEED.read_poll(told("failed", {"error": error}))
    assert isinstance(reply, Rejected)
    assert reply.fault == fault
    assert WAVESPEED.read_submit(told("failed", {"error": error})) == reply


@pytest.mark.parametrize("state", ["cancelled", "canceled"])
def test_a_cancelled_job_is_canceled(state: str) -> None:
    assert WAVESPEED.read_poll(told(state)) == Canceled()
    assert isinstance(WAVESPEED.read_submit(told(state)), Rejected)


@pytest.mark.parametrize(("state", "fault"), [("timeout", "provider_error"), ("deleted", "output_unavailable")])
def test_other_ends_are_refusals(state: str, fault: str) -> None:
    reply = WAVESPEED.read_poll(told(state))
    assert isinstance(reply, Rejected)
    assert reply.fault == fault


@pytest.mark.parametrize("status", [200, 201, 400, 429, 500, 502])
def test_an_id_means_that_the_job_exists_whatever_the_status(status: int) -> None:
    assert isinstance(WAVESPEED.read_submit(told("created", code=500, http=status)), Accepted)


@pytest.mark.parametrize(
    ("status", "code", "fault"),
    [
        (200, 401, "bad_credential"),
        (200, 402, "no_balance"),
        (200, 400, "bad_request"),
        (200, 429, "throttled"),
        (401, 401, "bad_credential"),
        (402, 200, "no_balance"),
        (429, 429, "throttled"),
        (200, 500, None),
        (200, 200, None),
        (200, 1234, None),
        (500, 400, None),
        (502, 200, None),
    ],
)
def test_an_answer_without_an_id_is_refused_or_unclear(status: int, code: int, fault: str | None) -> None:
    reply = WAVESPEED.read_submit(answered({"code": code, "message": "x", "data": None}, status))
    if fault is None:
        assert isinstance(reply, Unclear)
    else:
        assert isinstance(reply, Rejected)
        assert reply.fault == fault


@pytest.mark.parametrize("upstream_id", ["", "a/b", "../x", "a b", "a\x00", "a?b", "é", "-a", "a" * 129, 7, None])
def test_an_id_that_no_path_could_hold_is_none(upstream_id: object) -> None:
    response = answered({"code": 200, "data": {"id": upstream_id, "status": "created"}})
    assert isinstance(WAVESPEED.read_submit(response), Unclear)
    assert isinstance(WAVESPEED.read_poll(response), Unclear)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 500, 502, 504])
def test_a_question_that_fails_changes_nothing(status: int) -> None:
    assert isinstance(WAVESPEED.read_poll(told("failed", http=status)), Unclear)


@pytest.mark.parametrize(("headers", "wait_s"), [({}, 5.0), ({"retry_after": "9"}, 9.0)])
@pytest.mark.parametrize("status", [429, 503])
def test_a_question_that_is_turned_away_is_asked_later(status: int, headers: dict[str, str], wait_s: float) -> None:
    assert WAVESPEED.read_poll(answered(b"", status, **headers)) == Running(wait_s)


SECRET, BODY, NOW_S = "whsec_c2VjcmV0", json.dumps({"id": "a1b2", "status": "completed"}).encode(), 1_800_000_000


def signed(body: bytes = BODY, *, at_s: int = NOW_S, key: str = "c2VjcmV0", event: str = "evt") -> dict[str, str]:
    """By hand, from the vendor's page, not by our code."""
    digest = hmac.new(key.encode(), f"{event}.{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return {"webhook-id": "evt", "webhook-timestamp": str(at_s), "webhook-signature": f"v3,{digest}"}


def test_a_signed_call_names_its_job_with_or_without_the_envelope() -> None:
    assert WAVESPEED.read_webhook(signed(), BODY, SECRET, NOW_S) == "a1b2"
    wrapped = json.dumps({"code": 200, "data": {"id": "a1b2"}}).encode()
    assert WAVESPEED.read_webhook(signed(wrapped), wrapped, SECRET, NOW_S) == "a1b2"
    assert WAVESPEED.read_webhook(signed(), BODY, "c2VjcmV0", NOW_S) == "a1b2"


def test_one_right_signature_among_several_is_enough() -> None:
    headers = signed()
    headers["webhook-signature"] = f"v2,abc {headers['webhook-signature']}"
    assert WAVESPEED.read_webhook(headers, BODY, SECRET, NOW_S) == "a1b2"


@pytest.mark.parametrize(("age_s", "taken"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_a_call_may_be_five_minutes_old(age_s: int, taken: bool) -> None:  # noqa: FBT001 - a column
    assert (WAVESPEED.read_webhook(signed(at_s=NOW_S - age_s), BODY, SECRET, NOW_S) is not None) == taken


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(key="other"),
        signed(b"{}"),
        signed(event="other"),
        signed(key="whsec_c2VjcmV0"),
        signed() | {"webhook-timestamp": str(NOW_S + 1)},
        signed() | {"webhook-timestamp": ""},
        signed() | {"webhook-timestamp": "9" * 5000},
        signed() | {"webhook-timestamp": "١٨"},
        signed() | {"webhook-signature": ""},
        signed() | {"webhook-signature": "v3,"},
        signed() | {"webhook-signature": signed()["webhook-signature"].replace("v3,", "v1,")},
        signed() | {"webhook-signature": signed()["webhook-signature"].upper()},
        signed() | {"webhook-signature": "v3,é\ud800"},
        signed() | {"webhook-id": "\ud800"},
    ],
)
def test_a_call_that_is_not_signed_as_it_must_be_is_nothing(headers: dict[str, str]) -> None:
    assert WAVESPEED.read_webhook(headers, BODY, SECRET, NOW_S) is None


@pytest.mark.parametrize("secret", ["", "whsec_"])
def test_without_a_secret_no_call_is_taken(secret: str) -> None:
    assert WAVESPEED.read_webhook(signed(key=""), BODY, secret, NOW_S) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": 7}', b'{"id": "../x"}', b"\xff", b"[" * 100_000])
def test_a_signed_call_without_an_id_is_nothing(body: bytes) -> None:
    assert WAVESPEED.read_webhook(signed(body), body, SECRET, NOW_S) is None


@settings(deadline=None)
@given(st.integers(100, 599), st.binary(), st.dictionaries(st.sampled_from(["retry-after", "content-type"]), st.text()))
def test_any_answer_is_read(status: int, body: bytes, headers: dict[str, str]) -> None:
    WAVESPEED.read_submit(Response(status, headers, body))
    WAVESPEED.read_poll(Response(status, headers, body))
    WAVESPEED.read_webhook(headers, body, SECRET, NOW_S)


FIELDS = ["id", "status", "outputs", "urls", "get", "has_nsfw_contents", "error", "code", "data"]
JSON = any_json(FIELDS)
STATES = st.sampled_from(["created", "processing", "completed", "failed", "cancelled", "timeout", "deleted"])


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), JSON), JSON, STATES | JSON)
def test_any_json_is_read(data: dict[str, object], code: object, state: object) -> None:
    response = answered({"code": code, "data": {"id": "a1b2", "status": state, **data}})
    WAVESPEED.read_submit(response)
    WAVESPEED.read_poll(response)


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text()),
    st.binary(),
    st.text(),
)
def test_any_call_is_read(headers: dict[str, str], body: bytes, secret: str) -> None:
    assert WAVESPEED.read_webhook(headers, body, secret, NOW_S) is None


LOST = LostOrder("z-ai/cogview-4", {"prompt": "a hill"}, 1_800_000_000)
"""Sent on 15 January 2027 at 08:00:00 UTC."""


def listed(*jobs: tuple[str, str, str], code: int = 200) -> Response:
    items = [{"id": job, "model": model, "created_at": created} for job, model, created in jobs]
    return answered({"code": code, "message": "success", "data": {"page": 1, "items": items}})


def test_a_lost_order_is_looked_for_among_the_jobs_of_its_model_and_time() -> None:
    request = WAVESPEED.find(LOST)
    assert request is not None
    assert (request.method, request.url) == ("POST", "https://api.wavespeed.ai/api/v3/predictions")
    assert request.json == {
        "page": 1,
        "page_size": 100,
        "model": "z-ai/cogview-4",
        "created_after": "2027-01-15T07:59:58Z",
        "created_before": "2027-01-15T08:01:02Z",
    }


def test_only_jobs_of_that_model_and_time_may_be_the_lost_orders_whatever_the_vendor_lists() -> None:
    jobs = [
        ("early", "z-ai/cogview-4", "2027-01-15T07:59:57.999Z"),
        ("first", "z-ai/cogview-4", "2027-01-15T07:59:58.000000001Z"),
        ("other", "z-ai/glm-image", "2027-01-15T08:00:30Z"),
        ("last", "z-ai/cogview-4", "2027-01-15T08:01:02Z"),
        ("late", "z-ai/cogview-4", "2027-01-15T08:01:03Z"),
    ]
    reply = WAVESPEED.read_find(listed(*jobs), LOST)
    assert reply == Candidates((Reference("first"), Reference("last")))


def test_a_list_that_may_be_incomplete_says_nothing() -> None:
    full = [(f"job{number}", "z-ai/cogview-4", "2027-01-15T08:00:30Z") for number in range(100)]
    nameless = ("", "z-ai/cogview-4", "2027-01-15T08:00:30Z")
    for response in (listed(*full), listed(nameless), listed(code=500), answered(b"<html>"), answered({}, 502)):
        assert isinstance(WAVESPEED.read_find(response, LOST), Unclear)
