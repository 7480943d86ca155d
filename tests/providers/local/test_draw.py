import asyncio
import hashlib
import io
import json
import re
import subprocess
import sys
from operator import sub
from typing import cast
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from apiinone.providers.local.brief import SIDE_MAX, SIDE_MIN, TARGET, Brief, Drawing, Format, Style
from apiinone.providers.local.canvas import ORIGIN
from apiinone.providers.local.draw import draw
from apiinone.providers.local.pattern import PAINTERS, PatternKind
from apiinone.sandbox import Sandbox

HEADLINE = "A minimalist line art illustration of a mountain landscape, clean design"
PROMPTS = [
    HEADLINE,
    "A photorealistic bowl of ramen with steam rising, side lighting, food photography",
    "A serene mountain lake at sunrise with reflections",
    "A cyberpunk cityscape at night with neon signs",
    "A Japanese garden with cherry blossoms, koi pond, and a bridge, flat",
    "Line art forest in the fog", "Desert with cactus, retro poster", "Ocean sunset with a sailboat",
    "Snow falling on a village in the hills, winter, watercolor", "line drawing of a city by a lake with a boat",
    "Seamless botanical pattern", "geometric pattern, line art", "zigzag pattern", "scallop pattern", "terrazzo",
    "abstract waves", "gradient mesh", "flat blobs, mesh", "topographic contours", "abstract shapes, line art",
    "abstract waves, line art", "", "雪山与湖泊, 夜晚, 星空", "\u202e\x00\ud800 <script>&amp;</title>",
]  # fmt: skip
SIGNATURES: dict[Format, bytes] = {
    "png": b"\x89PNG\r\n\x1a\n",
    "jpeg": b"\xff\xd8\xff",
    "webp": b"RIFF",
    "svg": b"<svg ",
}
SVG = "{http://www.w3.org/2000/svg}"
ALLOWED = {"svg", "title", "metadata", "defs", "linearGradient", "radialGradient", "stop", "g", "path"}
SVG_BYTES_MAX = 200_000


def svg(prompt: str, *, seed: int = 0, size: tuple[int, int] = (512, 512)) -> str:
    return draw(Brief(prompt, *size, "svg", seed)).data.decode()


def picture(prompt: str, size: tuple[int, int] = (512, 512), format: Format = "png") -> Image.Image:  # noqa: A002
    return Image.open(io.BytesIO(draw(Brief(prompt, *size, format)).data))


FINGERPRINT = """
import hashlib, json, sys
prompts, sys.path[:] = json.loads(sys.argv[1])
from apiinone.providers.local.brief import Brief
from apiinone.providers.local.draw import draw
from apiinone.providers.local.pattern import PAINTERS, PatternKind
whole = hashlib.sha256()
for prompt in prompts:
    whole.update(draw(Brief(prompt, 320, 200, "svg", 7)).data)
for format in ("png", "jpeg", "webp"):
    whole.update(draw(Brief(prompts[2], 320, 200, format, 7)).data)
print(whole.hexdigest())
"""


def fingerprint(hash_seed: str) -> str:
    """Over many drawings, made by another process with that seed for the hashes of strings."""
    command = [sys.executable, "-c", FINGERPRINT, json.dumps([PROMPTS, sys.path])]
    done = subprocess.run(command, check=True, capture_output=True, env={"PYTHONHASHSEED": hash_seed})  # noqa: S603 - ours
    return done.stdout.decode().strip()


def test_the_same_brief_gives_the_same_bytes_in_every_process() -> None:
    assert fingerprint("0") == fingerprint("4242")


def test_the_same_brief_gives_the_same_bytes_again_whatever_was_drawn_between() -> None:
    first = svg(HEADLINE)
    svg(PROMPTS[3])
    assert svg(HEADLINE) == first


def test_another_seed_gives_another_picture_of_the_same_thing() -> None:
    one, other = (draw(Brief(HEADLINE, 512, 512, "svg", seed)) for seed in (1, 2))
    assert one.data != other.data
    assert one.understood == other.understood


