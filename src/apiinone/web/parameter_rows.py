"""The table of a model's fields, from the same data that requests are checked by. Pure."""

from collections.abc import Callable, Sequence
from typing import assert_never

from msgspec import UNSET, Struct

from apiinone.catalog.entry import Entry
from apiinone.catalog.fact import Condition
from apiinone.catalog.parameters import (
    Flag,
    Fraction,
    Json,
    Media,
    MediaList,
    OneOf,
    OneOfNumbers,
    Parameter,
    Records,
    Size,
    TaskReference,
    Text,
    Whole,
    default_of,
)
from apiinone.catalog.prices import sub_models_text
from apiinone.web.kind_names import kind_name

Say = Callable[[str], str]
"""A text in the page's language."""


class ParameterRow(Struct, frozen=True):
    """A field as the page lists it; `inside` are the fields of a list's records."""

    name: str
    type: str
    about: str
    need: str
    """That it is required, or optional, or when it must be given."""
    must: bool
    """Whether it must always be given."""
    default: str
    limits: str
    inside: tuple["ParameterRow", ...] = ()


def parameter_rows(entry: Entry, say: Say) -> tuple[ParameterRow, ...]:
    """The model's own fields, `model` among them."""
    own = rows_of(entry.parameters, say)
    default = entry.endpoint.default_model
    need = say("Optional") if default else say("Required")
    model = ParameterRow("model", "string", sub_models_text(entry), need, not default, default, "")
    return (*own[:1], model, *own[1:])


def rows_of(parameters: Sequence[Parameter], say: Say) -> tuple[ParameterRow, ...]:
    """The rows of these fields."""
    return tuple(_row(parameter, say) for parameter in parameters)


def _row(parameter: Parameter, say: Say) -> ParameterRow:
    default = default_of(parameter)
    kind, limits = _kind_and_limits(parameter, say)
    return ParameterRow(
        name=parameter.name,
        type=kind,
        about=parameter.about,
        need=_need(parameter, say),
        must=parameter.required,
        default="" if default is UNSET else _word(default),
        limits=limits,
        inside=rows_of(parameter.fields, say) if isinstance(parameter, Records) else (),
    )


def _need(parameter: Parameter, say: Say) -> str:
    if parameter.required:
        return say("Required")
    told = [
        *_where(say("Required where %(field)s is %(value)s"), parameter.required_when),
        *_where(say("Required unless %(field)s is %(value)s"), parameter.required_unless),
        *_with(say("Required without %(field)s"), parameter.required_without),
        *_where(say("Only where %(field)s is %(value)s"), parameter.only_when),
        *_with(say("Only with %(field)s"), parameter.only_with),
    ]
    return "; ".join(told) or say("Optional")


def _where(text: str, condition: Condition | None) -> tuple[str, ...]:
    return (text % {"field": condition.field, "value": _word(condition.equals)},) if condition else ()


def _with(text: str, field: str | None) -> tuple[str, ...]:
    return (text % {"field": field},) if field else ()


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _kind_and_limits(parameter: Parameter, say: Say) -> tuple[str, str]:  # noqa: C901, PLR0911, PLR0912 - one case for each
    """A type's own name is JSON's, in every language."""
    match parameter:
        case Text():
            return "string", _length(parameter, say)
        case OneOf():
            return "string", " · ".join(parameter.values)
        case OneOfNumbers():
            return "integer", " · ".join(map(str, parameter.values))
        case Whole():
            return "integer", _range(f"{parameter.min:,}", f"{parameter.max:,}", say)
        case Fraction():
            low, high = f"{parameter.min:g}", f"{parameter.max:g}"
            if parameter.above_min:
                return "number", say("above %(low)s, at most %(high)s") % {"low": low, "high": high}
            return "number", _range(low, high, say)
        case Flag():
            return "boolean", ""
        case Size():
            sides = {"low": f"{parameter.side_min:,}", "high": f"{parameter.side_max:,}"}
            return "string", say("WIDTHxHEIGHT, sides of %(low)s to %(high)s pixels") % sides
        case Media():
            return say("%(kind)s URL") % _kind(parameter.of, say), say("https, or data: in base64")
        case MediaList():
            most = {"count": parameter.items_max}
            limits = say("at most %(count)s; https, or data: in base64") % most
            return say("list of %(kind)s URLs") % _kind(parameter.of, say), limits
        case TaskReference():
            return say("task id"), say("of a task of yours whose output is %(kind)s") % _kind(parameter.of, say)
        case Records():
            return say("list of objects"), _range(str(parameter.items_min), str(parameter.items_max), say)
        case Json():
            return _json_type(parameter), ""
        case _:
            assert_never(parameter)


def _kind(code: str, say: Say) -> dict[str, str]:
    return {"kind": kind_name(code, say)}


def _length(parameter: Text, say: Say) -> str:
    most = f"{parameter.length_max:,}"
    if parameter.length_min > 1:
        return say("%(low)s to %(high)s characters") % {"low": f"{parameter.length_min:,}", "high": most}
    return say("at most %(count)s characters") % {"count": most}


def _range(low: str, high: str, say: Say) -> str:
    return say("%(low)s to %(high)s") % {"low": low, "high": high}


def _json_type(parameter: Json) -> str:
    found = parameter.schema.get("type")
    return found if isinstance(found, str) else "JSON"
