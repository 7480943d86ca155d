"""Reading and describing Kling's wire contract."""

import base64
import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.catalog.conditions import offers_for
from apiinone.catalog.costs import cost_of
from apiinone.catalog.fields import upstream_fields
from apiinone.core.exchange import Response, SignedToken
from apiinone.providers.kling import Kling
from apiinone.providers.provider import Accepted, Finished, Linked, Order, Reference, Rejected, Running, Unclear
from catalog.catalogue_for_tests import chosen, parsed
from providers.any_json import any_json

KLING = Kling()
ROOT = "https://api-singapore.klingai.com"
ASKED = f"{ROOT}/v1/videos/image2video"
LINK = "https://cdn.example/a.mp4"
A, DATA = "https://example.com/a.png", "data:image/png;base64,AA=="
FOX: dict[str, object] = {"prompt": "A fox"}


def answered(body: object, status: int = 200, url: str = ASKED, **headers: str) -> Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, data, url)


def told(state: object, data: Mapping[str, object] | None = None, *, code: int = 0) -> Response:
    task = {"task_id": "811", "task_status": state, "created_at": 1, "updated_at": 1, **(data or {})}
    return answered({"code": code, "message": "SUCCEED", "request_id": "r", "data": task})


def ordered(fields: Mapping[str, object] = {}, webhook_url: str | None = None) -> Order:
    return Order("attempt", "videos/text2video/kling-v3", {**FOX, **fields}, 1, webhook_url)


def test_an_order_is_one_post_to_the_route_of_the_model() -> None:
    request = KLING.submit(ordered({"duration": "5"}))
    assert (request.method, request.url) == ("POST", f"{ROOT}/v1/videos/text2video")
    assert request.auth == SignedToken(valid_s=1800, early_s=5)
    assert request.json == {**FOX, "duration": "5", "model_name": "kling-v3", "external_task_id": "attempt"}
    assert KLING.hosts == ("api-singapore.klingai.com",)


def test_the_address_to_call_stands_in_the_body() -> None:
    body = KLING.submit(ordered(webhook_url="https://hooks.example/a")).json
    assert isinstance(body, dict)
    assert body["callback_url"] == "https://hooks.example/a"  # pyright: ignore[reportUnknownArgumentType]


@pytest.mark.parametrize(
    ("fields", "written"),
    [
        ({"image": A}, {"image": A}),
        ({"image": DATA}, {"image": "AA=="}),
        ({"image_list": [A, DATA]}, {"image_list": [{"image": A}, {"image": "AA=="}]}),
        (
            {"multi_prompt": [{"prompt": "one", "duration": 2}, {"prompt": "two", "duration": 3}]},
            {
                "multi_prompt": [
                    {"index": 1, "prompt": "one", "duration": "2"},
                    {"index": 2, "prompt": "two", "duration": "3"},
                ]
            },
        ),
    ],
)
def test_fields_are_written_in_the_vendors_form(fields: dict[str, object], written: dict[str, object]) -> None:
    body = KLING.submit(ordered(fields)).json
    assert body == {**FOX, **written, "model_name": "kling-v3", "external_task_id": "attempt"}


@pytest.mark.parametrize("state", ["submitted", "processing", "", "some new word", None])
def test_a_task_is_accepted_and_asked_about_on_the_route_that_took_it(state: object) -> None:
    reply = KLING.read_submit(told(state or "submitted"))
    assert isinstance(reply, Accepted)
    assert reply.reference == Reference("811", f"{ASKED}/811")
    request = KLING.poll(reply.reference)
    assert (request.method, request.url, request.auth) == ("GET", f"{ASKED}/811", KLING.auth)
    if state is not None:
        assert isinstance(KLING.read_poll(told(state)), Running)