def test_every_size_and_format_shows_the_same_picture() -> None:
    small, large = (svg(HEADLINE, size=(side, side)) for side in (64, 2048))
    assert small.split("\n", 1)[1] == large.split("\n", 1)[1]


@pytest.mark.parametrize("format", SIGNATURES)
@pytest.mark.parametrize("size", [(256, 256), (320, 200), (64, 1000)])
def test_each_format_is_what_it_says_in_the_size_asked_for(format: Format, size: tuple[int, int]) -> None:  # noqa: A002
    drawing = draw(Brief(HEADLINE, *size, format))
    assert drawing.data.startswith(SIGNATURES[format])
    assert drawing.content_type == {"svg": "image/svg+xml"}.get(format, f"image/{format}")
    if format == "svg":
        root = ET.fromstring(drawing.data)  # noqa: S314 - our own
        assert (root.get("width"), root.get("height")) == tuple(map(str, size))
        return
    with Image.open(io.BytesIO(drawing.data)) as opened:
        assert opened.size == size
        assert opened.format == format.upper()
        opened.load()


@pytest.mark.parametrize("format", SIGNATURES)
def test_every_file_says_where_it_comes_from(format: Format) -> None:  # noqa: A002
    data = draw(Brief(HEADLINE, 128, 128, format)).data
    assert ORIGIN.encode() in data
    if format != "svg":
        Image.open(io.BytesIO(data)).verify()


@pytest.mark.parametrize("size", [(SIDE_MIN, SIDE_MAX), (SIDE_MAX, SIDE_MIN)])
@pytest.mark.parametrize("prompt", PROMPTS[:20:3])
def test_the_longest_strips_are_drawn(prompt: str, size: tuple[int, int]) -> None:
    assert picture(prompt, size).size == size


@pytest.mark.parametrize("size", [(63, 512), (512, 63), (4097, 512), (512, 4097), (0, 0), (-64, 64)])
def test_a_side_out_of_bounds_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="out of bounds"):
        draw(Brief(HEADLINE, *size, "svg"))


@pytest.mark.parametrize("prompt", PROMPTS)
def test_no_edge_of_a_picture_is_left_unpainted(prompt: str) -> None:
    with picture(prompt, (333, 251)) as opened:
        assert opened.convert("RGBA").getchannel("A").getextrema() == (255, 255)


def check_document(text: str, prompt: str) -> None:
    assert len(text.encode()) <= SVG_BYTES_MAX
    root = ET.fromstring(text)  # noqa: S314 - our own
    names: list[str] = []
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in ALLOWED
        names += [name for name in [element.get("id")] if name is not None]
        for key, value in element.attrib.items():
            assert not key.startswith("on")
            assert "href" not in key
            assert key not in {"style", "filter", "transform"}
            assert "NaN" not in value
            assert "inf" not in value
            assert "e" not in value.lower() or key != "d"
            assert "url(" not in value or re.fullmatch(r"url\(#[a-z0-9-]+\)", value)
    assert len(names) == len(set(names))
    used = set(re.findall(r"url\(#([a-z0-9-]+)\)", text))
    assert used <= set(names)
    title = root.findtext(f"{SVG}title") or ""
    assert set(title) <= set(prompt) | {"\n"}
    assert root.findtext(f"{SVG}metadata") == ORIGIN


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_document_is_clean_small_and_refers_to_nothing_outside(prompt: str) -> None:
    for seed in range(3):
        check_document(svg(prompt, seed=seed), prompt)


VOCABULARY = """
line art flat gradient mountain lake forest city desert sea hills night sunset winter autumn snow fog boat cabin bridge
village cactus stars moon no without pattern abstract waves contours leaves geometric red dark light navy #ff8800 #abc
on background 山 湖 夜 ☃ 🏔️ — <b> & " ' ]]> %s {0} \\
"""
words = st.sampled_from(VOCABULARY.split())
sides = st.integers(SIDE_MIN, SIDE_MAX)


