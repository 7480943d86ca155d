import base64
import contextlib
import io
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from apiinone.assets.media import Unacceptable
from apiinone.assets.svg import SvgClean, SvgJob, SvgRefused, sanitise, sanitise_job, svg_size
from assets.hostile_svgs import CLEANED, REFUSED, SVG_NS, drawing
from assets.pictures import noise_png, picture, png_bomb

RICH = b"""<?xml version="1.0" encoding="utf-8"?>
<!-- drawn by hand -->
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg version="1.1" id="Layer_1" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
  x="0px" y="0px" viewBox="0 0 400 300" style="enable-background:new 0 0 400 300;" xml:space="preserve">
<style type="text/css"><![CDATA[
  /* classes; with a comment { */
  @import "nothing.css";
  .sky{fill:url(#dusk);} .line,.dash{fill:none;stroke:#102030;stroke-width:3;stroke-linecap:round}
  .dash{stroke:#c0392b;stroke-dasharray:8,4}
  path.line{stroke-width:5}
  #dot{fill:#2980b9}
  @media print{.line{stroke:#fff}}
  circle{opacity:.8}
  .blend{mix-blend-mode:multiply}
  .late{fill:purple} .late{fill:orange}
  *{stroke-linejoin:bevel}
]]></style>
<defs>
  <linearGradient id="dusk" gradientUnits="userSpaceOnUse" x1="0" y1="0" x2="400" y2="300">
    <stop offset="0" style="stop-color:#F7E9C3"/><stop offset="1" style="stop-color:#7FB2C9;stop-opacity:.7"/>
  </linearGradient>
  <radialGradient id="sun"><stop offset="0%" stop-color="gold"/><stop offset="100%" stop-color="rgb(255,120,0)"/>
  </radialGradient>
  <radialGradient id="moon" xlink:href="#sun" cx="30%"/>
  <clipPath id="cut"><circle cx="300" cy="90" r="60"/></clipPath>
  <mask id="fade"><rect width="400" height="300" fill="white"/><rect y="200" width="400" height="99" fill="#888"/>
  </mask>
  <pattern id="dots" width="10" height="10" patternUnits="userSpaceOnUse"><circle cx="5" cy="5" r="2"/></pattern>
  <marker id="tip" viewBox="0 0 10 10" refX="5" refY="5" markerWidth="6" markerHeight="6" orient="auto">
    <path d="M0 0L10 5L0 10z"/></marker>
  <symbol id="tree" viewBox="0 0 20 30"><path d="M10 0L20 24H0z" fill="#27ae60"/><rect x="8" y="24" width="4"
    height="6" fill="#6e4b2a"/></symbol>
  <filter id="soft"><feGaussianBlur stdDeviation="3"/></filter>
</defs>
<rect class="sky" width="400" height="300" mask="url(#fade)"/>
<g clip-path="url('#cut')"><rect x="240" y="30" width="120" height="120" fill="url(#sun)"/></g>
<path class="line" d="M20,250 L120,120 L180,200 L240,140 L380,250"/>
<path class="dash" d="M20,270 H380" style="marker-end:url(#tip)"/>
<circle id="dot" cx="60" cy="60" r="30"/><circle cx="60" cy="60" r="9" fill="url(#moon)"/>
<a xlink:href="http://example.com/"><use xlink:href="#tree" x="100" y="200" width="40" height="60"/></a>
<use href="#tree" x="150" y="210" width="30" height="45" transform="rotate(5 165 230)"/>
<rect x="200" y="220" width="60" height="40" fill="url(#dots)" class="blend"/>
<ellipse cx="320" cy="240" rx="40" ry="15" filter="url(#soft)" fill="#334"/>
<text x="20" y="40" style="font-family:'Open Sans',sans-serif">Hello <tspan font-weight="bold">world</tspan> &amp; more
</text>
<switch><foreignObject requiredExtensions="http://ns.example/"/><g><rect class="late" x="9" y="99" width="20"
  height="20"/></g></switch>
<rect x="9" y="140" width="20" height="20" style="fill:teal!important" fill="red" class="late"/>
<image x="350" y="10" width="16" height="16" xlink:href="data:image/png;base64,
  iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="/>
</svg>"""


def rendered(data: bytes) -> Image.Image:
    from resvg import render, usvg  # noqa: PLC0415 - only where something is rendered

    tree = usvg.Tree.from_str(data.decode(), usvg.Options.default())
    return Image.open(io.BytesIO(render(tree, (1, 0, 0, 0, 1, 0)))).convert("RGBA")


