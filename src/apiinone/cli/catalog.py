"""`apiinone catalog`: the models as they stand here, and whether their data holds together."""

from collections.abc import Iterator
from decimal import Decimal

import click
import msgspec
from msgspec import Struct

from apiinone.api.catalogue_pages import CataloguePages
from apiinone.api.model_forms import ModelPage, ModelSummary
from apiinone.catalog.check import check as findings_of
from apiinone.catalog.dearest import dearest_of
from apiinone.catalog.entry import Entry
from apiinone.catalog.figures import Per
from apiinone.catalog.load import Catalogue
from apiinone.catalog.price_rules import exact as credits_of
from apiinone.catalog.set_prices import priced_in
from apiinone.cli.arguments import now
from apiinone.cli.opening import settings_now
from apiinone.cli.printing import exact, json_option, print_fields, print_json, print_table
from apiinone.cli.running_here import catalogue_here, running_here
from apiinone.connect import connect_chats, connect_vendors
from apiinone.core.clock import SystemClock
from apiinone.core.credits import shown
from apiinone.core.errors import NotFound
from apiinone.settings import environment


@click.group(short_help="See the models, and check the catalogue's data.")
def catalog() -> None:
    """The catalogue is data: packaged files, and an overlay folder of yours (APIINONE_CATALOGUE_OVERLAY) over them."""


@catalog.command()
@json_option
def check(*, as_json: bool) -> int:
    """Prove that every fact of every model holds together with the others. Exit status 1 where one does not."""
    catalogue = catalogue_here(settings_now())
    found = findings_of(catalogue)
    sound = not any(one.severity == "error" for one in found)
    if as_json:
        print_json({"ok": sound, "models": len(catalogue.entries), "version": catalogue.version, "findings": found})
    else:
        print_fields((("models", len(catalogue.entries)), ("version", catalogue.version), ("findings", len(found))))
        if found:
            rows = [(one.severity, one.model, one.where, one.what) for one in found]
            print_table(("severity", "model", "where", "what"), rows)
    return 0 if sound else 1


@catalog.command()
@click.argument("model", required=False)
@json_option
def show(model: str | None, *, as_json: bool) -> None:
    """List all models, or show one: any of its names will do."""
    settings = settings_now()
    connected = connect_vendors(settings, environment(), SystemClock())
    chats = frozenset(connect_chats(settings, environment(), SystemClock()))
    reached = connected.keyring.providers() | chats
    pages = CataloguePages(now(running_here(settings)), lambda: reached, SystemClock())
    if model is not None:
        _show_one(pages, model, as_json=as_json)
    elif as_json:
        print_json({"models": pages.summaries()})
    else:
        _list(pages.summaries())


class ShownAmount(Struct, frozen=True):
    """An amount of the price list, as `--json` prints it; in credits."""

    model: str
    operation: str
    figure: str
    per: Per
    credits: int | Decimal
    catalogue: int | Decimal
    dearest_cost: int | Decimal | None
    """What would just cover the dearest offer."""
    dearest_offer: str | None


@catalog.command()
@click.argument("model", required=False)
@json_option
def prices(model: str | None, *, as_json: bool) -> None:
    """Every amount of the price list by name, beside the catalogue's own and what the dearest offer costs."""
    running = now(running_here(settings_now()))
    entries = running.now.every_entry() if model is None else [_entry(running.now, model)]
    amounts = [one for entry in entries for one in _amounts(running.listed, entry)]
    if as_json:
        print_json({"prices": amounts})
        return
    rows = [
        (one.model, one.operation, one.figure, exact(one.credits), exact(one.catalogue), _plain(one.dearest_cost))
        for one in amounts
    ]
    print_table(("model", "route", "figure", "credits", "catalogue", "dearest cost"), rows)


def _entry(catalogue: Catalogue, name: str) -> Entry:
    choice = catalogue.remembered(name)
    if choice is None:
        raise NotFound(f"there is no model {name!r} in the catalogue")
    return choice.entry


def _amounts(listed: Catalogue, entry: Entry) -> Iterator[ShownAmount]:
    before = listed.remembered(entry.id)
    own = {} if before is None else dict(priced_in(before.entry))
    for priced, figures in priced_in(entry):
        dearest = dearest_of(entry, priced)
        amounts = {figure.name: figure.amount for figure in own.get(priced, ())}
        for figure in figures:
            found = dearest.get(figure.name)
            yield ShownAmount(
                priced.model,
                priced.operation,
                figure.name,
                figure.per,
                shown(credits_of(figure.amount)),
                shown(credits_of(amounts.get(figure.name, figure.amount))),
                None if found is None else shown(found.cost),
                None if found is None else f"{found.offer.provider} {found.offer.upstream_model}",
            )


def _plain(amount: int | Decimal | None) -> str | None:
    return None if amount is None else exact(amount)


def _list(models: tuple[ModelSummary, ...]) -> None:
    rows = [(one.id, one.maker, one.endpoint, one.prices.text, one.status, one.availability) for one in models]
    print_table(("model", "maker", "endpoint", "price", "state", "here"), rows)


def _show_one(pages: CataloguePages, model: str, *, as_json: bool) -> None:
    encoded = pages.page(model)
    if encoded is None:
        raise NotFound(f"there is no model {model!r} in the catalogue")
    if as_json:
        print_json(msgspec.Raw(encoded))
        return
    page = msgspec.json.decode(encoded, type=ModelPage)
    position, compared = page.panel.position, page.panel.models
    place = f"not among the {compared} compared" if position is None else f"{position} of {compared} by price"
    print_fields(
        (
            ("model", page.id),
            ("title", page.title),
            ("maker", page.maker),
            ("about", page.summary),
            ("route", f"POST {page.path}"),
            ("price", page.prices.text),
            ("place", f"{place}; cheapest {page.panel.cheapest.id}, {exact(page.panel.cheapest.base)} credits"),
            ("state", page.status),
            ("here", page.availability),
            ("seconds", f"{page.seconds[0]} to {page.seconds[1]}"),
            ("webhook", "yes" if page.webhook else "no"),
        )
    )
    click.echo()
    rows = [(sub.id, exact(sub.low), _plain(sub.high), sub.status, sub.availability) for sub in page.sub_models]
    print_table(("sub-model", "from", "to", "state", "here"), rows)
