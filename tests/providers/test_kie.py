"""Kie.ai: what the vendor's published answers mean to us, and what it is asked for a request of our catalogue."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.catalog.conditions import offers_for
from apiinone.catalog.costs import cost_of
from apiinone.catalog.fields import upstream_fields
from apiinone.catalog.offer import Offer
from apiinone.core.exchange import Response
from apiinone.providers.kie import BASE_URL, Kie
from apiinone.providers.provider import (
    Accepted,
    Finished,
    Linked,
    Order,
    Origin,
    Reference,
    Rejected,
    Running,
    Unclear,
)
from catalog.catalogue_for_tests import BODIES, chosen, parsed
from providers.any_json import any_json

KIE = Kie()
LINK, OTHER = "https://tempfile.example/a.png", "https://tempfile.example/b.png"
PICTURE, CLIP = "https://example.com/in.png", "https://example.com/in.mp4"


def answered(body: object, status: int = 200, url: str = "", **headers: str) -> Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, data, url)


def told(code: int = 200, **data: object) -> Response:
    return answered({"code": code, "msg": "m", "data": data or None})


def job(state: str, **data: object) -> Response:
    return answered({"code": 200, "data": {"taskId": "281e", "state": state, **data}})


def song(status: str, *urls: str | None, **data: object) -> Response:
    songs = [{"id": f"e{number}", "audioUrl": url} for number, url in enumerate(urls)]
    return answered(
        {"code": 200, "data": {"taskId": "5c79", "status": status, "response": {"sunoData": songs}, **data}}
    )


SONGS = Finished((Linked(LINK, upstream_id="e0"), Linked(OTHER, upstream_id="e1")))
ACCEPTED = answered({"code": 200, "msg": "success", "data": {"taskId": "281e"}})


def test_an_order_is_a_job_of_the_market() -> None:
    request = KIE.submit(Order("a", "flux-2/pro-text-to-image", {"prompt": "a fox"}, 1, "https://us.example/hook"))
    assert request.url == f"{BASE_URL}/jobs/createTask"
    assert request.json == {
        "model": "flux-2/pro-text-to-image",
        "input": {"prompt": "a fox"},
        "callBackUrl": "https://us.example/hook",
    }
    assert KIE.submit(Order("a", "m", {}, 1)).json == {"model": "m", "input": {}}


def test_every_request_bears_a_name_that_the_front_door_lets_in() -> None:
    for request in (KIE.submit(Order("a", "m", {}, 1)), KIE.poll(Reference("281e"))):
        assert request.headers["User-Agent"].startswith("Mozilla/5.0")


@pytest.mark.parametrize(
    ("operation", "path", "question"),
    [
        ("", "/generate", "/generate/record-info"),
        ("music/extend", "/generate/extend", "/generate/record-info"),
        ("music/upload-cover/generate", "/generate/upload-cover", "/generate/record-info"),
        ("music/cover/generate", "/suno/cover/generate", "/suno/cover/record-info"),
    ],
)
def test_songs_go_to_their_own_places_and_are_asked_about_there(operation: str, path: str, question: str) -> None:
    request = KIE.submit(Order("a", "V5", {}, 2, None, {}, operation))
    assert request.url == BASE_URL + path
    reply = KIE.read_submit(answered({"code": 200, "data": {"taskId": "5c79"}}, url=request.url))
    assert isinstance(reply, Accepted)
    assert KIE.poll(reply.reference).url == f"{BASE_URL}{question}?taskId=5c79"


def test_a_job_is_asked_about_at_its_own_place() -> None:
    reply = KIE.read_submit(ACCEPTED)
    assert reply == Accepted(Reference("281e"), 3.0)
    assert KIE.poll(Reference("281e")).url == f"{BASE_URL}/jobs/recordInfo?taskId=281e"


@pytest.mark.parametrize(
    ("hook", "sent"), [("https://us.example/hook", "https://us.example/hook"), (None, "playground")]
)
@pytest.mark.parametrize("operation", ["", "music/cover/generate"])
def test_a_song_always_names_somebody_to_call(hook: str | None, sent: str, operation: str) -> None:
    body = sent_by(Order("a", "V5", {}, 2, hook, {}, operation))
    assert body["callBackUrl"] == sent


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"customMode": True, "prompt": "Oh,\n my  song"}, "Oh, my song"),
        ({"customMode": True, "prompt": "x" * 200}, "x" * 80),
        ({"customMode": True, "prompt": " "}, "Untitled"),
        ({"customMode": True, "prompt": "Oh", "title": "Mine"}, "Mine"),
        ({"customMode": False, "prompt": "Oh"}, None),
    ],
)
def test_a_song_with_lyrics_always_has_a_title(fields: dict[str, object], title: str | None) -> None:
    body = sent_by(Order("a", "V5", fields, 2))
    assert body.get("title") == title


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (401, "bad_credential"),
        (402, "no_balance"),
        (404, "provider_error"),
        (409, "bad_request"),
        (422, "bad_request"),
        (429, "throttled"),
        (433, "no_balance"),
        (451, "bad_request"),
        (455, "provider_error"),
        (501, "provider_error"),
        (505, "provider_error"),
        (408, None),
        (500, None),
        (200, None),
    ],
)
def test_a_code_without_an_id_is_a_refusal_only_where_nothing_has_started(code: int, fault: str | None) -> None:
    for response in (told(code), answered({"code": code, "msg": "m"}, code)):
        reply = KIE.read_submit(response)
        if fault is None:
            assert isinstance(reply, Unclear)
        else:
            assert isinstance(reply, Rejected)
            assert reply.fault == fault


def test_the_front_doors_refusal_is_no_bad_key() -> None:
    at_the_door, key = (KIE.read_submit(answered(body, 403)) for body in (b"error code: 1010", b"no"))
    assert isinstance(at_the_door, Rejected)
    assert isinstance(key, Rejected)
    assert (at_the_door.fault, key.fault) == ("provider_error", "bad_credential")


def test_a_second_cover_of_a_song_is_the_first_one() -> None:
    reply = KIE.read_submit(answered({"code": 400, "msg": "exists", "data": {"taskId": "21ae"}}))
    assert isinstance(reply, Accepted)
    assert reply.reference.upstream_id == "21ae"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", {"code": "200", "data": {"taskId": "x"}}, {"data": {"taskId": 7}}])
def test_an_unreadable_answer_to_an_order_is_unclear(body: object) -> None:
    assert isinstance(KIE.read_submit(answered(body)), Unclear)


@pytest.mark.parametrize("state", ["waiting", "queuing", "generating", "a new word"])
def test_a_job_at_work_is_running(state: str) -> None:
    assert KIE.read_poll(job(state, resultJson="", failMsg="")) == Running(3.0)


@pytest.mark.parametrize(
    ("consumed", "cost"),
    [(5, 25_000), (5.0, 25_000), (6.5, 32_500), (0.0001, 1), (None, None), ("x", None), (-1, None)],
)
def test_a_finished_job_has_its_links_and_its_cost(consumed: object, cost: int | None) -> None:
    result = json.dumps({"resultUrls": [LINK, OTHER]})
    reply = KIE.read_poll(job("success", resultJson=result, creditsConsumed=consumed))
    assert reply == Finished((Linked(LINK), Linked(OTHER)), cost)


@pytest.mark.parametrize("result", ["", json.dumps({"resultUrls": []}), json.dumps({"resultObject": {}})])
def test_success_without_a_link_is_a_failure_that_is_not_paid_for_twice(result: str) -> None:
    reply = KIE.read_poll(job("success", resultJson=result))
    assert isinstance(reply, Rejected)
    assert (reply.fault, reply.retryable) == ("output_unavailable", False)


@pytest.mark.parametrize(
    "result", ["{", "[]", json.dumps({"resultUrls": ["ftp://x"]}), json.dumps({"resultUrls": [7]})]
)
def test_a_result_that_cannot_be_read_is_asked_about_again(result: str) -> None:
    assert isinstance(KIE.read_poll(job("success", resultJson=result)), Unclear)


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("Your prompt was flagged by Website as violating content policies.", "content_policy"),
        ("image_url is not supported", "bad_request"),
        ("Internal Error, Please try again later.", "provider_error"),
        ("Credits insufficient", "provider_error"),
        (None, "provider_error"),
    ],
)
def test_a_failed_job_is_named_by_its_words(words: str | None, fault: str) -> None:
    reply = KIE.read_poll(job("fail", failCode="500", failMsg=words))
    assert isinstance(reply, Rejected)
    assert reply.fault == fault


@pytest.mark.parametrize(
    ("code", "kind"), [(404, Unclear), (422, Unclear), (401, Unclear), (500, Unclear), (429, Running)]
)
def test_a_question_that_is_refused_changes_nothing(code: int, kind: type[object]) -> None:
    assert isinstance(KIE.read_poll(told(code)), kind)


@pytest.mark.parametrize("code", [408, 501])
def test_two_codes_end_a_job(code: int) -> None:
    reply = KIE.read_poll(told(code))
    assert isinstance(reply, Rejected)
    assert reply.fault == "provider_error"


@pytest.mark.parametrize("status", ["PENDING", "TEXT_SUCCESS", "FIRST_SUCCESS", "A_NEW_WORD"])
def test_the_first_song_is_not_the_end(status: str) -> None:
    assert KIE.read_poll(song(status, LINK)) == Running(3.0)


def test_two_songs_are() -> None:
    assert KIE.read_poll(song("SUCCESS", LINK, OTHER)) == SONGS


def test_a_song_is_carried_on_by_the_vendors_name_of_its_take() -> None:
    fields: dict[str, object] = {"audioIndex": 1, "defaultParamFlag": False}
    order = Order("a", "V5", fields, 2, None, {}, "music/extend", Origin("5c79", ("e0", "e1")))
    assert sent_by(order) == {
        "audioId": "e1",
        "defaultParamFlag": False,
        "model": "V5",
        "callBackUrl": "playground",
    }


def test_a_cover_is_drawn_for_the_vendors_task() -> None:
    order = Order("a", "suno-cover", {}, 1, None, {}, "music/cover/generate", Origin("5c79", ()))
    assert sent_by(order) == {"taskId": "5c79", "callBackUrl": "playground"}


def test_a_call_that_failed_says_nothing_about_the_songs() -> None:
    assert KIE.read_poll(song("CALLBACK_EXCEPTION", LINK, OTHER)) == SONGS
    assert isinstance(KIE.read_poll(song("CALLBACK_EXCEPTION", LINK, None)), Running)
    assert isinstance(KIE.read_poll(song("CALLBACK_EXCEPTION")), Running)


@pytest.mark.parametrize(
    ("status", "data", "fault"),
    [
        ("SENSITIVE_WORD_ERROR", {}, "content_policy"),
        ("GENERATE_AUDIO_FAILED", {"errorCode": 413}, "content_policy"),
        ("GENERATE_AUDIO_FAILED", {"errorCode": "400"}, "content_policy"),
        ("GENERATE_AUDIO_FAILED", {"errorCode": 531, "errorMessage": "returned"}, "provider_error"),
        ("CREATE_TASK_FAILED", {"errorMessage": "style is too long"}, "bad_request"),
        ("CREATE_TASK_FAILED", {}, "provider_error"),
    ],
)
def test_a_song_that_failed_says_whose_fault_it_is(status: str, data: Mapping[str, object], fault: str) -> None:
    reply = KIE.read_poll(song(status, **data))
    assert isinstance(reply, Rejected)
    assert reply.fault == fault


def test_a_cover_has_numbers_for_its_state() -> None:
    done = told(taskId="21ae", successFlag=1, response={"images": [LINK, OTHER]}, errorCode=200, errorMessage="")
    assert KIE.read_poll(done) == Finished((Linked(LINK), Linked(OTHER)))
    assert [KIE.read_poll(told(successFlag=flag, response=None)) for flag in (0, 2, 9)] == [Running(3.0)] * 3
    failed = KIE.read_poll(told(successFlag=3, response=None, errorMessage="x"))
    assert isinstance(failed, Rejected)
    assert failed.fault == "provider_error"


SECRET, NOW_S = "a key", 1_800_000_000


def signed(task: str = "281e", *, at_s: int = NOW_S, key: str = SECRET) -> dict[str, str]:
    """By hand, from the vendor's page, not by our code."""
    digest = hmac.new(key.encode(), f"{task}.{at_s}".encode(), hashlib.sha256).digest()
    return {"x-webhook-timestamp": str(at_s), "x-webhook-signature": base64.b64encode(digest).decode()}


