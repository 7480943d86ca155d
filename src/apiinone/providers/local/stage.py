"""What the painters of a landscape share: the canvas, the dice, what is wanted, and where things stand."""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct, field

from apiinone.providers.local.canvas import Canvas
from apiinone.providers.local.pen import Dice, Point

Terrain = Literal["mountains", "hills", "desert", "city", "forest", "sea", "lake"]
Time = Literal["day", "sunrise", "sunset", "night"]
Season = Literal["none", "spring", "autumn", "winter"]
Thing = Literal[
    "sun",
    "moon",
    "stars",
    "clouds",
    "birds",
    "trees",
    "boat",
    "cabin",
    "cactus",
    "snow",
    "fog",
    "reflection",
    "bridge",
    "village",
]


class Scenery(Struct, frozen=True):
    """What a landscape is to show."""

    terrains: tuple[Terrain, ...] = ("mountains",)
    time: Time = "day"
    season: Season = "none"
    things: frozenset[Thing] = frozenset()
    without: frozenset[Thing] = frozenset()

    def wants(self, thing: Thing) -> bool:
        """Whether it was asked for and not ruled out."""
        return thing in self.things and thing not in self.without

    def allows(self, thing: Thing) -> bool:
        """Whether it may be added unasked."""
        return thing not in self.without


class Silhouette(Struct, frozen=True):
    """Land that stands on the horizon, as water would show it upside down."""

    line: tuple[Point, ...]
    depth: float


class Stage(Struct, frozen=True):
    """One landscape under way."""

    canvas: Canvas
    dice: Dice
    scenery: Scenery
    horizon: float
    """Where land or water meets the sky."""
    sun: Point
    """The middle of the sun or moon."""
    sun_radius: float
    silhouettes: list[Silhouette] = field(default_factory=list)
    """Grows as the land is painted."""

    @property
    def width(self) -> float:
        """Of the canvas, in units."""
        return self.canvas.width

    @property
    def height(self) -> float:
        """Of the canvas, in units."""
        return self.canvas.height

    @property
    def mist(self) -> str:
        """The colour into which distance fades."""
        return self.canvas.palette.sky[-1]

    @property
    def lit_from_right(self) -> bool:
        """Which faces of a mountain are bright."""
        return self.sun[0] > self.width / 2


Painter = Callable[[Stage], None]
