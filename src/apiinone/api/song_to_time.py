"""Which song a call for timed lyrics is about: the attempt that made it, and with whose key."""

from collections.abc import Mapping
from typing import Final

from apiinone.accounts.callers import Caller
from apiinone.api.context import Context
from apiinone.api.task_ids import read_take_id
from apiinone.api.work_on_song import AUDIO
from apiinone.catalog.schema import Parsed
from apiinone.core.errors import ProviderNotConfigured
from apiinone.db import Tx
from apiinone.providers.lyrics import LyricsOrder
from apiinone.tasks.live_lyrics import order_for
from apiinone.tasks.task_view import TaskView

SONG: Final = "task_id"


async def song_to_time(
    context: Context, caller: Caller, parsed: Parsed, works_on: Mapping[str, TaskView]
) -> LyricsOrder | None:
    """What is to be asked, and of whom: the vendor that made the song, with the key that made it.

    None for test keys, and where no vendor made it. Raises ProviderNotConfigured where an own key made it that its
    account has taken away: no other key knows the song at the vendor.
    """
    if caller.mode == "test":
        return None
    take = read_take_id(str(parsed.fields[AUDIO]))

    async def look(tx: Tx) -> LyricsOrder | None:
        return await order_for(tx, caller.owner, works_on[SONG].id, 0 if take is None else take.output_no)

    order = await context.database.read(look)
    if order is not None and order.own_key and not context.calls.lyrics.knows(order):
        said = "This song was made with a provider key of your own that is no longer kept here"
        raise ProviderNotConfigured(f"{said}; only that key can have its words timed.")
    return order