@pytest.mark.parametrize("field", ["taskId", "task_id"])
def test_a_signed_call_names_its_task(field: str) -> None:
    assert KIE.read_webhook(signed(), json.dumps({"data": {field: "281e"}}).encode(), SECRET, NOW_S) == "281e"


@pytest.mark.parametrize(
    ("headers", "body", "secret"),
    [
        ({}, {"data": {"taskId": "281e"}}, SECRET),
        (signed(key="other"), {"data": {"taskId": "281e"}}, SECRET),
        (signed(), {"data": {"taskId": "other"}}, SECRET),
        (signed(at_s=NOW_S - 301), {"data": {"taskId": "281e"}}, SECRET),
        (signed() | {"x-webhook-timestamp": "9" * 99}, {"data": {"taskId": "281e"}}, SECRET),
        (signed() | {"x-webhook-signature": "\ud800"}, {"data": {"taskId": "281e"}}, SECRET),
        (signed(key=""), {"data": {"taskId": "281e"}}, ""),
        (signed(""), {"data": {}}, SECRET),
        (signed("../x"), {"data": {"taskId": "../x"}}, SECRET),
        (signed(), [], SECRET),
    ],
)
def test_any_other_call_is_nothing(headers: dict[str, str], body: object, secret: str) -> None:
    assert KIE.read_webhook(headers, json.dumps(body).encode(), secret, NOW_S) is None


