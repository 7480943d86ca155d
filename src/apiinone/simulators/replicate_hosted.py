"""Models that the simulated Replicate hosts: what each takes, as its page of the schema has it, and what it gives."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

Prompt = Annotated[str, Meta(min_length=1, max_length=10_000)]
Address = Annotated[str, Meta(pattern=r"^(https?://|data:)", max_length=1_000_000)]
Seed = Annotated[int, Meta(ge=0, le=2**31 - 1)] | None


class Flux(Struct, forbid_unknown_fields=True, kw_only=True):
    """FLUX.2."""

    prompt: Prompt
    input_images: Annotated[tuple[Address, ...], Meta(max_length=8)] = ()
    aspect_ratio: Literal["match_input_image", "1:1", "16:9", "3:2", "2:3", "4:3", "3:4", "9:16"] = "1:1"
    resolution: Literal["match_input_image", "0.5 MP", "1 MP", "2 MP", "4 MP"] = "1 MP"
    seed: Seed = None
    output_format: Literal["webp", "jpg", "png"] = "webp"
    output_quality: Annotated[int, Meta(ge=0, le=100)] = 80


class Recraft(Struct, forbid_unknown_fields=True, kw_only=True):
    """Recraft V4. The size is ignored where there is a ratio."""

    prompt: Prompt
    aspect_ratio: Annotated[str, Meta(pattern=r"^(Not set|[0-9]{1,2}:[0-9]{1,2})$")] = "Not set"
    size: Annotated[str, Meta(pattern=r"^[0-9]{3,4}x[0-9]{3,4}$")] = "1024x1024"


class Ideogram(Struct, forbid_unknown_fields=True, kw_only=True):
    """Ideogram V3."""

    prompt: Prompt
    aspect_ratio: Literal[
        "1:3", "3:1", "1:2", "2:1", "9:16", "16:9", "10:16", "16:10", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "1:1"
    ] = "1:1"
    magic_prompt_option: Literal["Auto", "On", "Off"] = "Auto"
    image: Address | None = None
    mask: Address | None = None
    style_type: Literal["None", "Auto", "General", "Realistic", "Design"] = "None"
    style_reference_images: tuple[Address, ...] = ()
    seed: Seed = None

    def __post_init__(self) -> None:
        """A picture to paint in comes with its mask."""
        if (self.image is None) != (self.mask is None):
            raise ValueError("image and mask must be given together")


class Seedream(Struct, forbid_unknown_fields=True, kw_only=True):
    """Seedream 4.5: a list of pictures."""

    prompt: Prompt
    image_input: Annotated[tuple[Address, ...], Meta(max_length=14)] = ()
    size: Literal["2K", "4K", "custom"] = "2K"
    aspect_ratio: Literal["match_input_image", "1:1", "4:3", "3:4", "16:9", "9:16", "3:2", "2:3", "21:9"] = (
        "match_input_image"
    )
    sequential_image_generation: Literal["disabled", "auto"] = "disabled"
    max_images: Annotated[int, Meta(ge=1, le=15)] = 1


class Hailuo(Struct, forbid_unknown_fields=True, kw_only=True):
    """Hailuo 2.3."""

    prompt: Prompt
    duration: Literal[6, 10] = 6
    resolution: Literal["768p", "1080p"] = "768p"
    prompt_optimizer: bool = True
    first_frame_image: Address | None = None

    def __post_init__(self) -> None:
        """Ten seconds are made small only."""
        if (self.duration, self.resolution) == (10, "1080p"):
            raise ValueError("1080p supports only 6-second duration")


class Kling(Struct, forbid_unknown_fields=True, kw_only=True):
    """Kling 3.0: shots come as JSON in a text."""

    prompt: Annotated[str, Meta(min_length=1, max_length=2500)]
    negative_prompt: str = ""
    start_image: Address | None = None
    end_image: Address | None = None
    mode: Literal["standard", "pro"] = "pro"
    aspect_ratio: Literal["16:9", "9:16", "1:1"] = "16:9"
    duration: Annotated[int, Meta(ge=3, le=15)] = 5
    generate_audio: bool = False
    multi_prompt: str | None = None


class Tool(Struct, forbid_unknown_fields=True, kw_only=True):
    """A tool for one picture."""

    image: Address


class Hosted(Struct, frozen=True):
    """What a model takes and gives. `micro_usd` is our choice where the vendor's price is not known."""

    takes: type[Struct]
    micro_usd: int
    film: bool = False
    several: bool = False
    """Whether its output is a list."""


HOSTED: Final[Mapping[str, Hosted]] = {
    "black-forest-labs/flux-2-pro": Hosted(Flux, 30_000),
    "black-forest-labs/flux-2-flex": Hosted(Flux, 50_000),
    "recraft-ai/recraft-v4": Hosted(Recraft, 40_000),
    "recraft-ai/recraft-v4-pro": Hosted(Recraft, 250_000),
    "ideogram-ai/ideogram-v3-turbo": Hosted(Ideogram, 30_000),
    "ideogram-ai/ideogram-v3-balanced": Hosted(Ideogram, 60_000),
    "ideogram-ai/ideogram-v3-quality": Hosted(Ideogram, 90_000),
    "bytedance/seedream-4.5": Hosted(Seedream, 40_000, several=True),
    "minimax/hailuo-2.3": Hosted(Hailuo, 280_000, film=True),
    "kwaivgi/kling-v3-video": Hosted(Kling, 840_000, film=True),
    "recraft-ai/recraft-remove-background": Hosted(Tool, 10_000),
    "recraft-ai/recraft-crisp-upscale": Hosted(Tool, 6_000),
}
"""By the vendor's own names."""
