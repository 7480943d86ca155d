"""The models of fal that our offers name: what each takes, what it makes and what it charges (its pages on fal.ai)."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

Output = Literal["images", "vectors", "image", "vector", "video", "audio"]
"""Under which name the files of a result stand, and of which kind they are."""
Named = Literal["square_hd", "square", "portrait_4_3", "portrait_16_9", "landscape_4_3", "landscape_16_9"]
Prompt = Annotated[str, Meta(min_length=1)]
Seconds = Literal["3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"]
MEGAPIXEL: Final = 1024 * 1024


class Sides(Struct, forbid_unknown_fields=True):
    """A size in pixels."""

    width: Annotated[int, Meta(ge=64, le=14142)]
    height: Annotated[int, Meta(ge=64, le=14142)]


class Input(Struct, forbid_unknown_fields=True):
    """What every model may be sent."""

    seed: int | None = None


class FluxPro(Input, forbid_unknown_fields=True, kw_only=True):
    """FLUX.2 [pro], from words."""

    prompt: Prompt
    image_size: Sides | Named = "landscape_4_3"
    safety_tolerance: Literal["1", "2", "3", "4", "5"] = "2"
    enable_safety_checker: bool = True
    output_format: Literal["jpeg", "png"] = "jpeg"


class FluxFlex(FluxPro, forbid_unknown_fields=True, kw_only=True):
    """FLUX.2 [flex], from words."""

    enable_prompt_expansion: bool = True
    guidance_scale: Annotated[float, Meta(ge=1.5, le=10)] = 3.5
    num_inference_steps: Annotated[int, Meta(ge=2, le=50)] = 28


class Ideogram3(Input, forbid_unknown_fields=True, kw_only=True):
    """Ideogram 3."""

    prompt: Prompt
    image_urls: list[str] = []
    rendering_speed: Literal["TURBO", "BALANCED", "QUALITY"] = "BALANCED"
    style: Literal["AUTO", "GENERAL", "REALISTIC", "DESIGN"] = "AUTO"
    expand_prompt: bool = True
    num_images: Annotated[int, Meta(ge=1, le=8)] = 1
    image_size: Sides | Named = "square_hd"


class Recraft(Input, forbid_unknown_fields=True, kw_only=True):
    """Recraft 4, pixels or vectors."""

    prompt: Prompt
    image_size: Sides | Named = "square_hd"
    enable_safety_checker: bool = True


class Seedream(Input, forbid_unknown_fields=True, kw_only=True):
    """Seedream 4.5."""

    prompt: Prompt
    image_size: Sides | Named | Literal["auto_2K", "auto_4K"] = "auto_2K"
    num_images: Annotated[int, Meta(ge=1, le=6)] = 1
    max_images: Annotated[int, Meta(ge=1, le=6)] = 1
    enable_safety_checker: bool = True


class SeedreamEdit(Seedream, forbid_unknown_fields=True, kw_only=True):
    """Seedream 4.5, from pictures. The vendor uses the last ten only; here more are refused."""

    image_urls: Annotated[list[str], Meta(min_length=1, max_length=10)]


class KlingImage(Input, forbid_unknown_fields=True, kw_only=True):
    """Kling O1 pictures."""

    prompt: Annotated[str, Meta(min_length=1, max_length=2500)]
    image_urls: Annotated[list[str], Meta(min_length=1, max_length=10)]
    resolution: Literal["1K", "2K"] = "1K"
    num_images: Annotated[int, Meta(ge=1, le=9)] = 1
    aspect_ratio: Literal["auto", "16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9"] = "auto"
    output_format: Literal["jpeg", "png", "webp"] = "png"


class GrokImage(Input, forbid_unknown_fields=True, kw_only=True):
    """Grok Imagine pictures."""

    prompt: Prompt
    num_images: Annotated[int, Meta(ge=1, le=4)] = 1
    aspect_ratio: str = "1:1"
    output_format: Literal["jpeg", "png", "webp"] = "jpeg"


class GptImage(Input, forbid_unknown_fields=True, kw_only=True):
    """GPT Image 1.5, from words."""

    prompt: Prompt
    image_size: Literal["1024x1024", "1536x1024", "1024x1536"] = "1024x1024"
    background: Literal["auto", "transparent", "opaque"] = "auto"
    quality: Literal["low", "medium", "high"] = "high"
    num_images: Annotated[int, Meta(ge=1, le=4)] = 1
    output_format: Literal["jpeg", "png", "webp"] = "png"


class Upscale(Input, forbid_unknown_fields=True, kw_only=True):
    """Recraft's tools that take a picture and nothing else."""

    image_url: str
    enable_safety_checker: bool = False


