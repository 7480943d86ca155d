"""An account's own keys for providers: stored sealed, never shown again, used for its live tasks before the house's."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from apiinone.accounts.callers import Caller
from apiinone.api.answer import Answer, success
from apiinone.api.call import Call
from apiinone.api.house import House
from apiinone.api.json_body import read_object
from apiinone.api.task_page import Moment
from apiinone.catalog.clean import refuse_unclean
from apiinone.core.clock import iso
from apiinone.core.errors import BadRequest, Conflict, NotFound
from apiinone.core.ids import is_id
from apiinone.core.secret import SECRET_CHARACTERS_MAX, Secret
from apiinone.credentials.sealed_rows import (
    AlarmRow,
    SealedRow,
    add_row,
    destroy_own,
    locked_own_rows,
    own_rows,
    read_alarms,
)
from apiinone.credentials.seals import place_of
from apiinone.db import Tx

OWN_KEYS_MAX: Final = 20
PROVIDER_KEY_PATTERN: Final = "^[0-9a-v]{26}$"
_BODY_BYTES_MAX: Final = 64 * 1024
_ONLY_LIVE: Final = "Test keys have no provider keys: what they ask for is made here. Use a live key."
ProviderKeyId = Annotated[str, Meta(pattern=PROVIDER_KEY_PATTERN)]
Trouble = Annotated[
    str | None,
    Meta(description="`bad_key` or `no_balance`, as the provider said when it was last used; null where all is well."),
]


class ProviderKeyBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A key to be stored. It goes to the provider's own hosts alone, and to nobody else."""

    provider: Annotated[str, Meta(min_length=1, max_length=32, description="Such as `recraft`.")]
    key: Annotated[str, Meta(min_length=1, max_length=SECRET_CHARACTERS_MAX, description="As the provider gave it.")]
    name: Annotated[str, Meta(max_length=100, description="What it is, to tell it from others.")] = ""
    house_fallback: Annotated[
        bool,
        Meta(description="Have the installation's own keys used, at the full price, where this one is refused."),
    ] = False


class ProviderKeyPage(Struct, frozen=True):
    """One of the account's own keys for a provider, without the key."""

    provider_key_id: ProviderKeyId
    provider: str
    name: str
    house_fallback: bool
    trouble: Trouble
    created_at: Moment


class DeletedProviderKey(Struct, frozen=True):
    """A key that was destroyed."""

    provider_key_id: ProviderKeyId


async def list_provider_keys(house: House, call: Call, caller: Caller) -> Answer:
    """The account's keys, oldest first."""
    del call
    if caller.mode == "test":
        return success(())

    async def look(tx: Tx) -> tuple[list[SealedRow], list[AlarmRow]]:
        rows = await own_rows(tx, caller.account_id)
        return rows, await read_alarms(tx, [row.id for row in rows])

    rows, alarms = await house.context.database.read(look)
    troubles = {alarm.credential_id: alarm.trouble for alarm in alarms}
    return success(tuple(_page(row, troubles.get(row.id)) for row in rows))


async def store_provider_key(house: House, call: Call, caller: Caller) -> Answer:
    """Seal a key and store it; it counts at once here, within a second elsewhere."""
    context = house.context
    body = _read(await read_object(call, _BODY_BYTES_MAX))
    if caller.mode == "test":
        raise NotFound(_ONLY_LIVE)
    if body.provider not in context.remotes:
        raise BadRequest(f"'provider' must be one of: {', '.join(sorted(context.remotes))}.", param="/provider")
    key_id = context.ids.new()
    sealed = context.seals.close(_secret(body.key), place_of(caller.account_id, body.provider, key_id))
    identity = (key_id, caller.account_id, body.provider, body.name, sealed, context.seals.present, "")

    async def work(tx: Tx) -> SealedRow:
        if len(await locked_own_rows(tx, caller.account_id)) >= OWN_KEYS_MAX:
            raise Conflict(f"An account has at most {OWN_KEYS_MAX} provider keys; delete one first.")
        row = SealedRow(*identity, None, None, int(body.house_fallback), tx.now_us)
        await add_row(tx, row)
        return row

    row = await context.database.transact(work)
    await context.reread_credentials()
    return success(_page(row, None))


async def delete_provider_key(house: House, call: Call, caller: Caller) -> Answer:
    """Destroy a key: its sealed bytes go in this transaction."""
    key_id = call.ids["provider_key_id"]

    async def work(tx: Tx) -> bool:
        return await destroy_own(tx, caller.account_id, key_id)

    known = caller.mode == "live" and is_id(key_id) and await house.context.database.transact(work)
    if not known:
        raise NotFound("There is no such provider key.", param="provider_key_id")
    await house.context.reread_credentials()
    return success(DeletedProviderKey(key_id))


def _read(body: dict[str, object]) -> ProviderKeyBody:
    refuse_unclean(body)
    try:
        return msgspec.convert(body, ProviderKeyBody)
    except msgspec.ValidationError as error:
        sentence, _, place = str(error).partition(" - at `$.")
        raise BadRequest(f"{sentence}.", param=f"/{place.rstrip('`')}" if place else "") from None


def _secret(text: str) -> Secret:
    try:
        return Secret(text)
    except ValueError:
        sentence = "'key' must be printable ASCII without spaces, as the provider gave it."
        raise BadRequest(sentence, param="/key") from None


def _page(row: SealedRow, trouble: str | None) -> ProviderKeyPage:
    return ProviderKeyPage(row.id, row.provider, row.name, bool(row.falls_back), trouble, iso(row.created_us))
