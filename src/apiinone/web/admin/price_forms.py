"""The amounts of a model's price as fields of a form: what stands, what the catalogue says, what a vendor asks."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from apiinone.catalog.dearest import Dearest, dearest_of
from apiinone.catalog.entry import Entry
from apiinone.catalog.figures import Figure, Per
from apiinone.catalog.price_rules import exact
from apiinone.catalog.set_prices import Priced, priced_in
from apiinone.control.price_commands import SetListPrices
from apiinone.core.credits import parse, shown
from apiinone.core.errors import BadRequest
from apiinone.web.forms import Fields

AMOUNT: Final = "An amount is exact credits, such as 12 or 3.5; empty: as in the catalogue."


class PriceForm(Struct, frozen=True):
    """Set amounts of a price: for each its name, `seen` (what the page showed) and `credits` (what is sent).

    Only what was changed is set, so that a page that was open for long undoes nothing.
    """

    model: str = ""
    operation: str = ""
    figure: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()
    below_cost: str = ""
    back: str = ""
    """Given: all of them are the catalogue's again."""
    reason: str = ""

    @property
    def priced(self) -> Priced:
        """What is priced."""
        return Priced(self.model, self.operation)

    def command(self, entry: Entry) -> SetListPrices:
        """What is to be done. Raises BadRequest naming the field."""
        if self.priced not in dict(priced_in(entry)):
            raise BadRequest("This is no price of the model.", param="model")
        return self.for_any()

    def for_any(self) -> SetListPrices:
        """The same for what the catalogue may have lost."""
        if not len(self.figure) == len(self.seen) == len(self.credits):
            raise BadRequest("Each amount stands with its name.", param="credits")
        figures: dict[str, int | None] = {}
        for name, seen, sent in zip(self.figure, self.seen, self.credits, strict=True):
            if self.back:
                figures[name] = None
            elif sent.strip() != seen:
                figures[name] = _amount(sent.strip())
        return SetListPrices(self.model, figures, self.reason, self.operation, self.below_cost == "yes")


class FigureSeen(Struct, frozen=True):
    """An amount as a field. Amounts are exact credits as text; `cost` is empty where no vendor asks for anything."""

    name: str
    per: Per
    when: str
    """The values of the fields for which it is this amount, such as `type pro · resolution 1K`."""
    value: str
    """What stands in the field."""
    current: str
    listed: str
    cost: str
    vendor: str

    @property
    def is_set(self) -> bool:
        """Whether it is not the catalogue's."""
        return self.current != self.listed


class PriceSeen(Struct, frozen=True):
    """Everything that one price is made of."""

    priced: Priced
    form: str
    """What tells its form from the others of the page."""
    figures: tuple[FigureSeen, ...]

    @property
    def is_set(self) -> bool:
        """Whether any amount of it is not the catalogue's."""
        return any(figure.is_set for figure in self.figures)


def prices_seen(entry: Entry, listed: Entry, sent: Fields) -> tuple[PriceSeen, ...]:
    """All prices of a model as it runs; `listed`: as the files have it; `sent`: a form that is shown again."""
    own = dict(priced_in(listed))
    found: list[PriceSeen] = []
    for priced, figures in priced_in(entry):
        dearest = dearest_of(listed, priced)
        before = {figure.name: _text(figure) for figure in own.get(priced, ())}
        kept = _sent_amounts(priced, sent)
        seen = tuple(_seen(figure, before, dearest.get(figure.name), kept) for figure in figures)
        found.append(PriceSeen(priced, price_form(priced), seen))
    return tuple(found)


def price_form(priced: Priced, figure: str = "") -> str:
    """What tells the form of a price, or of one amount of it, from the others of its page."""
    parts = filter(None, ("price", priced.model, priced.operation, figure))
    return "-".join("".join(c if c.isalnum() else "_" for c in part) for part in parts)


def _seen(figure: Figure, before: Mapping[str, str], dearest: Dearest | None, kept: Mapping[str, str]) -> FigureSeen:
    current = _text(figure)
    return FigureSeen(
        name=figure.name,
        per=figure.per,
        when=" · ".join(f"{field} {value}" for field, value in figure.when),
        value=kept.get(figure.name, current),
        current=current,
        listed=before.get(figure.name, current),
        cost="" if dearest is None else str(shown(dearest.cost)),
        vendor="" if dearest is None else f"{dearest.offer.provider} {dearest.offer.upstream_model}",
    )


def _sent_amounts(priced: Priced, sent: Fields) -> Mapping[str, str]:
    if (sent.get("model"), sent.get("operation", ("",))) != ((priced.model,), (priced.operation,)):
        return {}
    return dict(zip(sent.get("figure", ()), sent.get("credits", ()), strict=False))


def _text(figure: Figure) -> str:
    return str(shown(exact(figure.amount)))


def _amount(text: str) -> int | None:
    try:
        return int(parse(text)) if text else None
    except ValueError:
        raise BadRequest(AMOUNT, param="credits") from None
