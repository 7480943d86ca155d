"""Films and sounds are measured from their structure, as FFmpeg measures them by decoding, and lies are refused."""

import contextlib
import io
import struct
from typing import Any

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.assets.media import Expected, MediaLimits, Refused, Unacceptable
from apiinone.assets.sniff import examine
from assets.films_and_sounds import (
    FLAC,
    MP3,
    MP4,
    MP4_IN_FRAGMENTS,
    OGG,
    SIDES,
    WAV,
    WEBM,
    WEBM_LIVE,
    animated_webp,
    film,
    wav,
)

FILMS = {"mp4": MP4, "fragments": MP4_IN_FRAGMENTS, "webm": WEBM, "live webm": WEBM_LIVE, "webp": animated_webp()}
SOUNDS = {"mp3": MP3, "flac": FLAC, "ogg": OGG, "wav": WAV}


def refusal(data: bytes, expected: Expected, limits: MediaLimits | None = None) -> Refused:
    with pytest.raises(Unacceptable) as caught:
        examine(data, limits or MediaLimits(expected))
    return caught.value.reason


@pytest.mark.parametrize(
    ("name", "content_type", "extension", "duration_ms"),
    [
        ("mp4", "video/mp4", "mp4", 2000),
        ("fragments", "video/mp4", "mp4", None),
        ("webm", "video/webm", "webm", 2000),
        ("live webm", "video/webm", "webm", None),
        ("webp", "image/webp", "webp", 1000),
    ],
)
def test_a_film_is_known_by_its_bytes_and_measured(
    name: str, content_type: str, extension: str, duration_ms: int | None
) -> None:
    media = examine(FILMS[name], MediaLimits("video"))
    assert (media.content_type, media.extension) == (content_type, extension)
    assert (media.width, media.height) == SIDES
    assert media.duration_ms == (duration_ms if duration_ms is None else pytest.approx(duration_ms, abs=100))


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("mp3", "audio/mpeg"), ("flac", "audio/flac"), ("ogg", "audio/ogg"), ("wav", "audio/wav")],
)
def test_a_sound_is_known_by_its_bytes_and_lasts_as_long_as_its_decoder_says(name: str, content_type: str) -> None:
    data = SOUNDS[name]
    media = examine(data, MediaLimits("audio"))
    assert (media.content_type, media.width, media.height) == (content_type, None, None)
    container: Any
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.audio[0]
        seconds = sum(frame.samples for frame in container.decode(stream)) / stream.rate
    assert media.duration_ms == pytest.approx(seconds * 1000, abs=60)
    assert media.duration_ms == pytest.approx(2000, abs=60)


@pytest.mark.parametrize(("rate_hz", "channels"), [(8000, 1), (44_100, 2), (11_025, 2)])
def test_the_length_of_a_wav_is_exact(rate_hz: int, channels: int) -> None:
    assert examine(wav(rate_hz, channels), MediaLimits("audio")).duration_ms == 2000


def test_films_and_sounds_that_are_too_large_or_too_long_are_refused() -> None:
    assert refusal(MP4, "video", MediaLimits("video", side_px_max=63)) == "too_many_pixels"
    assert refusal(MP4, "video", MediaLimits("video", pixels_max=64 * 48 - 1)) == "too_many_pixels"
    assert refusal(MP4, "video", MediaLimits("video", duration_s_max=1.9)) == "too_long"
    assert refusal(MP4, "video", MediaLimits("video", frames_max=19)) == "too_long"
    assert refusal(WAV, "audio", MediaLimits("audio", duration_s_max=1.9)) == "too_long"
    assert refusal(WAV, "audio", MediaLimits("audio", bytes_max=99)) == "too_large"


@pytest.mark.parametrize("name", ["mp4", "webm", "webp"])
def test_a_film_cut_off_anywhere_is_refused(name: str) -> None:
    data = FILMS[name]
    for length in range(0, len(data), 7):
        refusal(data[:length], "video")


@pytest.mark.parametrize("name", ["wav", "ogg"])
def test_a_sound_cut_off_anywhere_is_refused(name: str) -> None:
    data = SOUNDS[name]
    for length in range(0, len(data), 97):
        refusal(data[:length], "audio")


def test_an_mp3_cut_within_a_frame_is_refused() -> None:
    assert {refusal(MP3[:-cut], "audio") for cut in (1, 5, 100)} == {"broken"}


@pytest.mark.parametrize("name", ["mp4", "webm", "webp"])
def test_nothing_may_follow_the_end_of_a_film(name: str) -> None:
    assert refusal(FILMS[name] + b"<script>", "video") == "broken"


def test_only_the_expected_kind_is_taken() -> None:
    for data in FILMS.values():
        assert refusal(data, "audio") == "wrong_type"
        assert refusal(data, "raster") == "wrong_type"
    for data in SOUNDS.values():
        assert refusal(data, "video") == "wrong_type"


@settings(max_examples=400)
@given(
    st.sampled_from([*FILMS.values(), *SOUNDS.values()]),
    st.integers(0, 4000),
    st.binary(min_size=1, max_size=8),
    st.sampled_from(["video", "audio"]),
)
def test_changed_bytes_do_nothing_but_change_the_verdict(
    data: bytes, at: int, change: bytes, expected: Expected
) -> None:
    at %= len(data)
    with contextlib.suppress(Unacceptable):
        examine(data[:at] + change + data[at + len(change) :], MediaLimits(expected))


@given(
    st.sampled_from([MP4[:40], WEBM[:40], WAV[:44], OGG[:40], b"fLaC", b"ID3\x04\x00\x00", b"\xff\xfb\x90\x64"]),
    st.binary(max_size=300),
    st.sampled_from(["video", "audio"]),
)
def test_no_bytes_do_anything_but_be_refused(start: bytes, rest: bytes, expected: Expected) -> None:
    with contextlib.suppress(Unacceptable):
        examine(start + rest, MediaLimits(expected))


def test_a_film_whose_samples_do_not_fit_into_its_data_is_refused() -> None:
    at = MP4.index(b"mdat") - 4
    (size,) = struct.unpack(">I", MP4[at : at + 4])
    assert refusal(MP4[:at] + struct.pack(">I", 16) + b"mdat" + bytes(8) + MP4[at + size :], "video") == "broken"


def test_an_older_encoder_is_measured_as_well() -> None:
    assert examine(film("mp4", "mpeg4"), MediaLimits("video")).duration_ms == 2000
