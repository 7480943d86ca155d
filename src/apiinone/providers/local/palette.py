"""Palettes: what colour each role of a picture has, curated by mood or derived from the colours that were asked for."""

from typing import Literal

from msgspec import Struct

from apiinone.providers.local.oklab import chroma, lifted, lightness, mix, ramp, toned

Role = Literal["paper", "sun", "land", "water", "leaf", "accent", "snow", "cloud"]

INK_CONTRAST = 0.3
"""Least difference of lightness between paper and a line."""

FADING = 0.55
"""How much of a line's contrast the far distance takes."""


class Tone(Struct, frozen=True):
    """A colour by its place in the picture, before a palette is chosen."""

    role: Role
    depth: float = 1.0
    """0 is the far distance, 1 the foreground."""
    lift: float = 0.0
    """Lightness to add, as light on a face; negative for its shadow."""
    turn: int = 0
    """Which of the accents."""


class Palette(Struct, frozen=True):
    """The colours of one picture."""

    name: str
    paper: str
    inks: tuple[str, ...]
    """Line colours, from the foreground to the distance."""
    sky: tuple[str, ...]
    """From the top to the horizon."""
    land: tuple[str, ...]
    """From the distance to the foreground."""
    sun: str
    water: str
    leaf: str
    accents: tuple[str, ...]

    def colour(self, tone: Tone) -> str:
        """The fill of a tone."""
        return lifted(self._base(tone), tone.lift)

    def ink(self, tone: Tone) -> str:
        """The line of a tone: land grows fainter with distance; other roles take further inks where there are any."""
        place = {"leaf": 1, "water": 2, "sun": -1, "accent": tone.turn}.get(tone.role, 0)
        ink = self.inks[place % len(self.inks)]
        if tone.role in {"land", "leaf"}:
            return mix(ink, self.paper, round(FADING * (1 - tone.depth), 3))
        return ink

    def _base(self, tone: Tone) -> str:
        if tone.role == "accent":
            return self.accents[tone.turn % len(self.accents)]
        land = ramp(self.land, tone.depth)
        return {
            "land": land,
            "leaf": mix(land, self.leaf, tone.depth**2),
            "snow": mix(self.sky[-1], "#ffffff", 0.6),
            "cloud": mix(self.sky[-1], "#ffffff", 0.45),
            "water": self.water,
            "sun": self.sun,
            "paper": self.paper,
        }[tone.role]


def derived(colours: tuple[str, ...], background: str | None = None) -> Palette:
    """A palette in which each of one to five colours (the background among them) is seen; the rest belongs to them.

    The lightest (or the background that was asked for) becomes the sky, the strongest of three or more the sun.
    """
    named = tuple(dict.fromkeys((*colours, background) if background else colours))
    light_first = sorted(named, key=lambda colour: (-lightness(colour), colour))
    main = max(light_first, key=chroma)
    paper = background or _paper(light_first, main)
    rest = [colour for colour in light_first if colour != background] or light_first
    sky = background or (rest[0] if len(rest) > 1 else toned(main, light=0.86, strength=0.35))
    land = [colour for colour in rest if colour != sky] or [main]
    sun = toned(main, light=0.97, strength=0.25)
    if len(land) > 1:
        sun = max(land[:-1], key=chroma)
        land.remove(sun)
    elif background and lightness(background) < 0.5:  # noqa: PLR2004 - the middle
        sun = land[0]
    horizon = toned(sky, light=min(0.965, lightness(sky) + 0.11), strength=0.6)
    return Palette(
        name=" and ".join(named),
        paper=paper,
        inks=_inks(rest, paper),
        sky=(sky, horizon),
        land=_land(land, horizon),
        sun=sun,
        water=mix(horizon, land[0], 0.35),
        leaf=land[-1],
        accents=_accents(rest, main),
    )


def _paper(light_first: list[str], main: str) -> str:
    """The lightest colour where it can carry lines, otherwise a breath of the main one."""
    lightest = light_first[0]
    if lightness(lightest) > 0.9 and len(light_first) > 1:  # noqa: PLR2004 - nearly white
        return lightest
    if lightness(light_first[-1]) > 0.8:  # noqa: PLR2004 - nothing here can be seen on white
        return toned(main, light=0.25, strength=0.5)
    return toned(main, light=0.972, strength=0.12)


def _inks(colours: list[str], paper: str) -> tuple[str, ...]:
    """The line colours, the one that stands out most first; where none does, one that does comes before them."""
    away = sorted(
        (colour for colour in colours if colour != paper),
        key=lambda colour: -abs(lightness(colour) - lightness(paper)),
    )
    if away and abs(lightness(away[0]) - lightness(paper)) >= INK_CONTRAST:
        return tuple(away)
    return (_ink_for(paper, colours[0]), *away)


def _ink_for(paper: str, colour: str) -> str:
    """A relative of the colour; a grey where the screen cannot show one that stands out from the paper."""
    light = 0.3 if lightness(paper) > 0.6 else 0.92  # noqa: PLR2004 - what both sides of it are far enough from
    relative = toned(colour, light=light, strength=0.6)
    if abs(lightness(relative) - lightness(paper)) >= INK_CONTRAST:
        return relative
    return toned(colour, light=light, strength=0.0)


def _land(colours: list[str], horizon: str) -> tuple[str, ...]:
    """Three steps from the distance to the foreground; one colour alone stands in the middle of its own shades."""
    if len(colours) == 1:
        only = colours[0]
        if lightness(only) < 0.4:  # noqa: PLR2004 - dark enough for the foreground
            return mix(horizon, only, 0.4), mix(horizon, only, 0.72), only
        return mix(horizon, only, 0.5), only, toned(only, light=0.32, strength=0.8)
    return tuple(colours[:3]) if len(colours) > 2 else (colours[0], mix(colours[0], colours[1], 0.5), colours[1])  # noqa: PLR2004


def _accents(colours: list[str], main: str) -> tuple[str, ...]:
    """The colours themselves, and relatives of the main one until there are four."""
    relatives = (
        toned(main, light=min(0.9, lightness(main) + 0.18), strength=0.7),
        toned(main, light=max(0.3, lightness(main) - 0.2), strength=0.9, turn=0.25),
        toned(main, light=0.86, strength=0.4, turn=-0.5),
    )
    return (*colours, *relatives)[: max(4, len(colours))]
