"""Turns the style sheets and `style` attributes of a drawing into plain attributes, by the rules of the cascade.

The served drawing then needs no style sheet: its looks hold under our own content security policy, which forbids
inline styles, and there is no CSS left to be judged. Understood are selectors of one element by type, class and id, and
lists of them; other rules, at-rules among them, are dropped. Facts from: CSS Cascading 4, Selectors 4.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from apiinone.assets.media import Unacceptable
from apiinone.assets.svg_allowed import PROPERTIES, STYLE_ONLY, clean_value
from apiinone.assets.svg_tree import Node, walk

SELECTORS_MAX = 5_000
MATCHES_MAX = 1_000_000
"""Rules times elements they match, in one document."""

Rank = tuple[bool, int, int, int, int, int]
"""What decides between two declarations: important, in a `style` attribute, ids, classes, types, order."""


class Declaration(Struct, frozen=True):
    """One property with a value that was found harmless."""

    name: str
    value: str
    important: bool


class Rule(Struct, frozen=True):
    """One selector of one element, with its declarations."""

    type: str
    ids: frozenset[str]
    classes: frozenset[str]
    order: int
    declarations: tuple[Declaration, ...]

    def matches(self, node: Node, classes: frozenset[str]) -> bool:
        """Whether it speaks of this element."""
        return self.type in ("", node.name) and self.classes <= classes and self.ids <= {node.attributes.get("id", "")}


def flatten_styles(root: Node) -> None:
    """Give every element the attributes that its styles mean; drop `class`, `style` and the sheets.

    Raises Unacceptable where the sheets are out of all proportion.
    """
    rules = _rules_by_key(_sheets(root))
    matches = 0
    for node in walk(root):
        node.content = [item for item in node.content if not (isinstance(item, Node) and item.name == "style")]
        classes = frozenset(node.attributes.pop("class", "").split())
        keys = ("*", node.name, "#" + node.attributes.get("id", ""), *("." + name for name in classes))
        found = [rule for key in keys for rule in rules.get(key, ())]
        matches += len(found)
        if matches > MATCHES_MAX:
            raise Unacceptable("too_large", "style sheets of an SVG")
        _flatten(node, [rule for rule in found if rule.matches(node, classes)])


def _flatten(node: Node, rules: list[Rule]) -> None:
    """Write the winners of the cascade over the presentation attributes, which rank below all of them."""
    ranked: dict[str, tuple[Rank, str]] = {}
    for declaration, rank in _declarations(node, rules):
        if declaration.name not in ranked or ranked[declaration.name][0] < rank:
            ranked[declaration.name] = (rank, declaration.value)
    kept = {name: value for name, (_, value) in ranked.items()}
    node.attributes.pop("style", None)
    style = ";".join(f"{name}:{kept.pop(name)}" for name in sorted(STYLE_ONLY & kept.keys()))
    node.attributes.update(kept)
    if style:
        node.attributes["style"] = style


def _declarations(node: Node, rules: list[Rule]) -> Iterator[tuple[Declaration, Rank]]:
    for rule in rules:
        specificity = (len(rule.ids), len(rule.classes), int(bool(rule.type)), rule.order)
        for declaration in rule.declarations:
            yield declaration, (declaration.important, 0, *specificity)
    for order, declaration in enumerate(_block(node.attributes.get("style", ""))):
        yield declaration, (declaration.important, 1, 0, 0, 0, order)


def _rules_by_key(sheets: str) -> dict[str, list[Rule]]:
    """Rules by one name that an element must have for them to match."""
    rules: defaultdict[str, list[Rule]] = defaultdict(list)
    order = 0
    for prelude, body in _blocks(sheets):
        declarations = tuple(_block(body))
        for selector in prelude.split(","):
            order += 1
            if order > SELECTORS_MAX:
                raise Unacceptable("too_large", "style sheets of an SVG")
            match = _SELECTOR.fullmatch(selector.strip())
            if match is None or not (match[1] or match[2]) or not declarations:
                continue
            parts: list[str] = _PART.findall(match[2])
            ids = frozenset(part[1:] for part in parts if part[0] == "#")
            classes = frozenset(part[1:] for part in parts if part[0] == ".")
            key = "#" + min(ids) if ids else "." + min(classes) if classes else match[1]
            rules[key].append(Rule(match[1].strip("*"), ids, classes, order, declarations))
    return rules


def _sheets(root: Node) -> str:
    """The text of all style sheets that are for screens."""
    texts = [
        "".join(item for item in node.content if isinstance(item, str))
        for node in walk(root)
        if node.name == "style"
        and node.attributes.get("type", "text/css") in ("", "text/css")
        and node.attributes.get("media", "all").lower() in ("", "all", "screen")
    ]
    return _COMMENT.sub(" ", "\n".join(texts)).replace("<!--", " ").replace("-->", " ")


def _blocks(sheets: str) -> Iterator[tuple[str, str]]:
    """Pairs of selectors and declarations. A rule within another, as in an at-rule, is no pair of its own."""
    depth, start, opened = 0, 0, 0
    for mark in _MARK.finditer(sheets):
        if mark[0] == "{":
            depth += 1
            opened = mark.start() if depth == 1 else opened
        elif mark[0] == "}":
            depth = max(0, depth - 1)
        if depth == 0:
            if mark[0] == "}":
                yield sheets[start:opened], sheets[opened + 1 : mark.start()]
            start = opened = mark.end()


def _block(text: str) -> Iterator[Declaration]:
    """The declarations of a block that are known and harmless."""
    for part in text.split(";"):
        name, _, value = part.partition(":")
        name = name.strip().lower()
        value, important = _IMPORTANT.subn("", value)
        cleaned = clean_value(value)
        if cleaned is None:
            continue
        if name == "transform":
            cleaned = _UNIT.sub(r"\1", cleaned)
        if name == "marker":
            yield from (Declaration(f"marker-{place}", cleaned, bool(important)) for place in ("start", "mid", "end"))
        elif name in PROPERTIES or name in STYLE_ONLY:
            yield Declaration(name, cleaned, bool(important))


_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_MARK = re.compile(r"[{};]")
_SELECTOR = re.compile(r"(\*|[A-Za-z][\w-]*|)((?:[.#]\w[\w-]*)*)")
_PART = re.compile(r"[.#][\w-]+")
_IMPORTANT = re.compile(r"!\s*important\s*\Z", re.IGNORECASE)
_UNIT = re.compile(r"(\d)(?:px|deg)\b")