@pytest.mark.parametrize(
    "url", ["", "https://evil.example/v1/videos/image2video", "http://api-singapore.klingai.com/x"]
)
def test_the_credential_goes_to_the_vendors_host_only(url: str) -> None:
    reply = KLING.read_submit(answered({"code": 0, "data": {"task_id": "811"}}, url=url))
    assert isinstance(reply, Accepted)
    assert KLING.poll(reply.reference).url == f"{ROOT}/v1/videos/text2video/811"


@pytest.mark.parametrize(
    ("http", "code", "fault"),
    [
        (401, 1000, "bad_credential"),
        (401, 1004, "bad_credential"),
        (429, 1100, "bad_credential"),
        (429, 1101, "no_balance"),
        (429, 1102, "no_balance"),
        (403, 1103, "bad_credential"),
        (400, 1200, "bad_request"),
        (400, 1201, "bad_request"),
        (404, 1203, "provider_error"),
        (400, 1300, "content_policy"),
        (400, 1301, "content_policy"),
        (429, 1302, "throttled"),
        (429, 1303, "throttled"),
        (429, 1304, "bad_credential"),
        (200, 1102, "no_balance"),
        (200, 1301, "content_policy"),
        (429, 9999, "throttled"),
        (500, 5000, None),
        (503, 5001, None),
        (504, 5002, None),
        (200, 5000, None),
        (200, 9999, None),
        (200, 0, None),
    ],
)
def test_the_code_in_the_body_decides_whatever_the_status(http: int, code: int, fault: str | None) -> None:
    reply = KLING.read_submit(answered({"code": code, "message": "x", "request_id": "r"}, http))
    if fault is None:
        assert isinstance(reply, Unclear)
    else:
        assert isinstance(reply, Rejected)
        assert reply.fault == fault


@pytest.mark.parametrize("http", [500, 502, 504])
def test_after_a_servers_error_no_code_is_a_certain_refusal(http: int) -> None:
    assert not isinstance(KLING.read_submit(answered({"code": 1303, "data": {"task_id": "811"}}, http)), Rejected)


def test_the_time_to_wait_is_taken_from_the_vendor() -> None:
    reply = KLING.read_submit(answered({"code": 1302, "message": "x"}, 429, retry_after="7"))
    assert isinstance(reply, Rejected)
    assert (reply.retryable, reply.retry_after_s) == (True, 7.0)


@pytest.mark.parametrize(("http", "unclear"), [(200, True), (502, True), (404, False), (401, False)])
def test_an_answer_that_is_not_the_vendors_is_judged_by_its_status(http: int, unclear: bool) -> None:  # noqa: FBT001 - a column
    assert isinstance(KLING.read_submit(answered(b"<html>", http)), Unclear if unclear else Rejected)


@pytest.mark.parametrize("task_id", ["", "a/b", "../x", "a b", "a" * 129, 7, None])
def test_an_id_that_no_path_could_hold_is_none(task_id: object) -> None:
    response = answered({"code": 0, "data": {"task_id": task_id}})
    assert isinstance(KLING.read_submit(response), Unclear)
    assert isinstance(KLING.read_poll(response), Unclear)


@pytest.mark.parametrize(
    ("result", "units", "outputs", "micro_usd"),
    [
        ({"videos": [{"id": "v", "url": LINK, "duration": "5"}]}, "4.5", 1, 630_000),
        ({"videos": [{"id": "v", "url": LINK}]}, 3, 1, 420_000),
        ({"images": [{"index": 0, "url": LINK}, {"index": 1, "url": LINK}]}, "16", 2, 56_000),
        ({"result_type": "series", "images": [], "series_images": [{"index": 0, "url": LINK}]}, "8", 1, 28_000),
        ({"videos": [{"id": "v", "url": LINK}]}, "0", 1, None),
        ({"videos": [{"id": "v", "url": LINK}]}, "NaN", 1, None),
        ({"videos": [{"id": "v", "url": LINK}]}, "9" * 4000, 1, None),
        ({"videos": [{"id": "v", "url": LINK}]}, ["odd"], 1, None),
        ({"videos": [{"id": "v", "url": LINK}]}, None, 1, None),
    ],
)
def test_a_task_that_is_done_gives_its_files_and_the_units_it_took(
    result: dict[str, object], units: object, outputs: int, micro_usd: int | None
) -> None:
    reply = KLING.read_poll(told("succeed", {"task_result": result, "final_unit_deduction": units}))
    assert reply == Finished((Linked(LINK),) * outputs, micro_usd)


