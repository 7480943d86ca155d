"""Pages: what was called back and how that went, and the secret that callbacks are signed with."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from apiinone.api.task_ids import written
from apiinone.api.webhook_endpoints import (
    NAME_CHARACTERS_MAX,
    URL_CHARACTERS_MAX,
    EndpointBody,
    register,
    unregister,
)
from apiinone.core.errors import BadRequest, Conflict
from apiinone.core.ids import is_id
from apiinone.db import Tx
from apiinone.tasks.task_view import task_names
from apiinone.web.code_names import DELIVERY_STATES, refusal_told
from apiinone.web.console.shell import in_console
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther, Shown
from apiinone.web.visitor import MemberHere
from apiinone.webhooks.endpoints import EVENTS, Endpoint, endpoints_of
from apiinone.webhooks.history import AFTER_EVERY_MOMENT_US, DeliveryRow, TryRow, Wanted, read_deliveries, read_tries
from apiinone.webhooks.outbox import EVENT_PREFIX
from apiinone.webhooks.schedule import DeliveryState, EventType
from apiinone.webhooks.signing import written_secret

WEBHOOKS: Final = "/console/webhooks"
ROWS: Final = 30
MOMENT_DIGITS_MAX: Final = 18
STATE_OF: Final[dict[str, DeliveryState]] = {str(state): state for state in DELIVERY_STATES}


class Delivery(Struct, frozen=True):
    """A callback with its tries. `task_id` as clients see it; empty where the task is no longer kept."""

    row: DeliveryRow
    task_id: str
    tries: tuple[TryRow, ...]


class EndpointForm(Struct, frozen=True):
    """The fields of an address to be registered, as they were typed."""

    url: str = ""
    name: str = ""
    events: tuple[str, ...] = ()


async def show_webhooks(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Registered addresses, and callbacks of the account in the mode of the switch, newest first."""
    return await _page(rooms, call, here, EndpointForm(events=EVENTS), {})


async def do_register(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Register an address; what is wrong with it stands beside its field."""
    form = call.form(EndpointForm)
    events: tuple[EventType, ...] = tuple(one for one in EVENTS if form.events.count(one))
    url, name = form.url.strip(), form.name.strip()
    errors: dict[str, str] = {}
    if not url or len(url) > URL_CHARACTERS_MAX:
        errors["url"] = call.say("This is the https address that is to be called.")
    if len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
        errors["name"] = call.say("A name is short and printable.")
    if not events:
        errors["events"] = call.say("Choose at least one event.")
    if not errors:
        try:
            await register(rooms.house.context, here.owner, EndpointBody(url, events, name))
        except BadRequest:  # the API's sentence names its own field; this one stands beside the field that one sees
            errors["url"] = call.say(
                "This must be an https address on port 443, without user or password, that others can reach."
            )
        except Conflict as refused:
            errors["url"] = refusal_told(refused, call.visitor.language, call.say)
        else:
            return SeeOther(WEBHOOKS, "endpoint_registered")
    return await _page(rooms, call, here, form, errors)


async def do_unregister(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Delete an address of the account in the mode of the switch. Raises NotFound."""
    await unregister(rooms.house.context, here.owner, call.ids["endpoint_id"])
    return SeeOther(WEBHOOKS, "endpoint_deleted")


async def _page(rooms: Rooms, call: PageCall, here: MemberHere, form: EndpointForm, errors: Mapping[str, str]) -> Shown:
    state = STATE_OF.get(call.query.get("state", ""))
    before_us, before_id = _place(call.query.get("before", ""))
    wanted = Wanted(ROWS + 1, before_us, before_id, state=state)

    async def look(tx: Tx) -> tuple[list[Delivery], list[Endpoint]]:
        rows = await read_deliveries(tx, here.owner, wanted)
        tries = await read_tries(tx, [row.id for row in rows])
        names = await task_names(tx, here.owner, {row.task_id for row in rows})
        with_tries = [
            Delivery(row, _name(names, row.task_id), tuple(one for one in tries if one.delivery_id == row.id))
            for row in rows
        ]
        return with_tries, await endpoints_of(tx, here.owner)

    found, endpoints = await rooms.office.database.read(look)
    shown, chosen = found[:ROWS], "" if state is None else f"&state={state}"
    last = shown[-1].row if shown else None
    facts = {
        "back": WEBHOOKS,
        "endpoints": endpoints,
        "form": form,
        "errors": errors,
        "events": EVENTS,
        "deliveries": shown,
        "state": state or "",
        "states": DELIVERY_STATES,
        "older": f"{WEBHOOKS}?before={last.created_us}.{last.id}{chosen}" if last and len(found) > ROWS else "",
        "newest": f"{WEBHOOKS}?{chosen.removeprefix('&')}" if call.query.get("before") else "",
        "this": f"{WEBHOOKS}?{chosen.removeprefix('&')}" if state else WEBHOOKS,
    }
    return await in_console(rooms, here, "webhooks.html.j2", facts, status=422 if errors else 200)


async def do_show_secret(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """The secrets that sign now; the first one is made when it is first asked for."""
    del call
    return await _secrets(rooms, here, rotated=False)


async def do_rotate_secret(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """A new secret; the one before signs along for a day."""
    del call
    return await _secrets(rooms, here, rotated=True)


async def _secrets(rooms: Rooms, here: MemberHere, *, rotated: bool) -> Shown:
    vault = rooms.house.context.vault
    good = await (vault.rotate(here.owner) if rotated else vault.good(here.owner))
    secrets = [(written_secret(one.secret), one.created_us, one.expires_us) for one in good]
    return await in_console(
        rooms, here, "webhook_secret.html.j2", {"secrets": secrets, "rotated": rotated, "back": WEBHOOKS}
    )


def _place(text: str) -> tuple[int, str]:
    """Where a page begins; the newest where the address says nothing that can be understood."""
    moment, _, delivery_id = text.partition(".")
    known_form = moment.isascii() and moment.isdigit() and len(moment) <= MOMENT_DIGITS_MAX
    if known_form and is_id(delivery_id.removeprefix(EVENT_PREFIX)):
        return int(moment), delivery_id
    return AFTER_EVERY_MOMENT_US, ""


def _name(names: dict[str, tuple[int, str]], task_id: str) -> str:
    name = names.get(task_id)
    return "" if name is None else written(name[0], task_id, name[1])
