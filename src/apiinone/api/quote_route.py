"""POST /quotes: what a creation would cost, promised for a quarter of an hour."""

from typing import Annotated

from msgspec import Meta, Struct

from apiinone.accounts.callers import Caller
from apiinone.accounts.keys import Mode
from apiinone.api.answer import Answer, success
from apiinone.api.call import Call
from apiinone.api.catalogue_pages import Amount
from apiinone.api.create_image import ENDPOINT
from apiinone.api.creation import read_creation
from apiinone.api.house import House
from apiinone.api.task_page import Moment
from apiinone.api.task_references import refuse_foreign_references
from apiinone.core.clock import iso
from apiinone.core.credits import shown
from apiinone.core.errors import BadRequest
from apiinone.db import Tx
from apiinone.tasks.quotes import Asked, Quoted, give_quote


class QuoteLine(Struct, frozen=True):
    """`units` times `unit` makes `total`."""

    label: str
    units: int
    unit: Amount
    total: Amount


class QuotePage(Struct, frozen=True):
    """A promised price: good once, for this account, mode and body, until it expires or the price list changes."""

    quote_id: str
    model: str
    mode: Mode
    credits: Annotated[Amount, Meta(description="What would be held, and at most charged.")]
    lines: tuple[QuoteLine, ...]
    price_version: str
    expires_at: Moment


async def give_quote_for_body(house: House, call: Call, caller: Caller) -> Answer:
    """Price the body and promise the price."""
    context = house.context
    creation = await read_creation(context, call, caller, ENDPOINT)
    await refuse_foreign_references(context, caller, creation)
    if creation.parsed.quote_id is not None:
        raise BadRequest("A quote is asked for without naming another.", param="/quote_id")
    version = context.catalogue.version
    asked = Asked(caller.owner, creation.body_hash, version, creation.price)
    quote_id = context.ids.new()

    async def promise(tx: Tx) -> Quoted:
        return await give_quote(tx, quote_id, asked)

    quoted = await context.database.transact(promise)
    price = quoted.price
    return success(
        QuotePage(
            quote_id=quoted.quote_id,
            model=creation.choice.sub_model.id,
            mode=caller.mode,
            credits=shown(price.total),
            lines=tuple(QuoteLine(line.label, line.units, shown(line.unit), shown(line.total)) for line in price.lines),
            price_version=version,
            expires_at=iso(quoted.expires_us),
        )
    )
