"""Reading and describing MiniMax's wire contract."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.core.exchange import Response
from apiinone.providers.minimax import MiniMax
from apiinone.providers.provider import (
    Accepted,
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

MINIMAX = MiniMax()
ROOT = "https://api.minimax.io/v1"
URL = "https://example.com/a.png"
LINK = "https://public-cdn-video-data-algeng.oss-cn-wulanchabu.aliyuncs.com/a.mp4?Expires=1&Signature=a%3D"
STANDARD, PRO, SONG = "hailuo/2-3-image-to-video-standard", "hailuo/2-3-image-to-video-pro", "minimax-music"
WELL = {"status_code": 0, "status_msg": "success"}


def body_of(order: Order | None) -> object:
    assert order is not None
    return MINIMAX.submit(order).json


def told(status: object, code: int = 0, **more: object) -> Response:
    said = {"status_code": code, "status_msg": "x"}
    return answered({"task_id": "176843862716480", "status": status, "base_resp": said, **more})


def test_a_clip_is_a_task() -> None:
    order = order_of("minimax", STANDARD, prompt="a dog runs", image=URL)
    assert order is not None
    request = MINIMAX.submit(order)
    assert (request.method, request.url, request.auth) == ("POST", f"{ROOT}/video_generation", "bearer")
    assert request.json == {
        "model": "MiniMax-Hailuo-2.3",
        "prompt": "a dog runs",
        "first_frame_image": URL,
        "resolution": "768P",
        "duration": 6,
    }
    assert MINIMAX.hosts == ("api.minimax.io",)


def test_the_pro_tier_is_the_makers_higher_resolution() -> None:
    body = body_of(order_of("minimax", PRO, prompt="x", image="data:image/png;base64,AA==", resolution="1080P"))
    assert body == {
        "model": "MiniMax-Hailuo-2.3",
        "prompt": "x",
        "first_frame_image": "data:image/png;base64,AA==",
        "resolution": "1080P",
        "duration": 6,
    }


def test_a_song_is_one_long_request_with_its_sound_apart() -> None:
    order = order_of("minimax", SONG, prompt="calm", lyrics="[verse] la", bitrate=128000, sample_rate=32000)
    assert order is not None
    request = MINIMAX.submit(order)
    assert request.url == f"{ROOT}/music_generation"
    assert request.json == {
        "model": "music-2.5",
        "prompt": "calm",
        "lyrics": "[verse] la",
        "audio_setting": {"bitrate": 128000, "sample_rate": 32000, "format": "mp3"},
        "output_format": "url",
    }
    assert request.timeout_s > 300


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (STANDARD, {"image": URL, "duration": "10"}),
        (STANDARD, {"image": URL, "resolution": "1080P"}),
        (PRO, {"image": URL}),
        (PRO, {"image": URL, "duration": "10"}),
        (STANDARD, {"image": URL, "prompt": "x" * 2001}),
        (SONG, {}),
        (SONG, {"lyrics": "la", "bitrate": 60000}),
    ],
)
def test_what_would_lose_money_or_cannot_be_said_is_not_served(model: str, fields: dict[str, object]) -> None:
    assert order_of("minimax", model, **{"prompt": "x", **fields}) is None


def test_it_serves_the_makers_own_models() -> None:
    assert set(served_by("minimax")) == {STANDARD, PRO, SONG}


@pytest.mark.parametrize(
    ("model", "fields", "cost_micro_usd"),
    [
        (STANDARD, {"image": URL}, 280_000),
        (PRO, {"image": URL, "resolution": "1080P"}, 490_000),
        (SONG, {"lyrics": "la"}, 150_000),
    ],
)
def test_a_request_costs_what_the_vendor_asks(model: str, fields: dict[str, object], cost_micro_usd: int) -> None:
    assert cost_at("minimax", model, prompt="x", **fields) == cost_micro_usd


def test_a_task_that_is_done_leads_to_its_file_and_that_to_its_address() -> None:
    submitted = MINIMAX.read_submit(answered({"task_id": "176843862716480", "base_resp": WELL}))
    assert submitted == Accepted(Reference("176843862716480"), 10.0)
    assert MINIMAX.poll(Reference("176843862716480")).url == f"{ROOT}/query/video_generation?task_id=176843862716480"
    done = MINIMAX.read_poll(told("Success", file_id="205258526306433", video_width=1366, video_height=768))
    there = f"{ROOT}/files/retrieve?file_id=205258526306433"
    assert done == Running(0.0, Reference("176843862716480", there))
    assert isinstance(done, Running)
    assert done.reference is not None
    request = MINIMAX.poll(done.reference)
    assert (request.url, request.auth) == (there, "bearer")
    file = {"file_id": 205258526306433, "bytes": 5, "filename": "output.mp4", "download_url": LINK}
    assert MINIMAX.read_poll(answered({"file": file, "base_resp": WELL})) == Finished((Linked(LINK),))


def test_ids_may_be_numbers() -> None:
    assert MINIMAX.read_submit(answered({"task_id": 17, "base_resp": WELL})) == Accepted(Reference("17"), 10.0)
    done = MINIMAX.read_poll(answered({"task_id": 17, "status": "Success", "file_id": 20, "base_resp": WELL}))
    assert done == Running(0.0, Reference("17", f"{ROOT}/files/retrieve?file_id=20"))


def test_a_song_comes_as_a_link_or_in_hexadecimal() -> None:
    extra = {"music_duration": 25364, "music_sample_rate": 44100, "music_channel": 2, "bitrate": 256000}
    for audio, output in ((LINK, Linked(LINK)), (b"ID3".hex(), Inline(b"ID3"))):
        data = {"audio": audio, "status": 2}
        answer = {"data": data, "trace_id": "0", "extra_info": extra, "analysis_info": None, "base_resp": WELL}
        assert MINIMAX.read_submit(answered(answer)) == Finished((output,))


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (1002, "throttled"),
        (1004, "bad_credential"),
        (1008, "no_balance"),
        (1026, "content_policy"),
        (1027, "content_policy"),
        (1039, "throttled"),
        (1041, "throttled"),
        (1042, "bad_request"),
        (2013, "bad_request"),
        (2049, "bad_credential"),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 401, 429])
def test_a_refusal_is_named_by_its_code_whatever_the_status(status: int, code: int, fault: str) -> None:
    body = {"task_id": "", "base_resp": {"status_code": code, "status_msg": "no"}}
    reply = MINIMAX.read_submit(answered(body, status))
    assert isinstance(reply, Rejected)
    assert reply.fault == fault


@pytest.mark.parametrize(("status", "fault"), [(401, "bad_credential"), (402, "no_balance"), (429, "throttled")])
def test_without_a_code_the_status_decides(status: int, fault: str) -> None:
    reply = MINIMAX.read_submit(answered(b"", status))
    assert isinstance(reply, Rejected)
    assert reply.fault == fault


SAID_1000: dict[str, object] = {"base_resp": {"status_code": 1000, "status_msg": "unknown error"}}
UNCLEAR: list[tuple[int, object]] = [
    (200, SAID_1000),
    (200, {"base_resp": {"status_code": 1001}}),
    (200, {"base_resp": {"status_code": 1024}}),
    (200, {"base_resp": {"status_code": 1033}}),
    (200, {"base_resp": {"status_code": 4242}}),
    (500, {"base_resp": {"status_code": 1026}}),
    (502, b"<html>"),
    (200, b""),
    (200, {}),
    (200, {"base_resp": WELL}),
    (200, {"task_id": "../x", "base_resp": WELL}),
    (200, {"data": {"audio": "", "status": 2}, "base_resp": WELL}),
    (200, {"data": {"audio": "49", "status": 1}, "base_resp": WELL}),
    (200, {"data": {"audio": "494", "status": 2}, "base_resp": WELL}),
    (200, {"data": {"audio": "ftp://a", "status": 2}, "base_resp": WELL}),
    (200, {"data": {"audio": "49", "status": 2}, **SAID_1000}),
]


@pytest.mark.parametrize(("status", "body"), UNCLEAR)
def test_what_may_stand_before_a_job_that_runs_is_unclear(status: int, body: object) -> None:
    assert isinstance(MINIMAX.read_submit(answered(body, status)), Unclear)


@pytest.mark.parametrize("status", ["Preparing", "Queueing", "Processing", "some new word"])
def test_an_unknown_word_counts_as_running(status: str) -> None:
    assert MINIMAX.read_poll(told(status)) == Running(10.0)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (1026, "content_policy"),
        (1027, "content_policy"),
        (2013, "bad_request"),
        (1000, "provider_error"),
        (1008, "provider_error"),
        (0, "provider_error"),
    ],
)
def test_a_failed_task_is_the_clients_fault_only_where_its_code_says_so(code: int, fault: str) -> None:
    reply = MINIMAX.read_poll(told("Fail", code))
    assert isinstance(reply, Rejected)
    assert reply.fault == fault


@pytest.mark.parametrize(
    ("code", "reply"), [(1002, Running(5.0)), (1004, None), (1026, None), (2013, None), (1000, None), (0, None)]
)
def test_a_question_that_is_refused_ends_no_task(code: int, reply: Running | None) -> None:
    found = MINIMAX.read_poll(answered({"base_resp": {"status_code": code}}))
    assert found == reply if reply is not None else isinstance(found, Unclear)


@pytest.mark.parametrize(
    "body",
    [
        {"task_id": "1", "status": "Success"},
        {"task_id": "1", "status": "Success", "file_id": "../x"},
        {"file": {}},
        {"file": {"download_url": "ftp://a"}},
        {"file": {"download_url": None}},
        {"file": 7},
    ],
)
def test_a_task_without_a_readable_file_is_asked_about_again(body: dict[str, object]) -> None:
    assert isinstance(MINIMAX.read_poll(answered({**body, "base_resp": WELL})), Unclear)


def test_nothing_is_canceled_and_nobody_is_called() -> None:
    assert MINIMAX.cancel(Reference("1")) is None
    assert MINIMAX.read_webhook({}, b'{"task_id": "1"}', "secret", 0) is None


FIELDS = ["task_id", "status", "file_id", "file", "download_url", "data", "audio", "base_resp", "status_code"]
JSON = any_json(FIELDS, words=["Success", "Fail"])


@settings(deadline=None)
@given(st.integers(100, 599), st.binary() | JSON)
def test_any_answer_is_read(status: int, body: object) -> None:
    MINIMAX.read_submit(answered(body, status))
    MINIMAX.read_poll(answered(body, status))