FIELDS = ["code", "data", "taskId", "state", "status", "successFlag", "resultJson", "response", "sunoData", "images"]
JSON = any_json(FIELDS)


@settings(deadline=None)
@given(JSON, st.dictionaries(st.sampled_from(FIELDS), JSON), st.integers(100, 599))
def test_any_answer_is_read(code: object, data: dict[str, object], status: int) -> None:
    response = answered({"code": code, "data": data}, status)
    KIE.read_submit(response)
    KIE.read_poll(response)
    KIE.read_poll(told(state="success", resultJson=json.dumps(data), creditsConsumed=code))


def sent_by(order: Order) -> dict[str, object]:
    return cast("dict[str, object]", KIE.submit(order).json)


def asked(
    name: str, fields: Mapping[str, object], operation: str = ""
) -> list[tuple[Offer, dict[str, object], dict[str, object]]]:
    """Kie's offers for this body, with our fields and the vendor's."""
    choice = chosen(name)
    route = choice.entry.route_of(operation)
    read = (
        parsed(name, **fields).fields
        if route is None
        else BODIES.parse(choice, {"model": name, **fields}, route).fields
    )
    found = [offer for offer in offers_for(choice.sub_model, read, operation) if offer.provider == "kie"]
    return [(offer, dict(read), upstream_fields(offer, read)) for offer in found]


