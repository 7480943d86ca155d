"""A song's words with the moments at which they are sung: made from the song's own request. Pure and deterministic."""

import hashlib
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

FIRST_LINE_S: Final = 4.0
SECONDS_PER_WORD: Final = 0.45
LINE_S_MIN: Final = 1.5
BREAK_S: Final = 2.0
WORDS_PER_LINE: Final = 8
LINES_PER_PART: Final = 4
WAVEFORM_POINTS: Final = 128


class Break(Struct, frozen=True):
    """A new part begins."""

    text: str
    style: str


class Line(Struct, frozen=True):
    """One line; moments in seconds from the song's beginning."""

    text: str
    start: float
    end: float


class Timed(Struct, frozen=True):
    """All of it. `waveform` holds loudness from 0 to 1, evenly over the song."""

    text: str
    parts: tuple[Break | Line, ...]
    waveform: tuple[float, ...]


def timed_lyrics(words: str, style: str, take: int) -> Timed:
    """The words as sung in one take (0 or 1); no words: a song without a line."""
    lines = list(_lines(words))
    parts: list[Break | Line] = []
    moment = FIRST_LINE_S + take
    for number, line in enumerate(lines):
        if number % LINES_PER_PART == 0:
            name = f"[Verse {number // LINES_PER_PART + 1}]"
            parts.append(Break(name, style or "as the song"))
            moment += BREAK_S if number else 0.0
        end = moment + max(LINE_S_MIN, SECONDS_PER_WORD * len(line.split()))
        parts.append(Line(line, round(moment, 2), round(end, 2)))
        moment = end
    return Timed("\n".join(lines), tuple(parts), tuple(_waveform(words, take)))


def _lines(words: str) -> Iterator[str]:
    for line in words.splitlines():
        found = line.split()
        for start in range(0, len(found), WORDS_PER_LINE):
            yield " ".join(found[start : start + WORDS_PER_LINE])


def _waveform(words: str, take: int) -> Iterator[float]:
    digest = hashlib.shake_128(f"{take}:{words}".encode(errors="replace")).digest(WAVEFORM_POINTS)
    return (round(byte / 255, 3) for byte in digest)
