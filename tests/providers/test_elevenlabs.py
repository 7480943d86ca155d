"""Reading and describing ElevenLabs' wire contract."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.catalog.conditions import offers_for
from apiinone.catalog.costs import cost_of
from apiinone.catalog.fields import upstream_fields
from apiinone.core.exchange import InHeader, Response
from apiinone.providers.elevenlabs import DEFAULT_VOICE, VOICES, ElevenLabs
from apiinone.providers.provider import Finished, Inline, Order, Reference, Rejected, Unclear
from catalog.catalogue_for_tests import chosen, parsed
from providers.any_json import any_json

ELEVENLABS = ElevenLabs()
HEADERS = st.sampled_from(["retry-after", "character-cost"])
MP3 = b"\xff\xfb\x90\x00"


def answered(body: object, status: int = 200, headers: Mapping[str, str] = {}) -> Response:
    return Response(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def test_an_order_is_one_request_with_a_voice_for_each_line() -> None:
    lines = [{"text": "One", "voice": "Sarah"}, {"text": "Two"}, {"text": "Three", "voice": "abcDEF123"}]
    request = ELEVENLABS.submit(Order("attempt", "eleven_v3", {"inputs": lines, "settings": {"stability": 0.5}}, 1))
    assert request.url == "https://api.elevenlabs.io/v1/text-to-dialogue?output_format=mp3_44100_128"
    assert (request.method, request.auth) == ("POST", InHeader("xi-api-key"))
    assert request.json == {
        "inputs": [
            {"text": "One", "voice_id": VOICES["sarah"]},
            {"text": "Two", "voice_id": DEFAULT_VOICE},
            {"text": "Three", "voice_id": "abcDEF123"},
        ],
        "settings": {"stability": 0.5},
        "model_id": "eleven_v3",
    }


@pytest.mark.parametrize("sound", [MP3, b"ID3\x04rest"])
@pytest.mark.parametrize(
    ("headers", "micro_usd"),
    [
        ({"character-cost": "12"}, 960),
        ({"x-character-count": "12"}, 960),
        ({"character-cost": "-1"}, None),
        ({"character-cost": "1.5"}, None),
        ({"character-cost": "9" * 40}, None),
        ({}, None),
    ],
)
def test_the_sound_and_the_characters_charged_are_read(
    sound: bytes, headers: dict[str, str], micro_usd: int | None
) -> None:
    reply = ELEVENLABS.read_submit(answered(sound, headers={"content-type": "audio/mpeg", **headers}))
    assert reply == Finished((Inline(sound),), micro_usd)


@pytest.mark.parametrize("body", [b"", b"\xff", b"\xff\x00", b"<html>", {"audio": "x"}])
def test_an_answer_without_sound_is_unclear(body: object) -> None:
    assert isinstance(ELEVENLABS.read_submit(answered(body)), Unclear)


@pytest.mark.parametrize(
    ("status", "word", "fault"),
    [
        (401, "invalid_api_key", "bad_credential"),
        (401, "quota_exceeded", "no_balance"),
        (401, "missing_permissions", "bad_credential"),
        (401, "detected_unusual_activity", "bad_credential"),
        (401, "some new word", "bad_credential"),
        (400, "voice_not_found", "bad_request"),
        (404, "voice_not_found", "bad_request"),
        (400, "max_character_limit_exceeded", "bad_request"),
        (400, "invalid_ttd_stability", "bad_request"),
        (400, "some new word", "bad_request"),
        (402, "payment_required", "no_balance"),
        (429, "too_many_concurrent_requests", "throttled"),
        (429, "system_busy", "throttled"),
        (429, "some new word", "throttled"),
        (500, "some new word", None),
        (502, "", None),
    ],
)
@pytest.mark.parametrize("name", ["status", "code"])
def test_the_word_in_the_detail_decides_and_else_the_status(
    status: int, word: str, fault: str | None, name: str
) -> None:
    reply = ELEVENLABS.read_submit(answered({"detail": {name: word, "message": "x"}}, status))
    if fault is None:
        assert isinstance(reply, Unclear)
    else:
        assert isinstance(reply, Rejected)
        assert reply.fault == fault


def test_a_body_that_fails_the_description_is_a_bad_request() -> None:
    reply = ELEVENLABS.read_submit(answered({"detail": [{"loc": ["body"], "msg": "x", "type": "y"}]}, 422))
    assert isinstance(reply, Rejected)
    assert reply.fault == "bad_request"


def test_the_time_to_wait_is_taken_from_the_vendor() -> None:
    reply = ELEVENLABS.read_submit(answered({"detail": {"status": "system_busy"}}, 429, {"retry-after": "7"}))
    assert isinstance(reply, Rejected)
    assert (reply.retryable, reply.retry_after_s) == (True, 7.0)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_after_a_servers_error_nothing_is_certain_whatever_word_it_has(status: int) -> None:
    assert isinstance(ELEVENLABS.read_submit(answered({"detail": {"status": "system_busy"}}, status)), Unclear)


def test_nothing_is_ever_asked_again() -> None:
    assert ELEVENLABS.poll(Reference("x")).auth == "none"
    assert isinstance(ELEVENLABS.read_poll(answered({})), Unclear)
    assert ELEVENLABS.cancel(Reference("x")) is None


def golden(**fields: object) -> list[tuple[str, dict[str, object], int]]:
    choice, read = chosen("elevenlabs-v3"), parsed("elevenlabs-v3", **fields).fields
    return [
        (offer.upstream_model, upstream_fields(offer, read), cost_of(offer.cost_micro_usd, read))
        for offer in offers_for(choice.sub_model, read)
        if offer.provider == "elevenlabs"
    ]


LINES = [{"text": "x" * 400, "voice": "Sarah"}, {"text": "y" * 100}]


@pytest.mark.parametrize(("stability", "written"), [(0, 0.0), (0.5, 0.5), (1, 1.0), (1.0, 1.0)])
def test_a_dialogue_is_written_for_the_vendor(stability: float, written: float) -> None:
    assert golden(dialogue=LINES, stability=stability, language_code="en") == [
        ("eleven_v3", {"inputs": LINES, "settings": {"stability": written}, "language_code": "en"}, 40_000)
    ]


def test_a_language_to_be_detected_is_left_out() -> None:
    ((_, body, _),) = golden(dialogue=LINES)
    assert body == {"inputs": LINES, "settings": {"stability": 0.5}}


@pytest.mark.parametrize(
    "fields",
    [{"dialogue": LINES, "stability": 0.3}, {"dialogue": [{"text": "x" * 1001}] * 2}],
)
def test_what_the_vendor_cannot_express_it_is_not_asked(fields: dict[str, object]) -> None:
    assert golden(**fields) == []


@settings(deadline=None)
@given(
    st.integers(100, 599), st.binary(), st.dictionaries(st.sampled_from(["retry-after", "character-cost"]), st.text())
)
def test_any_answer_is_read(status: int, body: bytes, headers: dict[str, str]) -> None:
    ELEVENLABS.read_submit(Response(status, headers, body))


JSON = any_json(["detail", "status", "code"])


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["detail", "x"]), JSON), st.sampled_from([200, 400, 401, 422, 429, 500]))
def test_any_json_is_read(body: dict[str, object], status: int) -> None:
    ELEVENLABS.read_submit(answered(body, status))
