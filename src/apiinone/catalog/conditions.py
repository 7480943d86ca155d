"""Whether a condition of a data file holds for a request. Pure."""

from collections.abc import Container, Iterable, Mapping
from typing import cast

from apiinone.catalog.costs import characters
from apiinone.catalog.entry import Exclusion, SubModel
from apiinone.catalog.fact import Condition
from apiinone.catalog.offer import LINK_FORMS, Offer, Send
from apiinone.catalog.price_rules import PerOutput
from apiinone.catalog.pricing import word
from apiinone.catalog.sizes import ratio_name, read_size

MODEL_FIELD = "model"
"""In a condition, this field means the chosen sub-model."""


def holds(condition: Condition, sub_model: SubModel, fields: Mapping[str, object]) -> bool:
    """Whether it holds for fields with their defaults written in."""
    if condition.field == MODEL_FIELD:
        return condition.equals == sub_model.id
    return fields.get(condition.field) == condition.equals


def excluded(exclusions: Iterable[Exclusion], sub_model: SubModel, fields: Mapping[str, object]) -> bool:
    """Whether the model does not make this combination of values."""
    return any(all(holds(part, sub_model, fields) for part in exclusion.when) for exclusion in exclusions)


def offers_for(
    sub_model: SubModel, fields: Mapping[str, object], operation: str = "", among: Container[str] | None = None
) -> tuple[Offer, ...]:
    """The offers that can serve such a request, the first choice first.

    `operation`: a further create route's. `among`: the providers that count; None: all.
    """
    asked = sub_model.offers if among is None else [offer for offer in sub_model.offers if offer.provider in among]
    fit = [offer for offer in asked if serves(offer, sub_model, fields, operation)]
    return tuple(sorted(fit, key=_priority) if len(fit) > 1 else fit)


def serves(offer: Offer, sub_model: SubModel, fields: Mapping[str, object], operation: str = "") -> bool:
    """Whether this offer can serve such a request. Most have no conditions, and are asked for every task."""
    return (
        offer.operation == operation
        and (not offer.when or all(holds(part, sub_model, fields) for part in offer.when))
        and not (offer.without and any(fields.get(name) for name in offer.without))
        and (not offer.with_fields or all(fields.get(name) for name in offer.with_fields))
        and (offer.outputs_max is None or _outputs(sub_model, fields) <= offer.outputs_max)
        and all(_can_be_sent(send, fields[send.field]) for send in offer.judging if send.field in fields)
    )


def omitted(send: Send, value: object) -> bool:
    """Whether the offer leaves the field out where it has this value."""
    return send.omit_when is not None and value == send.omit_when and type(value) is type(send.omit_when)


def _priority(offer: Offer) -> int:
    return offer.priority


def _outputs(sub_model: SubModel, fields: Mapping[str, object]) -> int:
    rule = sub_model.price
    return int(cast("int | str", fields.get(rule.field, 1))) if isinstance(rule, PerOutput) else 1


def _can_be_sent(send: Send, value: object) -> bool:
    if omitted(send, value):
        return True
    if send.items_max is not None and len(_items(value)) > send.items_max:
        return False
    if send.characters_max is not None and characters(value) > send.characters_max:
        return False
    if not _size_fits(send, value):
        return False
    if send.form == "ratio_among":
        return ratio_name(*read_size(str(value)), send.among) in send.among
    if send.form in LINK_FORMS:
        return _by_address(value)
    return not send.values or word(value) in send.values


def _items(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else [value]


def _by_address(value: object) -> bool:
    """Whether every file is named by its address. Texts of a record that are no files pass."""
    if isinstance(value, list):
        return all(map(_by_address, cast("list[object]", value)))
    if isinstance(value, dict):
        inner = cast("dict[str, object]", value).values()
        files = cast("list[object]", [part for part in inner if isinstance(part, list)])
        return _by_address(files) and not any(str(part)[:5].lower() == "data:" for part in inner)
    return str(value)[:8].lower().startswith(("https://", "http://"))


def _size_fits(send: Send, value: object) -> bool:
    if send.side_multiple_of == 1 and send.pixels_max is None:
        return True
    width, height = read_size(str(value))
    fits = send.pixels_max is None or width * height <= send.pixels_max
    return fits and not (width % send.side_multiple_of or height % send.side_multiple_of)
