"""How clients read a model of the catalogue: the forms of lists and pages."""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from apiinone.catalog.entry import LifecycleState
from apiinone.catalog.prices import ChargedBy

Amount = Annotated[int | Decimal, Meta(description="Exact credits; 1 credit is $0.01.")]
Most = Annotated[int | Decimal | None, Meta(description="Exact credits; null where no field limits them.")]
Charged = Annotated[
    ChargedBy,
    Meta(
        description="What the price follows: `output` the fields; `length` how long the text is, so that `base` and "
        "`low` are the least; `tokens` those used, so that `base` and `low` are what is held at least."
    ),
]
Percent = Annotated[int, Meta(description="What this account pays of the list's price, in percent: 100 is the list.")]
Availability = Literal["live", "test_only"]
"""`live`: a provider is configured here. `test_only`: test keys can use it."""


class Prices(Struct, frozen=True):
    """What one output costs in credits: with every default, at least, and at most; and the same in words."""

    base: Amount
    low: Amount
    high: Most
    text: str


class SubModelPage(Struct, frozen=True):
    """A priced variant; `model` takes its id or an alias."""

    id: str
    aliases: tuple[str, ...]
    about: str
    default: bool
    charged_by: Charged
    low: Amount
    high: Most
    status: LifecycleState
    availability: Availability


class ModelSummary(Struct, frozen=True):
    """A model as lists show it."""

    id: str
    title: str
    maker: str
    summary: str
    endpoint: str
    path: str
    inputs: tuple[str, ...]
    output: str
    status: LifecycleState
    availability: Availability
    webhook: bool
    seconds: Annotated[tuple[int, int], Meta(description="How long a task usually takes: from, to.")]
    prices: Prices
    charged_by: Charged
    sub_models: tuple[SubModelPage, ...]
    aliases: tuple[str, ...]


class RoutePage(Struct, frozen=True):
    """A route that belongs to the model, and what one request to it costs."""

    method: str
    path: str
    about: str
    charged_by: Charged
    low: Amount
    high: Most


class PeerPage(Struct, frozen=True):
    """Another model of the endpoint."""

    id: str
    title: str
    maker: str
    base: Amount
    base_usd: Annotated[Decimal, Meta(description="The base cost in US dollars.")]
    charged_by: Charged
    live: bool


class PanelPage(Struct, frozen=True):
    """The endpoint as seen from this model; costs are base credits, positions count from 1."""

    models: int
    makers: int
    lowest: Amount
    highest: Amount
    webhook_models: int
    live_models: int
    position: Annotated[int | None, Meta(description="null: this model is not part of the comparison.")]
    cheapest: PeerPage
    peers: tuple[PeerPage, ...]


class Question(Struct, frozen=True):
    """A question that people ask, and its answer."""

    question: str
    answer: str


class ModelPage(ModelSummary, frozen=True, kw_only=True):
    """A model with all that is known of it, and its panel. The body's schema is at `schema_path`."""

    version: str
    icon: str
    node: int
    capabilities: tuple[str, ...]
    use_cases: tuple[str, ...]
    example: Annotated[msgspec.Raw, Meta(extra_json_schema={"type": "object"})]
    faq: tuple[Question, ...]
    schema_path: str
    routes: Annotated[tuple[RoutePage, ...], Meta(description="The endpoint's own route first.")]
    endpoint_models: Annotated[int, Meta(description="All models of the endpoint; the panel compares those it lists.")]
    panel: PanelPage
