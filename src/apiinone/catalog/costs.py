"""What a request costs us at a provider, in millionths of a US dollar, as an offer says it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, assert_never, cast

from msgspec import Meta

from apiinone.catalog.fact import Fact, FieldName

MicroUsd = Annotated[int, Meta(ge=0)]


class CostTable(Fact, frozen=True, kw_only=True, tag_field="rule", tag="table"):
    """A cost that follows from the request: for one output, or for each second or 1,000 characters of `count_field`.

    It is looked up by `fields`; the key of the table joins their values with `/`, and is empty where there are none.
    """

    per: Literal["output", "second", "thousand_characters"] = "output"
    count_field: FieldName | None = None
    fields: tuple[FieldName, ...] = ()
    micro_usd: Mapping[str, MicroUsd]


class TokenCost(Fact, frozen=True, kw_only=True, tag_field="rule", tag="tokens"):
    """A chat's: for a million tokens in and out."""

    input_micro_usd: MicroUsd
    output_micro_usd: MicroUsd


Cost = MicroUsd | CostTable | TokenCost


def cost_of(cost: Cost, fields: Mapping[str, object]) -> int:
    """The expected cost of one output for fields with their defaults written in; of a chat, 0: its usage decides.

    Raises KeyError, ValueError where the table has no place for such a request; `catalog check` proves that it has.
    """
    match cost:
        case int():
            return cost
        case TokenCost():
            return 0
        case CostTable():
            unit = cost.micro_usd["/".join(_key(fields[name]) for name in cost.fields)]
            return _counted(cost, unit, fields.get(cost.count_field or ""))
        case _:
            assert_never(cost)


def cost_of_tokens(cost: TokenCost, tokens_in: int, tokens_out: int) -> int:
    """The cost of a chat, rounded upward."""
    return -(-(cost.input_micro_usd * tokens_in + cost.output_micro_usd * tokens_out) // 1_000_000)


def characters(value: object) -> int:
    """How long a text is, or all texts under the key `text` together."""
    return sum(map(len, _texts(value)))


def _counted(cost: CostTable, unit: int, value: object) -> int:
    match cost.per:
        case "output":
            return unit
        case "second":
            return unit * int(cast("int | str", value))
        case "thousand_characters":
            return -(-unit * characters(value) // 1000)
        case _:
            assert_never(cost.per)


def _key(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _texts(value: object) -> Sequence[str]:
    """The text itself, or all texts under the key `text`."""
    if isinstance(value, str):
        return (value,)
    return [str(item["text"]) for item in cast("Sequence[Mapping[str, object]]", value or ())]
