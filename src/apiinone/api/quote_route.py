"""POST /quotes: what a creation would cost, promised for a quarter of an hour."""

from typing import Annotated

from msgspec import Meta, Struct

from apiinone.accounts.callers import Caller
from apiinone.accounts.keys import Mode
from apiinone.api.answer import Answer, success
from apiinone.api.call import Call
from apiinone.api.creation import creation_of, named_choice
from apiinone.api.house import House
from apiinone.api.json_body import Body, read_object
from apiinone.api.model_forms import Amount, Percent
from apiinone.api.route import ROUTE_FIELD
from apiinone.api.task_page import Moment
from apiinone.catalog.endpoints import PAID_ROUTES, CreateRoute, endpoint_named
from apiinone.catalog.load import Catalogue
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
    route: Annotated[str, Meta(description="The create route that it is for.")]
    model: str
    mode: Mode
    credits: Annotated[Amount, Meta(description="What would be held, and at most charged.")]
    lines: tuple[QuoteLine, ...]
    own_key_credits: Annotated[
        Amount | None,
        Meta(description="What would be charged where your own provider key makes it; null where none of yours may."),
    ]
    price_percent: Percent
    price_version: str
    expires_at: Moment


async def give_quote_for_body(house: House, call: Call, caller: Caller) -> Answer:
    """Price the body and promise the price."""
    context = house.context
    body = await read_object(call, context.rules.body_bytes_max)
    made_by = _create_route(context.catalogue, body)
    creation = await creation_of(context, caller, {k: v for k, v in body.items() if k != ROUTE_FIELD}, made_by)
    if creation.parsed.quote_id is not None:
        raise BadRequest("A quote is asked for without naming another.", param="/quote_id")
    version = creation.price_version
    asked = Asked(caller.owner, creation.body_hash, version, creation.price, creation.percent, creation.terms)
    quote_id = context.ids.new()

    async def promise(tx: Tx) -> Quoted:
        return await give_quote(tx, quote_id, asked)

    quoted = await context.database.transact(promise)
    price = quoted.price
    return success(
        QuotePage(
            quote_id=quoted.quote_id,
            route=made_by.path,
            model=creation.choice.sub_model.id,
            mode=caller.mode,
            credits=shown(price.total),
            lines=tuple(QuoteLine(line.label, line.units, shown(line.unit), shown(line.total)) for line in price.lines),
            own_key_credits=None if creation.terms.fee is None else shown(creation.terms.fee.total),
            price_percent=creation.percent,
            price_version=version,
            expires_at=iso(quoted.expires_us),
        )
    )


def _create_route(catalogue: Catalogue, body: Body) -> CreateRoute:
    """The route that the body names; else that of its model; else the one that needs no model. Raises BadRequest."""
    if ROUTE_FIELD in body:
        path = body[ROUTE_FIELD]
        made_by = next((found for found in PAID_ROUTES if found.path == path), None)
        if made_by is None:
            sentence = f"'{ROUTE_FIELD}' must be one of: {', '.join(found.path for found in PAID_ROUTES)}."
            raise BadRequest(sentence, param=f"/{ROUTE_FIELD}")
        return made_by
    if "model" not in body:
        return next(found for found in PAID_ROUTES if endpoint_named(found.endpoint_name).default_model)
    endpoint = named_choice(catalogue, body["model"], None).entry.endpoint
    return next(found for found in PAID_ROUTES if found.path == endpoint.path)
