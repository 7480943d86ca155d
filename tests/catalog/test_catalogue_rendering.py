import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiinone.catalog.rendering import SIDE_MAX, Rendering, rendering
from apiinone.core.errors import BadRequest
from catalog.body_strategies import UNHURRIED, near_bodies
from catalog.catalogue_for_tests import BODIES, CATALOGUE, chosen, parsed

PICTURES = sorted(name for name, choice in CATALOGUE.choices.items() if choice.entry.endpoint_name == "images")


def asked(name: str, **fields: object) -> Rendering:
    return rendering(chosen(name), parsed(name, **fields).fields)


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        ("recraft-v4", {}, Rendering("raster", "png", 1024, 1024, 1)),
        ("recraft-v4", {"image_size": "1344x768"}, Rendering("raster", "png", 1344, 768, 1)),
        ("recraft-v4", {"image_size": "640*480"}, Rendering("raster", "png", 640, 480, 1)),
        ("recraft-v4-text-to-vector", {}, Rendering("vector", "svg", 1024, 1024, 1)),
        ("recraft-v4-pro-text-to-image", {}, Rendering("raster", "png", 2048, 2048, 1)),
        ("recraft-v4-pro-text-to-image", {"image_size": "1536x768"}, Rendering("raster", "png", 3072, 1536, 1)),
        ("recraft-v4-pro-text-to-image", {"image_size": "2048x2048"}, Rendering("raster", "png", 2048, 2048, 1)),
        ("recraft-v4-pro-text-to-vector", {}, Rendering("vector", "svg", 2048, 2048, 1)),
        ("cogview-4", {"size": "768*1344"}, Rendering("raster", "png", 768, 1344, 1)),
        ("flux-2", {}, Rendering("raster", "png", 1024, 1024, 1)),
        ("flux-2", {"aspect_ratio": "16:9"}, Rendering("raster", "png", 1360, 768, 1)),
        ("flux-2", {"resolution": "2K", "aspect_ratio": "9:16"}, Rendering("raster", "png", 1536, 2736, 1)),
        ("grok-imagine", {}, Rendering("raster", "png", 1024, 1024, 1)),
        ("kling-image-o1", {"num_images": 9, "aspect_ratio": "auto"}, Rendering("raster", "png", 1024, 1024, 9)),
        ("kling-image-o1", {"resolution": "2k"}, Rendering("raster", "png", 2048, 2048, 1)),
        ("ideogram-v3", {"aspect_ratio": "3:4"}, Rendering("raster", "png", 880, 1184, 1)),
        ("ideogram-v4", {"output_format": "webp"}, Rendering("raster", "webp", 1024, 1024, 1)),
        ("ideogram-v4", {"output_format": "jpeg", "size": "21:9"}, Rendering("raster", "jpeg", 1568, 672, 1)),
        ("imagen4-fast", {"num_images": 2}, Rendering("raster", "png", 1024, 1024, 2)),
        ("gpt-image-1-5", {"aspect_ratio": "2:3"}, Rendering("raster", "png", 1024, 1536, 1)),
        ("seedream-4-5", {}, Rendering("raster", "png", 2048, 2048, 1)),
        ("seedream-4-5", {"quality": "high"}, Rendering("raster", "png", 4096, 4096, 1)),
        ("seedream-4-5", {"quality": "high", "aspect_ratio": "21:9"}, Rendering("raster", "png", 4096, 1759, 1)),
        ("hunyuan-image-3", {"size": "256*1536"}, Rendering("raster", "png", 256, 1536, 1)),
        ("face-swap", {"output_format": "jpg"}, Rendering("raster", "jpeg", 1024, 1024, 1)),
        ("vectorize", {}, Rendering("vector", "svg", 1024, 1024, 1)),
    ],
)
def test_a_right_answer_has_the_size_format_and_count_asked_for(
    name: str, fields: dict[str, object], expected: Rendering
) -> None:
    assert asked(name, **fields) == expected


@UNHURRIED
@given(st.data())
def test_every_accepted_picture_request_has_a_rendering_within_limits(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(PICTURES))
    body = data.draw(near_bodies(chosen(name).entry, name))
    try:
        fields = BODIES.parse(chosen(name), body).fields
    except BadRequest:
        return
    found = rendering(chosen(name), fields)
    assert min(found.width, found.height) >= 64
    assert max(found.width, found.height) <= SIDE_MAX
    assert 1 <= found.count <= 9


def test_a_model_of_sounds_or_words_has_no_rendering() -> None:
    with pytest.raises(ValueError, match="suno"):
        rendering(chosen("suno"), {})
