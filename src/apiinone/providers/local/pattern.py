"""Patterns that repeat without a seam: the same block of cells twice across and twice down."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from apiinone.providers.local.canvas import SHORT_SIDE, Canvas
from apiinone.providers.local.palette import Tone
from apiinone.providers.local.pen import Dice, Point, box, circle, number, polyline, sliver

PatternKind = Literal["geometric", "scallops", "leaves", "terrazzo", "zigzag"]

CELL = SHORT_SIDE / 6
CELLS_MAX = 20
"""Along one side: in pictures longer than three times their width cells are stretched, so that files stay small."""


class Cell(Struct, frozen=True):
    """One cell: its place on the canvas, and what chance decided for it, the same at each repeat."""

    x: float
    y: float
    width: float
    height: float
    dice: int

    def at(self, across: float, down: float) -> Point:
        """A point inside, both parts 0…1."""
        return self.x + self.width * across, self.y + self.height * down


def draw_pattern(canvas: Canvas, dice: Dice, kind: PatternKind) -> None:
    """Paint one of the kinds from edge to edge."""
    everything = box(-4, -4, canvas.width + 8, canvas.height + 8)
    canvas.area(everything, Tone("paper"))
    canvas.note(kind)
    with canvas.group(kind):
        PAINTERS[kind](canvas, _cells(canvas, dice))


def _cells(canvas: Canvas, dice: Dice) -> list[list[Cell]]:
    """Rows of cells. The picture is two blocks wide and high, so its opposite edges match."""
    columns, rows = (min(CELLS_MAX, 2 * round(side / CELL / 2)) for side in (canvas.width, canvas.height))
    block = [[dice.whole(0, 2**31) for _ in range(columns // 2)] for _ in range(rows // 2)]
    width, height = canvas.width / columns, canvas.height / rows
    return [
        [
            Cell(column * width, row * height, width, height, block[row % (rows // 2)][column % (columns // 2)])
            for column in range(columns)
        ]
        for row in range(rows)
    ]


def _geometric(canvas: Canvas, rows: Sequence[Sequence[Cell]]) -> None:
    """Quarter discs, half discs, rings, triangles and leaves on squares."""
    for row in rows:
        for cell in row:
            dice = Dice(cell.dice)
            ground, figure = dice.shuffled(range(len(canvas.palette.accents)))[:2]
            canvas.area(
                box(cell.x, cell.y, cell.width + 0.5, cell.height + 0.5),
                _paint(ground, canvas, quiet=dice.chance(0.45)),
            )
            for path in dice.pick(MOTIFS)(cell, dice.whole(0, 3)):
                canvas.area(path, Tone("accent", turn=figure), outline=3.0)
                figure += 1


def _paint(turn: int, canvas: Canvas, *, quiet: bool) -> Tone:
    return Tone("paper") if quiet or canvas.is_line_art else Tone("accent", turn=turn)


def _turned(cell: Cell, quarter: int, points: Sequence[Point]) -> list[Point]:
    """Points of the unit square, turned by quarters about its middle, placed into the cell."""
    placed: list[Point] = []
    for across, down in points:
        a, b = across - 0.5, down - 0.5
        for _ in range(quarter):
            a, b = -b, a
        placed.append(cell.at(a + 0.5, b + 0.5))
    return placed


def _arc(middle: Point, radius: float, turn: tuple[float, float]) -> list[Point]:
    """Points of an arc in the unit square."""
    return [
        (middle[0] + radius * math.cos(angle), middle[1] + radius * math.sin(angle))
        for angle in (math.tau * (turn[0] + (turn[1] - turn[0]) * step / 12) for step in range(13))
    ]


def _quarter(cell: Cell, quarter: int) -> list[str]:
    return [
        polyline(_turned(cell, quarter, [(0, 0), *_arc((0, 0), radius, (0, 0.25))]), closed=True)
        for radius in (1.0, 0.6, 0.25)
    ]


def _half(cell: Cell, quarter: int) -> list[str]:
    return [polyline(_turned(cell, quarter, _arc((0.5, low), 0.5, (0.5, 1.0))), closed=True) for low in (0.5, 1.0)]


def _rings(cell: Cell, _quarter: int) -> list[str]:
    radius = min(cell.width, cell.height) / 2
    return [circle(*cell.at(0.5, 0.5), radius * part) for part in (0.86, 0.56, 0.26)]


def _triangle(cell: Cell, quarter: int) -> list[str]:
    return [polyline(_turned(cell, quarter, [(0, 0), (1, 0), (0, 1)]), closed=True)]


def _petal(cell: Cell, quarter: int) -> list[str]:
    outline = [*_arc((0, 1), 1.0, (0.75, 1.0)), *_arc((1, 0), 1.0, (0.25, 0.5))]
    return [polyline(_turned(cell, quarter, outline), closed=True)]


MOTIFS = (_quarter, _half, _rings, _triangle, _petal, _quarter, _half)


def _scallops(canvas: Canvas, rows: Sequence[Sequence[Cell]]) -> None:
    """Overlapping scales of rings, each row half a scale further."""
    cell = rows[0][0]
    radius_x, radius_y = cell.width / 2, cell.height / 2
    lines = 2 * len(rows) + 2
    for line in range(lines):
        y = (line - 1) * radius_y + radius_y
        shift = radius_x if line % 2 else 0.0
        middles = [index * cell.width + shift for index in range(len(rows[0]) + 1)]
        for ring, part in enumerate((1.0, 0.76, 0.5, 0.24)):
            path = "".join(_ellipse((x, y), radius_x * part, radius_y * part * 1.16) for x in middles)
            canvas.area(path, Tone("accent", turn=ring) if ring % 2 == 0 else Tone("paper"), outline=2.6 - 0.5 * ring)


def _ellipse(at: Point, across: float, down: float) -> str:
    half = f"a{number(across)} {number(down)} 0 1 1"
    return f"M{number(at[0] - across)} {number(at[1])}{half} {number(2 * across)} 0{half}-{number(2 * across)} 0z"


def _leaves(canvas: Canvas, rows: Sequence[Sequence[Cell]]) -> None:
    """A sprig in every cell, turned this way and that, with berries between."""
    for row in rows:
        for cell in row:
            dice = Dice(cell.dice)
            turn, lean = dice.whole(0, 3), dice.between(-0.05, 0.05)
            tone = Tone("leaf") if dice.chance(0.5) else Tone("accent", turn=dice.whole(0, 3))
            size = min(cell.width, cell.height)
            start, end = _turned(cell, turn, [(0.5 - lean, 0.9), (0.5 + lean, 0.1)])
            canvas.dash(sliver(start, end, size * 0.022, heavy=0.3), tone)
            for pair in range(4):
                y = 0.76 - 0.17 * pair
                for side in (-1, 1):
                    leaf = _turned(cell, turn, [(0.5, y), (0.5 + side * (0.34 - 0.05 * pair), y - 0.17)])
                    canvas.area(sliver(leaf[0], leaf[1], size * 0.14, heavy=0.5), tone, outline=2.2)
            berry = _turned(cell, turn, [(0.9, 0.93)])[0]
            canvas.area(circle(*berry, size * 0.045), Tone("accent", turn=dice.whole(0, 3)), outline=2.0)


def _terrazzo(canvas: Canvas, rows: Sequence[Sequence[Cell]]) -> None:
    """Chips of stone, never across the border of a cell."""
    for row in rows:
        for cell in row:
            dice = Dice(cell.dice)
            for across, down in ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)):
                middle = cell.at(across + dice.between(-0.07, 0.07), down + dice.between(-0.07, 0.07))
                chip = _chip(dice, middle, min(cell.width, cell.height) * dice.between(0.075, 0.17))
                canvas.area(chip, Tone("accent", turn=dice.whole(0, 4)), outline=2.2)


def _chip(dice: Dice, at: Point, radius: float) -> str:
    corners = dice.whole(3, 6)
    start = dice.between(0, math.tau)
    points: list[Point] = []
    for corner in range(corners):
        angle = start + math.tau * (corner + dice.between(-0.25, 0.25)) / corners
        points.append((at[0] + radius * dice.between(0.75, 1.1) * math.cos(angle), at[1] + radius * math.sin(angle)))
    return polyline(points, closed=True)


def _zigzag(canvas: Canvas, rows: Sequence[Sequence[Cell]]) -> None:
    """Bands that go up and down, three to a cell."""
    first = rows[0][0]
    band = first.height / 3
    columns = len(rows[0])
    for index in range(-3, 3 * len(rows) + 1):
        top = index * band
        line = [(first.width / 2 * step, top + (band * 1.5 if step % 2 else 0)) for step in range(2 * columns + 1)]
        under = [(x, y + band) for x, y in reversed(line)]
        canvas.area(polyline([*line, *under], closed=True), _paint(index % 3, canvas, quiet=index % 3 == 0))
        canvas.crag(line, 3.0, Tone("accent", turn=index % 3), (0.0, 0.0))


PAINTERS: Mapping[PatternKind, Callable[[Canvas, Sequence[Sequence[Cell]]], None]] = {
    "geometric": _geometric,
    "scallops": _scallops,
    "leaves": _leaves,
    "terrazzo": _terrazzo,
    "zigzag": _zigzag,
}
