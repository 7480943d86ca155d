"""SVG from outside made safe to serve: an allow-list of elements, attributes and values, written anew.

`sanitise` is pure and may be slow or hungry on hostile input, so the server calls it in a child process, through
`sanitise_job`. What it gives back has no script, link, animation, style sheet, document type, entity, processing
instruction or reference outside itself, in one canonical form: sanitising twice changes nothing.
"""

import math
import re

from msgspec import Struct

from apiinone.assets.media import MediaLimits, Refused, Unacceptable, judge_size
from apiinone.assets.svg_allowed import ATTRIBUTES, TEXT_HOLDERS, clean_href, clean_id, clean_value
from apiinone.assets.svg_references import judge_references
from apiinone.assets.svg_style import flatten_styles
from apiinone.assets.svg_tree import BYTES_MAX, Node, read_root, read_tree, walk

SIZE_LIMITS = MediaLimits("vector")
IMAGES_MAX = 64
"""Pictures inside one drawing."""


class SvgJob(Struct, frozen=True):
    """A drawing to be made safe, for a child process."""

    data: bytes


class SvgClean(Struct, frozen=True, tag=True):
    """It is safe now; sizes are CSS pixels."""

    data: bytes
    width: int
    height: int


class SvgRefused(Struct, frozen=True, tag=True):
    """It cannot be made safe, or is none."""

    reason: Refused
    detail: str


class SvgResult(Struct, frozen=True):
    """What became of an `SvgJob`."""

    outcome: SvgClean | SvgRefused


def sanitise_job(payload: SvgJob) -> SvgResult:
    """`sanitise` as a target of the sandbox: a refusal is a result, not an error."""
    try:
        data = sanitise(payload.data)
        return SvgResult(SvgClean(data, *svg_size(data)))
    except Unacceptable as refusal:
        return SvgResult(SvgRefused(refusal.reason, refusal.detail))


def sanitise(data: bytes) -> bytes:
    """A safe drawing of the same looks, UTF-8 with an XML header. Raises Unacceptable."""
    root = read_tree(data)
    flatten_styles(root)
    for node in walk(root):
        node.attributes = _clean_attributes(node)
    images = 0
    for node in walk(root):
        node.content = [item for item in node.content if isinstance(item, str) or not _shows_nothing(item)]
        images += node.name == "image"
    if images > IMAGES_MAX:
        raise Unacceptable("too_large", "pictures inside an SVG")
    judge_references(root)
    judge_size(*_size(root.attributes), SIZE_LIMITS)
    return _Writer().document(root)


def svg_size(data: bytes) -> tuple[int, int]:
    """Width and height in CSS pixels, from the first tag alone. Raises Unacceptable."""
    return _size(read_root(data))


def _clean_attributes(node: Node) -> dict[str, str]:
    """The attributes that stay, in the order they are written. `style` has been judged while it was flattened."""
    kept: dict[str, str] = {}
    for name, value in sorted(node.attributes.items()):
        cleaned = value if name == "style" else None
        if name in ATTRIBUTES:
            cleaned = clean_value(value)
        elif name == "id":
            cleaned = clean_id(value)
        elif name == "href" and node.name in REFERRING:
            cleaned = clean_href(node.name, value.strip())
        if cleaned is not None:
            kept[name] = cleaned
    return kept


def _shows_nothing(node: Node) -> bool:
    return node.name in ("use", "image") and "href" not in node.attributes


def _size(attributes: dict[str, str]) -> tuple[int, int]:
    """Rounded pixels of a root: its width and height, and what they leave open from its view box."""
    width, height, view_box = (attributes.get(name, "")[:_SIZE_CHARACTERS_MAX] for name in _SIZE_ATTRIBUTES)
    return _pixels(_length_px(width), _length_px(height), _NUMBER.findall(view_box))


def _pixels(width: float, height: float, box: list[str]) -> tuple[int, int]:
    """Rounded, where 0 stands for a side that was left open, and `box` has x, y, width and height or nothing of use."""
    box_width, box_height = (float(box[2]), float(box[3])) if len(box) == 4 else (0.0, 0.0)  # noqa: PLR2004 - x y w h
    if box_width > 0 and box_height > 0:
        width = width or (height * box_width / box_height if height else box_width)
        height = height or width * box_height / box_width
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        raise Unacceptable("broken", "an SVG without a size")
    return max(1, round(width)), max(1, round(height))


def _length_px(text: str) -> float:
    """An absolute length in pixels; 0 where there is none, or one that depends on where the drawing is shown."""
    match = _LENGTH.fullmatch(text.strip())
    return float(match[1]) * _PX_PER_UNIT[match[2] or "px"] if match else 0.0


class _Writer:
    """Writes the canonical form: sorted attributes, a line for each element, nothing added inside text."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._bytes = 0

    def document(self, root: Node) -> bytes:
        """The bytes of the whole. Raises Unacceptable where they are more than a drawing may have."""
        referring = any("href" in node.attributes for node in walk(root))
        self._put('<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg"')
        self._put(' xmlns:xlink="http://www.w3.org/1999/xlink"' if referring else "")
        self._rest(root, "\n")
        return b"".join(self._pieces)

    def _put(self, text: str) -> None:
        """Add text; stop before attributes written out for each element fill the memory."""
        piece = text.encode()
        self._bytes += len(piece)
        if self._bytes > BYTES_MAX:
            raise Unacceptable("too_large", "SVG, written out")
        self._pieces.append(piece)

    def _rest(self, node: Node, line_end: str) -> None:
        """Everything of an element after its name."""
        for name, value in node.attributes.items():
            self._put(f' {_WRITTEN_NAMES.get(name, name)}="{value.translate(_IN_ATTRIBUTE)}"')
        if not node.content:
            self._put(f"/>{line_end}")
            return
        inner_end = "" if node.name in TEXT_HOLDERS else "\n"
        self._put(f">{inner_end}")
        for item in node.content:
            if isinstance(item, str):
                self._put(item.translate(_IN_TEXT))
            else:
                self._put(f"<{item.name}")
                self._rest(item, inner_end)
        self._put(f"</{node.name}>{line_end}")


_SIZE_ATTRIBUTES = ("width", "height", "viewBox")
_SIZE_CHARACTERS_MAX = 200
REFERRING = frozenset({"use", "image", "linearGradient", "radialGradient", "pattern", "textPath"})
"""Elements whose `href` is kept."""
_WRITTEN_NAMES = {"href": "xlink:href"}
"""Older programs know no other; browsers know both."""
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_ATTRIBUTE = str.maketrans({"&": "&amp;", "<": "&lt;", '"': "&quot;"})
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_LENGTH = re.compile(r"\+?((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(px|pt|pc|mm|cm|in)?")
_PX_PER_UNIT = {"px": 1.0, "pt": 96 / 72, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}
"""CSS Values 4, absolute lengths."""
