"""What WaveSpeedAI is asked for each model of ours, and what that costs; the simulated vendor takes every body."""

import msgspec
import pytest

from apiinone.catalog.conditions import offers_for
from apiinone.catalog.costs import cost_of
from apiinone.catalog.fields import upstream_fields
from apiinone.simulators.wavespeed_models import MODELS
from catalog.catalogue_for_tests import CATALOGUE, chosen, parsed

A, B = "https://example.com/a.png", "https://example.com/b.png"
FOX: dict[str, object] = {"prompt": "A fox"}
FILM: dict[str, object] = {**FOX, "duration": 5}
SHOTS = [FILM]

GOLDEN: list[tuple[str, dict[str, object], str, dict[str, object], int]] = [
    (
        "recraft-v4-text-to-image",
        {**FOX, "image_size": "1216*896"},
        "recraft-ai/recraft-v4/text-to-image",
        {**FOX, "image_size": "4:3"},
        40_000,
    ),
    (
        "recraft-v4-text-to-vector",
        {**FOX, "image_size": "768x1344"},
        "recraft-ai/recraft-v4/text-to-vector",
        {**FOX, "image_size": "9:16"},
        80_000,
    ),
    (
        "recraft-v4-pro-text-to-image",
        FOX,
        "recraft-ai/recraft-v4-pro/text-to-image",
        {**FOX, "image_size": "1:1"},
        250_000,
    ),
    (
        "recraft-v4-pro-text-to-vector",
        FOX,
        "recraft-ai/recraft-v4-pro/text-to-vector",
        {**FOX, "image_size": "1:1"},
        300_000,
    ),
    ("cogview-4", FOX, "z-ai/cogview-4", {**FOX, "size": "1024*1024", "quality": "hd"}, 10_000),
    ("flux-2", FOX, "wavespeed-ai/flux-2-pro/text-to-image", {**FOX, "size": "1024*1024"}, 30_000),
    (
        "flux-2",
        {**FOX, "input_urls": [A]},
        "wavespeed-ai/flux-2-pro/edit",
        {**FOX, "size": "1024*1024", "images": [A]},
        45_000,
    ),
    (
        "flux-2",
        {**FOX, "type": "flex", "aspect_ratio": "16:9"},
        "wavespeed-ai/flux-2-flex/text-to-image",
        {**FOX, "size": "1360*768"},
        50_000,
    ),
    (
        "flux-2",
        {**FOX, "type": "flex", "resolution": "2K"},
        "wavespeed-ai/flux-2-flex/text-to-image",
        {**FOX, "size": "2048*2048"},
        210_000,
    ),
    (
        "flux-2",
        {**FOX, "type": "flex", "input_urls": [A]},
        "wavespeed-ai/flux-2-flex/edit",
        {**FOX, "size": "1024*1024", "images": [A]},
        100_000,
    ),
    ("grok-imagine/text-to-image", FOX, "x-ai/grok-imagine-image/text-to-image", FOX, 20_000),
    (
        "kling-image-o1",
        {**FOX, "images": [A, B], "num_images": 2},
        "kwaivgi/kling-image-o1",
        {**FOX, "images": [A, B], "aspect_ratio": "1:1", "resolution": "1k", "num_images": 2},
        28_000,
    ),
    (
        "ideogram-v3-turbo",
        {**FOX, "image": A, "mask_image": B, "reference_images": [A]},
        "ideogram-ai/ideogram-v3-turbo",
        {**FOX, "aspect_ratio": "1:1", "style": "Auto", "image": A, "mask_image": B, "reference_images": [A]},
        30_000,
    ),
    (
        "ideogram-v3-balanced",
        FOX,
        "ideogram-ai/ideogram-v3-balanced",
        {**FOX, "aspect_ratio": "1:1", "style": "Auto"},
        60_000,
    ),
    (
        "ideogram-v3-quality",
        FOX,
        "ideogram-ai/ideogram-v3-quality",
        {**FOX, "aspect_ratio": "1:1", "style": "Auto"},
        90_000,
    ),
    *(
        (
            "ideogram-v4",
            {**FOX, "rendering_speed": speed},
            "ideogram-ai/ideogram-v4",
            {**FOX, "size": "1:1", "rendering_speed": speed, "output_format": "png"},
            cost,
        )
        for speed, cost in (("TURBO", 30_000), ("BALANCED", 60_000), ("QUALITY", 100_000))
    ),
    *(
        (
            "gpt-image-1-5",
            {**FOX, "quality": quality, "aspect_ratio": ratio},
            "openai/gpt-image-1.5/text-to-image",
            {**FOX, "quality": quality, "size": size},
            cost,
        )
        for quality, ratio, size, cost in (
            ("medium", "1:1", "1024*1024", 34_000),
            ("medium", "2:3", "1024*1536", 50_000),
            ("high", "1:1", "1024*1024", 133_000),
            ("high", "3:2", "1536*1024", 200_000),
        )
    ),
    (
        "gpt-image-1-5",
        {**FOX, "input_urls": [A]},
        "openai/gpt-image-1.5/edit",
        {**FOX, "images": [A], "size": "1024*1024", "quality": "medium"},
        34_000,
    ),
    (
        "seedream/4.5-text-to-image",
        {**FOX, "aspect_ratio": "21:9"},
        "bytedance/seedream-v4.5",
        {**FOX, "size": "3136*1344"},
        40_000,
    ),
    (
        "seedream/4.5-text-to-image",
        {**FOX, "quality": "high"},
        "bytedance/seedream-v4.5",
        {**FOX, "size": "4096*4096"},
        40_000,
    ),
    (
        "seedream/4.5-edit",
        {**FOX, "image_urls": [A]},
        "bytedance/seedream-v4.5/edit",
        {**FOX, "size": "2048*2048", "images": [A]},
        40_000,
    ),
    (
        "hunyuan-image-3",
        FOX,
        "wavespeed-ai/hunyuan-image-3-instruct/text-to-image",
        {**FOX, "size": "1024*1024"},
        120_000,
    ),
    (
        "hunyuan-image-3",
        {**FOX, "type": "edit", "images": [A], "seed": 7},
        "wavespeed-ai/hunyuan-image-3-instruct/edit",
        {**FOX, "size": "1024*1024", "images": [A], "seed": 7},
        120_000,
    ),
    *(
        (
            "seedance-1-5-pro",
            {**FOX, "resolution": resolution, "generateAudio": sound, "duration": "4"},
            "bytedance/seedance-v1.5-pro/text-to-video",
            {
                **FOX,
                "aspect_ratio": "16:9",
                "resolution": resolution,
                "duration": 4,
                "generate_audio": sound,
                "camera_fixed": False,
            },
            cost,
        )
        for resolution, sound, cost in (
            ("480p", False, 48_000),
            ("480p", True, 96_000),
            ("720p", False, 104_000),
            ("720p", True, 208_000),
        )
    ),
    (
        "seedance-1-5-pro",
        {**FOX, "image": A, "duration": "12", "fixedLens": True},
        "bytedance/seedance-v1.5-pro/image-to-video",
        {
            **FOX,
            "image": A,
            "aspect_ratio": "16:9",
            "resolution": "720p",
            "duration": 12,
            "generate_audio": False,
            "camera_fixed": True,
        },
        312_000,
    ),
    (
        "hailuo/2-3-image-to-video-standard",
        {**FOX, "image": A},
        "minimax/hailuo-2.3/i2v-standard",
        {**FOX, "image": A, "duration": 6},
        280_000,
    ),
    (
        "hailuo/2-3-image-to-video-pro",
        {**FOX, "image": A, "resolution": "1080P"},
        "minimax/hailuo-2.3/i2v-pro",
        {**FOX, "image": A},
        490_000,
    ),
    *(
        (
            "wan/2-6-text-to-video",
            {**FOX, "duration": duration, "resolution": resolution},
            "alibaba/wan-2.6/text-to-video",
            {**FOX, "duration": int(duration), "size": size, "shot_type": "single"},
            cost,
        )
        for duration, resolution, size, cost in (
            ("5", "720p", "1280*720", 500_000),
            ("10", "1080p", "1920*1080", 1_500_000),
            ("15", "720p", "1280*720", 1_500_000),
        )
    ),
    (
        "wan/2-6-image-to-video",
        {**FOX, "image": A, "multi_shots": True},
        "alibaba/wan-2.6/image-to-video",
        {
            **FOX,
            "image": A,
            "duration": 5,
            "resolution": "720p",
            "shot_type": "multi",
            "enable_prompt_expansion": True,
        },
        500_000,
    ),
    *(
        (
            "kling-3",
            {**FOX, "mode": mode, "sound": sound},
            f"kwaivgi/kling-v3.0-{mode}/text-to-video",
            {**FILM, "aspect_ratio": "16:9", "sound": sound},
            cost,
        )
        for mode, sound, cost in (
            ("std", False, 420_000),
            ("std", True, 630_000),
            ("pro", False, 560_000),
            ("pro", True, 840_000),
        )
    ),
    *(
        (
            "kling-3",
            {**FOX, "mode": mode, "image": A, "duration": 15},
            f"kwaivgi/kling-v3.0-{mode}/image-to-video",
            {**FOX, "image": A, "duration": 15, "sound": True},
            cost,
        )
        for mode, cost in (("std", 1_890_000), ("pro", 2_520_000))
    ),
    *(
        (
            "kling-3",
            {
                "mode": mode,
                "multi_shots": True,
                "multi_prompt": SHOTS,
                **({"image": A} if still else {}),
            },
            f"kwaivgi/kling-v3.0-{mode}/{'image' if still else 'text'}-to-video",
            {
                "multi_prompt": SHOTS,
                "duration": 5,
                "sound": True,
                "shot_type": "customize",
                **({"image": A} if still else {"aspect_ratio": "16:9"}),
            },
            cost,
        )
        for mode, still, cost in (
            ("std", False, 630_000),
            ("std", True, 630_000),
            ("pro", False, 840_000),
            ("pro", True, 840_000),
        )
    ),
    (
        "minimax-music",
        {**FOX, "lyrics": "la la"},
        "minimax/music-2.5",
        {**FOX, "lyrics": "la la", "bitrate": 256_000, "sample_rate": 44_100},
        75_000,
    ),
    ("bg-remover", {"image": A}, "ideogram-ai/remove-background", {"image": A}, 10_000),
    ("image-upscale", {"image": A}, "wavespeed-ai/real-esrgan", {"image": A}, 2_400),
    (
        "face-swap",
        {"image": A, "face_image": B, "output_format": "jpg"},
        "wavespeed-ai/image-face-swap",
        {"image": A, "face_image": B, "target_index": 0, "output_format": "jpeg"},
        10_000,
    ),
]


