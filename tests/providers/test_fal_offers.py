"""What a catalogue request becomes at fal, and what it costs there."""

import msgspec
import pytest

from apiinone.core.exchange import Request
from apiinone.providers.fal import Fal
from apiinone.simulators.fal_models import MODELS
from catalog.catalogue_for_tests import CATALOGUE
from providers.offering import offered

FAL = Fal()
URL = "https://a.example/b.png"
MADE: list[tuple[str, dict[str, object], str, dict[str, object], int]] = [
    (
        "flux-2",
        {"aspect_ratio": "16:9"},
        "fal-ai/flux-2-pro",
        {"image_size": {"width": 1360, "height": 768}, "output_format": "png"},
        30_000,
    ),
    (
        "flux-2",
        {"type": "flex"},
        "fal-ai/flux-2-flex",
        {"image_size": {"width": 1024, "height": 1024}, "output_format": "png"},
        50_000,
    ),
    (
        "flux-2",
        {"type": "flex", "resolution": "2K"},
        "fal-ai/flux-2-flex",
        {"image_size": {"width": 2048, "height": 2048}, "output_format": "png"},
        200_000,
    ),
    (
        "ideogram-v3-turbo",
        {"style": "Design", "reference_images": [URL]},
        "fal-ai/ideogram/v3",
        {"image_size": "square_hd", "style": "DESIGN", "image_urls": [URL], "rendering_speed": "TURBO"},
        30_000,
    ),
    (
        "ideogram-v3-balanced",
        {"aspect_ratio": "9:16"},
        "fal-ai/ideogram/v3",
        {"image_size": "portrait_16_9", "style": "AUTO", "rendering_speed": "BALANCED"},
        60_000,
    ),
    (
        "ideogram-v3-quality",
        {"aspect_ratio": "4:3"},
        "fal-ai/ideogram/v3",
        {"image_size": "landscape_4_3", "style": "AUTO", "rendering_speed": "QUALITY"},
        90_000,
    ),
    (
        "recraft-v4-text-to-image",
        {"image_size": "1536*768"},
        "fal-ai/recraft/v4/text-to-image",
        {"image_size": {"width": 1536, "height": 768}},
        40_000,
    ),
    (
        "recraft-v4-text-to-vector",
        {"image_size": "1344x768"},
        "fal-ai/recraft/v4/text-to-vector",
        {"image_size": "landscape_16_9"},
        80_000,
    ),
    ("recraft-v4-pro-text-to-image", {}, "fal-ai/recraft/v4/pro/text-to-image", {"image_size": "square_hd"}, 250_000),
    ("recraft-v4-pro-text-to-vector", {}, "fal-ai/recraft/v4/pro/text-to-vector", {"image_size": "square_hd"}, 300_000),
    (
        "seedream/4.5-text-to-image",
        {"aspect_ratio": "21:9"},
        "fal-ai/bytedance/seedream/v4.5/text-to-image",
        {"image_size": {"width": 3120, "height": 1328}},
        40_000,
    ),
    (
        "seedream/4.5-edit",
        {"quality": "high", "image_urls": [URL] * 10},
        "fal-ai/bytedance/seedream/v4.5/edit",
        {"image_size": {"width": 4096, "height": 4096}, "image_urls": [URL] * 10},
        40_000,
    ),
    (
        "kling-image-o1",
        {"images": [URL], "resolution": "2k", "num_images": 3},
        "fal-ai/kling-image/o1",
        {"image_urls": [URL], "resolution": "2K", "num_images": 3, "aspect_ratio": "1:1"},
        28_000,
    ),
    ("grok-imagine/text-to-image", {}, "xai/grok-imagine-image", {"output_format": "png"}, 20_000),
    (
        "gpt-image-1.5-official",
        {"quality": "high", "aspect_ratio": "2:3"},
        "fal-ai/gpt-image-1.5",
        {"image_size": "1024x1536", "quality": "high", "output_format": "png"},
        205_000,
    ),
    (
        "gpt-image-1.5-official",
        {},
        "fal-ai/gpt-image-1.5",
        {"image_size": "1024x1024", "quality": "medium", "output_format": "png"},
        39_000,
    ),
    (
        "hailuo/2-3-image-to-video-standard",
        {"image": URL},
        "fal-ai/minimax/hailuo-2.3/standard/image-to-video",
        {"image_url": URL, "duration": "6"},
        280_000,
    ),
    (
        "hailuo/2-3-image-to-video-pro",
        {"image": URL, "resolution": "1080P"},
        "fal-ai/minimax/hailuo-2.3/pro/image-to-video",
        {"image_url": URL},
        490_000,
    ),
    (
        "seedance-1-5-pro",
        {},
        "fal-ai/bytedance/seedance/v1.5/pro/text-to-video",
        {
            "aspect_ratio": "16:9",
            "resolution": "720p",
            "duration": "8",
            "generate_audio": False,
            "camera_fixed": False,
        },
        208_000,
    ),
    (
        "seedance-1-5-pro",
        {"image": URL, "resolution": "480p", "duration": "12", "generateAudio": True, "fixedLens": True},
        "fal-ai/bytedance/seedance/v1.5/pro/image-to-video",
        {
            "image_url": URL,
            "aspect_ratio": "16:9",
            "resolution": "480p",
            "duration": "12",
            "generate_audio": True,
            "camera_fixed": True,
        },
        288_000,
    ),
    (
        "kling-3",
        {},
        "fal-ai/kling-video/v3/standard/text-to-video",
        {"duration": "5", "aspect_ratio": "16:9", "generate_audio": True},
        630_000,
    ),
    (
        "kling-3",
        {"mode": "pro", "sound": False, "duration": 15},
        "fal-ai/kling-video/v3/pro/text-to-video",
        {"duration": "15", "aspect_ratio": "16:9", "generate_audio": False},
        3_360_000,
    ),
    (
        "kling-3",
        {"image": URL, "sound": False},
        "fal-ai/kling-video/v3/standard/image-to-video",
        {"duration": "5", "start_image_url": URL, "generate_audio": False},
        420_000,
    ),
    (
        "kling-3",
        {"image": URL, "mode": "pro"},
        "fal-ai/kling-video/v3/pro/image-to-video",
        {"duration": "5", "start_image_url": URL, "generate_audio": True},
        1_680_000,
    ),
    (
        "wan/2-6-text-to-video",
        {},
        "wan/v2.6/text-to-video",
        {"duration": "5", "resolution": "720p", "multi_shots": False},
        500_000,
    ),
    (
        "wan/2-6-image-to-video",
        {"image": URL, "resolution": "1080p", "duration": "15"},
        "wan/v2.6/image-to-video",
        {"image_url": URL, "duration": "15", "resolution": "1080p", "multi_shots": False},
        2_250_000,
    ),
    (
        "wan/2-6-video-to-video",
        {"video_urls": [URL], "duration": "10"},
        "wan/v2.6/reference-to-video",
        {"video_urls": [URL], "duration": "10", "resolution": "720p", "multi_shots": False},
        1_000_000,
    ),
    (
        "minimax-music",
        {"lyrics": "La"},
        "fal-ai/minimax-music/v2.5",
        {"lyrics": "La", "audio_setting": {"bitrate": 256000, "sample_rate": 44100}, "lyrics_optimizer": True},
        150_000,
    ),
]


