"""What WaveSpeedAI's models take, cost and make, by their paths; where prices come from stands beside our offers."""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from apiinone.simulators.wavespeed_orders import (
    Asked,
    Cogview,
    Flux,
    FluxEdit,
    Gpt,
    GptEdit,
    Hailuo,
    HailuoStandard,
    IdeogramFour,
    IdeogramThree,
    KlingImage,
    KlingStill,
    KlingText,
    Music,
    Preset,
    Prompted,
    Seedance,
    SeedanceStill,
    Sized,
    SizedEdit,
    Swap,
    Tool,
    WanStill,
    WanText,
)

Kind = Literal["raster", "vector", "film", "sound"]


class Model(Struct, frozen=True):
    """What it takes, what one output is listed for in millionths of a US dollar, and what it makes."""

    takes: type[Asked]
    listed: int
    makes: Kind = "raster"


MODELS: Final[Mapping[str, Model]] = {
    "recraft-ai/recraft-v4/text-to-image": Model(Preset, 40_000),
    "recraft-ai/recraft-v4/text-to-vector": Model(Preset, 80_000, "vector"),
    "recraft-ai/recraft-v4-pro/text-to-image": Model(Preset, 250_000),
    "recraft-ai/recraft-v4-pro/text-to-vector": Model(Preset, 300_000, "vector"),
    "z-ai/cogview-4": Model(Cogview, 10_000),
    "wavespeed-ai/flux-2-flex/text-to-image": Model(Flux, 50_000),
    "wavespeed-ai/flux-2-flex/edit": Model(FluxEdit, 100_000),
    "wavespeed-ai/flux-2-pro/text-to-image": Model(Flux, 30_000),
    "wavespeed-ai/flux-2-pro/edit": Model(FluxEdit, 45_000),
    "x-ai/grok-imagine-image/text-to-image": Model(Prompted, 20_000),
    "kwaivgi/kling-image-o1": Model(KlingImage, 28_000),
    "ideogram-ai/ideogram-v3-turbo": Model(IdeogramThree, 30_000),
    "ideogram-ai/ideogram-v3-balanced": Model(IdeogramThree, 60_000),
    "ideogram-ai/ideogram-v3-quality": Model(IdeogramThree, 90_000),
    "ideogram-ai/ideogram-v4": Model(IdeogramFour, 60_000),
    "openai/gpt-image-1.5/text-to-image": Model(Gpt, 34_000),
    "openai/gpt-image-1.5/edit": Model(GptEdit, 34_000),
    "bytedance/seedream-v4.5": Model(Sized, 40_000),
    "bytedance/seedream-v4.5/edit": Model(SizedEdit, 40_000),
    "wavespeed-ai/hunyuan-image-3-instruct/text-to-image": Model(Sized, 120_000),
    "wavespeed-ai/hunyuan-image-3-instruct/edit": Model(SizedEdit, 120_000),
    "bytedance/seedance-v1.5-pro/text-to-video": Model(Seedance, 26_000, "film"),
    "bytedance/seedance-v1.5-pro/image-to-video": Model(SeedanceStill, 26_000, "film"),
    "minimax/hailuo-2.3/i2v-standard": Model(HailuoStandard, 280_000, "film"),
    "minimax/hailuo-2.3/i2v-pro": Model(Hailuo, 490_000, "film"),
    "alibaba/wan-2.6/text-to-video": Model(WanText, 100_000, "film"),
    "alibaba/wan-2.6/image-to-video": Model(WanStill, 100_000, "film"),
    "kwaivgi/kling-v3.0-std/text-to-video": Model(KlingText, 84_000, "film"),
    "kwaivgi/kling-v3.0-std/image-to-video": Model(KlingStill, 84_000, "film"),
    "kwaivgi/kling-v3.0-pro/text-to-video": Model(KlingText, 112_000, "film"),
    "kwaivgi/kling-v3.0-pro/image-to-video": Model(KlingStill, 112_000, "film"),
    "minimax/music-2.5": Model(Music, 75_000, "sound"),
    "ideogram-ai/remove-background": Model(Tool, 10_000),
    "wavespeed-ai/real-esrgan": Model(Tool, 2_400),
    "wavespeed-ai/image-face-swap": Model(Swap, 10_000),
}
"""By the path of the model."""
