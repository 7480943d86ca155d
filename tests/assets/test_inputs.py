"""What a client may bring along: judged from bytes, before anything is decoded, whatever it calls itself."""

import base64
import time

import pytest

from apiinone.assets.inputs import InputKind, judge_data_url, judge_input, refusal_sentence
from apiinone.assets.media import Refused, Unacceptable
from assets.films_and_sounds import FLAC, MP3, MP4, OGG, WAV, WEBM, animated_webp
from assets.hostile_inputs import HOSTILE
from assets.pictures import picture, webp

GOOD: list[tuple[InputKind, bytes, tuple[int | None, int | None]]] = [
    ("image", picture("PNG"), (40, 30)),
    ("image", picture("JPEG"), (40, 30)),
    ("image", webp(lossless=False), (40, 30)),
    ("video", MP4, (64, 48)),
    ("video", WEBM, (64, 48)),
    ("video", animated_webp(), (64, 48)),
    ("audio", WAV, (None, None)),
    ("audio", MP3, (None, None)),
    ("audio", FLAC, (None, None)),
    ("audio", OGG, (None, None)),
]


def url(data: bytes, of: InputKind) -> str:
    return f"data:{of}/png;base64," + base64.b64encode(data).decode()


@pytest.mark.parametrize(("of", "data", "sides"), GOOD)
def test_what_is_good_is_taken_whatever_it_is_called(
    of: InputKind, data: bytes, sides: tuple[int | None, int | None]
) -> None:
    taken = judge_data_url(url(data, of), of)
    assert (taken.width, taken.height, taken.data) == (*sides, data)


@pytest.mark.parametrize(("of", "data", "reason"), HOSTILE.values(), ids=list(HOSTILE))
def test_what_would_do_harm_is_refused_before_it_is_decoded(of: InputKind, data: bytes, reason: Refused) -> None:
    began_s = time.process_time()
    with pytest.raises(Unacceptable) as caught:
        judge_data_url(url(data, of), of)
    assert caught.value.reason == reason
    assert time.process_time() - began_s < 1
    sentence = refusal_sentence("/image_urls/3", of, caught.value)
    assert sentence.startswith("'image_urls/3' is not taken: it ")
    assert "script" not in sentence


def test_a_broken_data_url_is_refused() -> None:
    with pytest.raises(Unacceptable):
        judge_data_url("data:image/png;base64,*", "image")


def test_fetched_files_are_judged_alike() -> None:
    with pytest.raises(Unacceptable):
        judge_input(WAV, "image")