def body_of(name: str, fields: Mapping[str, object], operation: str = "") -> tuple[str, object, int]:
    """Where the one offer goes, what it sends, and what it costs."""
    [(offer, read, written)] = asked(name, fields, operation)
    order = Order("a", offer.upstream_model, written, 1, None, {}, operation)
    body = sent_by(order)
    return KIE.submit(order).url.removeprefix(BASE_URL), body.get("input", body), cost_of(offer.cost_micro_usd, read)


FOX = {"prompt": "A red fox"}


@pytest.mark.parametrize(
    ("name", "fields", "model", "sent", "cost"),
    [
        ("flux-2", {}, "flux-2/pro-text-to-image", {"aspect_ratio": "1:1", "resolution": "1K"}, 25_000),
        (
            "flux-2",
            {"resolution": "2K"},
            "flux-2/pro-text-to-image",
            {"aspect_ratio": "1:1", "resolution": "2K"},
            35_000,
        ),
        (
            "flux-2",
            {"type": "flex", "input_urls": [PICTURE]},
            "flux-2/flex-image-to-image",
            {"aspect_ratio": "1:1", "resolution": "1K", "input_urls": [PICTURE]},
            70_000,
        ),
        (
            "flux-2",
            {"type": "flex", "resolution": "2K"},
            "flux-2/flex-text-to-image",
            {"aspect_ratio": "1:1", "resolution": "2K"},
            120_000,
        ),
        ("grok-imagine/text-to-image", {}, "grok-imagine/text-to-image", {}, 20_000),
        (
            "seedream/4.5-edit",
            {"image_urls": [PICTURE]},
            "seedream/4.5-edit",
            {"aspect_ratio": "1:1", "quality": "basic", "image_urls": [PICTURE]},
            32_500,
        ),
        (
            "gpt-image-1-5",
            {"quality": "high"},
            "gpt-image/1.5-text-to-image",
            {"aspect_ratio": "1:1", "quality": "high"},
            110_000,
        ),
        (
            "gpt-image-1-5",
            {"input_urls": [PICTURE]},
            "gpt-image/1.5-image-to-image",
            {"aspect_ratio": "1:1", "quality": "medium", "input_urls": [PICTURE]},
            20_000,
        ),
        ("imagen4", {"seed": 7}, "google/imagen4", {"aspect_ratio": "1:1", "seed": "7"}, 40_000),
        ("imagen4-fast", {"seed": 7}, "google/imagen4-fast", {"aspect_ratio": "1:1", "seed": 7}, 20_000),
        ("imagen4-ultra", {}, "google/imagen4-ultra", {"aspect_ratio": "1:1"}, 60_000),
        (
            "ideogram-v3-turbo",
            {"aspect_ratio": "9:16", "style": "Design"},
            "ideogram/v3-text-to-image",
            {"image_size": "portrait_16_9", "style": "DESIGN", "rendering_speed": "TURBO"},
            17_500,
        ),
        (
            "ideogram-v3-quality",
            {"image": PICTURE},
            "ideogram/v3-remix",
            {"image_size": "square_hd", "style": "AUTO", "rendering_speed": "QUALITY", "image_url": PICTURE},
            50_000,
        ),
        (
            "grok-imagine/text-to-video",
            {},
            "grok-imagine/text-to-video",
            {"duration": 6, "resolution": "480p", "aspect_ratio": "16:9"},
            72_000,
        ),
        (
            "grok-imagine/image-to-video",
            {"image_urls": [PICTURE]},
            "grok-imagine/image-to-video",
            {"duration": "6", "resolution": "480p", "image_urls": [PICTURE]},
            72_000,
        ),
        (
            "seedance-1-5-pro",
            {"image": PICTURE, "duration": "12", "generateAudio": True},
            "bytedance/seedance-1.5-pro",
            {
                "input_urls": [PICTURE],
                "aspect_ratio": "16:9",
                "resolution": "720p",
                "duration": 12,
                "generate_audio": True,
                "fixed_lens": False,
            },
            420_000,
        ),
        (
            "hailuo/2-3-image-to-video-pro",
            {"image": PICTURE, "resolution": "1080P"},
            "hailuo/2-3-image-to-video-pro",
            {"image_url": PICTURE, "duration": "6", "resolution": "1080P"},
            400_000,
        ),
        (
            "wan/2-6-image-to-video",
            {"image": PICTURE},
            "wan/2-6-image-to-video",
            {"image_urls": [PICTURE], "duration": "5", "resolution": "720p", "multi_shots": False},
            350_000,
        ),
        (
            "wan/2-6-video-to-video",
            {"video_urls": [CLIP], "resolution": "1080p", "duration": "10"},
            "wan/2-6-video-to-video",
            {"video_urls": [CLIP], "duration": "10", "resolution": "1080p", "multi_shots": False},
            1_047_500,
        ),
        (
            "kling-3",
            {"image": PICTURE, "duration": 10, "mode": "pro"},
            "kling-3.0/video",
            {
                "mode": "pro",
                "duration": "10",
                "aspect_ratio": "16:9",
                "sound": True,
                "image_urls": [PICTURE],
                "multi_shots": False,
                "multi_prompt": [],
            },
            1_350_000,
        ),
    ],
)
def test_a_request_is_written_as_the_vendor_wants_it(
    name: str, fields: dict[str, object], model: str, sent: dict[str, object], cost: int
) -> None:
    [(offer, _, _)] = asked(name, {**FOX, **fields})
    assert offer.upstream_model == model
    assert body_of(name, {**FOX, **fields}) == ("/jobs/createTask", {**FOX, **sent}, cost)