class HailuoPro(Input, forbid_unknown_fields=True, kw_only=True):
    """Hailuo 2.3 [pro], 1080p."""

    prompt: Prompt
    image_url: str
    prompt_optimizer: bool = True


class HailuoStandard(HailuoPro, forbid_unknown_fields=True, kw_only=True):
    """Hailuo 2.3 [standard], 768p."""

    duration: Literal["6", "10"] = "6"


class Seedance(Input, forbid_unknown_fields=True, kw_only=True):
    """Seedance 1.5 pro, from words."""

    prompt: Prompt
    aspect_ratio: Literal["21:9", "16:9", "4:3", "1:1", "3:4", "9:16", "auto"] = "16:9"
    resolution: Literal["480p", "720p", "1080p"] = "720p"
    duration: Literal["4", "5", "6", "7", "8", "9", "10", "11", "12"] = "5"
    camera_fixed: bool = False
    generate_audio: bool = True
    enable_safety_checker: bool = True


class SeedanceStill(Seedance, forbid_unknown_fields=True, kw_only=True):
    """Seedance 1.5 pro, from a picture."""

    image_url: str
    end_image_url: str | None = None


class Kling(Input, forbid_unknown_fields=True, kw_only=True):
    """Kling 3 clips, from words. Shots described one by one are not simulated."""

    prompt: Annotated[str, Meta(min_length=1, max_length=2500)]
    duration: Seconds = "5"
    generate_audio: bool = True
    shot_type: Literal["customize", "intelligent"] = "customize"
    aspect_ratio: Literal["16:9", "9:16", "1:1"] = "16:9"
    negative_prompt: str = ""
    cfg_scale: Annotated[float, Meta(ge=0, le=1)] = 0.5


class KlingStill(Input, forbid_unknown_fields=True, kw_only=True):
    """Kling 3 clips, from a picture, which gives the ratio."""

    prompt: Annotated[str, Meta(min_length=1, max_length=2500)]
    start_image_url: str
    end_image_url: str | None = None
    duration: Seconds = "5"
    generate_audio: bool = True
    shot_type: str = "customize"
    negative_prompt: str = ""
    cfg_scale: Annotated[float, Meta(ge=0, le=1)] = 0.5


class Wan(Input, forbid_unknown_fields=True, kw_only=True):
    """Wan 2.6 clips, from words."""

    prompt: Prompt
    resolution: Literal["720p", "1080p"] = "1080p"
    duration: Literal["5", "10", "15"] = "5"
    multi_shots: bool = True


class WanStill(Wan, forbid_unknown_fields=True, kw_only=True):
    """Wan 2.6 clips, from a picture."""

    image_url: str


class WanClips(Wan, forbid_unknown_fields=True, kw_only=True):
    """Wan 2.6 clips, from others."""

    video_urls: Annotated[list[str], Meta(min_length=1, max_length=3)]


class AudioSetting(Struct, forbid_unknown_fields=True):
    """How a song is encoded."""

    sample_rate: Literal[16000, 24000, 32000, 44100] = 44100
    bitrate: Literal[32000, 64000, 128000, 256000] = 256000
    format: Literal["mp3", "pcm", "flac"] = "mp3"


class Music(Input, forbid_unknown_fields=True, kw_only=True):
    """MiniMax Music 2.5."""

    prompt: Annotated[str, Meta(min_length=1, max_length=2000)]
    lyrics: Annotated[str, Meta(max_length=3500)] = ""
    is_instrumental: bool = False
    lyrics_optimizer: bool = False
    audio_setting: AudioSetting | None = None


class Model(Struct, frozen=True):
    """Its input, its output and its charge for one file, in millionths of a dollar."""

    shape: type[Input]
    output: Output
    micro_usd: Callable[[Any], int]


