"""Songs by rule: tempo, key and chords from the words of a prompt, the melody from its dice. No neural model, no voice.

At most eight bars are composed, and repeated to the length that is asked for. `MOODS` says what words mean for music.
"""

import math
from array import array
from collections.abc import Mapping

from msgspec import Struct

from apiinone.providers.local.draw import dice_of
from apiinone.providers.local.instruments import Wave, bass, hat, kick, mixed, pad, snare, string
from apiinone.providers.local.lexicon import words_in
from apiinone.providers.local.media_briefs import Result, SongBrief
from apiinone.providers.local.pen import Dice
from apiinone.providers.local.sound_file import Samples, base_rate, sound_file

BARS = 8
BEATS = 4
FADE_S = 1.2
LOUDEST = 26_000
RATE_HZ_MAX = 24_000
"""Computed at no higher rate; more is interpolated."""
MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10)
BRIGHT = ((0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 4, 3))
DARK = ((0, 5, 2, 6), (0, 3, 5, 4), (0, 6, 5, 6))
"""Four chords, each for a bar, as steps of the scale."""
Mood = tuple[str, float]
MOODS: Mapping[str, Mood] = {
    **dict.fromkeys(("slow", "calm", "ballad", "sleep", "lullaby", "ambient", "peaceful", "relaxing"), ("calm", 72.0)),
    **dict.fromkeys(
        ("fast", "dance", "energetic", "techno", "electronic", "driving", "rock", "punk"), ("lively", 128.0)
    ),
    **dict.fromkeys(("sad", "dark", "melancholy", "night", "rain", "blues", "lonely", "minor"), ("dark", 84.0)),
    **dict.fromkeys(("happy", "cheerful", "summer", "pop", "upbeat", "bright", "party", "sunny"), ("bright", 112.0)),
}
"""What a word says of mood, and of beats a minute."""
PLAIN: Mood = ("bright", 100.0)


class Score(Struct, frozen=True):
    """How a song goes."""

    key: int
    """The number of its first note."""
    scale: tuple[int, ...]
    chords: tuple[int, ...]
    beats_per_minute: float
    drums: bool

    def note(self, step: int, octave: int = 0) -> int:
        """The number of a step of the scale; steps go on beyond the octave."""
        turns, place = divmod(step, len(self.scale))
        return self.key + self.scale[place] + 12 * (turns + octave)


def song(brief: SongBrief) -> Result:
    """One song as a file."""
    sound = brief.sound
    return Result(sound_file(play(brief.prompt, brief.seed, sound.sample_rate_hz, sound.duration_s), sound))


def play(prompt: str, seed: int, rate_hz: int, duration_s: float) -> Samples:
    """The song's samples, at a whole part of the rate."""
    dice = dice_of(f"song {prompt}", seed)
    score = compose(prompt, dice)
    base_hz = base_rate(rate_hz, RATE_HZ_MAX)
    bars = min(BARS, math.ceil(duration_s * score.beats_per_minute / 60 / BEATS))
    return Samples(_lasting(_bars(score, dice, base_hz, bars), base_hz, duration_s), base_hz)


def compose(prompt: str, dice: Dice) -> Score:
    """Choose by the words, and by chance where they say nothing."""
    moods = [MOODS[word] for word in words_in(prompt) if word in MOODS]
    mood, pace = moods[0] if moods else PLAIN
    dark = any(name == "dark" for name, _ in moods) or (not moods and dice.chance(0.3))
    calm = mood == "calm" or any(name == "calm" for name, _ in moods)
    return Score(
        key=dice.whole(55, 62),
        scale=MINOR if dark else MAJOR,
        chords=dice.pick(DARK if dark else BRIGHT),
        beats_per_minute=round(pace * dice.between(0.95, 1.05)),
        drums=not calm,
    )


def _bars(score: Score, dice: Dice, rate_hz: int, bars: int) -> Wave:
    """The first bars once, each instrument over the other."""
    beat_s = 60 / score.beats_per_minute
    wave = [0.0] * int(bars * BEATS * beat_s * rate_hz)
    motif = [dice.pick((0, 1, 2, 3, 4, 4, 5)) for _ in range(BEATS)]
    for bar in range(bars):
        chord = score.chords[bar % len(score.chords)]
        start = int(bar * BEATS * beat_s * rate_hz)
        for step in (0, 2, 4):
            mixed(wave, pad(score.note(chord + step), BEATS * beat_s, rate_hz), start, 0.16)
        for beat in range(BEATS):
            at = start + int(beat * beat_s * rate_hz)
            _beat(wave, score, (bar, beat, at), rate_hz)
            turned = motif[beat] + (dice.pick((-1, 0, 1)) if bar % 2 else 0)
            if dice.chance(0.85):
                length_s = beat_s * dice.pick((0.5, 1.0, 1.0))
                mixed(wave, string(score.note(chord + turned, 1), length_s + 0.25, rate_hz), at, 0.3)
            if dice.chance(0.35):
                half = at + int(beat_s / 2 * rate_hz)
                mixed(wave, string(score.note(chord + turned + 1, 1), beat_s / 2 + 0.2, rate_hz), half, 0.22)
    return wave


def _beat(wave: Wave, score: Score, moment: tuple[int, int, int], rate_hz: int) -> None:
    """What keeps time: bass, and drums after the first bar."""
    bar, beat, at = moment
    beat_s = 60 / score.beats_per_minute
    chord = score.chords[bar % len(score.chords)]
    if beat % 2 == 0:
        mixed(wave, bass(score.note(chord, -2), beat_s * 1.8, rate_hz), at, 0.42)
    if not score.drums or not bar:
        return
    mixed(wave, kick(rate_hz) if beat % 2 == 0 else snare(rate_hz), at, 0.55 if beat % 2 == 0 else 0.28)
    for half in (0.0, 0.5):
        mixed(wave, hat(rate_hz), at + int(half * beat_s * rate_hz), 0.09)


def _lasting(wave: Wave, rate_hz: int, duration_s: float) -> "array[int]":
    """As loud as it may be, repeated to its length, and faded out at the end."""
    peak = max(0.01, *(abs(value) for value in (max(wave), min(wave))))
    louder = LOUDEST / peak
    once = array("h", [int(value * louder) for value in wave])
    count = round(duration_s * rate_hz)
    whole = (once * math.ceil(count / len(once)))[:count]
    fade = min(count, int(FADE_S * rate_hz))
    for at in range(fade):
        whole[count - 1 - at] = whole[count - 1 - at] * at // fade
    return whole