@pytest.mark.parametrize(("name", "fields", "path", "body", "cost"), GOLDEN)
def test_the_vendor_is_asked_in_its_own_words(
    name: str, fields: dict[str, object], path: str, body: dict[str, object], cost: int
) -> None:
    ((written_path, written, costs),) = asked(name, fields)
    assert (written_path, written, costs) == (path, body, cost)
    order = msgspec.convert(written, MODELS[path].takes)
    assert order.charge(MODELS[path].listed) == cost


def asked(name: str, fields: dict[str, object]) -> list[tuple[str, dict[str, object], int]]:
    """Path, body and cost of each offer of this vendor for such a request."""
    choice = chosen(name)
    read = {**parsed(choice.sub_model.id, **fields).fields}
    for left_out in {"prompt", "images", "image_urls", "input_urls", "image", "multi_prompt", "lyrics"} - fields.keys():
        read.pop(left_out, None)
    return [
        (offer.upstream_model, upstream_fields(offer, read), cost_of(offer.cost_micro_usd, read))
        for offer in offers_for(choice.sub_model, read)
        if offer.provider == "wavespeed"
    ]


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("recraft-v4-text-to-image", {**FOX, "image_size": "2000x2000"}),
        ("recraft-v4-text-to-image", {**FOX, "image_size": "1280x832"}),
        ("recraft-v4-text-to-vector", {**FOX, "image_size": "1280x832"}),
        ("flux-2", {**FOX, "resolution": "2K"}),
        ("flux-2", {**FOX, "type": "flex", "resolution": "2K", "aspect_ratio": "16:9"}),
        ("flux-2", {**FOX, "input_urls": [A, B]}),
        ("kling-image-o1", {**FOX, "type": "ai-multi-shot"}),
        ("seedream/4.5-text-to-image", {**FOX, "quality": "high", "aspect_ratio": "16:9"}),
        ("seedream/4.5-edit", {**FOX, "image_urls": [A] * 11}),
        ("hailuo/2-3-image-to-video-standard", {**FOX, "image": A, "duration": "10"}),
        ("hailuo/2-3-image-to-video-standard", {**FOX, "image": A, "resolution": "1080P"}),
        ("hailuo/2-3-image-to-video-pro", {**FOX, "image": A}),
        ("wan/2-6-video-to-video", {**FOX, "video_urls": ["https://example.com/a.mp4"]}),
        ("kling-3", {**FOX, "kling_elements": [{"name": "fox"}]}),
        ("kling-3", {**FOX, "multi_shots": True, "multi_prompt": [{**FOX, "duration": 5}]}),
        ("minimax-music", FOX),
        ("grok-imagine/text-to-video", FOX),
        ("elevenlabs-v3", {"dialogue": [{"text": "Hi"}]}),
        ("imagen4", FOX),
    ],
)
def test_what_the_vendor_cannot_express_or_would_cost_too_much_it_is_not_asked(
    name: str, fields: dict[str, object]
) -> None:
    assert asked(name, fields) == []


def test_every_offer_has_a_golden_body_and_every_simulated_model_an_offer() -> None:
    offered = {
        offer.upstream_model
        for entry in CATALOGUE.entries
        for sub in entry.sub_models
        for offer in sub.offers
        if offer.provider == "wavespeed"
    }
    assert offered == {row[2] for row in GOLDEN} == MODELS.keys()
