"""Speech that is plainly a machine's: vowels by three resonances, hisses and hums for the rest, one pitch per voice.

Letters stand for sounds one by one, without regard to any language; other scripts get vowels by their code. So the
length of each line follows from its text alone, and one can hear who speaks, not what.
"""

import hashlib
import math
from array import array
from collections.abc import Iterator, Mapping

from msgspec import Struct

from apiinone.providers.local.media_briefs import Line, Result, SpeechBrief
from apiinone.providers.local.pen import Dice
from apiinone.providers.local.sound_file import Samples, base_rate, sound_file

RATE_HZ_MAX = 12_000
LOUDEST = 24_000
Formants = tuple[float, float, float]
VOWELS: Mapping[str, Formants] = {
    "a": (730, 1090, 2440),
    "e": (530, 1840, 2480),
    "i": (270, 2290, 3010),
    "o": (570, 840, 2410),
    "u": (300, 870, 2240),
    "y": (300, 1900, 2400),
}
"""Centres of the first three resonances in hertz, of a man's American English vowels (Peterson and Barney, 1952)."""
NASAL: Formants = (280, 1000, 2200)
LIQUID: Formants = (360, 1300, 2500)
WIDTHS = (70.0, 110.0, 160.0)
"""Of the resonances, in hertz."""
BLOCK_S = 0.005
NOISE_COUNT = 4096


class Sounding(Struct, frozen=True):
    """How a character sounds: resonances, and how much of its sound is voice and how much is breath, 0…1."""

    formants: Formants
    voiced: float
    breath: float


SILENCE = Sounding(LIQUID, 0.0, 0.0)


def speech(brief: SpeechBrief) -> Result:
    """All lines as one file, cut at the length that is asked for."""
    sound = brief.sound
    rate_hz = base_rate(sound.sample_rate_hz, RATE_HZ_MAX)
    count = round(sound.duration_s * rate_hz)
    spoken = array("h")
    for line in brief.lines:
        if len(spoken) >= count:
            break
        most_s = (count - len(spoken)) / rate_hz
        spoken.extend(_say(line, brief, rate_hz, most_s))
    spoken = (spoken + array("h", bytes(2 * max(0, count - len(spoken)))))[:count]
    return Result(sound_file(Samples(spoken, rate_hz), sound))


class Voice(Struct, frozen=True):
    """Who speaks: the pitch in hertz, how large the throat is, and how the pitch wanders."""

    pitch_hz: float
    size: float
    lilt: float


def voice_named(name: str) -> Voice:
    """The voice that a name stands for, always the same."""
    dice = Dice(int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:8], "big"))
    pitch_hz = dice.between(95, 230)
    return Voice(pitch_hz, 0.9 + (pitch_hz - 95) / 135 * 0.28, dice.between(0.05, 0.12))


def _say(line: Line, brief: SpeechBrief, rate_hz: int, most_s: float) -> "array[int]":
    """One line: its characters, then a breath of silence."""
    wanted = brief.character_s * len(line.text)
    count = round(min(wanted, most_s) * rate_hz)
    wave = _Throat(voice_named(line.voice), rate_hz).spoken(line.text, count, brief.character_s)
    peak = max([1e-6, *(abs(value) for value in wave)])
    said = array("h", [int(value * LOUDEST / peak) for value in wave])
    return said + array("h", bytes(2 * round(brief.line_s * rate_hz)))


