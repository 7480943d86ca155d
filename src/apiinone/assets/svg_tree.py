"""An SVG as a tree of the elements that may stay, built while it is read, so that limits hold before memory is spent.

Namespaces are resolved here: names are SVG's own, `xlink:href` is `href`. The parser is defusedxml's: a document type
or an entity is refused, nothing is ever loaded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from apiinone.assets.media import MIB, Unacceptable
from apiinone.assets.svg_allowed import ELEMENTS, PLAIN_TEXT, TEXT_HOLDERS

BYTES_MAX = 5 * MIB
ELEMENTS_MAX = 200_000
DEPTH_MAX = 200
ROOT_BYTES_MAX = 64 * 1024
"""How far into a document its first tag may reach."""


@dataclass(slots=True)
class Node:
    """One element: its name, its attributes, and its children with the text between them."""

    name: str
    attributes: dict[str, str]
    content: "list[Node | str]"

    def children(self) -> "list[Node]":
        """The elements among its content."""
        return [item for item in self.content if isinstance(item, Node)]


def read_tree(data: bytes) -> Node:
    """Read a document, without what may not stay. Raises Unacceptable."""
    if not data:
        raise Unacceptable("empty")
    if len(data) > BYTES_MAX:
        raise Unacceptable("too_large", "SVG")
    builder = _Builder()
    _feed(builder, _without_prologue_faults(data), final=True)
    if builder.root is None:
        raise Unacceptable("broken", "no element")
    return builder.root


def read_root(data: bytes) -> dict[str, str]:
    """Attributes of the first tag; nothing after it is read. Raises Unacceptable."""
    root = _FirstTag()
    _feed(root, _without_prologue_faults(data[:ROOT_BYTES_MAX]), final=False)
    if root.attributes is None:
        raise Unacceptable("broken", "no element")
    return root.attributes


def walk(root: Node) -> Iterator[Node]:
    """Every element, parents before their children."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children()))


class _FirstTag:
    """Receives the parser's events and keeps the first."""

    def __init__(self) -> None:
        self.attributes: dict[str, str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self.attributes is None:
            if _local(tag) != "svg":
                raise Unacceptable("wrong_type", "not an SVG")
            self.attributes = _own(attributes)


class _Builder:
    """Receives the parser's events and keeps what may stay."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []
        self._elements = 0
        self._depth = 0
        self._dropped_depth = 0
        """Depth of the outermost element under way that is dropped with all it holds; 0 where there is none."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        self._depth += 1
        if self._elements > ELEMENTS_MAX or self._depth > DEPTH_MAX:
            raise Unacceptable("too_large", "elements of an SVG")
        if self._dropped_depth:
            return
        name = self._name(tag)
        if name is None or attributes.get("requiredExtensions"):
            self._dropped_depth = self._depth
            return
        node = Node(name, _own(attributes), [])
        if self._open:
            self._open[-1].content.append(node)
        else:
            self.root = node
        self._open.append(node)

    def end(self, _tag: str) -> None:
        if not self._dropped_depth:
            self._open.pop()
        elif self._dropped_depth == self._depth:
            self._dropped_depth = 0
        self._depth -= 1

    def data(self, text: str) -> None:
        if not self._dropped_depth and self._open and self._open[-1].name in TEXT_HOLDERS:
            self._open[-1].content.append(text)

    def _name(self, tag: str) -> str | None:
        """What an element becomes, or None where it is dropped. A link becomes the group it looks like."""
        local = _local(tag)
        parent = self._open[-1].name if self._open else None
        if parent is None and local != "svg":
            raise Unacceptable("wrong_type", "not an SVG")
        if parent in PLAIN_TEXT:
            return None
        if local == "a":
            return "tspan" if parent in TEXT_HOLDERS else "g"
        return local if local in ELEMENTS else None


def _feed(target: _Builder | _FirstTag, data: bytes, *, final: bool) -> None:
    """Parse UTF-8, whatever the document says of itself. Raises Unacceptable."""
    from defusedxml.common import DefusedXmlException  # noqa: PLC0415 - only a process that reads an SVG pays for it
    from defusedxml.ElementTree import DefusedXMLParser, ParseError  # noqa: PLC0415 - as above

    try:
        parser = DefusedXMLParser(target=target, encoding="utf-8", forbid_dtd=True)
        parser.feed(data)
        if final:
            parser.close()
    except DefusedXmlException:
        raise Unacceptable("broken", "SVG with a document type or entities") from None
    except (ParseError, ValueError):
        raise Unacceptable("broken", "SVG is not well-formed XML in UTF-8") from None


def _local(tag: str) -> str | None:
    """The name of an SVG element, also of one without a namespace; None for foreign ones."""
    namespace, _, local = tag.rpartition("}")
    return local if namespace in ("", _SVG) else None


def _own(attributes: dict[str, str]) -> dict[str, str]:
    """The attributes that belong to SVG, by the names it is written with."""
    own = {name: value for name, value in attributes.items() if not name.startswith("{")}
    for name, plain in _QUALIFIED.items():
        if name in attributes:
            own.setdefault(plain, attributes[name])
    return own


def _without_prologue_faults(data: bytes) -> bytes:
    """Take out what programs write before a drawing and a strict parser refuses: space before the XML header.

    And the one document type that names the public standard of SVG, and declares nothing. Raises Unacceptable.
    """
    if data.startswith(_UTF_16_MARKS):
        raise Unacceptable("broken", "SVG in UTF-16")  # the parser would believe the mark more than us
    data = data.removeprefix(_BYTE_ORDER_MARK).lstrip()
    return _PUBLIC_DOCTYPE.sub(rb"\1", data, count=1) if b"<!DOCTYPE" in data[:ROOT_BYTES_MAX] else data


_SVG = "{http://www.w3.org/2000/svg"
_QUALIFIED = {
    "{http://www.w3.org/1999/xlink}href": "href",
    "{http://www.w3.org/XML/1998/namespace}space": "xml:space",
    "{http://www.w3.org/XML/1998/namespace}lang": "xml:lang",
}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_PUBLIC_DOCTYPE = re.compile(
    rb"""\A((?:<\?xml[^>]{0,200}+>)?+\s*+(?:<!--[^>]{0,1000}+>)?+\s*+)"""
    rb"""<!DOCTYPE\s++svg\s++PUBLIC\s++"-//W3C//DTD SVG [^"<>]{1,40}+"\s++"http://www\.w3\.org/[^"<>]{1,100}+"\s*+>"""
)
"""Every repetition is possessive, so that no text makes the match slow."""
