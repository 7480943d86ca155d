"""What can be wrong with the fields of a model: names, defaults, conditions. Pure."""

from collections.abc import Iterator

from msgspec import UNSET

from apiinone.catalog.common_fields import COMMON_FIELDS
from apiinone.catalog.conditions import MODEL_FIELD
from apiinone.catalog.entry import Entry
from apiinone.catalog.fact import Condition
from apiinone.catalog.field_schema import parameter_schema
from apiinone.catalog.parameters import Flag, OneOf, Parameter, default_of


def fields_wrong(entry: Entry) -> Iterator[tuple[str, str]]:
    """What `parameters_wrong` finds of the fields of the endpoint's own route."""
    yield from parameters_wrong(entry.parameters, "")


def parameters_wrong(parameters: tuple[Parameter, ...], place: str) -> Iterator[tuple[str, str]]:
    """Names used twice or taken by the contract, defaults that the field itself would refuse, unknown neighbours.

    `place` is where the parameters stand in the data file: empty, or `routes[0].`.
    """
    from jsonschema_rs import is_valid  # noqa: PLC0415 - a large library, needed by few commands

    names = [field.name for field in parameters]
    for position, field in enumerate(parameters):
        where = f"{place}parameters[{position}]"
        if field.name in COMMON_FIELDS or field.name == MODEL_FIELD:
            yield where, f"{field.name} is a field of every body"
        if names.index(field.name) != position:
            yield where, f"{field.name} is there twice"
        if default_of(field) is not UNSET and not is_valid(parameter_schema(field), default_of(field)):
            yield where, f"{field.name} refuses its own default"
        if field.required and default_of(field) is not UNSET:
            yield where, f"{field.name} is required, so its default never stands"
        others = {field.only_with, field.required_without} - {None, *names}
        yield from ((where, f"{other} is not a field of this model") for other in others)


def conditions_wrong(entry: Entry) -> Iterator[tuple[str, str]]:
    """Conditions that speak of unknown fields or of values that the field does not take."""
    subs = tuple(sub.id for sub in entry.sub_models)
    routes = [(entry.parameters, _conditions(entry))]
    routes += [
        (route.parameters, _between(route.parameters, f"routes[{position}]."))
        for position, route in enumerate(entry.routes)
    ]
    further = [route for route in entry.routes if route.operation]
    routes += [(route.parameters, _of_offers(entry, route.operation)) for route in further]
    for parameters, conditions in routes:
        by_name = {field.name: field for field in parameters}
        for where, condition in conditions:
            if condition.field != MODEL_FIELD and condition.field not in by_name:
                yield where, f"{condition.field} is not a field of this model"
            elif condition.equals not in (
                subs if condition.field == MODEL_FIELD else _values(by_name[condition.field])
            ):
                yield where, f"{condition.field} cannot be {condition.equals}"


def _values(field: Parameter | None) -> tuple[object, ...]:
    match field:
        case OneOf():
            return field.values
        case Flag():
            return (True, False)
        case _:
            return ()


def _conditions(entry: Entry) -> Iterator[tuple[str, Condition]]:
    yield from _between(entry.parameters, "")
    for position, exclusion in enumerate(entry.exclusions):
        for condition in exclusion.when:
            yield f"exclusions[{position}]", condition
    yield from _of_offers(entry, "")


def _of_offers(entry: Entry, operation: str) -> Iterator[tuple[str, Condition]]:
    for position, sub in enumerate(entry.sub_models):
        for condition in (part for offer in sub.offers if offer.operation == operation for part in offer.when):
            yield f"sub_models[{position}].offers", condition


def _between(parameters: tuple[Parameter, ...], place: str) -> Iterator[tuple[str, Condition]]:
    for position, field in enumerate(parameters):
        for condition in (field.required_when, field.required_unless, field.only_when):
            if condition is not None:
                yield f"{place}parameters[{position}]", condition