def judged_safe(data: bytes) -> None:
    """What must hold of every drawing that leaves, judged by other means than it was made with."""
    text = data.decode()
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg"')
    assert "<!" not in text
    assert text.count("<?") == 1
    for element in ET.fromstring(text).iter():  # noqa: S314 - an independent look at what the product wrote
        namespace, _, name = str(element.tag).rpartition("}")
        assert namespace == "{http://www.w3.org/2000/svg"
        assert name not in {"script", "style", "a", "foreignObject", "set", "animate", "feImage", "iframe"}
        for attribute, value in element.attrib.items():
            plain = attribute.rpartition("}")[2].lower()
            assert not plain.startswith("on")
            assert "\\" not in value
            assert value.replace("url(#", "").find("url(") == -1
            if plain == "href":
                assert value.startswith(("#", "data:image/png;base64,", "data:image/jpeg;base64,"))
            elif plain != "id":
                assert ":" not in value.replace("mix-blend-mode:", "").replace("background:", "").replace(
                    "background-color:", ""
                ).replace("isolation:", "").replace("url(#", "")


@pytest.mark.parametrize("name", CLEANED)
def test_what_a_hostile_drawing_tries_does_not_survive(name: str) -> None:
    clean = sanitise(CLEANED[name])
    judged_safe(clean)
    assert b"evil" not in clean.lower()
    assert b'id="kept"' in clean
    assert sanitise(clean) == clean


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_made_safe_is_refused(name: str) -> None:
    assert isinstance(sanitise_job(SvgJob(REFUSED[name])).outcome, SvgRefused)


def test_a_rich_drawing_keeps_its_looks() -> None:
    clean = sanitise(RICH)
    judged_safe(clean)
    before, after = rendered(RICH), rendered(clean)
    assert before.getcolors(1) is None
    assert after.tobytes() == before.tobytes()
    assert sanitise(clean) == clean
    for text in (b"Hello <tspan", b">world</tspan> &amp; more", b"'Open Sans',sans-serif", b"mix-blend-mode:multiply"):
        assert text in clean


def test_the_job_gives_the_drawing_with_its_size() -> None:
    assert sanitise_job(SvgJob(RICH)).outcome == SvgClean(sanitise(RICH), 400, 300)


def test_styles_become_attributes_by_the_rules_of_the_cascade() -> None:
    sheet = (
        "<style>.b{fill:blue} rect{fill:red;stroke:red} #i{stroke:green} .b.c{fill:black} circle.b{fill:cyan}"
        " g .b{fill:white} .i{fill:gray!important}</style>"
        "<style media='print'>rect{fill:tan!important}</style><style type='text/x'>rect{fill:tan!important}</style>"
    )
    clean = sanitise(
        drawing(
            sheet
            + "<rect id='r1' fill='none'/><rect id='r2' class='b'/><rect id='i' class='c b'/>"
            + "<rect id='r3' class='b' style='fill:pink'/><rect id='r4' class='i' style='fill:pink'/>"
            + "<rect id='r5' style='fill:pink!important' class='i'/><rect id='r6' style='fill:url(//evil);stroke:tan'/>"
        )
    )
    looks = {
        element.get("id"): (element.get("fill"), element.get("stroke"))
        for element in ET.fromstring(clean).iter()  # noqa: S314 - as above
        if element.tag.endswith("rect")
    }
    assert looks == {
        "r1": ("red", "red"),
        "r2": ("blue", "red"),
        "i": ("black", "green"),
        "r3": ("pink", "red"),
        "r4": ("gray", "red"),
        "r5": ("pink", "red"),
        "r6": ("red", "tan"),
        "kept": ("red", "red"),
    }


def test_a_transform_in_a_style_loses_its_units() -> None:
    assert b'transform="translate(3, 4) rotate(5)"' in sanitise(
        drawing("<g style='transform: translate(3px, 4px) rotate(5deg)'/>")
    )


def test_words_stay_words() -> None:
    text = "<text>&lt;script>&amp;lt; &quot;]]&gt;&#13;</text><title>a<g id='x'/>b</title>"
    family = "<g font-family='&quot;A B&quot;, &amp;amp'/>"
    clean = sanitise(drawing(text + family))
    assert b'<text>&lt;script&gt;&amp;lt; "]]&gt;&#13;</text>\n<title>ab</title>\n' in clean
    assert b'<g font-family="&quot;A B&quot;, &amp;amp"/>' in clean
    assert sanitise(clean) == clean


def test_what_shows_nothing_any_more_is_taken_out() -> None:
    clean = sanitise(drawing("<use href='x.svg#a'/><use/><image href='x.png'/><image/>"))
    assert b"<use" not in clean
    assert b"<image" not in clean


def test_a_reference_stays_where_it_refers_to_something_only() -> None:
    pixel = "data:image/png;base64," + base64.b64encode(picture("PNG", (1, 1))).decode()
    clean = sanitise(drawing(f"<a href='#kept'><rect href='#kept'/></a><use href='{pixel}'/><g href='{pixel}'/>"))
    assert b"href=" not in clean


