"""What Kie.ai's picture and speech models take and charge, as its documentation and its price texts have it.

Stricter than the vendor: a field that the documentation does not name is refused.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Prompt = Annotated[str, Meta(min_length=1, max_length=5000)]
Address = Annotated[str, Meta(pattern=r"^https?://", max_length=2048)]


class Input(Struct, forbid_unknown_fields=True, kw_only=True):
    """The `input` of an order."""

    def credits(self, model: str) -> float:
        """What it costs; free where a model does not say otherwise."""
        del model
        return 0.0

    def words(self) -> str:
        """What the result shows."""
        return str(getattr(self, "prompt", ""))


class Flux(Input, kw_only=True):
    """FLUX.2, pro and flex."""

    prompt: Annotated[str, Meta(min_length=3, max_length=5000)]
    aspect_ratio: Literal["1:1", "4:3", "3:4", "16:9", "9:16", "3:2", "2:3"]
    resolution: Literal["1K", "2K"]
    nsfw_checker: bool = True

    def credits(self, model: str) -> float:
        """By mode and size."""
        dear = self.resolution == "2K"
        return (24.0 if dear else 14.0) if "flex" in model else (7.0 if dear else 5.0)


class FluxEdit(Flux, kw_only=True):
    """The same from pictures."""

    input_urls: Annotated[tuple[Address, ...], Meta(min_length=1, max_length=8)]


class Grok(Input, kw_only=True):
    """Grok Imagine: two pictures a task."""

    prompt: Prompt
    aspect_ratio: Literal["2:3", "3:2", "1:1", "16:9", "9:16"] = "1:1"
    enable_pro: bool = False

    def credits(self, model: str) -> float:
        """By tier."""
        del model
        return 5.0 if self.enable_pro else 4.0


class Seedream(Input, kw_only=True):
    """Seedream 4.5."""

    prompt: Annotated[str, Meta(min_length=1, max_length=3000)]
    aspect_ratio: Literal["1:1", "4:3", "3:4", "16:9", "9:16", "2:3", "3:2", "21:9"]
    quality: Literal["basic", "high"]

    def credits(self, model: str) -> float:
        """Both qualities alike."""
        del model
        return 6.5


class SeedreamEdit(Seedream, kw_only=True):
    """The same from pictures."""

    image_urls: Annotated[tuple[Address, ...], Meta(min_length=1, max_length=14)]


class Gpt(Input, kw_only=True):
    """GPT Image 1.5."""

    prompt: Prompt
    aspect_ratio: Literal["1:1", "2:3", "3:2"]
    quality: Literal["medium", "high"]

    def credits(self, model: str) -> float:
        """By quality."""
        del model
        return 22.0 if self.quality == "high" else 4.0


class GptEdit(Gpt, kw_only=True):
    """The same from pictures."""

    input_urls: Annotated[tuple[Address, ...], Meta(min_length=1, max_length=16)]


class Imagen(Input, kw_only=True):
    """Imagen 4: the seed is a text."""

    prompt: Prompt
    aspect_ratio: Literal["1:1", "16:9", "9:16", "3:4", "4:3", "auto"] = "1:1"
    negative_prompt: Annotated[str, Meta(max_length=5000)] = ""
    seed: str = ""

    def credits(self, model: str) -> float:
        """By tier."""
        return 12.0 if "ultra" in model else 8.0


class ImagenFast(Input, kw_only=True):
    """Imagen 4 Fast: the seed is a number."""

    prompt: Prompt
    aspect_ratio: Literal["1:1", "16:9", "9:16", "3:4", "4:3", "auto"] = "16:9"
    negative_prompt: Annotated[str, Meta(max_length=5000)] = ""
    seed: int | None = None

    def credits(self, model: str) -> float:
        """One price."""
        del model
        return 4.0


class Ideogram(Input, kw_only=True):
    """Ideogram V3."""

    prompt: Prompt
    rendering_speed: Literal["TURBO", "BALANCED", "QUALITY"] = "BALANCED"
    style: Literal["AUTO", "GENERAL", "REALISTIC", "DESIGN"] = "AUTO"
    image_size: Literal["square", "square_hd", "portrait_4_3", "portrait_16_9", "landscape_4_3", "landscape_16_9"] = (
        "square_hd"
    )
    expand_prompt: bool = True
    negative_prompt: str = ""
    seed: int | None = None

    def credits(self, model: str) -> float:
        """By speed."""
        del model
        return {"TURBO": 3.5, "BALANCED": 7.0, "QUALITY": 10.0}[self.rendering_speed]


class IdeogramRemix(Ideogram, kw_only=True):
    """The same from a picture."""

    image_url: Address
    strength: Annotated[float, Meta(ge=0.01, le=1)] = 0.8
    num_images: Literal["1", "2", "3", "4"] = "1"


class Line(Struct, forbid_unknown_fields=True):
    """One of a dialogue."""

    text: Annotated[str, Meta(min_length=1)]
    voice: Annotated[str, Meta(min_length=1)]


class Dialogue(Input, kw_only=True):
    """ElevenLabs' dialogue."""

    dialogue: Annotated[tuple[Line, ...], Meta(min_length=1)]
    stability: float = 0.5
    language_code: Annotated[str, Meta(pattern=r"^[a-z]{2,3}$")] | None = None

    def __post_init__(self) -> None:
        """Three steps of stability, and a bounded text."""
        if self.stability not in (0, 0.5, 1):
            raise ValueError("stability must be 0, 0.5 or 1")
        if sum(len(line.text) for line in self.dialogue) > 5000:  # noqa: PLR2004 - the vendor's own limit
            raise ValueError("dialogue is too long")

    def credits(self, model: str) -> float:
        """By the character."""
        del model
        return 14.0 * sum(len(line.text) for line in self.dialogue) / 1000


class Picture(Input, kw_only=True):
    """A tool's one picture."""

    image: Address

    def credits(self, model: str) -> float:
        """By the tool."""
        return 1.0 if model.endswith("remove-background") else 0.5
