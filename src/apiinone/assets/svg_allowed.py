"""Which elements, attributes and values of an SVG are kept. What is not named here is dropped.

Names from: SVG 2 (W3C Candidate Recommendation), chapters 5 to 16; Filter Effects 1; Compositing and Blending 1.
"""

import re
from binascii import Error as BadBase64
from binascii import a2b_base64, b2a_base64

from apiinone.assets.media import MediaLimits, Unacceptable, judge_size
from apiinone.assets.raster import PNG_MAGIC, jpeg_size, png_size


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


PLAIN_TEXT = frozenset({"title", "desc", "metadata", "style"})
"""Elements that hold nothing but text here."""
TEXT_HOLDERS = PLAIN_TEXT | {"text", "tspan", "textPath"}

ELEMENTS = TEXT_HOLDERS | _names(
    """
    svg g defs symbol use switch image path rect circle ellipse line polyline polygon
    linearGradient radialGradient stop pattern clipPath mask marker filter
    feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap
    feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology
    feOffset fePointLight feSpecularLighting feSpotLight feTile feTurbulence
    """
)
"""No script, no foreign content, no link, no animation, no font, and no feImage, which loads other files."""

PROPERTIES = _names(
    """
    alignment-baseline baseline-shift clip-path clip-rule color color-interpolation color-interpolation-filters
    direction display dominant-baseline fill fill-opacity fill-rule filter flood-color flood-opacity
    font-family font-size font-size-adjust font-stretch font-style font-variant font-weight image-rendering
    letter-spacing lighting-color marker-end marker-mid marker-start mask mask-type opacity overflow paint-order
    pointer-events shape-rendering stop-color stop-opacity stroke stroke-dasharray stroke-dashoffset stroke-linecap
    stroke-linejoin stroke-miterlimit stroke-opacity stroke-width text-anchor text-decoration text-rendering transform
    transform-origin unicode-bidi vector-effect visibility white-space word-spacing writing-mode
    """
)
"""Style properties that are attributes as well; they are written as attributes."""

STYLE_ONLY = frozenset({"background", "background-color", "isolation", "mix-blend-mode"})
"""Style properties that no attribute can say; they stay in `style`."""

ATTRIBUTES = PROPERTIES | _names(
    """
    xml:space xml:lang lang systemLanguage
    x y x1 y1 x2 y2 cx cy r rx ry fx fy fr d points width height viewBox preserveAspectRatio pathLength
    dx dy rotate textLength lengthAdjust startOffset method spacing side
    gradientUnits gradientTransform spreadMethod offset patternUnits patternContentUnits patternTransform
    clipPathUnits maskUnits maskContentUnits markerUnits markerWidth markerHeight orient refX refY
    filterUnits primitiveUnits in in2 result mode type values tableValues slope intercept amplitude exponent operator
    k1 k2 k3 k4 order kernelMatrix divisor bias targetX targetY edgeMode kernelUnitLength preserveAlpha
    surfaceScale diffuseConstant specularConstant specularExponent scale xChannelSelector yChannelSelector
    azimuth elevation z pointsAtX pointsAtY pointsAtZ limitingConeAngle stdDeviation radius
    baseFrequency numOctaves seed stitchTiles
    """
)
"""Attributes whose value is judged by `clean_value`; `id`, `href` and `style` have rules of their own."""

FUNCTIONS = _names(
    """
    rgb rgba hsl hsla hwb lab lch oklab oklch color
    matrix translate translatex translatey scale scalex scaley rotate skewx skewy
    blur brightness contrast drop-shadow grayscale hue-rotate invert opacity saturate sepia
    """
)
"""Functions that a value may call; `url` only with a fragment."""

IMAGE_LIMITS = MediaLimits("raster", bytes_max=1024 * 1024, pixels_max=2048 * 2048, side_px_max=4096)
"""What a picture inside a drawing may be."""

_ID = re.compile(r"\w[\w.:-]{0,255}")
_URL = re.compile(r"""url\(\s*(["']?)#(\w[\w.:-]{0,255})\1\s*\)""", re.IGNORECASE)
_WORD = re.compile(r"([\w-]++|)\s*+(\(?+)")
"""A word and, where it calls, its bracket; possessive, so that no value makes the search slow."""
_FORBIDDEN = re.compile(r"[\\<>@{}:;`]|/\*")
_SPACE = re.compile(r"[\t\n\r]")
_DATA_URL = re.compile(r"data:image/(?:png|jpe?g);base64,", re.IGNORECASE)


def clean_value(value: str) -> str | None:
    """A value that calls nothing but allowed functions and names nothing outside its document, or None."""
    value = _SPACE.sub(" ", value).strip()
    rest = _URL.sub("", value)
    if not value or _FORBIDDEN.search(rest):
        return None
    if "(" in rest and any(word[2] and word[1].lower() not in FUNCTIONS for word in _WORD.finditer(rest)):
        return None
    return _URL.sub(r"url(#\2)", value)


def clean_id(value: str) -> str | None:
    """An id that can be referred to without escapes, or None."""
    return value if _ID.fullmatch(value) else None


def clean_href(element: str, value: str) -> str | None:
    """A reference into the same document or, for an image, a small picture in the reference itself; else None."""
    if value.startswith("#"):
        return value if _ID.fullmatch(value, 1) else None
    return _clean_picture(value) if element == "image" else None


def references(attributes: dict[str, str]) -> list[str]:
    """Ids that cleaned attributes refer to."""
    found = [match[2] for value in attributes.values() if "url(" in value for match in _URL.finditer(value)]
    href = attributes.get("href", "")
    return [*found, href[1:]] if href.startswith("#") else found


def _clean_picture(value: str) -> str | None:
    start = _DATA_URL.match(value)
    if start is None:
        return None
    try:
        data = a2b_base64("".join(value[start.end() :].split()), strict_mode=True)
        if len(data) > IMAGE_LIMITS.bytes_max:
            return None
        kind, size = ("png", png_size) if data.startswith(PNG_MAGIC) else ("jpeg", jpeg_size)
        judge_size(*size(data), IMAGE_LIMITS)
    except (BadBase64, ValueError, Unacceptable):
        return None
    return f"data:image/{kind};base64,{b2a_base64(data, newline=False).decode()}"
