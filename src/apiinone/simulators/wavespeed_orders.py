"""What WaveSpeedAI's models take, as the pages of the models and their `llms.txt` say.

Stricter than the vendor, which is not known to refuse unknown fields. Where no page was read (ideogram-v4, hunyuan's
sizes, flux edits, shots of kling, the vector and pro tiers of recraft) the fields are those of sister models.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

Prompt = Annotated[str, Meta(min_length=1, max_length=10_000)]
File = Annotated[str, Meta(pattern=r"^(https?://|data:)")]
Seed = Annotated[int, Meta(ge=-1, le=2**31 - 1)]
Pixels = Annotated[str, Meta(pattern=r"^[1-9][0-9]{2,3}\*[1-9][0-9]{2,3}$")]
MEGAPIXEL: Final = 1024 * 1024
Images = Annotated[list[File], Meta(min_length=1, max_length=10)]


class Asked(Struct, forbid_unknown_fields=True, kw_only=True):
    """What every model takes besides its own fields."""

    enable_sync_mode: bool = False
    enable_base64_output: bool = False

    def charge(self, listed: int) -> int:
        """What one output costs, from what the model is listed for: the same."""
        return listed


class Prompted(Asked, kw_only=True):
    """A model that reads words."""

    prompt: Prompt


class Preset(Prompted, kw_only=True):
    """Recraft: the size is a ratio."""

    image_size: Literal["1:1", "16:9", "9:16", "4:3", "3:4"] = "1:1"


class Sized(Prompted, kw_only=True):
    """Width and height in pixels."""

    size: Pixels = "1024*1024"
    seed: Seed = -1


class Cogview(Prompted, kw_only=True):
    """CogView 4."""

    size: Pixels = "1024*1024"
    quality: Literal["standard", "hd"] = "standard"


class SizedEdit(Sized, kw_only=True):
    """Width and height, and pictures to work on."""

    images: Images


class Flux(Sized, kw_only=True):
    """FLUX.2 pro and flex."""

    def charge(self, listed: int) -> int:
        """Listed is one megapixel; more pixels cost in proportion, rounded up to whole cents."""
        width, height = map(int, self.size.split("*"))
        in_proportion = listed * width * height // 10**6
        return listed if width * height <= MEGAPIXEL else -(-in_proportion // 10_000) * 10_000


class FluxEdit(Flux, kw_only=True):
    """FLUX.2, with pictures to work on."""

    images: Images


class KlingImage(Prompted, kw_only=True):
    """Kling Image O1."""

    images: Images | None = None
    aspect_ratio: Literal["16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9", "auto"] = "1:1"
    resolution: Literal["1k", "2k"] = "1k"
    num_images: Annotated[int, Meta(ge=1, le=9)] = 1


class IdeogramThree(Prompted, kw_only=True):
    """Ideogram V3."""

    aspect_ratio: Literal["1:1", "16:9", "9:16", "4:3", "3:4"] = "1:1"
    style: Literal["Auto", "General", "Realistic", "Design"] = "Auto"
    image: File | None = None
    mask_image: File | None = None
    reference_images: Annotated[list[File], Meta(max_length=3)] = []


class IdeogramFour(Prompted, kw_only=True):
    """Ideogram V4."""

    size: Literal["1:1", "16:9", "9:16", "3:4", "4:3", "3:2", "2:3", "9:21", "21:9"] = "1:1"
    rendering_speed: Literal["TURBO", "BALANCED", "QUALITY"] = "BALANCED"
    output_format: Literal["png", "jpeg", "webp"] = "png"

    def charge(self, listed: int) -> int:
        """Listed is the balanced speed."""
        return {"TURBO": 30_000, "BALANCED": listed, "QUALITY": 100_000}[self.rendering_speed]


class Gpt(Prompted, kw_only=True):
    """GPT Image 1.5."""

    size: Literal["auto", "1024*1024", "1024*1536", "1536*1024"] = "auto"
    quality: Literal["low", "medium", "high"] = "medium"

    def charge(self, listed: int) -> int:
        """Listed is a square of medium quality."""
        square, oblong = {"low": (9_000, 13_000), "medium": (listed, 50_000), "high": (133_000, 200_000)}[self.quality]
        return oblong if "1536" in self.size else square


class GptEdit(Gpt, kw_only=True):
    """GPT Image 1.5, with pictures to edit."""

    images: Annotated[list[File], Meta(min_length=1, max_length=16)]


class Seedance(Prompted, kw_only=True):
    """Seedance 1.5 Pro."""

    aspect_ratio: Literal["21:9", "16:9", "4:3", "1:1", "3:4", "9:16"] = "16:9"
    resolution: Literal["480p", "720p", "1080p"] = "720p"
    duration: Annotated[int, Meta(ge=4, le=12)] = 5
    generate_audio: bool = True
    camera_fixed: bool = False
    seed: Seed = -1

    def charge(self, listed: int) -> int:
        """Listed is a silent second at 720p."""
        per_s = {"480p": 12_000, "720p": listed, "1080p": 58_000}[self.resolution]
        return self.duration * per_s * (2 if self.generate_audio else 1)


class SeedanceStill(Seedance, kw_only=True):
    """Seedance 1.5 Pro, from a picture."""

    image: File
    last_image: File | None = None


class Hailuo(Asked, kw_only=True):
    """Hailuo 2.3 Pro."""

    image: File
    prompt: str = ""


class HailuoStandard(Hailuo, kw_only=True):
    """Hailuo 2.3 Standard."""

    duration: Literal[6, 10] = 6


class Wan(Prompted, kw_only=True):
    """Wan 2.6."""

    duration: Literal[5, 10, 15] = 5
    shot_type: Literal["single", "multi"] = "single"
    enable_prompt_expansion: bool = False
    negative_prompt: str = ""
    seed: Seed = -1


class WanText(Wan, kw_only=True):
    """Wan 2.6, from words."""

    size: Literal["1280*720", "720*1280", "1920*1080", "1080*1920"] = "1280*720"

    def charge(self, listed: int) -> int:
        """Listed is a second at 720p."""
        return self.duration * (listed * 3 // 2 if "1080" in self.size else listed)


class WanStill(Wan, kw_only=True):
    """Wan 2.6, from a picture."""

    image: File
    resolution: Literal["720p", "1080p"] = "720p"

    def charge(self, listed: int) -> int:
        """Listed is a second at 720p."""
        return self.duration * (listed * 3 // 2 if self.resolution == "1080p" else listed)


class Shot(Struct, forbid_unknown_fields=True):
    """One shot of a clip."""

    prompt: Prompt
    duration: Annotated[int, Meta(ge=1, le=15)]


class Kling(Asked, kw_only=True):
    """Kling 3: a prompt or shots, not both."""

    prompt: str = ""
    negative_prompt: str = ""
    duration: Annotated[int, Meta(ge=3, le=15)] = 5
    sound: bool = False
    cfg_scale: float = 0.5
    shot_type: Literal["customize", "intelligent"] | None = None
    multi_prompt: list[Shot] = []

    def __post_init__(self) -> None:
        """Refuse neither or both."""
        if bool(self.prompt) == bool(self.multi_prompt):
            raise ValueError("either prompt or multi_prompt must be provided, but not both")

    def charge(self, listed: int) -> int:
        """Listed is a silent second."""
        return self.duration * (listed * 3 // 2 if self.sound else listed)


class KlingText(Kling, kw_only=True):
    """Kling 3, from words."""

    aspect_ratio: Literal["16:9", "9:16", "1:1"] = "16:9"


class KlingStill(Kling, kw_only=True):
    """Kling 3, from a picture."""

    image: File
    end_image: File | None = None


class Music(Prompted, kw_only=True):
    """MiniMax Music 2.5."""

    lyrics: Annotated[str, Meta(min_length=1, max_length=3500)]
    bitrate: Literal[32000, 60000, 64000, 128000, 256000] = 256000
    sample_rate: Literal[16000, 24000, 32000, 44100] = 44100


class Tool(Asked, kw_only=True):
    """Something that works on one picture."""

    image: File


class Swap(Tool, kw_only=True):
    """A face for another."""

    face_image: File
    target_index: Annotated[int, Meta(ge=0, le=10)] = 0
    output_format: Literal["png", "jpeg", "webp"] = "png"
