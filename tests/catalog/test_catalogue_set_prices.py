"""Prices set over the catalogue's: each amount has a name, changes nothing else, and never becomes another's price."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from apiinone.catalog.check import check
from apiinone.catalog.dearest import dearest_of
from apiinone.catalog.entry import Choice, Entry
from apiinone.catalog.figures import Figure, figure_for
from apiinone.catalog.load import Catalogue, catalogue_of, load_catalogue
from apiinone.catalog.offer import Offer
from apiinone.catalog.price_rules import PerThousandCharacters, exact
from apiinone.catalog.prices import every_price
from apiinone.catalog.pricing import price
from apiinone.catalog.running import running_catalogue
from apiinone.catalog.set_prices import Priced, SetPrice, priced_in, repriced, sold_below_cost, with_set_prices
from apiinone.core.credits import MICRO_PER_CREDIT, Credits, whole

LISTED = load_catalogue()
COGVIEW = Priced("cogview-4")
TWO = {COGVIEW: {"fixed": SetPrice(whole(2))}}


def everything(catalogue: Catalogue = LISTED) -> Iterator[tuple[Entry, Priced, tuple[Figure, ...]]]:
    for entry in catalogue.every_entry():
        for priced, figures in priced_in(entry):
            yield entry, priced, figures


ALL = [pytest.param(*one, id=" ".join(filter(None, (one[1].model, one[1].operation)))) for one in everything()]


@pytest.mark.parametrize(("entry", "priced", "figures"), ALL)
def test_each_amount_can_be_set_alone_and_nothing_else_changes(
    entry: Entry, priced: Priced, figures: tuple[Figure, ...]
) -> None:
    for figure in figures:
        other = Credits(exact(figure.amount) * 2)
        found = with_set_prices(LISTED, {priced: {figure.name: SetPrice(other)}})
        assert found.unfit == ()
        now = {
            (one, each.name): exact(each.amount) for _, one, amounts in everything(found.catalogue) for each in amounts
        }
        then = {(one, each.name): exact(each.amount) for _, one, amounts in everything() for each in amounts}
        assert now == {**then, (priced, figure.name): other}
        assert found.catalogue.version != LISTED.version
        kept = found.catalogue.remembered(entry.id)
        assert kept is not None
        assert replace(kept.entry, sub_models=entry.sub_models, routes=entry.routes) == entry


@pytest.mark.parametrize(("entry", "priced", "figures"), ALL)
def test_a_requests_price_follows_from_the_amount_that_is_named_for_it(
    entry: Entry, priced: Priced, figures: tuple[Figure, ...]
) -> None:
    """Of every combination that has a price; a chat's follows from several."""
    if priced.operation:
        return
    choice = next(Choice(entry, sub) for sub in entry.sub_models if sub.id == priced.model)
    names = [figure.name for figure in figures]
    for fields, _ in every_price(choice):
        name = figure_for(choice.sub_model.price, fields)
        if name is None:
            return
        assert name in names
        if isinstance(choice.sub_model.price, PerThousandCharacters):
            fields[choice.sub_model.price.field] = [{"text": "x" * 1_000}]
        before = price(choice, fields)
        for changed in names:
            candidate = repriced(entry, priced, {changed: SetPrice(whole(5_000))})
            sub = next(one for one in candidate.sub_models if one.id == priced.model)
            after = price(Choice(candidate, sub), fields)
            assert (after.unit > before.unit) is (changed == name), changed


