"""Rows of what operators switch: read whole, changed one at a time.

Every change first writes the version's row. That locks it, so changes come one after the other, and whoever follows
needs to look at that one row only.
"""

from collections.abc import Mapping, Sequence
from typing import Final, cast, get_args

from apiinone.catalog.set_prices import Priced, SetPrice, SetPrices
from apiinone.core.credits import Credits
from apiinone.core.errors import Conflict
from apiinone.db import Database, Row, Sql, Tx
from apiinone.switchboard.standing import HouseSwitch, OfferName, OfferSwitch, PriceOf, SignUp, Standing, TextName

ROWS_MAX: Final = 10_000
ON: Final = "on"
OFF: Final = "off"

_VERSION = Sql("SELECT value FROM house_switches WHERE name = 'version'")
_HOUSE = Sql("SELECT name, value FROM house_switches")
_MODELS = Sql("SELECT sub_model FROM model_switches ORDER BY sub_model LIMIT $1")
_OFFERS = Sql(
    "SELECT sub_model, provider, upstream_model, operation, is_off, priority FROM offer_switches"
    " ORDER BY sub_model, provider, upstream_model, operation LIMIT $1"
)
_TEXTS = Sql("SELECT name, markdown FROM site_texts ORDER BY name LIMIT $1")
_PRICES = Sql("SELECT account_id, model, percent FROM account_prices ORDER BY account_id, model LIMIT $1")
_LIST_PRICES = Sql(
    "SELECT model, operation, figure, amount_micro, below_cost FROM list_prices"
    " ORDER BY model, operation, figure LIMIT $1"
)
_COUNT_LIST_PRICES = Sql("SELECT count(*) FROM list_prices")
_LIST_PRICES_OF = Sql(
    "SELECT figure, amount_micro, below_cost FROM list_prices WHERE model = $1 AND operation = $2 ORDER BY figure"
)
_LIST_PRICES_AWAY = Sql("DELETE FROM list_prices WHERE model = $1 AND operation = $2")
_LIST_PRICE = Sql(
    "INSERT INTO list_prices (model, operation, figure, amount_micro, below_cost, changed_us)"
    " VALUES ($1, $2, $3, $4, $5, $6)"
)
_OFFER_NOW = Sql(
    "SELECT is_off, priority FROM offer_switches"
    " WHERE sub_model = $1 AND provider = $2 AND upstream_model = $3 AND operation = $4"
)
_COUNT_PRICES = Sql("SELECT count(*) FROM account_prices")
_PRICE_AWAY = Sql("DELETE FROM account_prices WHERE account_id = $1 AND model = $2")
_PRICE = Sql("INSERT INTO account_prices (account_id, model, percent, changed_us) VALUES ($1, $2, $3, $4)")
_SET = Sql(
    "INSERT INTO house_switches (name, value, changed_us) VALUES ($1, $2, $3)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_us = excluded.changed_us"
)
_MODEL_OFF = Sql("INSERT INTO model_switches (sub_model, changed_us) VALUES ($1, $2) ON CONFLICT DO NOTHING")
_MODEL_ON = Sql("DELETE FROM model_switches WHERE sub_model = $1")
_OFFER_BACK = Sql(
    "DELETE FROM offer_switches WHERE sub_model = $1 AND provider = $2 AND upstream_model = $3 AND operation = $4"
)
_OFFER = Sql(
    "INSERT INTO offer_switches (sub_model, provider, upstream_model, operation, is_off, priority, changed_us)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7)"
)
_TEXT_AWAY = Sql("DELETE FROM site_texts WHERE name = $1")
_TEXT = Sql("INSERT INTO site_texts (name, markdown, changed_us) VALUES ($1, $2, $3)")


async def version_of(database: Database) -> str:
    """What changes with every change; "" before the first."""
    rows = await database.rows(_VERSION)
    return str(rows[0][0]) if rows else ""


async def read_standing(tx: Tx) -> Standing:
    """How everything stands."""
    house: Mapping[str, str] = {row[0]: row[1] for row in await tx.rows(_HOUSE)}
    offers = await tx.rows(_OFFERS, ROWS_MAX)
    texts = await tx.rows(_TEXTS, ROWS_MAX)
    prices = await tx.rows(_PRICES, ROWS_MAX)
    return Standing(
        version=house.get("version", ""),
        models_off=frozenset(row[0] for row in await tx.rows(_MODELS, ROWS_MAX)),
        offers={OfferName(*row[:4]): OfferSwitch(bool(row[4]), row[5]) for row in offers},
        drain=house.get("drain") == ON,
        maintenance=house.get("maintenance") == ON,
        sign_up=_sign_up(house.get("sign_up")),
        texts={row[0]: row[1] for row in texts if row[0] in get_args(TextName)},
        prices={PriceOf(row[0], row[1]): row[2] for row in prices},
        list_prices=_by_priced(await tx.rows(_LIST_PRICES, ROWS_MAX)),
    )