def test_a_picture_inside_a_drawing_is_small_and_what_it_says() -> None:
    def kept(data: bytes, kind: str = "png") -> bool:
        url = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
        return b"<image" in sanitise(drawing(f"<image href='{url}'/>"))

    assert kept(picture("PNG"))
    assert kept(picture("JPEG"), "jpg")
    assert b"data:image/jpeg;" in sanitise(
        drawing(f"<image href='data:image/png;base64,{base64.b64encode(picture('JPEG')).decode()}'/>")
    )
    assert kept(png_bomb(2048))
    assert not kept(png_bomb(2049))
    assert kept(noise_png(900))
    assert not kept(noise_png(1100))
    assert not kept(picture("GIF"), "gif")
    assert not kept(picture("GIF"))


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ("width='20' height='30'", (20, 30)),
        ("width='20px' height='1in'", (20, 96)),
        ("width='1cm' height='10mm'", (38, 38)),
        ("width='72pt' height='6pc'", (96, 96)),
        ("width='1e2' height='0.4'", (100, 1)),
        ("width='100%' height='100%' viewBox='0 0 640 480'", (640, 480)),
        ("viewBox='-5,-5 640.4 480.6'", (640, 481)),
        ("width='320' viewBox='0 0 640 480'", (320, 240)),
        ("height='96' viewBox='0 0 640 480'", (128, 96)),
        ("width='2em' height='2em' viewBox='0 0 64 64'", (64, 64)),
        ("width='20' height='30' viewBox='0 0 1 1'", (20, 30)),
        ("width='100in' height='100in' viewBox='0 0 1 1'", (9600, 9600)),
    ],
)
def test_the_size_is_in_pixels(attributes: str, size: tuple[int, int]) -> None:
    data = f"<svg xmlns='http://www.w3.org/2000/svg' {attributes}/>".encode()
    assert svg_size(data) == size
    assert svg_size(sanitise(data)) == size


def test_the_size_is_read_without_reading_on() -> None:
    assert svg_size(b"<svg width='3' height='4'>" + b"<g>" * 100_000 + b"</nonsense>") == (3, 4)
    with pytest.raises(Unacceptable):
        svg_size(b"<svg " + b" " * 70_000 + b"width='3' height='4'/>")


@pytest.mark.parametrize(
    "document",
    [
        b"<?xml " + b" " * 200_000,
        b" " * 200_000 + b"<!DOCTYPE" + b" " * 200_000,
        b"<!DOCTYPE svg PUBLIC " * 9_000,
        b"<!--" + b"-" * 200_000,
        drawing("<style>" + "@a;" * 90_000 + "{" * 90_000 + "</style>"),
        drawing("<style>" + "/*" * 90_000 + "</style>"),
        drawing("<style>rect{" + "fill:red!important " * 20_000 + "}</style>"),
        drawing("<style>" + ".a" * 90_000 + "{fill:red}</style>"),
        drawing("<style>" + "a{" * 90_000 + "}" * 90_000 + "</style>"),
        drawing("<rect fill='" + "url(#a" * 90_000 + "'/>"),
        drawing("<rect fill='" + "(" * 90_000 + "'/>"),
        drawing("<rect fill='" + "a" * 400_000 + "'/>"),
        drawing("<rect fill='" + "a" * 400_000 + "%(1)'/>"),
        drawing("<rect id='" + "a" * 400_000 + "'/>"),
        drawing("<image href='data:image/png;base64," + "iVBO " * 90_000 + "'/>"),
        drawing("<g viewBox='" + "1" * 400_000 + "'/>", "width='" + "1" * 90_000 + "x'"),
    ],
)
@pytest.mark.timeout(5)
def test_no_text_makes_reading_slow(document: bytes) -> None:
    with contextlib.suppress(Unacceptable):
        sanitise(document)


NAMES = ("svg", "g", "path", "text", "tspan", "style", "use", "image", "a", "title", "defs", "script", "animate", "x:y")
ATTRIBUTES = ("id", "class", "style", "fill", "href", "xlink:href", "transform", "d", "width", "onclick", "xml:space")
VALUES = ("#a", "url(#a)", "a", "fill:red", "url( '#b' ) red", "scale(2)", "javascript:x", "\\75rl(a)", ".a{fill:red}")


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def element(name: str, attributes: dict[str, str], content: list[str]) -> str:
    written = " ".join(f'{attribute}="{escaped(value)}"' for attribute, value in attributes.items())
    return f"<{name} {written}>{''.join(content)}</{name}>"


TEXTS = st.one_of(st.sampled_from(VALUES), st.text(max_size=12))
ELEMENTS = st.recursive(
    TEXTS.map(escaped),
    lambda inner: st.builds(
        element,
        st.sampled_from(NAMES),
        st.dictionaries(st.sampled_from(ATTRIBUTES), TEXTS, max_size=4),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(st.lists(ELEMENTS, max_size=4))
def test_any_drawing_is_refused_or_safe_and_sanitising_twice_changes_nothing(content: list[str]) -> None:
    data = f"<svg {SVG_NS} xmlns:x='urn:x'>{''.join(content)}</svg>".encode(errors="replace")
    try:
        clean = sanitise(data)
    except Unacceptable:
        return
    judged_safe(clean)
    assert sanitise(clean) == clean


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_safe(data: bytes) -> None:
    for document in (data, drawing("").replace(b"/>", b" " + data + b"/>"), b"<svg " + data):
        with contextlib.suppress(Unacceptable):
            judged_safe(sanitise(document))