def megapixels(size: object) -> int:
    """How many are charged; the vendor's named sizes have at most one."""
    return -(-size.width * size.height // MEGAPIXEL) if isinstance(size, Sides) else 1


IDEOGRAM: Final = {"TURBO": 30_000, "BALANCED": 60_000, "QUALITY": 90_000}
GPT: Final = {
    "medium/1024x1024": 34_000,
    "medium/1024x1536": 51_000,
    "medium/1536x1024": 50_000,
    "high/1024x1024": 133_000,
    "high/1024x1536": 200_000,
    "high/1536x1024": 199_000,
}
LINES: Final = {"480p": 864 * 480, "720p": 1280 * 720, "1080p": 1920 * 1080}
KLING: Final = {"standard": (84_000, 126_000), "pro": (224_000, 336_000)}


def seedance_micro_usd(order: Seedance) -> int:
    """By tokens: pixels times 24 frames a second, 1.2 dollars for a million, twice that with sound."""
    tokens = LINES[order.resolution] * 24 * int(order.duration) // 1024
    return round(tokens * (2.4 if order.generate_audio else 1.2))


def wan_micro_usd(order: Wan) -> int:
    """By the second (unconfirmed)."""
    return int(order.duration) * {"720p": 100_000, "1080p": 150_000}[order.resolution]


def kling_micro_usd(tier: str) -> Callable[[Kling | KlingStill], int]:
    """By the second, without sound and with it."""
    return lambda order: int(order.duration) * KLING[tier][order.generate_audio]


MODELS: Final[Mapping[str, Model]] = {
    "fal-ai/flux-2-pro": Model(FluxPro, "images", lambda o: 15_000 + 15_000 * megapixels(o.image_size)),
    "fal-ai/flux-2-flex": Model(FluxFlex, "images", lambda o: 50_000 * megapixels(o.image_size)),
    "fal-ai/ideogram/v3": Model(Ideogram3, "images", lambda o: IDEOGRAM[o.rendering_speed]),
    "fal-ai/recraft/v4/text-to-image": Model(Recraft, "images", lambda _: 40_000),
    "fal-ai/recraft/v4/text-to-vector": Model(Recraft, "vectors", lambda _: 80_000),
    "fal-ai/recraft/v4/pro/text-to-image": Model(Recraft, "images", lambda _: 250_000),
    "fal-ai/recraft/v4/pro/text-to-vector": Model(Recraft, "vectors", lambda _: 300_000),
    "fal-ai/bytedance/seedream/v4.5/text-to-image": Model(Seedream, "images", lambda _: 40_000),
    "fal-ai/bytedance/seedream/v4.5/edit": Model(SeedreamEdit, "images", lambda _: 40_000),
    "fal-ai/kling-image/o1": Model(KlingImage, "images", lambda _: 28_000),
    "xai/grok-imagine-image": Model(GrokImage, "images", lambda _: 20_000),
    "fal-ai/gpt-image-1.5": Model(GptImage, "images", lambda o: GPT[f"{o.quality}/{o.image_size}"]),
    "fal-ai/recraft/upscale/crisp": Model(Upscale, "image", lambda _: 4_000),
    "fal-ai/recraft/vectorize": Model(Upscale, "vector", lambda _: 10_000),
    "fal-ai/minimax/hailuo-2.3/standard/image-to-video": Model(
        HailuoStandard, "video", lambda o: {"6": 280_000, "10": 560_000}[o.duration]
    ),
    "fal-ai/minimax/hailuo-2.3/pro/image-to-video": Model(HailuoPro, "video", lambda _: 490_000),
    "fal-ai/bytedance/seedance/v1.5/pro/text-to-video": Model(Seedance, "video", seedance_micro_usd),
    "fal-ai/bytedance/seedance/v1.5/pro/image-to-video": Model(SeedanceStill, "video", seedance_micro_usd),
    "fal-ai/kling-video/v3/standard/text-to-video": Model(Kling, "video", kling_micro_usd("standard")),
    "fal-ai/kling-video/v3/standard/image-to-video": Model(KlingStill, "video", kling_micro_usd("standard")),
    "fal-ai/kling-video/v3/pro/text-to-video": Model(Kling, "video", kling_micro_usd("pro")),
    "fal-ai/kling-video/v3/pro/image-to-video": Model(KlingStill, "video", kling_micro_usd("pro")),
    "wan/v2.6/text-to-video": Model(Wan, "video", wan_micro_usd),
    "wan/v2.6/image-to-video": Model(WanStill, "video", wan_micro_usd),
    "wan/v2.6/reference-to-video": Model(WanClips, "video", wan_micro_usd),
    "fal-ai/minimax-music/v2.5": Model(Music, "audio", lambda _: 150_000),
}
"""By the vendor's id."""