def request_for(model: str, fields: dict[str, object]) -> tuple[Request, int]:
    found = offered("fal", model, prompt="A fox", **fields)
    assert found is not None
    return FAL.submit(found[0]), found[1]


@pytest.mark.parametrize(("model", "fields", "upstream", "body", "cost"), MADE)
def test_a_catalogue_request_becomes_the_vendors_input_and_has_its_price(
    model: str, fields: dict[str, object], upstream: str, body: dict[str, object], cost: int
) -> None:
    request, found = request_for(model, fields)
    assert request.url == f"https://queue.fal.run/{upstream}"
    assert request.json == {"prompt": "A fox", **body}
    assert found == cost


@pytest.mark.parametrize(("model", "fields", "upstream"), [row[:3] for row in MADE])
def test_the_vendors_pages_have_every_field_and_no_lower_price(
    model: str, fields: dict[str, object], upstream: str
) -> None:
    request, cost = request_for(model, fields)
    page = MODELS[upstream]
    order = msgspec.json.decode(msgspec.json.encode(request.json), type=page.shape)
    assert page.micro_usd(order) <= cost


@pytest.mark.parametrize(
    ("model", "upstream", "cost"),
    [("image-upscale", "fal-ai/recraft/upscale/crisp", 4_000), ("vectorize", "fal-ai/recraft/vectorize", 10_000)],
)
def test_a_tool_takes_its_picture_and_nothing_else(model: str, upstream: str, cost: int) -> None:
    found = offered("fal", model, image=URL)
    assert found is not None
    assert (found[0].upstream_model, found[0].fields, found[1]) == (upstream, {"image_url": URL}, cost)


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("flux-2", {"resolution": "2K"}),
        ("flux-2", {"input_urls": [URL]}),
        ("ideogram-v3-turbo", {"image": URL}),
        ("recraft-v4-text-to-vector", {"image_size": "1536x768"}),
        ("seedream/4.5-edit", {"image_urls": [URL] * 11}),
        ("kling-image-o1", {}),
        ("kling-image-o1", {"images": [URL], "type": "ai-multi-shot"}),
        ("gpt-image-1.5-official", {"input_urls": [URL]}),
        ("hailuo/2-3-image-to-video-standard", {"image": URL, "duration": "10"}),
        ("hailuo/2-3-image-to-video-standard", {"image": URL, "resolution": "1080P"}),
        ("hailuo/2-3-image-to-video-pro", {"image": URL}),
        ("kling-3", {"multi_shots": True, "multi_prompt": [{"prompt": "x", "duration": 5}]}),
        ("kling-3", {"kling_elements": [{"name": "fox", "element_input_urls": [URL, URL]}]}),
        ("minimax-music", {"bitrate": 60000}),
    ],
)
def test_what_the_vendor_cannot_make_at_our_price_is_not_offered(model: str, fields: dict[str, object]) -> None:
    assert offered("fal", model, prompt="A fox", **fields) is None


def test_every_offer_of_this_vendor_has_its_golden_row() -> None:
    named = {
        offer.upstream_model
        for choice in CATALOGUE.choices.values()
        for offer in choice.sub_model.offers
        if offer.provider == "fal"
    }
    assert named == {row[2] for row in MADE} | {"fal-ai/recraft/upscale/crisp", "fal-ai/recraft/vectorize"}
    assert named == MODELS.keys()
