import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apiinone.providers.local.oklab import colour_of, difference, lab, lightness, mix, ramp
from apiinone.providers.local.palette import INK_CONTRAST, Palette, Tone, derived
from apiinone.providers.local.palettes import PALETTES

colours = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)


def everything(palette: Palette) -> set[str]:
    return {palette.paper, *palette.inks, *palette.sky, *palette.land, palette.sun, palette.water, *palette.accents}


@given(colours)
def test_a_colour_survives_the_way_to_oklab_and_back(colour: str) -> None:
    assert colour_of(lab(colour)) == colour


@given(colours, colours, st.floats(0, 1))
def test_a_mix_lies_between_its_ends(first: str, second: str, part: float) -> None:
    mixed = mix(first, second, part)
    low, high = sorted((lightness(first), lightness(second)))
    assert low - 0.01 <= lightness(mixed) <= high + 0.01
    assert (mix(first, second, 0), mix(first, second, 1)) == (first, second)
    assert ramp((first, second), 0.5) == mix(first, second, 0.5)


@given(st.lists(colours, min_size=1, max_size=5), st.none() | colours)
def test_every_colour_asked_for_has_a_role(asked: list[str], background: str | None) -> None:
    palette = derived(tuple(asked), background)
    assert set(asked) <= everything(palette)
    assert background is None or palette.paper == palette.sky[0] == background


@given(st.lists(colours, min_size=1, max_size=5), st.none() | colours)
@example(["#e00000"], "#e62010")  # no red of the lightness that stands out from it can be shown
def test_lines_can_be_seen_on_their_paper(asked: list[str], background: str | None) -> None:
    palette = derived(tuple(asked), background)
    assert abs(lightness(palette.inks[0]) - lightness(palette.paper)) >= INK_CONTRAST - 0.03


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_a_curated_palette_can_be_read(palette: Palette) -> None:
    assert abs(lightness(palette.inks[0]) - lightness(palette.paper)) > 0.4
    assert difference(palette.sun, palette.sky[0]) > 0.02
    steps = [lightness(palette.colour(Tone("land", depth=depth / 4))) for depth in range(5)]
    assert steps == sorted(steps, reverse=True), "land grows darker towards the viewer"
    assert len(palette.accents) >= 4


def test_far_lines_are_fainter_than_near_ones() -> None:
    ink = PALETTES["ink"]
    contrasts = [difference(ink.ink(Tone("land", depth=depth)), ink.paper) for depth in (0.0, 0.5, 1.0)]
    assert contrasts == sorted(contrasts)
    assert ink.ink(Tone("land")) == ink.inks[0]
