"""Finds the route of a request: a tree of path segments, built once and refused where routes contradict each other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from msgspec import Struct

from apiinone.api.route import Route

Methods = dict[str, Route]


class RouteIncomplete(Exception):
    """A route does not state what it must, or two routes claim one place. The application does not start."""


class Found(Struct, frozen=True):
    """The route, and what stands in the path where it has names."""

    route: Route
    ids: dict[str, str]


class OtherMethods(Struct, frozen=True):
    """The path exists, but not with this method. `methods` as the Allow header lists them."""

    methods: str


class Nowhere(Struct, frozen=True):
    """There is no such path."""


@dataclass(slots=True)
class _Place:
    """A point in the tree."""

    fixed: "dict[str, _Place]" = field(default_factory=dict)
    named: "_Place | None" = None
    methods: Methods = field(default_factory=dict)
    names: tuple[str, ...] = ()


class Table:
    """All routes of the application."""

    def __init__(self, routes: Sequence[Route]) -> None:
        """Build the tree. Raises RouteIncomplete."""
        self._root = _Place()
        self._whole: dict[str, Methods] = {}
        self._ending: dict[str, _Place] = {}
        names: set[str] = set()
        for route in routes:
            _refuse_incomplete(route)
            if route.name in names:
                raise RouteIncomplete(f"two routes are called {route.name}")
            names.add(route.name)
            self._add(route)

    def find(self, method: str, path: str, raw_path: bytes) -> Found | OtherMethods | Nowhere:
        """The route for a request; HEAD is GET without the body."""
        methods = self._whole.get(path)
        if methods is not None:
            found = methods.get("GET" if method == "HEAD" else method)
            return OtherMethods(_allowed(methods)) if found is None else Found(found, _NO_IDS)
        head, _, last = path.rpartition("/")
        ending = self._ending.get(head)  # most paths with an id end in their only one
        if ending is not None and last and b"%" not in raw_path and method in ending.methods:
            return Found(ending.methods[method], {ending.names[0]: last})
        place, values = self._walk(path, raw_path)
        if place is None or not place.methods:
            return _NOWHERE
        found = place.methods.get("GET" if method == "HEAD" else method)
        if found is None:
            return OtherMethods(_allowed(place.methods))
        return Found(found, dict(zip(place.names, values, strict=True)))

    def _walk(self, path: str, raw_path: bytes) -> tuple[_Place | None, list[str]]:
        encoded = b"%" in raw_path  # a segment may hold an encoded slash, so it is decoded after splitting
        text = raw_path.decode("latin-1") if encoded else path
        place = self._root
        values: list[str] = []
        for segment in text.split("/")[1:]:
            fixed = place.fixed.get(segment)
            if fixed is not None:
                place = fixed
                continue
            value = _decoded(segment) if encoded else segment
            if place.named is None or not value:
                return None, values
            place = place.named
            values.append(value)
        return place, values

    def _add(self, route: Route) -> None:
        place = self._root
        names: list[str] = []
        for segment in route.path.split("/")[1:]:
            if segment.startswith("{"):
                names.append(segment[1:-1])
                place.named = place.named or _Place()
                place = place.named
            else:
                place = place.fixed.setdefault(segment, _Place())
        if route.method in place.methods or (place.methods and place.names != tuple(names)):
            raise RouteIncomplete(f"{route.method} {route.path} contradicts another route")
        place.names = tuple(names)
        place.methods[route.method] = route
        if not names:
            self._whole[route.path] = place.methods
        elif len(names) == 1 and route.path.endswith("}"):
            self._ending[route.path.rpartition("/")[0]] = place


def _refuse_incomplete(route: Route) -> None:
    named = [segment[1:-1] for segment in route.path.split("/") if segment.startswith("{")]
    if named != [path_id.name for path_id in route.ids]:
        raise RouteIncomplete(f"{route.method} {route.path} does not say what its ids are")
    if not route.path.startswith("/") or not route.about or not route.name:
        raise RouteIncomplete(f"{route.method} {route.path} has no name, no words or no path")


def _decoded(segment: str) -> str:
    """Percent-decoded; empty, and so found nowhere, where it is not UTF-8 or holds NUL."""
    try:
        value = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        return ""
    return "" if "\0" in value else value


def _allowed(methods: Methods) -> str:
    names = [*methods, "OPTIONS"] + (["HEAD"] if "GET" in methods else [])
    return ", ".join(sorted(names))


_NO_IDS: dict[str, str] = {}
_NOWHERE = Nowhere()