@pytest.mark.parametrize("result", [None, {}, {"videos": []}, {"videos": [{"url": "ftp://x"}]}, "odd", {"images": [7]}])
def test_a_task_that_is_done_without_readable_files_is_asked_about_again(result: object) -> None:
    assert isinstance(KLING.read_poll(told("succeed", {"task_result": result})), Unclear)


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ("Failure to pass the risk control system", "content_policy"),
        ("Content policy violation", "content_policy"),
        ("invalid image: too small", "bad_request"),
        ("internal error", "provider_error"),
        ("unauthorized", "provider_error"),
        ("", "provider_error"),
        ({"odd": 1}, "provider_error"),
    ],
)
def test_a_failed_task_is_named_by_its_words(message: object, fault: str) -> None:
    reply = KLING.read_poll(told("failed", {"task_status_msg": message}))
    assert isinstance(reply, Rejected)
    assert reply.fault == fault


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 500, 502, 504])
def test_a_question_that_fails_changes_nothing(status: int) -> None:
    assert isinstance(KLING.read_poll(answered(told("failed").body, status)), Unclear)


def test_a_question_that_is_answered_with_a_code_changes_nothing() -> None:
    assert isinstance(KLING.read_poll(told("failed", code=1302)), Unclear)


SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
CALLED = (
    b'{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,"update_time":1781080794151}'
)
HEADERS = {
    "webhook-id": "9876543210",
    "webhook-timestamp": "1781080794",
    "webhook-signature": "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4=",
}
"""The vendor's own example (callbacks, "verification example")."""
NOW_S = 1781080794


def test_the_vendors_own_example_of_a_call_is_verified() -> None:
    assert KLING.read_webhook(HEADERS, CALLED, SECRET, NOW_S) == "1234567890"


def test_one_right_signature_among_several_is_enough() -> None:
    right = HEADERS["webhook-signature"]
    several = {**HEADERS, "webhook-signature": f"v1,{base64.b64encode(b'other').decode()} {right}"}
    assert KLING.read_webhook(several, CALLED, SECRET, NOW_S) == "1234567890"


