import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiinone.catalog.rendering import (
    CHARACTER_S,
    EDITED_PIXELS_MAX,
    FPS,
    LINE_S,
    OPERATIONS,
    SIDE_MAX,
    SPOKEN_S_MAX,
    Clip,
    Edited,
    Picture,
    Rendering,
    Track,
    edited_sides,
    fitted,
    kind_made,
    rendering,
)
from apiinone.core.errors import BadRequest
from catalog.body_strategies import UNHURRIED, near_bodies
from catalog.catalogue_for_tests import BODIES, CATALOGUE, chosen, parsed

PHOTO = "https://example.com/photo.jpg"
MAKING_FILES = sorted(name for name, choice in CATALOGUE.choices.items() if choice.entry.output != "text")


def clip(width: int, height: int, duration_s: float, *, sound: bool = False, like: str = "") -> Clip:
    """`like`: the field whose picture gives the ratio."""
    return Clip("mp4", width, height, duration_s, FPS, sound, like, bool(like))


def asked(name: str, **fields: object) -> Rendering:
    return rendering(chosen(name), parsed(name, **fields).fields)


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        ("recraft-v4", {}, Picture("raster", "png", 1024, 1024, 1)),
        ("recraft-v4", {"image_size": "1344x768"}, Picture("raster", "png", 1344, 768, 1)),
        ("recraft-v4", {"image_size": "640*480"}, Picture("raster", "png", 640, 480, 1)),
        ("recraft-v4-text-to-vector", {}, Picture("vector", "svg", 1024, 1024, 1)),
        ("recraft-v4-pro-text-to-image", {}, Picture("raster", "png", 2048, 2048, 1)),
        ("recraft-v4-pro-text-to-image", {"image_size": "1536x768"}, Picture("raster", "png", 3072, 1536, 1)),
        ("recraft-v4-pro-text-to-image", {"image_size": "2048x2048"}, Picture("raster", "png", 2048, 2048, 1)),
        ("recraft-v4-pro-text-to-vector", {}, Picture("vector", "svg", 2048, 2048, 1)),
        ("cogview-4", {"size": "768*1344"}, Picture("raster", "png", 768, 1344, 1)),
        ("flux-2", {}, Picture("raster", "png", 1024, 1024, 1)),
        ("flux-2", {"aspect_ratio": "16:9"}, Picture("raster", "png", 1360, 768, 1)),
        ("flux-2", {"resolution": "2K", "aspect_ratio": "9:16"}, Picture("raster", "png", 1536, 2736, 1)),
        ("grok-imagine", {}, Picture("raster", "png", 1024, 1024, 1)),
        ("kling-image-o1", {"num_images": 9, "aspect_ratio": "auto"}, Picture("raster", "png", 1024, 1024, 9)),
        ("kling-image-o1", {"resolution": "2k"}, Picture("raster", "png", 2048, 2048, 1)),
        ("ideogram-v3", {"aspect_ratio": "3:4"}, Picture("raster", "png", 880, 1184, 1)),
        ("ideogram-v4", {"output_format": "webp"}, Picture("raster", "webp", 1024, 1024, 1)),
        ("ideogram-v4", {"output_format": "jpeg", "size": "21:9"}, Picture("raster", "jpeg", 1568, 672, 1)),
        ("imagen4-fast", {"num_images": 2}, Picture("raster", "png", 1024, 1024, 2)),
        ("gpt-image-1-5", {"aspect_ratio": "2:3"}, Picture("raster", "png", 1024, 1536, 1)),
        ("seedream-4-5", {}, Picture("raster", "png", 2048, 2048, 1)),
        ("seedream-4-5", {"quality": "high"}, Picture("raster", "png", 4096, 4096, 1)),
        ("seedream-4-5", {"quality": "high", "aspect_ratio": "21:9"}, Picture("raster", "png", 4096, 1759, 1)),
        ("hunyuan-image-3", {"size": "256*1536"}, Picture("raster", "png", 256, 1536, 1)),
        ("face-swap", {"output_format": "jpg"}, Edited("raster", "jpeg", "image", 1, 1)),
        ("vectorize", {}, Edited("vector", "svg", "image", 1, 1)),
        ("image-upscale", {}, Edited("raster", "png", "image", 4, 1)),
        ("bg-remover", {}, Edited("raster", "png", "image", 1, 1)),
        ("grok-imagine/text-to-video", {}, clip(854, 480, 6, sound=True)),
        ("grok-imagine/image-to-video", {"image_urls": [PHOTO]}, clip(854, 480, 6, sound=True, like="image_urls")),
        ("hailuo-2-3", {"resolution": "768P", "duration": "10"}, clip(1366, 768, 10, like="image")),
        ("hailuo-2-3", {"resolution": "1080P"}, clip(1920, 1080, 6, like="image")),
        ("kling-3", {"duration": 15, "mode": "pro"}, clip(1920, 1080, 15, sound=True)),
        ("kling-3", {"aspect_ratio": "9:16", "sound": False}, clip(720, 1280, 5)),
        ("kling-3", {"aspect_ratio": "1:1", "duration": 3}, clip(720, 720, 3, sound=True)),
        ("seedance-1-5-pro", {"resolution": "480p", "aspect_ratio": "3:4", "duration": "4"}, clip(480, 640, 4)),
        ("seedance-1-5-pro", {"generateAudio": True}, clip(1280, 720, 8, sound=True)),
        ("wan/2-6-text-to-video", {"resolution": "1080p", "duration": "15"}, clip(1920, 1080, 15, sound=True)),
        ("wan/2-6-image-to-video", {"image": PHOTO}, clip(1280, 720, 5, sound=True, like="image")),
        ("minimax-music", {}, Track("mp3", 24, 44_100, 256_000, 2, "", 1)),
        ("minimax-music", {"bitrate": 32_000, "sample_rate": 16_000}, Track("mp3", 24, 16_000, 32_000, 2, "", 1)),
        ("suno", {}, Track("mp3", 24, 44_100, 192_000, 2, "", 2)),
    ],
)
def test_a_right_answer_has_the_size_format_and_count_asked_for(
    name: str, fields: dict[str, object], expected: Rendering
) -> None:
    assert asked(name, **fields) == expected


