"""What a page's console asks for once its reader may be signed in: which keys there are, and what requests carry."""

import msgspec
from msgspec import Struct

from apiinone.accounts.key_rows import keys_of
from apiinone.accounts.keys import Key, Mode
from apiinone.api.answer import Answer
from apiinone.db import Tx
from apiinone.people.roles import DEVELOPERS
from apiinone.web.console.key_pages import state_of
from apiinone.web.page_route import PageCall, PageReply, Rooms
from apiinone.web.visitor import SignedInAs


class PlayKey(Struct, frozen=True):
    """A key to run with; the key itself is not told."""

    id: str
    name: str
    mode: Mode


class PlayFacts(Struct, frozen=True):
    """What the console in the page works with."""

    account: str
    mode: Mode
    csrf: str
    may_run: bool
    keys: tuple[PlayKey, ...]
    """Those that work in the mode of the switch, the newest first."""


async def tell_play_facts(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """As JSON; of an account that one belongs to, or without any."""
    member = call.visitor.member
    if member is None:
        return Answer(200, msgspec.json.encode(PlayFacts("", here.session.mode, "", may_run=False, keys=())))

    async def look(tx: Tx) -> tuple[PlayKey, ...]:
        keys = reversed(await keys_of(tx, member.account_id))
        return tuple(PlayKey(key.id, key.name, key.mode) for key in keys if _works(key, member.mode, tx.now_us))

    may_run = member.role in DEVELOPERS
    keys = await rooms.office.database.read(look) if may_run else ()
    title = member.membership.title
    return Answer(200, msgspec.json.encode(PlayFacts(title, member.mode, call.visitor.csrf, may_run, keys)))


def _works(key: Key, mode: Mode, now_us: int) -> bool:
    usable = key.mode == mode and state_of(key, now_us) in ("active", "ending")
    return usable and "generate" in key.rules.scopes