@pytest.mark.parametrize(("entry", "priced", "figures"), ALL)
def test_an_amount_sells_below_cost_exactly_where_it_does_not_cover_the_dearest_offer(
    entry: Entry, priced: Priced, figures: tuple[Figure, ...]
) -> None:
    plain = replace(entry, sub_models=tuple(replace(sub, offers=_unmeant(sub.offers)) for sub in entry.sub_models))
    dearest = dearest_of(plain, priced)
    upward = {
        name: SetPrice(Credits(-(-one.cost // MICRO_PER_CREDIT) * MICRO_PER_CREDIT))
        for name, one in dearest.items()
        if one.cost
    }
    assert sold_below_cost(repriced(plain, priced, upward), priced) == ()
    for name, enough in upward.items():
        if enough.amount <= MICRO_PER_CREDIT:
            continue
        less = {**upward, name: SetPrice(Credits(enough.amount - MICRO_PER_CREDIT))}
        found = sold_below_cost(repriced(plain, priced, less), priced)
        assert dearest[name].offer in [offer for offer, _ in found], name
        meant = {figure: SetPrice(one.amount, below_cost=True) for figure, one in less.items()}
        assert sold_below_cost(repriced(plain, priced, meant), priced) == ()
    assert {figure.name for figure in figures} >= dearest.keys()


def _unmeant(offers: tuple[Offer, ...]) -> tuple[Offer, ...]:
    return tuple(replace(offer, sells_below_cost=False) for offer in offers)


def test_a_set_price_has_the_version_that_the_same_price_in_a_file_has(tmp_path: Path) -> None:
    """So that it is all the same to quotes where a price stands; and the version of before comes back with it."""
    (tmp_path / "cogview-4.yaml").write_text("price: {rule: fixed, credits: 2}\n")
    running = running_catalogue(LISTED)
    running.follow(TWO)
    assert running.now.version == load_catalogue(tmp_path).version
    running.follow({})
    assert running.now is LISTED


def test_what_the_process_makes_of_a_catalogue_is_made_of_each() -> None:
    """As models are kept from live keys."""
    running = running_catalogue(
        LISTED, lambda found: replace(catalogue_of(list(found.on("images"))), version=found.version)
    )
    running.follow(TWO)
    assert {entry.endpoint_name for entry in running.now.entries} == {"images"}
    assert running.now.version == with_set_prices(LISTED, TWO).catalogue.version


def test_a_model_that_is_switched_off_has_its_prices_and_stays_off(tmp_path: Path) -> None:
    (tmp_path / "cogview-4.yaml").write_text("enabled: false\n")
    found = with_set_prices(load_catalogue(tmp_path), TWO)
    assert found.unfit == ()
    assert found.catalogue.resolve("cogview-4") is None
    kept = found.catalogue.remembered("cogview-4")
    assert kept is not None
    assert price(kept, {}).total == whole(2)


@pytest.mark.parametrize(
    ("overlay", "why"),
    [
        ("price: {rule: per_second, field: seconds, unit: {rule: fixed, credits: 4}}\n", "no such amount"),
        ("price: {rule: by_fields, fields: [quality], credits: {standard: 3, hd: 5}}\n", "no such amount"),
        ("outputs_per_task: 3\nprice: {rule: fixed, credits: 6}\n", "equal parts"),
    ],
)
def test_a_price_that_fits_no_more_is_left_out_and_said(tmp_path: Path, overlay: str, why: str) -> None:
    """Where the rule has changed, four credits for a picture must not become four credits for a second of it."""
    (tmp_path / "cogview-4.yaml").write_text(overlay)
    listed = load_catalogue(tmp_path)
    found = with_set_prices(listed, TWO)
    assert found.catalogue is listed
    (unfit,) = found.unfit
    assert (unfit.priced, unfit.figure, unfit.amount) == (COGVIEW, "fixed", whole(2))
    assert why in unfit.why


def test_a_price_of_what_is_gone_is_said_and_the_others_count() -> None:
    gone = {Priced("no-such-model"): TWO[COGVIEW], Priced("suno", "music/no-such-route"): TWO[COGVIEW]}
    found = with_set_prices(LISTED, {**TWO, **gone})
    assert [one.priced for one in found.unfit] == list(gone)
    assert found.catalogue.version == with_set_prices(LISTED, TWO).catalogue.version
    alone = with_set_prices(LISTED, gone)
    assert alone.catalogue is LISTED
    assert len(alone.unfit) == len(gone)


def test_a_loss_that_is_meant_is_no_finding_of_the_running_catalogue_and_one_that_is_not_is() -> None:
    """As `catalog check` finds them in files."""
    lossy = {Priced("flux-2"): {"by_fields(type,resolution):pro/1K": SetPrice(whole(1))}}
    assert {one.model for one in check(with_set_prices(LISTED, lossy).catalogue)} == {"flux-2"}
    meant = {Priced("flux-2"): {"by_fields(type,resolution):pro/1K": SetPrice(whole(1), below_cost=True)}}
    assert check(with_set_prices(LISTED, meant).catalogue) == []
