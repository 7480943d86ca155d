"""The drawing under way: scenes say what a shape is, the style decides how it looks, groups keep it editable.

Three kinds of marks. An *area* is filled in flat and gradient pictures; in line art it is paper that hides what lies
behind, with an outline where asked. *Light* exists in filled styles only (facets, glow), *ink* in line art only
(ridges, hatching). A *dash* exists in all.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from html import escape

from apiinone.providers.local.brief import Style
from apiinone.providers.local.oklab import lifted, mix
from apiinone.providers.local.palette import Palette, Tone
from apiinone.providers.local.pen import Point, box, brush, number

SHORT_SIDE = 1000.0
BLEED = 4.0
"""How far backgrounds reach beyond the edge, so that no rounding leaves a seam there."""
ORIGIN = "drawn by the built-in local engine of API in One (test mode); not made by any vendor or neural model"
"""The sentence that every picture carries."""


class Canvas:
    """Collects one picture. Its shorter side is 1000 units, whatever its pixels."""

    def __init__(self, pixels: tuple[int, int], palette: Palette, style: Style) -> None:
        """Start empty; `pixels` are width and height of the finished picture."""
        self.pixels = pixels
        unit = SHORT_SIDE / min(pixels)
        self.width = pixels[0] * unit
        self.height = pixels[1] * unit
        self.palette = palette
        self.style: Style = style
        self.drawn: list[str] = []
        self._definitions: list[str] = []
        self._body: list[str] = []
        self._names: dict[str, int] = {}
        self._fades: dict[tuple[str, ...], str] = {}

    @property
    def is_line_art(self) -> bool:
        """Whether shapes are drawn by their lines."""
        return self.style == "line art"

    @contextmanager
    def group(self, name: str) -> Generator[None]:
        """What is drawn inside becomes one named group."""
        start = len(self._body)
        self._body.append(f'<g id="{self._unique(name)}">')
        yield
        if len(self._body) == start + 1:
            self._body.pop()
        else:
            self._body.append("</g>")

    def note(self, thing: str) -> None:
        """Record that something of this name can be seen."""
        if thing not in self.drawn:
            self.drawn.append(thing)

    def background(self) -> None:
        """Cover everything: the sky's colours, or paper in line art."""
        everything = box(-BLEED, -BLEED, self.width + 2 * BLEED, self.height + 2 * BLEED)
        if self.is_line_art:
            self._path(everything, self.palette.paper)
        elif self.style == "flat":
            self._path(everything, mix(self.palette.sky[0], self.palette.sky[-1], 0.35))
        else:
            self._path(everything, self.fade(self.palette.sky))

    def area(self, path: str, tone: Tone, *, outline: float = 0.0, mist: str | None = None) -> None:
        """A closed shape. In line art: paper, and an even outline of that weight (0: none).

        In gradient pictures its lower edge fades to the colour of the `mist`, or a little darker where there is none.
        """
        if self.is_line_art:
            self._path(path, self.palette.paper, stroke=(self.palette.ink(tone), outline) if outline else None)
            return
        colour = self.palette.colour(tone)
        if self.style == "gradient":
            lower = mix(colour, mist, 0.55) if mist is not None else lifted(colour, -0.05)
            self._path(path, self.fade((colour, lower)))
        else:
            self._path(path, colour)

    def light(self, path: str, tone: Tone, opacity: float = 1.0) -> None:
        """A shape without line: light, shade, glow. Nothing in line art."""
        if not self.is_line_art:
            self._path(path, self.palette.colour(tone), opacity=opacity)

    def ink(self, points: Sequence[Point], weight: float, tone: Tone, taper: tuple[float, float] = (0.3, 0.3)) -> None:
        """A tapering pen stroke, in line art only."""
        if self.is_line_art:
            self._path(brush(points, weight, taper=taper), self.palette.ink(tone))

    def crag(self, points: Sequence[Point], weight: float, tone: Tone, taper: tuple[float, float] = (0.3, 0.3)) -> None:
        """Like `ink`, with the corners of the line kept sharp."""
        if self.is_line_art:
            self._path(brush(points, weight, taper=taper, smooth=False), self.palette.ink(tone))

    def dash(self, path: str, tone: Tone, *, opacity: float = 1.0) -> None:
        """Small strokes in every style, as `pen.sliver` gives them; several may share one path."""
        colour = self.palette.ink(tone) if self.is_line_art else self.palette.colour(tone)
        self._path(path, colour, opacity=1.0 if self.is_line_art else opacity)

    def hatch(self, path: str, tone: Tone) -> None:
        """Small strokes in line art only."""
        if self.is_line_art and path:
            self._path(path, self.palette.ink(tone))

    def solid(self, path: str, tone: Tone) -> None:
        """A small shape that is filled in every style, with ink in line art."""
        self._path(path, self.palette.ink(tone) if self.is_line_art else self.palette.colour(tone))

    def paint(self, path: str, paint: str) -> None:
        """A shape with a paint made by `fade` or `glow`. Nothing in line art."""
        if not self.is_line_art:
            self._path(path, paint)

    def fade(self, stops: Sequence[str]) -> str:
        """A paint that runs through the colours from the top of a shape to its bottom."""
        if tuple(stops) in self._fades:
            return self._fades[tuple(stops)]
        name = self._unique("fade")
        parts = "".join(
            f'<stop offset="{number(100 * index / max(1, len(stops) - 1))}%" stop-color="{colour}"/>'
            for index, colour in enumerate(stops)
        )
        self._definitions.append(f'<linearGradient id="{name}" x2="0" y2="1">{parts}</linearGradient>')
        self._fades[tuple(stops)] = f"url(#{name})"
        return self._fades[tuple(stops)]

    def glow(self, colour: str, opacity: float = 1.0) -> str:
        """A paint that is strongest in the middle and gone, without an edge, at the rim."""
        name = self._unique("glow")
        falling = ((0, 1.0), (25, 0.82), (50, 0.46), (75, 0.14), (100, 0.0))
        parts = "".join(
            f'<stop offset="{offset}%" stop-color="{colour}" stop-opacity="{opacity * part:.3g}"/>'
            for offset, part in falling
        )
        self._definitions.append(f'<radialGradient id="{name}">{parts}</radialGradient>')
        return f"url(#{name})"

    def svg(self, title: str) -> str:
        """The whole document. `title` is a client's text and is escaped here; it must be valid XML characters."""
        width, height = self.pixels
        definitions = [f"<defs>{''.join(self._definitions)}</defs>"] if self._definitions else []
        view = f"0 0 {self.width:.7g} {self.height:.7g}"
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="{view}">',
            f"<title>{escape(title, quote=False)}</title>",
            f"<metadata>{escape(ORIGIN, quote=False)}</metadata>",
            *definitions,
            *self._body,
            "</svg>\n",
        ]
        return "\n".join(lines)

    def _unique(self, name: str) -> str:
        """The name, numbered from its second use on."""
        count = self._names.get(name, 0) + 1
        self._names[name] = count
        return name if count == 1 else f"{name}-{count}"

    def _path(self, path: str, fill: str, *, opacity: float = 1.0, stroke: tuple[str, float] | None = None) -> None:
        faint = f' fill-opacity="{opacity:.3g}"' if opacity < 1 else ""
        line = ""
        if stroke is not None:
            line = f' stroke="{stroke[0]}" stroke-width="{number(stroke[1])}" stroke-linejoin="round"'
        self._body.append(f'<path fill="{fill}"{faint}{line} d="{path}"/>')
