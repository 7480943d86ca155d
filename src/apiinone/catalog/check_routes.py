"""What can be wrong with a model's further routes: places nobody serves, fields, bodies without a price. Pure."""

from collections.abc import Iterator

from msgspec import UNSET

from apiinone.catalog.check_fields import parameters_wrong
from apiinone.catalog.conditions import MODEL_FIELD
from apiinone.catalog.endpoints import operation_at
from apiinone.catalog.entry import Choice, Entry, Route
from apiinone.catalog.parameters import default_of
from apiinone.catalog.pricing import route_price


def routes_wrong(entry: Entry) -> Iterator[tuple[str, str]]:
    """Routes that are not below the endpoint, not served, without a price, or whose fields are wrong."""
    for position, route in enumerate(entry.routes):
        where = f"routes[{position}]"
        if not route.path.startswith(f"{entry.endpoint.path}/"):
            yield f"{where}.path", f"is not below {entry.endpoint.path}"
        yield from parameters_wrong(route.parameters, f"{where}.")
        for number, field in enumerate(route.parameters):
            conditions = (field.required_when, field.required_unless, field.only_when)
            if any(condition is not None and condition.field == MODEL_FIELD for condition in conditions):
                yield f"{where}.parameters[{number}]", "depends on the model, which a body may leave out"
        if route.method == "POST":
            yield from ((f"{where}.price", what) for what in _unpaid(entry, route))
        yield from ((f"{where}.path", what) for what in _unserved(route))


def _unserved(route: Route) -> Iterator[str]:
    operation = operation_at(route.path)
    if route.method == "POST" and operation is None:
        yield "is a create route that this program does not have"
    if operation is not None and operation.asynchronous == route.direct:
        yield "answers at once" if route.direct else "makes tasks"


def _unpaid(entry: Entry, route: Route) -> Iterator[str]:
    defaults = {field.name: default_of(field) for field in route.parameters if default_of(field) is not UNSET}
    for sub in entry.sub_models:
        try:
            found = route_price(Choice(entry, sub), route, defaults)
        except (KeyError, ValueError) as error:
            yield f"{sub.id} has no price: {error}"
        else:
            outputs = entry.makes(route.operation)[1]
            if found.unit % outputs:
                yield f"the price {found.unit} of {sub.id} has no {outputs} equal parts"
