"""Timed lyrics at kie: what is asked, and every answer read. Nothing that comes back is an exception."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.core.exchange import Response
from apiinone.providers.kie_lyrics import KieLyrics
from apiinone.providers.lyrics import TimedWords, Word
from apiinone.providers.provider import Fault, Rejected, Unclear

KIE = KieLyrics()
TOLD = {
    "alignedWords": [
        {"word": "[Verse]\nWaggin", "success": True, "startS": 1.36, "endS": 1.79, "palign": 0},
        {"word": "g ", "success": True, "startS": 1.8, "endS": 2, "palign": 0},
    ],
    "waveformData": [0, 1, 0.5],
    "hootCer": 0.38,
    "isStreamed": False,
}


def answer(data: object, code: int = 200, status: int = 200) -> Response:
    return Response(status, {}, msgspec.json.encode({"code": code, "msg": "success", "data": data}))


def test_one_paid_request_names_song_and_take() -> None:
    request = KIE.ask("song-1", "take-2")
    assert (request.method, request.url) == ("POST", "https://api.kie.ai/api/v1/generate/get-timestamped-lyrics")
    assert (request.auth, request.json) == ("bearer", {"taskId": "song-1", "audioId": "take-2"})
    assert KIE.hosts == ("api.kie.ai",)


def test_words_are_read_in_their_newer_and_their_older_names() -> None:
    words = (Word("[Verse]\nWaggin", 1.36, 1.79), Word("g ", 1.8, 2.0))
    assert KIE.read(answer(TOLD)) == TimedWords(words, (0.0, 1.0, 0.5))
    older = [{"word": "Oh", "start_s": 0.5, "end_s": 0.75}]
    assert KIE.read(answer({"alignedWords": older})) == TimedWords((Word("Oh", 0.5, 0.75),))
    assert KIE.read(answer({**TOLD, "alignedWords": []})) == TimedWords((), (0.0, 1.0, 0.5))


def test_moments_stay_within_a_song_and_a_strange_waveform_costs_nothing() -> None:
    odd = [{"word": "Oh\x00", "startS": -1, "endS": 1e300}]
    assert KIE.read(answer({"alignedWords": odd, "waveformData": "?"})) == TimedWords((Word("Oh", 0.0, 3600.0),))


@pytest.mark.parametrize(
    ("code", "fault"), [(401, "bad_credential"), (402, "no_balance"), (429, "throttled"), (422, "bad_request")]
)
def test_refusals_come_in_the_envelope(code: int, fault: Fault) -> None:
    found = KIE.read(answer(None, code))
    assert isinstance(found, Rejected)
    assert found.fault == fault
    assert isinstance(KIE.read(answer(None, 500)), Unclear)
    assert isinstance(KIE.read(answer(None, status=500)), Unclear)


@settings(deadline=None)
@given(st.binary() | st.recursive(st.none() | st.text() | st.floats(), st.lists).map(msgspec.json.encode))
def test_any_body_is_read(body: bytes) -> None:
    assert isinstance(KIE.read(Response(200, {}, body)), TimedWords | Rejected | Unclear)
