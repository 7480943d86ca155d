"""Routes of registered addresses that are told of every end in the key's account and mode."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from apiinone.accounts.callers import Caller
from apiinone.accounts.keys import Mode
from apiinone.api.answer import Answer, success
from apiinone.api.call import Call
from apiinone.api.callback_address import read_address
from apiinone.api.context import Context
from apiinone.api.house import House
from apiinone.api.json_body import read_object
from apiinone.api.task_page import Moment
from apiinone.catalog.clean import refuse_unclean
from apiinone.core.clock import iso
from apiinone.core.errors import BadRequest, NotFound
from apiinone.core.ids import is_id
from apiinone.db import Tx
from apiinone.ledger.ledger import Owner
from apiinone.webhooks.endpoints import EVENTS, Endpoint, NewEndpoint, add_endpoint, drop_endpoint, endpoints_of
from apiinone.webhooks.schedule import EventType

ENDPOINT_PATTERN: Final = "^[0-9a-v]{26}$"
URL_CHARACTERS_MAX: Final = 2048
NAME_CHARACTERS_MAX: Final = 100
_BODY_BYTES_MAX: Final = 16 * 1024
EndpointId = Annotated[str, Meta(pattern=ENDPOINT_PATTERN)]


class EndpointBody(Struct, frozen=True, forbid_unknown_fields=True):
    """An address to be registered."""

    url: Annotated[str, Meta(min_length=1, max_length=URL_CHARACTERS_MAX, description="https, public, port 443.")]
    events: Annotated[
        tuple[EventType, ...], Meta(min_length=1, max_length=3, description="What it is told of; else of all.")
    ] = EVENTS
    name: Annotated[str, Meta(max_length=NAME_CHARACTERS_MAX, description="What it is, to tell it from others.")] = ""


class EndpointPage(Struct, frozen=True):
    """A registered address."""

    endpoint_id: EndpointId
    url: str
    events: tuple[EventType, ...]
    name: str
    created_at: Moment


class DeletedEndpoint(Struct, frozen=True):
    """An address that is told nothing any more."""

    endpoint_id: EndpointId


async def list_endpoints(house: House, call: Call, caller: Caller) -> Answer:
    """The account's addresses in the key's mode, oldest first."""
    del call

    async def look(tx: Tx) -> list[Endpoint]:
        return await endpoints_of(tx, caller.owner)

    return success(tuple(_page(one) for one in await house.context.database.read(look)))


async def create_endpoint(house: House, call: Call, caller: Caller) -> Answer:
    """Register an address; ends from now on are told there."""
    body = _read(await read_object(call, _BODY_BYTES_MAX))
    return success(_page(await register(house.context, caller.owner, body)))


async def delete_endpoint(house: House, call: Call, caller: Caller) -> Answer:
    """Delete an address and what still waits to be sent there."""
    endpoint_id = call.ids["endpoint_id"]
    await unregister(house.context, caller.owner, endpoint_id)
    return success(DeletedEndpoint(endpoint_id))


async def register(context: Context, owner: Owner, body: EndpointBody) -> Endpoint:
    """Register an address for this owner. Raises BadRequest, Conflict."""
    mode: Mode = owner[1]
    address = read_address("url", body.url, mode, context.rules.callback_hosts)
    events: tuple[EventType, ...] = tuple(one for one in EVENTS if body.events.count(one))
    new = NewEndpoint(context.ids.new(), address, events, body.name)

    async def work(tx: Tx) -> Endpoint:
        return await add_endpoint(tx, owner, new)

    return await context.database.transact(work)


async def unregister(context: Context, owner: Owner, endpoint_id: str) -> None:
    """Delete an owner's address. Raises NotFound."""

    async def work(tx: Tx) -> bool:
        return await drop_endpoint(tx, owner, endpoint_id)

    if not (is_id(endpoint_id) and await context.database.transact(work)):
        raise NotFound("There is no such endpoint.", param="endpoint_id")


def _read(body: dict[str, object]) -> EndpointBody:
    refuse_unclean(body)
    try:
        return msgspec.convert(body, EndpointBody)
    except msgspec.ValidationError as error:
        sentence, _, place = str(error).partition(" - at `$.")
        field = place.rstrip("`").partition("[")[0]
        raise BadRequest(f"{sentence}.", param=f"/{field}" if field else "") from None


def _page(one: Endpoint) -> EndpointPage:
    return EndpointPage(one.id, one.url, one.events, one.name, iso(one.created_us))