async def begin(tx: Tx, version: str) -> None:
    """Begin a change: whoever changes anything after us reads what we have written."""
    await tx.run(_SET, "version", version, tx.now_us)


async def set_house(tx: Tx, version: str, name: HouseSwitch, value: str) -> None:
    """Turn one of the installation's switches."""
    await begin(tx, version)
    await tx.run(_SET, name, value, tx.now_us)


async def set_model(tx: Tx, version: str, sub_model: str, *, live: bool) -> None:
    """Keep a sub-model from live keys, or let them have it."""
    await begin(tx, version)
    if live:
        await tx.run(_MODEL_ON, sub_model)
    else:
        await tx.run(_MODEL_OFF, sub_model, tx.now_us)


async def set_offer(tx: Tx, version: str, name: OfferName, switch: OfferSwitch) -> None:
    """Say how an offer differs from the catalogue; where it does not, no row is left."""
    await begin(tx, version)
    place = (name.sub_model, name.provider, name.upstream_model, name.operation)
    await tx.run(_OFFER_BACK, *place)
    if switch != OfferSwitch():
        await tx.run(_OFFER, *place, int(switch.off), switch.priority, tx.now_us)


async def set_price(tx: Tx, version: str, of: PriceOf, percent: int | None) -> None:
    """Give an account a price of its own, in percent of the list, or (None) take it away. Raises Conflict when full."""
    await begin(tx, version)
    await tx.run(_PRICE_AWAY, of.account_id, of.model)
    if percent is None:
        return
    row = await tx.row(_COUNT_PRICES)
    if row is not None and row[0] >= ROWS_MAX:
        raise Conflict(f"there are {ROWS_MAX} prices of accounts' own, as many as can be")
    await tx.run(_PRICE, of.account_id, of.model, percent, tx.now_us)


async def list_prices_of(tx: Tx, priced: Priced) -> Mapping[str, SetPrice]:
    """What is set for a sub-model or a further route, by figure; read it after `begin`."""
    rows = await tx.rows(_LIST_PRICES_OF, priced.model, priced.operation)
    return {row[0]: SetPrice(Credits(row[1]), bool(row[2])) for row in rows}


async def set_list_prices(tx: Tx, version: str, priced: Priced, figures: Mapping[str, SetPrice]) -> None:
    """Put these in the place of all that is set for it. Raises Conflict when full."""
    await begin(tx, version)
    await tx.run(_LIST_PRICES_AWAY, priced.model, priced.operation)
    row = await tx.row(_COUNT_LIST_PRICES)
    if row is not None and row[0] + len(figures) > ROWS_MAX:
        raise Conflict(f"there are {ROWS_MAX} set prices, as many as can be")
    for figure, price in figures.items():
        place = (priced.model, priced.operation, figure)
        await tx.run(_LIST_PRICE, *place, price.amount, int(price.below_cost), tx.now_us)


async def offer_switch_of(tx: Tx, name: OfferName) -> OfferSwitch:
    """How an offer differs from the catalogue; read it after `begin`."""
    row = await tx.row(_OFFER_NOW, name.sub_model, name.provider, name.upstream_model, name.operation)
    return OfferSwitch() if row is None else OfferSwitch(bool(row[0]), row[1])


async def set_text(tx: Tx, version: str, name: TextName, markdown: str) -> None:
    """Put a text in the place of the one before; an empty one takes it away."""
    await begin(tx, version)
    await tx.run(_TEXT_AWAY, name)
    if markdown:
        await tx.run(_TEXT, name, markdown, tx.now_us)


def _by_priced(rows: Sequence[Row]) -> SetPrices:
    found: dict[Priced, dict[str, SetPrice]] = {}
    for model, operation, figure, amount, below_cost in rows:
        found.setdefault(Priced(model, operation), {})[figure] = SetPrice(Credits(amount), bool(below_cost))
    return found


def _sign_up(value: str | None) -> SignUp | None:
    return cast("SignUp", value) if value in get_args(SignUp) else None