@pytest.mark.parametrize(
    ("name", "fields", "cost"),
    [
        ("ideogram-v3-balanced", {}, 35_000),
        ("seedance-1-5-pro", {"resolution": "480p", "duration": "4"}, 35_000),
        ("seedance-1-5-pro", {"resolution": "480p", "generateAudio": True}, 140_000),
        ("seedance-1-5-pro", {}, 140_000),
        ("hailuo/2-3-image-to-video-standard", {"image": PICTURE}, 150_000),
        ("hailuo/2-3-image-to-video-standard", {"image": PICTURE, "duration": "10"}, 250_000),
        ("hailuo/2-3-image-to-video-standard", {"image": PICTURE, "resolution": "1080P"}, 250_000),
        ("hailuo/2-3-image-to-video-pro", {"image": PICTURE}, 225_000),
        ("hailuo/2-3-image-to-video-pro", {"image": PICTURE, "duration": "10"}, 450_000),
        ("wan/2-6-text-to-video", {"duration": "10"}, 700_000),
        ("wan/2-6-text-to-video", {"duration": "15"}, 1_047_500),
        ("wan/2-6-text-to-video", {"resolution": "1080p"}, 522_500),
        ("wan/2-6-text-to-video", {"resolution": "1080p", "duration": "15"}, 1_575_000),
        ("kling-3", {"sound": False}, 350_000),
        ("kling-3", {}, 500_000),
        ("kling-3", {"mode": "pro", "sound": False}, 450_000),
        ("seedream/4.5-text-to-image", {"quality": "high"}, 32_500),
    ],
)
def test_the_other_prices_are_the_vendors(name: str, fields: dict[str, object], cost: int) -> None:
    assert body_of(name, {**FOX, **fields})[2] == cost