@pytest.mark.parametrize(("age_s", "taken"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_a_call_may_be_five_minutes_old(age_s: int, taken: bool) -> None:  # noqa: FBT001 - a column
    assert (KLING.read_webhook(HEADERS, CALLED, SECRET, NOW_S + age_s) is not None) == taken


@pytest.mark.parametrize(
    ("headers", "body", "secret"),
    [
        ({}, CALLED, SECRET),
        ({**HEADERS, "webhook-id": "1"}, CALLED, SECRET),
        ({**HEADERS, "webhook-timestamp": ""}, CALLED, SECRET),
        ({**HEADERS, "webhook-timestamp": "9" * 5000}, CALLED, SECRET),
        ({**HEADERS, "webhook-signature": HEADERS["webhook-signature"].replace("v1", "v2")}, CALLED, SECRET),
        ({**HEADERS, "webhook-signature": ""}, CALLED, SECRET),
        (HEADERS, CALLED + b" ", SECRET),
        (HEADERS, CALLED, "whsec_b3RoZXI="),
        (HEADERS, CALLED, "whsec_%"),
        (HEADERS, CALLED, ""),
    ],
)
def test_a_call_that_is_not_signed_as_it_must_be_is_nothing(headers: dict[str, str], body: bytes, secret: str) -> None:
    assert KLING.read_webhook(headers, body, secret, NOW_S) is None


def golden(name: str, **fields: object) -> list[tuple[str, dict[str, object], int]]:
    """Upstream model, body and cost of each offer of this vendor for such a request."""
    choice = chosen(name)
    read = {**parsed(name, **fields).fields}
    for left_out in {"prompt", "image", "images", "multi_prompt"} - fields.keys():
        read.pop(left_out, None)
    return [
        (offer.upstream_model, upstream_fields(offer, read), cost_of(offer.cost_micro_usd, read))
        for offer in offers_for(choice.sub_model, read)
        if offer.provider == "kling"
    ]


@pytest.mark.parametrize(
    ("mode", "sound", "word", "micro_usd"),
    [
        ("std", False, "off", 252_000),
        ("std", True, "on", 378_000),
        ("pro", False, "off", 336_000),
        ("pro", True, "on", 504_000),
    ],
)
def test_a_clip_from_words_or_from_a_picture(mode: str, sound: bool, word: str, micro_usd: int) -> None:  # noqa: FBT001 - a column
    fields: dict[str, object] = {**FOX, "mode": mode, "sound": sound, "duration": 3}
    body = {**FOX, "mode": mode, "sound": word, "duration": "3"}
    words = {**body, "aspect_ratio": "9:16"}
    assert golden("kling-3", **fields, aspect_ratio="9:16") == [("videos/text2video/kling-v3", words, micro_usd)]
    still = {**body, "image": A}
    assert golden("kling-3", **fields, image=A) == [("videos/image2video/kling-v3", still, micro_usd)]


@pytest.mark.parametrize("still", [False, True])
def test_a_clip_of_several_shots(*, still: bool) -> None:
    shots = [{**FOX, "duration": 5}]
    start = {"image": A} if still else {}
    (found,) = golden("kling-3", multi_shots=True, multi_prompt=shots, **start)
    rest = {"image": A} if still else {"aspect_ratio": "16:9"}
    common = {"multi_shot": True, "shot_type": "customize", "mode": "std", "duration": "5", "sound": "on"}
    model = f"videos/{'image' if still else 'text'}2video/kling-v3"
    assert found == (model, {"multi_prompt": shots, **common, **rest}, 630_000)


def test_pictures_and_series_of_pictures() -> None:
    rest = {"aspect_ratio": "1:1", "resolution": "1k"}
    assert golden("kling-image-o1", **FOX, images=[A], num_images=2) == [
        ("images/omni-image/kling-image-o1", {**FOX, "image_list": [A], **rest, "n": 2}, 28_000)
    ]
    assert golden("kling-image-o1", **FOX, type="ai-multi-shot", num_images=3) == [
        ("images/omni-image/kling-v3-omni", {**FOX, **rest, "series_amount": 3, "result_type": "series"}, 28_000)
    ]


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("kling-image-o1", {**FOX, "type": "ai-multi-shot", "num_images": 1}),
        ("kling-3", {**FOX, "kling_elements": [{"name": "fox"}]}),
        ("kling-3", {**FOX, "multi_shots": True, "multi_prompt": [{**FOX, "duration": 5}]}),
    ],
)
def test_what_the_vendor_cannot_express_it_is_not_asked(name: str, fields: dict[str, object]) -> None:
    assert golden(name, **fields) == []


@settings(deadline=None)
@given(st.integers(100, 599), st.binary(), st.dictionaries(st.sampled_from(["retry-after", "content-type"]), st.text()))
def test_any_answer_is_read(status: int, body: bytes, headers: dict[str, str]) -> None:
    KLING.read_submit(Response(status, headers, body))
    KLING.read_poll(Response(status, headers, body))
    KLING.read_webhook(headers, body, SECRET, NOW_S)


NAMES = ["code", "data", "task_id", "task_status", "task_status_msg", "task_result", "videos", "images", "url"]
JSON = any_json(NAMES)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), JSON), st.sampled_from(["succeed", "failed", "submitted"]) | JSON)
def test_any_json_is_read(data: dict[str, object], state: object) -> None:
    KLING.read_submit(told(state, data))
    KLING.read_poll(told(state, data))
