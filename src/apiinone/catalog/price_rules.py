"""How a request's price follows from its fields, as data files write it (`rule: …`). Amounts are credits."""

from decimal import Decimal
from functools import lru_cache

from apiinone.catalog.fact import Fact, FieldName
from apiinone.core.credits import Credits, parse


class _Rule(Fact, frozen=True, tag_field="rule"):
    """What all rules share: the field of a data file that tells them apart."""


class Fixed(_Rule, frozen=True, tag="fixed", kw_only=True):
    """The same for every request."""

    credits: Decimal

    def __post_init__(self) -> None:
        """Refuse what is no amount. Raises ValueError."""
        exact(self.credits)


class ByFields(_Rule, frozen=True, tag="by_fields", kw_only=True):
    """Looked up by the values of some fields; the key of the table joins them with `/` (`pro/1K`)."""

    fields: tuple[FieldName, ...]
    credits: dict[str, Decimal]

    def __post_init__(self) -> None:
        """Refuse what is no amount. Raises ValueError."""
        for amount in self.credits.values():
            exact(amount)


UnitRule = Fixed | ByFields


class PerOutput(_Rule, frozen=True, tag="per_output", kw_only=True):
    """A unit price for each of the outputs that `field` asks for."""

    field: FieldName
    unit: UnitRule


class PerSecond(_Rule, frozen=True, tag="per_second", kw_only=True):
    """A unit price for each second that `field` asks for."""

    field: FieldName
    unit: UnitRule


class PerThousandCharacters(_Rule, frozen=True, tag="per_1000_characters", kw_only=True):
    """A price for 1,000 characters of all texts below `field`, in proportion, rounded up to whole credits."""

    field: FieldName
    credits: Decimal

    def __post_init__(self) -> None:
        """Refuse what is no amount. Raises ValueError."""
        exact(self.credits)


class Tokens(_Rule, frozen=True, tag="tokens", kw_only=True):
    """Chat: an amount held before, and rates by which the real usage is charged."""

    hold: Decimal
    """The least that is held, and by how much the hold of a long stream grows at a time."""
    input_per_million: Decimal
    output_per_million: Decimal
    input_fields: tuple[FieldName, ...]
    """The fields whose text the upstream reads as input."""
    output_limit_field: FieldName
    """The field that limits the output, in tokens."""

    def __post_init__(self) -> None:
        """Refuse what is no amount. Raises ValueError."""
        for amount in (self.hold, self.input_per_million, self.output_per_million):
            exact(amount)


class OfModel(_Rule, frozen=True, tag="of_model"):
    """For a further route of an entry: what the sub-model in use costs."""


PriceRule = Fixed | ByFields | PerOutput | PerSecond | PerThousandCharacters | Tokens
RoutePrice = Fixed | OfModel


@lru_cache(maxsize=4096)
def exact(amount: Decimal) -> Credits:
    """An amount of a data file as money. Raises ValueError for negative ones and for more than six decimals."""
    return parse(f"{amount:f}")