def test_tools_take_one_picture() -> None:
    assert body_of("bg-remover", {"image": PICTURE}) == ("/jobs/createTask", {"image": PICTURE}, 5_000)
    assert body_of("image-upscale", {"image": PICTURE}) == ("/jobs/createTask", {"image": PICTURE}, 2_500)


def test_shots_and_elements_reach_the_film() -> None:
    shots = [{"prompt": "A fox", "duration": 2}, {"prompt": "A crow", "duration": 3}]
    elements = [{"name": "fox", "element_input_urls": [PICTURE]}]
    _, sent, _ = body_of(
        "kling-3", {"multi_shots": True, "multi_prompt": shots, "kling_elements": elements, "prompt": " "}
    )
    film = cast("dict[str, object]", sent)
    assert (film["multi_prompt"], film["kling_elements"]) == (shots, elements)
    body = sent_by(Order("a", "kling-3.0/video", {"multi_prompt": shots}, 1))
    assert body["input"] == {"multi_prompt": shots, "prompt": "A fox A crow"}


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("bg-remover", {"image": "data:image/png;base64,AA=="}),
        ("kling-3", {**FOX, "kling_elements": [{"name": "a", "element_input_urls": ["data:image/png;base64,AA=="]}]}),
        ("ideogram-v3-turbo", {**FOX, "image": PICTURE, "mask_image": PICTURE}),
        ("ideogram-v3-turbo", {**FOX, "reference_images": [PICTURE]}),
        ("imagen4", {**FOX, "num_images": 2}),
        ("elevenlabs-v3", {"dialogue": [{"text": "Hi"}], "stability": 0.3}),
        ("chirp-v3-5", {**FOX}),
        ("chirp-v5", {"gpt_description_prompt": "a song of foxes", "style": "jazz"}),
        ("chirp-v5", {**FOX, "gpt_description_prompt": "a song of foxes"}),
        ("chirp-v5", {**FOX, "title": "Fox"}),
        ("chirp-v5", {**FOX, "gender": "male"}),
    ],
)
def test_what_the_vendor_cannot_express_is_not_offered(name: str, fields: dict[str, object]) -> None:
    assert asked(name, fields) == []


@pytest.mark.parametrize(("stability", "sent"), [(0, 0), (0.0, 0), (0.5, 0.5), (1, 1), (1.0, 1)])
def test_stability_has_three_steps(stability: float, sent: float) -> None:
    path, body, cost = body_of(
        "elevenlabs-v3", {"dialogue": [{"text": "x" * 500, "voice": "v"}], "stability": stability}
    )
    assert (path, body, cost) == (
        "/jobs/createTask",
        {"dialogue": [{"voice": "v", "text": "x" * 500}], "stability": sent},
        35_000,
    )


