"""How large a drawing becomes when a renderer follows its references: a few `use` inside one another make millions."""

from collections.abc import Iterator

from apiinone.assets.media import Unacceptable
from apiinone.assets.svg_allowed import references
from apiinone.assets.svg_tree import Node, walk

EXPANDED_MAX = 1_000_000
"""Elements after every reference is replaced by what it names."""
NESTED_MAX = 500
"""Elements and references inside one another."""

Extent = tuple[int, int]
"""How many elements, and how deep."""


def judge_references(root: Node) -> None:
    """Raise Unacceptable for references in a circle, or that expand without measure."""
    named = {node.attributes["id"]: node for node in reversed(list(walk(root))) if "id" in node.attributes}
    known: dict[int, Extent] = {}
    stack = [(root, _parts(root, named))]
    while stack:
        node, parts = stack[-1]
        part = next((part for part in parts if id(part) not in known), None)
        if part is None:
            known[id(node)] = _extent(node, named, known)
            stack.pop()
        elif len(stack) > NESTED_MAX:  # as it always is, sooner or later, where references go in a circle
            raise Unacceptable("broken", "references in a circle, or too deep")
        else:
            stack.append((part, _parts(part, named)))


def _extent(node: Node, named: dict[str, Node], known: dict[int, Extent]) -> Extent:
    parts = [known[id(part)] for part in _parts(node, named)]
    count = 1 + sum(count for count, _ in parts)
    depth = 1 + max((depth for _, depth in parts), default=0)
    if count > EXPANDED_MAX or depth > NESTED_MAX:
        raise Unacceptable("too_large", "references of an SVG")
    return count, depth


def _parts(node: Node, named: dict[str, Node]) -> Iterator[Node]:
    """What is drawn as a part of this element: its children and what it refers to."""
    yield from node.children()
    yield from (named[name] for name in references(node.attributes) if name in named)
