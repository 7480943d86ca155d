"""Kie.ai's market: each model's name, what it takes and what it makes."""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from apiinone.simulators.kie_films import (
    GrokAnimation,
    GrokFilm,
    Hailuo,
    Kling,
    Seedance,
    Wan,
    WanAnimation,
    WanFilms,
)
from apiinone.simulators.kie_inputs import (
    Dialogue,
    Flux,
    FluxEdit,
    Gpt,
    GptEdit,
    Grok,
    Ideogram,
    IdeogramRemix,
    Imagen,
    ImagenFast,
    Input,
    Picture,
    Seedream,
    SeedreamEdit,
)

Makes = Literal["picture", "film", "sound"]


class Model(Struct, frozen=True):
    """What it takes, and what it makes."""

    takes: type[Input]
    makes: Makes = "picture"
    outputs: int = 1


MODELS: Final[Mapping[str, Model]] = {
    "flux-2/pro-text-to-image": Model(Flux),
    "flux-2/flex-text-to-image": Model(Flux),
    "flux-2/pro-image-to-image": Model(FluxEdit),
    "flux-2/flex-image-to-image": Model(FluxEdit),
    "grok-imagine/text-to-image": Model(Grok, outputs=2),
    "seedream/4.5-text-to-image": Model(Seedream),
    "seedream/4.5-edit": Model(SeedreamEdit),
    "gpt-image/1.5-text-to-image": Model(Gpt),
    "gpt-image/1.5-image-to-image": Model(GptEdit),
    "google/imagen4": Model(Imagen),
    "google/imagen4-ultra": Model(Imagen),
    "google/imagen4-fast": Model(ImagenFast),
    "ideogram/v3-text-to-image": Model(Ideogram),
    "ideogram/v3-remix": Model(IdeogramRemix),
    "recraft/remove-background": Model(Picture),
    "recraft/crisp-upscale": Model(Picture),
    "grok-imagine/text-to-video": Model(GrokFilm, "film"),
    "grok-imagine/image-to-video": Model(GrokAnimation, "film"),
    "bytedance/seedance-1.5-pro": Model(Seedance, "film"),
    "hailuo/2-3-image-to-video-standard": Model(Hailuo, "film"),
    "hailuo/2-3-image-to-video-pro": Model(Hailuo, "film"),
    "wan/2-6-text-to-video": Model(Wan, "film"),
    "wan/2-6-image-to-video": Model(WanAnimation, "film"),
    "wan/2-6-video-to-video": Model(WanFilms, "film"),
    "kling-3.0/video": Model(Kling, "film"),
    "elevenlabs/text-to-dialogue-v3": Model(Dialogue, "sound"),
}
"""By the vendor's own names."""
