"""Whether a condition of a data file holds for a request. Pure."""

from collections.abc import Iterable, Mapping

from apiinone.catalog.entry import Exclusion, SubModel
from apiinone.catalog.fact import Condition
from apiinone.catalog.offer import Offer

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


def offers_for(sub_model: SubModel, fields: Mapping[str, object]) -> tuple[Offer, ...]:
    """The offers that can serve such a request, the first choice first."""
    fit = (offer for offer in sub_model.offers if all(holds(part, sub_model, fields) for part in offer.when))
    return tuple(sorted(fit, key=lambda offer: offer.priority))
