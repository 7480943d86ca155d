"""The engines for films, sounds and edited pictures, each by what other programs find in its files."""

import io
import subprocess
import sys
from collections.abc import Callable, Iterable

import msgspec
import pytest
from PIL import Image, ImageDraw

from apiinone.assets.media import MediaLimits
from apiinone.assets.sniff import examine
from apiinone.assets.svg import sanitise
from apiinone.providers.local import film_file, sound_file
from apiinone.providers.local.canvas import ORIGIN
from apiinone.providers.local.draw import dice_of
from apiinone.providers.local.face_swap import LABEL, swap
from apiinone.providers.local.film import film
from apiinone.providers.local.media_briefs import (
    EditBrief,
    FilmBrief,
    FilmFormat,
    Line,
    Made,
    Result,
    SongBrief,
    Sound,
    SpeechBrief,
    SwapBrief,
)
from apiinone.providers.local.remove_bg import remove_background
from apiinone.providers.local.song import MINOR, compose, song
from apiinone.providers.local.sound_file import mp3_bitrate
from apiinone.providers.local.speech import speech, voice_named
from apiinone.providers.local.upscale import upscale
from apiinone.providers.local.vectorize import vectorize
from tasks import decoded

SMALL = FilmBrief("a boat on a lake at sunset", 320, 180, 2, 8, sound=True, seed=1)
MP3 = Sound("mp3", 2.0, 44_100, 128_000, 2)


def made(result: Result) -> bytes:
    assert isinstance(result.outcome, Made)
    return result.outcome.data


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def scene() -> Image.Image:
    """A red disc on a calm ground."""
    found = Image.new("RGB", (200, 160), (200, 220, 240))
    ImageDraw.Draw(found).ellipse((60, 40, 140, 120), fill=(200, 20, 30))
    return found


@pytest.mark.parametrize(("format_", "name", "codec"), [("mp4", "mp4", b"avc1"), ("webm", "webm", b"V_VP9")])
def test_films_of_both_containers_play(format_: FilmFormat, name: str, codec: bytes) -> None:
    data = made(film(msgspec.structs.replace(SMALL, format=format_)))
    seen = decoded.film(data)
    assert name in seen.format
    assert codec in data, "the encoder that this wheel offers first"
    assert (seen.width, seen.height, seen.frames, seen.sounds, seen.moves) == (320, 180, 16, True, True)
    assert seen.duration_s == pytest.approx(2, abs=0.1)
    assert ORIGIN.encode() in data


def test_without_the_optional_encoders_a_film_is_an_animated_webp(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(names: Iterable[str]) -> None:
        del names

    monkeypatch.setattr(film_file, "encoder", none)
    data = made(film(SMALL))
    media = examine(data, MediaLimits("video"))
    assert (media.content_type, media.width, media.height, media.duration_ms) == ("image/webp", 320, 180, 2000)
    with Image.open(io.BytesIO(data)) as found:
        assert (getattr(found, "n_frames", 0), found.size) == (16, (320, 180))


def test_a_large_animated_webp_has_fewer_frames_and_lasts_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film_file, "WEBP_FILM_PIXELS_MAX", 5 * 320 * 180)
    frames = (Image.new("RGB", (320, 180), (number * 12, 0, 0)) for number in range(16))
    data = film_file._animated(frames, film_file.Film("webp", 320, 180, 8, 16))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    with Image.open(io.BytesIO(data)) as found:
        assert getattr(found, "n_frames", 0) == 5
    assert examine(data, MediaLimits("video")).duration_ms == 2000


def test_without_the_optional_encoders_a_song_is_a_wav(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_file, "_has_mp3", lambda: False)
    data = made(song(SongBrief("a happy song", Sound("mp3", 2.0, 24_000, 128_000, 2))))
    seen = decoded.wav(data)
    assert (seen.rate_hz, seen.channels, seen.duration_s) == (24_000, 2, 2.0)
    assert seen.loudest > 5000
    assert examine(data, MediaLimits("audio")).duration_ms == 2000
    assert ORIGIN.encode() in data


def test_a_film_of_a_picture_shows_it() -> None:
    data = made(film(msgspec.structs.replace(SMALL, picture=png(scene()), sound=False, steady=True)))
    seen = decoded.film(data)
    assert (seen.width, seen.sounds, seen.moves) == (320, False, True)


@pytest.mark.parametrize(
    "brief",
    [
        msgspec.structs.replace(SMALL, duration_s=21),
        msgspec.structs.replace(SMALL, width=4096, height=2048),
        msgspec.structs.replace(SMALL, fps=30, duration_s=20),
    ],
)
def test_a_film_that_would_take_too_long_is_not_begun(brief: FilmBrief) -> None:
    with pytest.raises(ValueError, match="too many"):
        film(brief)


APART = """
import hashlib, sys
from apiinone.providers.local.film import film
from apiinone.providers.local.media_briefs import FilmBrief, SongBrief, Sound
from apiinone.providers.local.song import song
tune = SongBrief("x", Sound("mp3", 1.0, 16000, 64000, 1))
made = film(FilmBrief("a boat", 320, 180, 1, 8, True)).outcome, song(tune).outcome
print(*(hashlib.sha256(one.data).hexdigest() for one in made))
"""


