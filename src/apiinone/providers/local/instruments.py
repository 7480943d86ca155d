"""Notes as samples: a plucked string, a soft pad, a bass, and drums; floats around zero. Pure, and cheap to compute."""

import math
from collections.abc import Callable, Sequence
from functools import cache
from itertools import repeat
from operator import add, mul

from apiinone.providers.local.pen import Dice

TABLE = 2048
A4_HZ = 440.0
A4 = 69
"""Notes are numbered as MIDI numbers them: twelve to an octave, this one at 440 Hz."""
Wave = list[float]
Instrument = Callable[[int, float, int], Wave]
"""From the note's number, how many seconds it lasts, and the samples a second, to its samples."""


def frequency(note: float) -> float:
    """Hertz of a note, in equal temperament."""
    return A4_HZ * 2 ** ((note - A4) / 12)


def string(note: int, seconds: float, rate_hz: int) -> Wave:
    """A plucked string: bright at first, dying away."""
    return _enveloped(_tone((1.0, 0.55, 0.35, 0.2, 0.12, 0.06), note, seconds, rate_hz), rate_hz, 0.004, 3.2)


def pad(note: int, seconds: float, rate_hz: int) -> Wave:
    """A soft tone that swells and stays."""
    return _enveloped(_tone((1.0, 0.3, 0.1), note, seconds, rate_hz), rate_hz, 0.18, 0.35)


def bass(note: int, seconds: float, rate_hz: int) -> Wave:
    """A round, low tone."""
    return _enveloped(_tone((1.0, 0.45, 0.1), note, seconds, rate_hz), rate_hz, 0.008, 2.4)


@cache
def kick(rate_hz: int) -> Wave:
    """A bass drum: a tone that falls."""
    count = int(0.16 * rate_hz)
    return [
        math.sin(2 * math.pi * (48 * at / rate_hz + 9 * (1 - math.exp(-28 * at / rate_hz)) * 0.16))
        * math.exp(-18 * at / rate_hz)
        for at in range(count)
    ]


@cache
def snare(rate_hz: int) -> Wave:
    """A snare drum: noise with a little tone."""
    return _noise(0.13, 26, rate_hz, seed=11)


@cache
def hat(rate_hz: int) -> Wave:
    """A closed cymbal: a short hiss."""
    hiss = _noise(0.05, 90, rate_hz, seed=7)
    return [a - b for a, b in zip(hiss[1:], hiss, strict=False)]


def mixed(into: Wave, wave: Wave, at: int, volume: float) -> None:
    """Add a wave to a longer one, from a sample on; what reaches beyond the end is left out."""
    end = min(len(into), at + len(wave))
    if at < end:
        into[at:end] = map(add, into[at:end], map(mul, wave, repeat(volume)))


def _noise(seconds: float, decay: float, rate_hz: int, *, seed: int) -> Wave:
    dice = Dice(seed)
    return [dice.between(-1, 1) * math.exp(-decay * at / rate_hz) for at in range(int(seconds * rate_hz))]


def _tone(partials: tuple[float, ...], note: int, seconds: float, rate_hz: int) -> Wave:
    """Read a stored turn of the tone again and again, at the note's pace; partials too high for the rate are not in."""
    hertz = frequency(note)
    table = _turn(partials[: max(1, int(rate_hz / 2.2 / hertz))])
    step = int(hertz * TABLE / rate_hz * 65_536)
    return [table[at >> 16 & TABLE - 1] for at in range(0, step * int(seconds * rate_hz), step)]


@cache
def _turn(partials: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(
        sum(loud * math.sin(2 * math.pi * number * at / TABLE) for number, loud in enumerate(partials, 1))
        for at in range(TABLE)
    )


def _enveloped(wave: Sequence[float], rate_hz: int, attack_s: float, decay_per_s: float) -> Wave:
    """Let it begin softly, fade, and end without a click."""
    count = len(wave)
    attack, release = max(1, int(attack_s * rate_hz)), max(1, int(0.03 * rate_hz))
    fade = math.exp(-decay_per_s / rate_hz)
    shape: Wave = []
    loud = 1.0
    for _ in range(count):
        shape.append(loud)
        loud *= fade
    for at in range(min(attack, count)):
        shape[at] *= at / attack
    for at in range(min(release, count)):
        shape[count - 1 - at] *= at / release
    return list(map(mul, wave, shape))
