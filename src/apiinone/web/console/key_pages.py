"""Pages: keys of the account, made, shown once, rotated, revoked; by the commands that an operator gives."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from msgspec import Struct

from apiinone.accounts.key_rows import key_by_id, keys_of
from apiinone.accounts.keys import SCOPES, USUAL_SCOPES, Key
from apiinone.catalog.endpoints import ENDPOINTS
from apiinone.control.desk import Desk
from apiinone.control.key_commands import MadeKey, RevokeKey, RotateKey
from apiinone.core.errors import BadRequest, Conflict, NotFound
from apiinone.core.ids import is_id
from apiinone.db import Tx
from apiinone.ledger.budgets import Limits, load_limits
from apiinone.web.code_names import refusal_told
from apiinone.web.console.key_form import PERIODS, SCOPE_WORDS, KeyForm, NotYet, command_of, field_of
from apiinone.web.console.shell import in_console
from apiinone.web.console.try_it import curl_line
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther, Shown
from apiinone.web.visitor import MemberHere

KEYS: Final = "/console/keys"
DAY_S: Final = 24 * 3600
OVERLAPS_S: Final = {"0": 0, "3600": 3600, "86400": DAY_S, "604800": 7 * DAY_S}
"""How long an old key may go on beside its successor, as the form offers it."""


class RotateForm(Struct, frozen=True):
    """How long the old key goes on."""

    overlap_s: str = ""


class Seen(Struct, frozen=True):
    """A key and how far its limits are used."""

    key: Key
    limits: Limits
    now_us: int

    @property
    def state(self) -> str:
        """`active`, `ending`, `expired` or `revoked`."""
        return state_of(self.key, self.now_us)


async def show_keys(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """All of them, those that work first."""
    del call

    async def look(tx: Tx) -> tuple[list[Key], int]:
        return await keys_of(tx, here.account_id), tx.now_us

    keys, now_us = await rooms.office.database.read(look)
    states = {key.id: state_of(key, now_us) for key in keys}
    ordered = sorted(keys, key=lambda key: (states[key.id] in ("revoked", "expired"), -key.created_us))
    return await in_console(rooms, here, "keys.html.j2", {"keys": ordered, "states": states})


async def show_new_key(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """The form, with everything allowed and the mode of the switch."""
    del call
    return await _form(rooms, here, KeyForm(mode=here.mode, scopes=USUAL_SCOPES), {})


async def do_make_key(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Make it and show it, this once."""
    form = call.form(KeyForm)
    try:
        made = await command_of(form, (here.account_id, here.person.id), call.say).run(desk_for(rooms, here))
    except NotYet as wrong:
        return await _form(rooms, here, form, wrong.errors)
    except BadRequest as refused:
        told = refusal_told(refused, call.visitor.language, call.say)
        return await _form(rooms, here, form, {field_of(refused): told})
    return await _made(rooms, here, made, "")


async def show_key(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """What it may do and what it did. Raises NotFound."""
    facts = {"seen": await _own_key(rooms, call, here), "overlaps": OVERLAPS_S}
    return await in_console(rooms, here, "key.html.j2", facts)


async def do_rotate_key(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Put a new key in its place and show that, this once. Raises NotFound."""
    seen = await _own_key(rooms, call, here)
    overlap_s = OVERLAPS_S.get(call.form(RotateForm).overlap_s, DAY_S)
    command = RotateKey(seen.key.id, overlap_s, of_account=here.account_id, rotated_by=here.person.id)
    try:
        made = await command.run(desk_for(rooms, here))
    except Conflict:
        return SeeOther(f"{KEYS}/{seen.key.id}", "key_has_successor")
    return await _made(rooms, here, made, seen.key.id)


async def do_revoke_key(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """End it at once. Raises NotFound, also for one that was revoked before."""
    seen = await _own_key(rooms, call, here)
    await RevokeKey(seen.key.id, of_account=here.account_id).run(desk_for(rooms, here))
    return SeeOther(KEYS, "key_revoked")


def desk_for(rooms: Rooms, here: MemberHere) -> Desk:
    """The desk, where this member gives commands in their own name."""
    return replace(rooms.desk, actor=f"person:{here.person.id}")


def state_of(key: Key, now_us: int) -> str:
    """`active`, `ending` (it expires some day), `expired` or `revoked`."""
    if key.revoked_us is not None:
        return "revoked"
    if key.expires_us is None:
        return "active"
    return "ending" if key.expires_us > now_us else "expired"


async def _own_key(rooms: Rooms, call: PageCall, here: MemberHere) -> Seen:
    key_id = call.ids["key_id"]

    async def look(tx: Tx) -> Seen | None:
        key = await key_by_id(tx, key_id)
        if key is None or key.account_id != here.account_id:
            return None
        return Seen(key, await load_limits(tx, {key.lineage_id}), tx.now_us)

    seen = await rooms.office.database.read(look) if is_id(key_id) else None
    if seen is None:
        raise NotFound("There is no such key.", param="key_id")
    return seen


async def _form(rooms: Rooms, here: MemberHere, form: KeyForm, errors: Mapping[str, str]) -> Shown:
    catalogue = rooms.house.context.catalogue
    facts = {
        "form": form,
        "errors": errors,
        "scopes": {scope: SCOPE_WORDS[scope] for scope in SCOPES},
        "periods": PERIODS,
        "endpoints": [one for one in ENDPOINTS if catalogue.on(one.name)],
        "models": catalogue.entries,
    }
    return await in_console(rooms, here, "new_key.html.j2", facts, status=422 if errors else 200)


async def _made(rooms: Rooms, here: MemberHere, made: MadeKey, old_id: str) -> Shown:
    facts = {
        "back": KEYS,
        "made": made,
        "old_id": old_id,
        "curl": curl_line(rooms.house.context.catalogue, rooms.base_url, made.key),
    }
    return await in_console(rooms, here, "made_key.html.j2", facts)