class _Throat:
    """Three resonators in a row, driven by a pulse and by noise."""

    def __init__(self, voice: Voice, rate_hz: int) -> None:
        self._voice = voice
        self._rate_hz = rate_hz
        dice = Dice(5)
        self._noise = [dice.between(-1, 1) for _ in range(NOISE_COUNT)]

    def spoken(self, text: str, count: int, character_s: float) -> list[float]:
        """So many samples of the text."""
        out: list[float] = []
        state = [0.0] * 6
        phase, formants, voiced, breath = 0.0, LIQUID, 0.0, 0.0
        block = max(1, round(BLOCK_S * self._rate_hz))
        for start, sounding in self._blocks(text, count, character_s, block):
            formants = _toward(formants, sounding.formants, 0.35)
            voiced += (sounding.voiced - voiced) * 0.4
            breath += (sounding.breath - breath) * 0.5
            turn = self._pitch(start / max(1, count), text) / self._rate_hz
            filters = [self._filter(formants[number], WIDTHS[number]) for number in range(3)]
            source, phase = self._source(min(block, count - start), (phase, turn), (voiced, breath), start)
            out += _resonated(source, filters, state)
        return out

    def _blocks(self, text: str, count: int, character_s: float, block: int) -> Iterator[tuple[int, Sounding]]:
        each = character_s * self._rate_hz
        for start in range(0, count, block):
            yield start, sounding_of(text[min(len(text) - 1, int(start / each))])

    def _pitch(self, part: float, text: str) -> float:
        """Falls through a line, and rises at the end of a question."""
        rising = max(0.0, part - 0.8) * 1.6 if text.rstrip().endswith("?") else 0.0
        lilt = self._voice.lilt * math.sin(part * len(text) * 0.7)
        return self._voice.pitch_hz * (1.08 - 0.16 * part + rising + lilt)

    def _source(
        self, count: int, turning: tuple[float, float], shares: tuple[float, float], start: int
    ) -> tuple[list[float], float]:
        """What drives the throat: a falling ramp at each turn of the vocal cords, and breath."""
        phase, turn = turning
        voiced, breath = shares
        source: list[float] = []
        for at in range(start, start + count):
            phase += turn
            if phase >= 1:
                phase -= 1
            source.append(voiced * (0.5 - phase) + breath * 0.3 * self._noise[at * 7 % NOISE_COUNT])
        return source, phase

    def _filter(self, centre_hz: float, width_hz: float) -> tuple[float, float, float]:
        """Coefficients of a resonator (Klatt, 1980)."""
        step = 1 / self._rate_hz
        c = -math.exp(-2 * math.pi * width_hz * step)
        centre_hz = min(centre_hz * self._voice.size, 0.46 * self._rate_hz)
        b = 2 * math.exp(-math.pi * width_hz * step) * math.cos(2 * math.pi * centre_hz * step)
        return 1 - b - c, b, c


def sounding_of(character: str) -> Sounding:
    """How a character sounds; what is no letter or digit is a pause."""
    letter = character.lower()
    if letter in VOWELS:
        return Sounding(VOWELS[letter], 1.0, 0.02)
    if letter in "mn":
        return Sounding(NASAL, 0.6, 0.0)
    if letter in "lrwjv":
        return Sounding(LIQUID, 0.7, 0.05)
    if letter in "szfhcxqtkp":
        return Sounding((2000, 2800, 3400), 0.0, 0.9 if letter in "szfx" else 0.4)
    if letter in "bdg":
        return Sounding(LIQUID, 0.35, 0.15)
    if letter.isalnum():
        names = sorted(VOWELS)
        return Sounding(VOWELS[names[ord(letter[0]) % len(names)]], 0.9, 0.05)
    return SILENCE


def _toward(here: Formants, there: Formants, part: float) -> Formants:
    first, second, third = (a + (b - a) * part for a, b in zip(here, there, strict=True))
    return first, second, third


def _resonated(source: list[float], filters: list[tuple[float, float, float]], state: list[float]) -> list[float]:
    """Through the three resonators, which go on where they were."""
    (a1, b1, c1), (a2, b2, c2), (a3, b3, c3) = filters
    p1, q1, p2, q2, p3, q3 = state
    out: list[float] = []
    for value in source:
        p1, q1 = a1 * value + b1 * p1 + c1 * q1, p1
        p2, q2 = a2 * p1 + b2 * p2 + c2 * q2, p2
        p3, q3 = a3 * p2 + b3 * p3 + c3 * q3, p3
        out.append(p3)
    state[:] = (p1, q1, p2, q2, p3, q3)
    return out
