"""What Kie.ai's film models take and charge, as its documentation and its price texts have it."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from apiinone.simulators.kie_inputs import Address, Input, Prompt

Frames = Annotated[tuple[Address, ...], Meta(max_length=2)]
_GROK_SECOND: Final = {"480p": 2.4, "720p": 4.5, "1080p": 8.0}


class GrokFilm(Input, kw_only=True):
    """A film by Grok from words: seconds as a number."""

    prompt: Prompt
    aspect_ratio: Literal["2:3", "3:2", "1:1", "16:9", "9:16"] = "2:3"
    mode: Literal["fun", "normal", "spicy"] = "normal"
    duration: Annotated[int, Meta(ge=6, le=30)] = 6
    resolution: Literal["480p", "720p", "1080p"] = "480p"

    def credits(self, model: str) -> float:
        """By the second."""
        del model
        return _GROK_SECOND[self.resolution] * self.duration


class GrokAnimation(Input, kw_only=True):
    """A film by Grok from pictures: seconds as a text."""

    image_urls: Annotated[tuple[Address, ...], Meta(min_length=1, max_length=7)]
    prompt: Annotated[str, Meta(max_length=5000)] = ""
    mode: Literal["fun", "normal"] = "normal"
    duration: Annotated[str, Meta(pattern=r"^([6-9]|[12][0-9]|30)$")] = "6"
    resolution: Literal["480p", "720p", "1080p"] = "480p"
    aspect_ratio: Literal["2:3", "3:2", "1:1", "16:9", "9:16"] = "2:3"

    def credits(self, model: str) -> float:
        """By the second."""
        del model
        return _GROK_SECOND[self.resolution] * int(self.duration)


class Seedance(Input, kw_only=True):
    """Seedance 1.5 Pro."""

    prompt: Annotated[str, Meta(min_length=3, max_length=20_000)]
    aspect_ratio: Literal["1:1", "4:3", "3:4", "16:9", "9:16", "21:9"]
    duration: Annotated[int, Meta(ge=4, le=12)]
    input_urls: Frames = ()
    resolution: Literal["480p", "720p", "1080p"] = "720p"
    generate_audio: bool = False
    fixed_lens: bool = False

    def credits(self, model: str) -> float:
        """By the second; sound doubles it."""
        del model
        second = {"480p": 1.75, "720p": 3.5, "1080p": 7.5}[self.resolution]
        return second * self.duration * (2 if self.generate_audio else 1)


class Hailuo(Input, kw_only=True):
    """Hailuo 2.3."""

    prompt: Prompt
    image_url: Address
    duration: Literal["6", "10"] = "6"
    resolution: Literal["768P", "1080P"] = "768P"

    def __post_init__(self) -> None:
        """Ten seconds are made small only."""
        if (self.duration, self.resolution) == ("10", "1080P"):
            raise ValueError("10 seconds are not available at 1080P")

    def credits(self, model: str) -> float:
        """By tier, size and length."""
        small, long, large = (45.0, 90.0, 80.0) if model.endswith("pro") else (30.0, 50.0, 50.0)
        return long if self.duration == "10" else large if self.resolution == "1080P" else small


class Wan(Input, kw_only=True):
    """Wan 2.6."""

    prompt: Prompt
    duration: Literal["5", "10", "15"] = "5"
    resolution: Literal["720p", "1080p"] = "1080p"
    multi_shots: bool = False
    nsfw_checker: bool = True

    def credits(self, model: str) -> float:
        """By size and length."""
        del model
        prices = {"5": (70.0, 104.5), "10": (140.0, 209.5), "15": (209.5, 315.0)}
        return prices[self.duration][self.resolution == "1080p"]


class WanAnimation(Wan, kw_only=True):
    """The same from a picture."""

    image_urls: Annotated[tuple[Address, ...], Meta(min_length=1, max_length=1)]


class WanFilms(Wan, kw_only=True):
    """The same from films."""

    video_urls: Annotated[tuple[Address, ...], Meta(min_length=1, max_length=3)]

    def __post_init__(self) -> None:
        """No fifteen seconds."""
        if self.duration == "15":
            raise ValueError("duration must be 5 or 10")


class Shot(Struct, forbid_unknown_fields=True):
    """One of several."""

    prompt: Prompt
    duration: Annotated[int, Meta(ge=1, le=12)]


class Element(Struct, forbid_unknown_fields=True):
    """What stays the same."""

    name: str
    description: str = ""
    element_input_urls: tuple[Address, ...] = ()
    element_input_video_urls: tuple[Address, ...] = ()


class Kling(Input, kw_only=True):
    """Kling 3.0."""

    prompt: Annotated[str, Meta(min_length=1, max_length=2500)]
    mode: Literal["std", "pro", "4K"]
    duration: Annotated[str, Meta(pattern=r"^([3-9]|1[0-5])$")]
    aspect_ratio: Literal["16:9", "9:16", "1:1"]
    sound: bool
    multi_shots: bool
    multi_prompt: Annotated[tuple[Shot, ...], Meta(max_length=5)]
    image_urls: Frames = ()
    kling_elements: Annotated[tuple[Element, ...], Meta(max_length=3)] = ()

    def credits(self, model: str) -> float:
        """By the second."""
        del model
        second = {"std": (14.0, 20.0), "pro": (18.0, 27.0), "4K": (67.0, 67.0)}[self.mode][self.sound]
        return second * int(self.duration)