@pytest.mark.slow
def test_another_process_makes_the_same_bytes() -> None:
    runs: set[bytes] = set()
    for seed in ("1", "2"):
        command = [sys.executable, "-c", APART]
        run = subprocess.run(command, check=True, capture_output=True, env={"PYTHONHASHSEED": seed})  # noqa: S603 - ours
        runs.add(run.stdout)
    assert len(runs) == 1


def test_words_choose_tempo_and_key_of_a_song() -> None:
    slow, fast = compose("a slow lullaby", dice_of("x", 1)), compose("energetic techno", dice_of("x", 1))
    assert slow.beats_per_minute < 80
    assert fast.beats_per_minute > 115
    assert (slow.drums, fast.drums) == (False, True)
    assert compose("sad rain at night", dice_of("x", 1)).scale == MINOR


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asked", "rate_hz", "given"),
    [(256_000, 44_100, 256_000), (60_000, 44_100, 64_000), (32_000, 44_100, 32_000), (256_000, 16_000, 160_000)],
)
def test_an_mp3_has_the_bitrate_nearest_to_what_is_asked(asked: int, rate_hz: int, given: int) -> None:
    assert mp3_bitrate(asked, rate_hz) == given
    data = made(song(SongBrief("x", Sound("mp3", 3.0, rate_hz, asked, 2))))
    assert decoded.sound(data).bitrate == given
    assert len(data) * 8 / 3 == pytest.approx(given, rel=0.12)


def test_each_name_has_a_voice_and_keeps_it() -> None:
    pitches = [voice_named(name).pitch_hz for name in ("narrator", "user", "")]
    assert len(set(pitches)) == 3
    assert voice_named("user").pitch_hz == pitches[1]
    assert all(90 < pitch < 240 for pitch in pitches)


def test_speech_is_heard_and_pauses_are_silent() -> None:
    brief = SpeechBrief((Line("a", "Ah, 你好!"), Line("b", "?")), 0.3, 0.1, Sound("wav", 1.4, 16_000, 64_000, 1))
    seen = decoded.wav(made(speech(brief)))
    assert (seen.rate_hz, seen.channels, seen.duration_s) == (16_000, 1, 1.4)
    assert seen.loudest > 8000
    mute = SpeechBrief((Line("a", "..."),), 0.3, 0.1, Sound("wav", 0.6, 16_000, 64_000, 1))
    assert decoded.wav(made(speech(mute))).loudest < 40


def test_the_ground_goes_and_the_subject_stays() -> None:
    with Image.open(io.BytesIO(made(remove_background(EditBrief(png(scene()), 200, 160))))) as found:
        assert (found.format, found.mode, found.size) == ("PNG", "RGBA", (200, 160))
        alpha = found.getchannel("A")
        assert [alpha.getpixel(at) for at in ((2, 2), (198, 80), (100, 150), (100, 80))] == [0, 0, 0, 255]


def test_a_picture_of_one_colour_keeps_its_middle() -> None:
    plain = png(Image.new("RGB", (50, 40), "green"))
    with Image.open(io.BytesIO(made(remove_background(EditBrief(plain, 50, 40))))) as found:
        assert found.getchannel("A").getextrema() == (0, 255)


def test_an_upscaled_picture_keeps_its_transparency() -> None:
    clear = scene().convert("RGBA")
    clear.putalpha(90)
    with Image.open(io.BytesIO(made(upscale(EditBrief(png(clear), 800, 640))))) as found:
        assert (found.size, found.mode) == ((800, 640), "RGBA")


def test_a_composite_says_that_it_is_one() -> None:
    face = png(Image.new("RGB", (90, 90), (0, 200, 0)))
    data = made(swap(SwapBrief(png(scene()), face, 0, "png")))
    assert LABEL.encode() in data, "in the file's own words"
    with Image.open(io.BytesIO(data)) as found:
        pixels = found.convert("RGB")
        assert pixels.getpixel((100, 67)) == (0, 200, 0)
        strip = pixels.crop((0, 149, 200, 160))
        shades = strip.convert("L").tobytes()
        assert min(shades) < 30, "a dark strip"
        assert max(shades) > 200, "with white words"
    other = made(swap(SwapBrief(png(scene()), face, 1, "png")))
    assert other != data


def test_a_traced_picture_is_a_drawing_of_its_own_sides() -> None:
    data = made(vectorize(EditBrief(png(scene()), 200, 160)))
    safe = sanitise(data)
    assert examine(safe, MediaLimits("vector")).width == 200
    assert safe.count(b"<path") >= 2


def test_a_photograph_turned_by_its_metadata_comes_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    scene().save(out, "JPEG", exif=exif)
    engines: tuple[Callable[[EditBrief], Result], ...] = (remove_background, upscale)
    for engine in engines:
        with Image.open(io.BytesIO(made(engine(EditBrief(out.getvalue(), 200, 160))))) as found:
            assert found.size == (160, 200)
