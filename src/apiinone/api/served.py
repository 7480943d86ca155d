"""What this release takes of what the catalogue describes."""

from apiinone.catalog.entry import Entry, Route
from apiinone.catalog.schema import body_schema


def is_served(entry: Entry) -> bool:
    """Whether the model's endpoint has a route here; chat, which answers without a task, has none yet."""
    return entry.endpoint.asynchronous


def served_routes(entry: Entry) -> tuple[Route, ...]:
    """The model's further routes that are here; those that answer without a task are not yet."""
    return tuple(route for route in entry.routes if not route.direct)


def published_schema(entry: Entry, route: Route | None = None) -> dict[str, object]:
    """The schema of the model's bodies, or of those of one of its further routes, as this release takes them."""
    return body_schema(entry, route)