@settings(max_examples=60, deadline=None)
@given(
    prompt=st.one_of(st.text(max_size=200), st.lists(words, max_size=14).map(" ".join)),
    size=st.tuples(sides, sides),
    seed=st.integers(-(2**63), 2**63 - 1),
)
def test_any_prompt_in_any_size_gives_a_clean_document(prompt: str, size: tuple[int, int], seed: int) -> None:
    text = svg(prompt, seed=seed, size=size)
    assert text == svg(prompt, seed=seed, size=size)
    check_document(text, prompt)


@pytest.mark.parametrize("size", [(64, 4096), (4096, 64), (100, 2000), (64, 395)])
@pytest.mark.parametrize("kind", PAINTERS)
def test_every_pattern_stays_small_however_long_the_picture(
    kind: PatternKind, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apiinone.providers.local.draw.PATTERN_KINDS", (kind,))
    for style in ("line art", "flat", "gradient"):
        check_document(svg(f"{style} pattern", seed=3, size=size), f"{style} pattern")


def test_a_very_long_prompt_is_no_burden() -> None:
    check_document(svg("& mountain 山 " * 1000), "& mountain 山 ")


Rgb = tuple[int, int, int]


class Pixels:
    """A picture as a count of its colours."""

    def __init__(self, prompt: str, side: int = 512) -> None:
        with picture(prompt, (side, side)) as opened:
            opaque = opened.convert("RGB")
        self.counts = cast("list[tuple[int, Rgb]]", opaque.getcolors(side * side))
        self.corner = cast("Rgb", opaque.getpixel((0, 0)))
        self.total = side * side

    def share(self, colour: Rgb, reach: int) -> float:
        """Of the pixels that differ from a colour by at most `reach` in each channel."""
        close = (count for count, other in self.counts if max(map(abs, map(sub, colour, other))) <= reach)
        return sum(close) / self.total


@pytest.mark.parametrize(
    "prompt", [HEADLINE, *(f"line art of {place}" for place in ("a forest", "a city", "the sea", "hills", "a desert"))]
)
def test_line_art_is_lines_on_paper(prompt: str) -> None:
    pixels = Pixels(prompt)
    assert 0.005 < 1 - pixels.share(pixels.corner, 8) < 0.16


def test_the_headline_picture_is_mostly_empty_space_with_dark_ink() -> None:
    pixels = Pixels(HEADLINE, 1024)
    assert 0.93 < pixels.share(pixels.corner, 4) < 0.985
    assert min(sum(colour) for _, colour in pixels.counts) < 150
    assert min(pixels.corner) > 235


def test_flat_pictures_have_few_colours_and_gradients_many() -> None:
    flat, gradient = (len(Pixels(f"mountain lake, {style}").counts) for style in ("flat", "gradient"))
    assert gradient > 2 * flat


SCENES = [
    *("mountains", "a forest", "the sea", "a desert", "a city", "hills", "a lake", "abstract waves", "abstract shapes"),
    *("geometric pattern", "leaves pattern", "scallops pattern"),
]
STYLES: list[Style] = ["line art", "flat", "gradient"]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("colours", [["#c2255c"], ["#0b3d91", "#f2b134"], ["#10002b", "#ff6d00", "#e0aaff"]])
def test_colours_asked_for_are_in_the_picture(scene: str, style: Style, colours: list[str]) -> None:
    text = svg(f"{scene}, {style}, in {' and '.join(colours)}")
    assert [colour for colour in colours if colour not in text] == []


def test_a_colour_asked_for_is_seen_in_the_pixels() -> None:
    assert Pixels("flat mountains in #10946a").share((0x10, 0x94, 0x6A), 2) > 0.02


def test_a_background_asked_for_lies_behind_everything() -> None:
    assert Pixels("white line art mountains on navy background").corner == (0x15, 0x29, 0x5C)


@pytest.mark.parametrize("kind", ["geometric", "leaves", "scallops", "terrazzo", "zigzag"])
def test_a_pattern_repeats_without_a_seam(kind: str) -> None:
    with picture(f"{kind} pattern", (600, 600)) as opened:
        whole = opened.convert("RGB")
    quarters = [whole.crop((x, y, x + 300, y + 300)).tobytes() for x in (0, 300) for y in (0, 300)]
    for quarter in quarters[1:]:
        assert sum(abs(a - b) for a, b in zip(quarters[0], quarter, strict=True)) / len(quarter) < 1.5


@pytest.mark.parametrize(
    ("prompt", "thing"),
    [
        ("a boat on a lake", "boat"),
        ("a cabin in the hills", "cabin"),
        ("a village", "village"),
        ("a bridge over a pond", "bridge"),
        ("desert with a cactus", "cactus"),
        ("mountains under the moon", "moon"),
        ("starry mountains at night", "stars"),
        ("clouds over a field, line art", "clouds"),
        ("snow on the mountains", "snow"),
        ("snow in the city", "snow"),
        ("forest in the mist", "fog"),
        ("lake with a reflection of mountains", "reflection"),
        ("birds over the sea", "birds"),
    ],
)
def test_a_thing_asked_for_is_drawn_and_named(prompt: str, thing: str) -> None:
    understood = draw(Brief(prompt, 256, 256, "svg")).understood
    assert thing in understood.drawn
    assert understood.not_drawn == ()


@pytest.mark.parametrize(
    ("prompt", "thing"), [("lake without birds", "birds"), ("mountains, no sun", "sun"), ("hills, no trees", "trees")]
)
def test_a_thing_ruled_out_is_not_drawn(prompt: str, thing: str) -> None:
    drawing = draw(Brief(prompt, 256, 256, "svg"))
    assert thing not in drawing.understood.drawn
    assert f'id="{thing}"' not in drawing.data.decode()
    assert drawing.understood.not_drawn == ()


def test_what_was_not_drawn_is_told() -> None:
    ramen = draw(Brief("A photorealistic bowl of ramen with steam rising", 256, 256, "svg")).understood
    assert (ramen.subject, ramen.style, ramen.palette) == ("abstract", "gradient", "apricot")
    assert ramen.not_drawn == ("bowl", "ramen", "steam")
    boat = draw(Brief("a pattern with a boat", 256, 256, "svg")).understood
    assert boat.not_drawn == ("boat",)


def test_groups_are_named_for_what_they_show() -> None:
    text = svg(HEADLINE)
    for name in ("sun", "mountain", "mountain-2", "far-range", "shore", "firs", "water", "birds"):
        assert f'<g id="{name}">' in text
    assert f"<title>{HEADLINE}</title>" in text


def test_the_server_imports_nothing_of_the_engine_but_the_brief() -> None:
    program = (
        f"import sys; sys.path[:] = {sys.path!r}; import apiinone.providers.local.brief\n"
        "print([name for name in sys.modules if name.startswith(('apiinone.providers.local.', 'PIL', 'resvg'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)  # noqa: S603 - ours
    assert done.stdout.decode().strip() == "['apiinone.providers.local.brief']"


@pytest.mark.parametrize(("format", "side"), [("png", 1024), ("svg", 512), ("webp", SIDE_MAX)])
async def test_the_engine_runs_in_the_sandbox_within_its_limits(format: Format, side: int) -> None:  # noqa: A002
    sandbox = Sandbox([TARGET])
    try:
        brief = Brief(HEADLINE, side, side, format)
        drawing = await sandbox.call(TARGET, brief, Drawing, timeout_s=60)
    finally:
        await sandbox.aclose()
    here = await asyncio.to_thread(draw, brief) if side < SIDE_MAX else drawing
    assert hashlib.sha256(drawing.data).digest() == hashlib.sha256(here.data).digest()
    assert drawing.understood == here.understood
