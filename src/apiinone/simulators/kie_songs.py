"""What Kie.ai's routes for Suno's songs take, as its documentation has it."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Version = Literal["V4", "V4_5", "V4_5PLUS", "V4_5ALL", "V5", "V5_5"]
Share = Annotated[float, Meta(ge=0, le=1)]
_LYRICS_MAX, _STYLE_MAX, _SHORT = 5000, 1000, {"V4": (3000, 200)}


class Sung(Struct, forbid_unknown_fields=True, kw_only=True):
    """What all orders for songs share. `callBackUrl` is demanded; a word that is no address is let pass."""

    model: Version
    callBackUrl: Annotated[str, Meta(min_length=1)]  # noqa: N815 - the vendor's own names, here and below
    prompt: str | None = None
    style: str | None = None
    title: Annotated[str, Meta(max_length=80)] | None = None
    negativeTags: str | None = None  # noqa: N815
    vocalGender: Literal["m", "f"] | None = None  # noqa: N815
    styleWeight: Share | None = None  # noqa: N815
    weirdnessConstraint: Share | None = None  # noqa: N815
    audioWeight: Share | None = None  # noqa: N815

    def __post_init__(self) -> None:
        """Lengths by version."""
        lyrics_max, style_max = _SHORT.get(self.model, (_LYRICS_MAX, _STYLE_MAX))
        if len(self.prompt or "") > lyrics_max or len(self.style or "") > style_max:
            raise ValueError("prompt or style is too long")


class Song(Sung, kw_only=True):
    """A new song."""

    customMode: bool  # noqa: N815
    instrumental: bool

    def __post_init__(self) -> None:
        """Custom mode wants a style and a title, and lyrics where somebody sings; simple mode the idea alone."""
        super().__post_init__()
        if self.customMode and not (self.style and self.title and (self.instrumental or self.prompt)):
            raise ValueError("style, title and prompt are required in custom mode")
        others = (self.style, self.title, self.negativeTags, self.vocalGender, self.styleWeight)
        if not self.customMode and (not self.prompt or any(one is not None for one in others)):
            raise ValueError("prompt alone is required in simple mode")


class Upload(Song, kw_only=True):
    """A song over given audio."""

    uploadUrl: Annotated[str, Meta(pattern=r"^https?://")]  # noqa: N815


class Extension(Sung, kw_only=True):
    """A song carried on."""

    defaultParamFlag: bool  # noqa: N815
    audioId: str  # noqa: N815
    continueAt: Annotated[float, Meta(gt=0)] | None = None  # noqa: N815

    def __post_init__(self) -> None:
        """Parameters of its own come together."""
        super().__post_init__()
        if self.defaultParamFlag and not (self.prompt and self.style and self.title and self.continueAt):
            raise ValueError("prompt, style, title and continueAt are required")


class Cover(Struct, forbid_unknown_fields=True):
    """A cover picture."""

    taskId: str  # noqa: N815
    callBackUrl: Annotated[str, Meta(min_length=1)]  # noqa: N815


class Lyrics(Struct, forbid_unknown_fields=True):
    """Timed lyrics."""

    taskId: str  # noqa: N815
    audioId: str  # noqa: N815