@UNHURRIED
@given(st.data())
def test_every_accepted_request_for_a_file_has_a_rendering_within_limits(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(MAKING_FILES))
    body = data.draw(near_bodies(chosen(name).entry, name))
    try:
        fields = BODIES.parse(chosen(name), body).fields
    except BadRequest:
        return
    found = rendering(chosen(name), fields)
    assert 1 <= found.count <= 9
    assert kind_made(chosen(name), fields) == found.kind
    match found:
        case Picture():
            assert min(found.width, found.height) >= 64
            assert max(found.width, found.height) <= SIDE_MAX
        case Clip():
            assert min(found.width, found.height) >= 480
            assert max(found.width, found.height) <= SIDE_MAX
            assert found.width % 2 == found.height % 2 == 0
            assert 3 <= found.duration_s <= 15
        case Track():
            assert 0 < found.duration_s <= SPOKEN_S_MAX
        case Edited():
            assert found.field in fields


def test_a_model_that_answers_in_words_has_no_rendering() -> None:
    for asked_for in (rendering, kind_made):
        with pytest.raises(ValueError, match="gemini"):
            asked_for(chosen("gemini"), {})


def test_the_further_routes_of_a_song_have_renderings_of_their_own() -> None:
    suno = chosen("suno")
    assert rendering(suno, {}, "music/cover/generate") == Picture("raster", "png", 1024, 1024, 1)
    assert kind_made(suno, {}, "music/cover/generate") == "raster"
    assert rendering(suno, {"extensionStartTime": 10.5}, "music/extend") == Track(
        "mp3", 34.5, 44_100, 192_000, 2, "", 2
    )
    assert rendering(suno, {"extensionStartTime": 480}, "music/extend").kind == "audio"
    assert rendering(suno, {}, "music/upload-cover/generate") == rendering(suno, {})
    for choice, operation in ((suno, "music/other"), (chosen("flux-2"), "music/extend")):
        with pytest.raises(ValueError, match="no operation"):
            rendering(choice, {}, operation)
    assert OPERATIONS[0] == ""


def test_speech_lasts_as_long_as_its_text_and_two_minutes_at_most() -> None:
    def lasts_s(*texts: str) -> float:
        found = asked("elevenlabs-v3", dialogue=[{"text": text} for text in texts])
        assert isinstance(found, Track)
        return found.duration_s

    assert lasts_s("x" * 100) == pytest.approx(LINE_S + 100 * CHARACTER_S)
    assert lasts_s("x" * 100, "x" * 100) == pytest.approx(2 * lasts_s("x" * 100))
    assert lasts_s("x" * 5000) == SPOKEN_S_MAX


def test_a_clip_from_a_picture_takes_its_ratio_and_stays_even() -> None:
    wide = clip(1366, 768, 6, like="image")
    assert (fitted(wide, (3000, 4000)).width, fitted(wide, (3000, 4000)).height) == (768, 1024)
    assert (fitted(wide, (641, 640)).width, fitted(wide, (641, 640)).height) == (770, 768)
    assert (fitted(wide, (10_000, 10)).width, fitted(wide, (10, 10_000)).width) == (2304, 768)


def test_an_upscaled_picture_is_as_much_larger_as_stays_in_bounds() -> None:
    four = Edited("raster", "png", "image", 4, 1)
    assert edited_sides(four, (100, 50)) == (400, 200)
    assert edited_sides(four, (1024, 1024)) == (4096, 4096)
    assert edited_sides(four, (1025, 10)) == (2050, 20)
    assert edited_sides(four, (4000, 3000)) == (4000, 3000)
    assert EDITED_PIXELS_MAX == 4096 * 4096
