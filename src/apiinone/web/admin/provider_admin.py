"""/admin/providers: who can be asked, with which credentials, and what is in trouble. Secrets are never shown."""

from apiinone.control.provider_health import providers_seen
from apiinone.credentials.sealed_rows import AlarmRow, read_alarms
from apiinone.db import Tx
from apiinone.web.admin.admin_page import admin_page
from apiinone.web.page_route import PageCall, PageReply, Rooms
from apiinone.web.visitor import SignedInAs


async def show_providers(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Every provider as this process finds it, and the alarms of all processes."""
    del call, here
    context = rooms.house.context

    async def look(tx: Tx) -> list[AlarmRow]:
        return await read_alarms(tx)

    alarms = {alarm.credential_id: alarm for alarm in await context.database.read(look)}
    chats = sorted(context.calls.chat_providers)
    facts = {"providers": providers_seen(context.remotes, context.keyring), "alarms": alarms, "chats": chats}
    return admin_page(rooms, "providers", facts)
