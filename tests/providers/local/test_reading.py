from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiinone.providers.local.abstract import AbstractKind
from apiinone.providers.local.brief import Style, Subject
from apiinone.providers.local.lexicon import lexicon
from apiinone.providers.local.oklab import lightness
from apiinone.providers.local.palettes import PALETTES, palette_for
from apiinone.providers.local.pattern import PatternKind
from apiinone.providers.local.pen import Dice
from apiinone.providers.local.reading import COLOURS_MAX, IMPLIED, read
from apiinone.providers.local.stage import Season, Terrain, Thing, Time

NAMES = {
    "terrain": set(get_args(Terrain)),
    "time": set(get_args(Time)),
    "season": set(get_args(Season)),
    "thing": set(get_args(Thing)),
    "abstract": {"any", *get_args(AbstractKind)},
    "pattern": {"any", *get_args(PatternKind)},
    "style": set(get_args(Style)),
    "palette": set(PALETTES),
    "mood": set(PALETTES),
    "shade": {"dark", "light"},
    "negation": {""},
    "silent": {""},
    "unknown": {""},
}


def test_every_word_means_something_that_exists() -> None:
    for phrase, meanings in lexicon().items():
        for kind, name in meanings:
            if kind == "colour":
                assert len(name) == 7, phrase
            else:
                assert name in NAMES[kind], phrase


def test_every_thing_has_a_place() -> None:
    assert set(IMPLIED) == set(get_args(Thing))


@pytest.mark.parametrize(
    ("prompt", "subject", "style", "terrains"),
    [
        ("A minimalist line art illustration of a mountain landscape", "landscape", "line art", {"mountains"}),
        ("Line-Art of HILLS", "landscape", "line art", {"hills"}),
        ("a photorealistic lake in the mountains", "landscape", "gradient", {"mountains", "lake"}),
        ("flat forest", "landscape", "flat", {"forest"}),
        ("rolling hills", "landscape", "gradient", {"hills"}),
        ("a sailboat", "landscape", "gradient", {"sea"}),
        ("sunset", "landscape", "gradient", {"sea"}),
        ("cities", "landscape", "gradient", {"city"}),
        ("abstract mountains", "landscape", "gradient", {"mountains"}),
        ("ocean waves", "landscape", "gradient", {"sea"}),
        ("abstract sunset", "abstract", "gradient", None),
        ("a portrait of a cat", "abstract", "gradient", None),
        ("topographic contours", "abstract", "line art", None),
        ("", "abstract", "gradient", None),
        ("seamless pattern of mountains", "pattern", "flat", None),
        ("terrazzo", "pattern", "flat", None),
        ("watercolor leaves pattern", "pattern", "gradient", None),
        ("montañas y un lago, acuarela", "landscape", "gradient", {"mountains", "lake"}),
        ("Berge und ein Wald", "landscape", "gradient", {"mountains", "forest"}),
        ("горы и море", "landscape", "gradient", {"mountains", "sea"}),
        ("一幅雪山和湖泊的线条画", "landscape", "line art", {"mountains", "lake"}),
        ("夕日の海", "landscape", "gradient", {"sea"}),
        ("도시의 밤", "landscape", "gradient", {"city"}),
        ("شروق الشمس فوق الجبال", "abstract", "gradient", None),
    ],
)
def test_a_prompt_is_read_as_what_it_says(
    prompt: str, subject: Subject, style: Style, terrains: set[Terrain] | None
) -> None:
    reading = read(prompt)
    assert (reading.subject, reading.style) == (subject, style)
    if terrains is not None:
        assert set(reading.scenery.terrains) == terrains


@pytest.mark.parametrize(
    ("prompt", "time", "season"),
    [
        ("mountains at night", "night", "none"),
        ("mountains under the stars", "night", "none"),
        ("snowy hills at dawn", "sunrise", "winter"),
        ("golden hour in autumn", "sunset", "autumn"),
        ("cherry blossoms in a garden", "day", "spring"),
    ],
)
def test_time_and_season_are_read(prompt: str, time: Time, season: Season) -> None:
    scenery = read(prompt).scenery
    assert (scenery.time, scenery.season) == (time, season)


@pytest.mark.parametrize(
    ("prompt", "colours"),
    [
        ("mountains in #F80 and #10946a", ("#ff8800", "#10946a")),
        ("navy and gold", ("#15295c", "#e0ac2b")),
        ("navy blue hills", ("#15295c",)),
        ("golden hour", ()),
        ("#12345 #1234567 #xyz", ()),
        ("红色的山", ("#e03a3e",)),
    ],
)
def test_colours_are_read(prompt: str, colours: tuple[str, ...]) -> None:
    assert read(prompt).colours == colours


def test_dark_and_light_shift_a_colour() -> None:
    dark, plain, light = (read(f"{shade} green hills").colours[0] for shade in ("dark", "", "pale"))
    assert lightness(dark) < lightness(plain) < lightness(light)


@pytest.mark.parametrize(
    "prompt", ["mountains on white", "mountains on a white background", "white background, mountains"]
)
def test_a_background_is_told_from_other_colours(prompt: str) -> None:
    reading = read(prompt)
    assert (reading.background, reading.colours) == ("#fbfaf6", ())


def test_what_is_ruled_out_is_neither_wanted_nor_unknown() -> None:
    reading = read("a lake without any birds, no people, no trees")
    assert reading.scenery.without == {"birds", "trees"}
    assert reading.scenery.things == frozenset()
    assert reading.unknown == ()


def test_unknown_words_are_told_once_in_their_order() -> None:
    assert read("a dragon and a Wizard, dragon, 42, clean").unknown == ("dragon", "wizard")


def test_a_place_in_a_picture_without_place_is_told() -> None:
    assert read("pattern of mountains").unknown == ("mountains",)


@pytest.mark.parametrize(
    ("prompt", "palette"),
    [
        ("line art mountains", "ink"),
        ("line art mountains at night", "ink at night"),
        ("cyberpunk city at night", "neon"),
        ("serene lake at sunrise", "sunrise"),
        ("calm forest", "mist"),
        ("autumn forest", "autumn"),
        ("forest", "forest"),
        ("black and white mountains", "charcoal"),
        ("retro sunset", "retro"),
    ],
)
def test_a_palette_follows_the_strongest_word(prompt: str, palette: str) -> None:
    assert palette_for(read(prompt), Dice(1)).name == palette


@given(st.text(max_size=400))
def test_reading_never_fails(prompt: str) -> None:
    reading = read(prompt)
    assert len(reading.colours) <= COLOURS_MAX
    assert reading == read(prompt)
