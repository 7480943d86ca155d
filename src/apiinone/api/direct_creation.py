"""What routes that answer at once share: creations without what only a task can do, and answers given again."""

from collections.abc import Awaitable
from typing import Final

from apiinone.accounts.callers import Caller
from apiinone.api.answer import Answer, Header
from apiinone.api.call import Call
from apiinone.api.creation import Creation, read_creation
from apiinone.api.errors import NotReplayable, call_failed
from apiinone.api.house import House
from apiinone.api.request_headers import preferred_wait_s
from apiinone.api.task_ids import written
from apiinone.catalog.endpoints import CreateRoute
from apiinone.core.errors import BadRequest, IdempotencyInProgress, NotFound
from apiinone.db import Tx
from apiinone.tasks.direct_rows import Remembered, read_remembered
from apiinone.tasks.lifecycle import FINAL

_REPLAYED: Final[Header] = (b"idempotent-replayed", b"true")


def read_direct_creation(house: House, call: Call, caller: Caller, made_by: CreateRoute) -> Awaitable[Creation]:
    """As `read_creation`; nothing can be waited for where the answer comes at once. Raises BadRequest."""
    if preferred_wait_s(call):
        raise BadRequest("This route answers at once; there is nothing to wait for.", param="Prefer")
    return read_creation(house.context, call, caller, made_by)


async def replayed(house: House, caller: Caller, task_id: str, *, streams: bool) -> Answer:
    """The same answer again, or why there is none. Raises Refusal."""

    async def look(tx: Tx) -> Remembered | None:
        return await read_remembered(tx, caller.owner, task_id)

    found = await house.context.database.read(look)
    if found is not None and found.state not in FINAL:
        raise IdempotencyInProgress("The first request with this key has not been answered yet.", retry_after_s=1)
    if found is not None and streams:
        raise NotReplayable(written(found.node, task_id, found.suffix))
    if found is not None and found.error_type is not None:
        raise call_failed(found.error_type, found.error_message or "")
    if found is None or found.answer is None:
        raise NotFound("The answer that this Idempotency-Key stands for is no longer kept.", param="Idempotency-Key")
    return Answer(200, found.answer.encode(), (_REPLAYED,))
