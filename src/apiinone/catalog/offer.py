"""An offer: one way to have a sub-model made by a provider."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Final, Literal

from msgspec import Meta

from apiinone.catalog.costs import Cost
from apiinone.catalog.fact import Condition, Fact, FieldName, Name, Sentence

Form = Literal[
    "as_is",
    "size_star",
    "size_x",
    "ratio_of_size",
    "ratio_among",
    "ratio_x",
    "upper",
    "lower",
    "text",
    "integer",
    "list",
    "on_off",
    "link",
    "links",
    "list_of_link",
    "file",
]
"""How a value is written for the upstream.

`size_star`: `1024*1024`. `size_x`: `1024x1024`. `ratio_of_size`: `1:1`, the nearest of `among` where one is near.
`ratio_among`: the same, but a size of another ratio is one that the offer does not serve. `ratio_x`: `16:9` as `16x9`.
`upper`, `lower`: of a word. `text`: a number as text. `integer`: text as a number. `list`: a list of this one value.
`on_off`: a flag as `on` or `off`. `link`, `links`, `list_of_link`: the address of an input, of several or of records
that name some, of one as a list; such an offer serves no request that has anything else there, such as a `data:` URL.
`file`: the bytes of an input, or of several, which are read here and travel in `Order.files`; of a field that names an
earlier task, those of our own copy of its first picture.
"""
LINK_FORMS: Final = ("link", "links", "list_of_link")
UpstreamName = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}(\.[A-Za-z][A-Za-z0-9_]{0,63}){0,4}$")]
"""A field of the upstream's body; dots lead into objects: `generationConfig.imageConfig.aspectRatio`."""


class Send(Fact, frozen=True, kw_only=True, dict=True):
    """One of our fields, sent on under the upstream's name and in its form."""

    field: FieldName
    name: UpstreamName | None = None
    """The upstream's name; None: the same as ours."""
    form: Form = "as_is"
    among: tuple[str, ...] = ()
    """For `ratio_of_size` and `ratio_among`: the ratios that the upstream names."""
    values: Mapping[str, str | int | float | bool] = {}
    """The upstream's word for each of ours, by our value as text; empty: as `form` says. A value without a word here
    is one that this offer does not serve."""
    items_max: Annotated[int, Meta(ge=1)] | None = None
    """For a list: the most items that the upstream takes; a request with more is not served. None: all that we take."""
    characters_max: Annotated[int, Meta(ge=1)] | None = None
    """The most characters that the upstream takes, of all texts of the field together; a request with more is not
    served. None: all that we take."""
    omit_when: str | int | bool | None = None
    """Left out where the field has this value; None: always sent."""
    side_multiple_of: Annotated[int, Meta(ge=1)] = 1
    """Of a size, what both sides must be multiples of; other sizes are not served."""
    pixels_max: Annotated[int, Meta(ge=1)] | None = None
    """Of a size, the most pixels; larger ones are not served. None: as many as ours."""

    @cached_property
    def judges(self) -> bool:
        """Whether there are values that the upstream does not take. Most fields are sent whatever they are."""
        bounded = self.items_max is not None or self.characters_max is not None or self.pixels_max is not None
        formed = self.form == "ratio_among" or self.form in LINK_FORMS
        return bounded or formed or self.side_multiple_of > 1 or bool(self.values)

    @cached_property
    def is_copied(self) -> bool:
        """Whether it is sent as it is, whatever it is, and at the top of the upstream's body; most are."""
        return self.form == "as_is" and not self.values and self.omit_when is None and len(self.path) == 1

    @cached_property
    def path(self) -> tuple[str, ...]:
        """Where it stands in the upstream's body: the objects on the way, and its name in the last of them."""
        return tuple((self.name or self.field).split("."))


class Offer(Fact, frozen=True, kw_only=True, dict=True):
    """Provider, upstream name, cost and field names. Every parameter of the entry is sent or dropped by name."""

    provider: Name
    upstream_model: str
    priority: int
    """Smaller is tried first."""
    cost_micro_usd: Cost
    """What the provider charges us for one output, in millionths of a US dollar; where it follows from the request, by
    a rule."""
    cost_basis: Sentence
    """Where that figure comes from."""
    send: tuple[Send, ...]
    drop: tuple[FieldName, ...] = ()
    constants: Mapping[UpstreamName, str | int | bool] = {}
    when: tuple[Condition, ...] = ()
    """The requests that this offer can serve; empty: all."""
    without: tuple[FieldName, ...] = ()
    """Fields that a request must leave out to be served by this offer."""
    with_fields: tuple[FieldName, ...] = ()
    """Fields that a request must give to be served by this offer, with more than nothing, zero or false."""
    operation: str = ""
    """The further create route that it serves, such as `music/extend`; empty: the endpoint's own."""
    works_on: FieldName | None = None
    """The field that names an earlier task of the client's: the same provider must have made it, and is told by its own
    names what is meant (`Order.origin`)."""
    outputs_max: Annotated[int, Meta(ge=1)] | None = None
    """The most outputs that one request to the upstream gives; None: as many as the model has."""
    node: int | None = None
    """The pool of workers with the credential; None: the entry's own node."""
    sells_below_cost: bool = False
    """Says that a price under the cost is meant."""
    confidence: Literal["confirmed", "unconfirmed"]
    source: Sentence

    @cached_property
    def judging(self) -> tuple[Send, ...]:
        """The fields by whose values it may not serve a request."""
        return tuple(send for send in self.send if send.judges)

    @cached_property
    def files(self) -> tuple[Send, ...]:
        """The fields that travel as bytes."""
        return tuple(send for send in self.send if send.form == "file")
