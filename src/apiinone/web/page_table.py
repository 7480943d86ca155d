"""Finds the page of a request among those that know their visitor."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from apiinone.web.page_route import PageRoute


class PageIncomplete(Exception):
    """A page does not state what it must."""


class FoundPage(Struct, frozen=True):
    """A page, and what stands in the path where it has names."""

    route: PageRoute
    ids: Mapping[str, str]


class PageTable:
    """All of them. A fixed path is found before one with names."""

    def __init__(self, routes: Sequence[PageRoute]) -> None:
        """Take the routes. Raises PageIncomplete."""
        self._fixed: dict[tuple[str, str], PageRoute] = {}
        self._named: dict[tuple[str, int], list[tuple[list[str], PageRoute]]] = {}
        for route in routes:
            _refuse_incomplete(route)
            parts = route.path.split("/")
            if route.ids:
                self._named.setdefault((route.method, len(parts)), []).append((parts, route))
            elif (route.method, route.path) in self._fixed:
                raise PageIncomplete(f"{route.method} {route.path} stands twice")
            else:
                self._fixed[route.method, route.path] = route

    def find(self, method: str, path: str) -> FoundPage | None:
        """The page for a request; HEAD is GET without the body."""
        asked = "GET" if method == "HEAD" else method
        route = self._fixed.get((asked, path))
        if route is not None:
            return FoundPage(route, {})
        parts = path.split("/")
        for pattern, named in self._named.get((asked, len(parts)), ()):
            ids = {want[1:-1]: got for want, got in zip(pattern, parts, strict=True) if want.startswith("{")}
            same = all(want == got for want, got in zip(pattern, parts, strict=True) if not want.startswith("{"))
            if same and all(ids.values()):
                return FoundPage(named, ids)
        return None


def _refuse_incomplete(route: PageRoute) -> None:
    named = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    if named != [one.name for one in route.ids]:
        raise PageIncomplete(f"{route.method} {route.path} does not say what its ids are")
    if not route.path.startswith("/") or not route.name:
        raise PageIncomplete(f"{route.method} {route.path} has no name or no path")