def test_a_line_without_a_voice_gets_one() -> None:
    _, body, _ = body_of("elevenlabs-v3", {"dialogue": [{"text": "Hi"}], "language_code": "de"})
    assert body == {
        "dialogue": [{"voice": "EkK5I93UQWFDigLMpZcX", "text": "Hi"}],
        "stability": 0.5,
        "language_code": "de",
    }


def shown(body: object) -> object:
    """Without what every song says."""
    rest = dict(cast("dict[str, object]", body))
    assert (rest.pop("model"), rest.pop("callBackUrl")) == ("V5", "playground")
    return rest


def test_a_song_is_an_idea_or_lyrics_with_a_style() -> None:
    path, simple, cost = body_of("chirp-v5", {"prompt": "foxes"})
    assert (path, shown(simple), cost) == (
        "/generate",
        {"prompt": "foxes", "instrumental": False, "customMode": False},
        60_000,
    )
    idea = body_of("chirp-v5", {"prompt": "", "gpt_description_prompt": "foxes", "make_instrumental": True})[1]
    assert shown(idea) == {"prompt": "foxes", "instrumental": True, "customMode": False}
    sung = body_of(
        "chirp-v5", {"prompt": "Oh fox", "style": "jazz", "tags": "drums", "gender": "female", "style_weight": 0.5}
    )[1]
    assert shown(sung) == {
        "prompt": "Oh fox",
        "style": "jazz",
        "title": "Oh fox",
        "instrumental": False,
        "negativeTags": "drums",
        "vocalGender": "f",
        "styleWeight": 0.5,
        "customMode": True,
    }


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("chirp-v4-0", "V4"),
        ("chirp-v4-5", "V4_5"),
        ("chirp-v4-5-plus", "V4_5PLUS"),
        ("chirp-v5", "V5"),
        ("chirp-v5-5", "V5_5"),
    ],
)
def test_each_version_has_the_vendors_name(name: str, version: str) -> None:
    assert {offer.upstream_model for offer, _, _ in asked(name, {"prompt": "foxes"})} == {version}
    [(offer, _, _)] = asked(name, {"audio_id": "https://example.com/a.mp3"}, "music/upload-cover/generate")
    assert offer.upstream_model == version


def test_given_audio_is_sung_anew_and_a_take_of_ours_is_not() -> None:
    upload, audio = "music/upload-cover/generate", "https://example.com/a.mp3"
    path, body, cost = body_of(
        "chirp-v5", {"audio_id": audio, "custom_mode": True, "prompt": "Oh", "style": "jazz"}, upload
    )
    assert (path, cost) == ("/generate/upload-cover", 60_000)
    assert shown(body) == {
        "uploadUrl": audio,
        "customMode": True,
        "prompt": "Oh",
        "style": "jazz",
        "title": "Oh",
        "instrumental": False,
    }
    free = body_of("chirp-v5", {"audio_id": audio, "style": "jazz"}, upload)[1]
    assert shown(free) == {
        "uploadUrl": audio,
        "customMode": False,
        "prompt": "The same song in another style.",
        "instrumental": False,
    }
    assert asked("chirp-v5", {"audio_id": "task-x-0"}, upload) == []


def test_a_song_is_carried_on_and_gets_a_cover() -> None:
    take: dict[str, object] = {"origin_task_id": "n35x_suno", "extend_audio_index": 1}
    own: dict[str, object] = {"custom_mode": True, "prompt": "Oh", "style": "jazz", "title": "Fox"}
    [(plain, _, simple)] = asked("chirp-v5", take, "music/extend")
    [(custom, _, whole)] = asked("chirp-v5", {**take, **own, "extensionStartTime": 60, "tags": "drums"}, "music/extend")
    assert simple == {"audioIndex": 1, "defaultParamFlag": False}
    assert whole == {
        "audioIndex": 1,
        "defaultParamFlag": True,
        "prompt": "Oh",
        "style": "jazz",
        "title": "Fox",
        "continueAt": 60,
        "negativeTags": "drums",
    }
    assert (plain.works_on, custom.works_on, plain.upstream_model) == ("origin_task_id", "origin_task_id", "V5")
    assert asked("chirp-v5", {**take, **own}, "music/extend") == []
    [(cover, _, nothing)] = asked("chirp-v5", {"task_id": "n35x_suno"}, "music/cover/generate")
    assert (cover.works_on, cover.cost_micro_usd, nothing) == ("task_id", 0, {})
