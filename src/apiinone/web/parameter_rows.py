"""The table of a model's fields, from the same data that requests are checked by. Pure."""

from collections.abc import Sequence
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


class ParameterRow(Struct, frozen=True):
    """A field as the page lists it; `inside` are the fields of a list's records."""

    name: str
    type: str
    about: str
    need: str
    """`Required`, `Optional`, or when it must be given."""
    default: str
    limits: str
    inside: tuple["ParameterRow", ...] = ()


def parameter_rows(entry: Entry) -> tuple[ParameterRow, ...]:
    """The model's own fields, `model` among them."""
    own = rows_of(entry.parameters)
    default = entry.endpoint.default_model
    need = "Optional" if default else "Required"
    model = ParameterRow("model", "string", sub_models_text(entry), need, default, "")
    return (*own[:1], model, *own[1:])


def rows_of(parameters: Sequence[Parameter]) -> tuple[ParameterRow, ...]:
    """The rows of these fields."""
    return tuple(_row(parameter) for parameter in parameters)


def _row(parameter: Parameter) -> ParameterRow:
    default = default_of(parameter)
    kind, limits = _kind_and_limits(parameter)
    return ParameterRow(
        name=parameter.name,
        type=kind,
        about=parameter.about,
        need=_need(parameter),
        default="" if default is UNSET else _word(default),
        limits=limits,
        inside=rows_of(parameter.fields) if isinstance(parameter, Records) else (),
    )


def _need(parameter: Parameter) -> str:
    if parameter.required:
        return "Required"
    told = [
        f"required where {_said(parameter.required_when)}" if parameter.required_when else "",
        f"required unless {_said(parameter.required_unless)}" if parameter.required_unless else "",
        f"required without {parameter.required_without}" if parameter.required_without else "",
        f"only where {_said(parameter.only_when)}" if parameter.only_when else "",
        f"only with {parameter.only_with}" if parameter.only_with else "",
    ]
    found = ", ".join(part for part in told if part)
    return f"{found[:1].upper()}{found[1:]}" or "Optional"


def _said(condition: Condition) -> str:
    return f"{condition.field} is {_word(condition.equals)}"


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _kind_and_limits(parameter: Parameter) -> tuple[str, str]:  # noqa: C901, PLR0911, PLR0912 - one case for each kind
    match parameter:
        case Text():
            least = f"at least {parameter.length_min:,}, " if parameter.length_min > 1 else ""
            return "string", f"{least}at most {parameter.length_max:,} characters"
        case OneOf():
            return "string", " · ".join(parameter.values)
        case OneOfNumbers():
            return "integer", " · ".join(map(str, parameter.values))
        case Whole():
            return "integer", f"{parameter.min:,} to {parameter.max:,}"
        case Fraction():
            return "number", f"{parameter.min:g} to {parameter.max:g}"
        case Flag():
            return "boolean", ""
        case Size():
            return "string", f"WIDTHxHEIGHT, sides of {parameter.side_min:,} to {parameter.side_max:,} pixels"
        case Media():
            return f"{parameter.of} URL", "https, or data: in base64"
        case MediaList():
            return f"list of {parameter.of} URLs", f"at most {parameter.items_max}; https, or data: in base64"
        case TaskReference():
            return "task id", f"of a task of yours that made {_article(parameter.of)}"
        case Records():
            return "list of objects", f"{parameter.items_min} to {parameter.items_max}"
        case Json():
            return _json_type(parameter), ""
        case _:
            assert_never(parameter)


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _json_type(parameter: Json) -> str:
    found = parameter.schema.get("type")
    return found if isinstance(found, str) else "JSON"
