"""Whether this process can do what it is for: asked of the real path, and remembered for a second."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Final, Literal

from msgspec import Struct

from apiinone.accounts.probe import probe
from apiinone.api.context import Context
from apiinone.assets.storage import check
from apiinone.migrate import refuse_other_revision

REMEMBERED_S: Final = 1.0
TIMEOUT_S: Final = 5.0
_LOG: Final = logging.getLogger(__name__)
_PROBE_BYTES: Final = 16
Verdict = Literal["ok", "failed"]


class Ready(Struct, frozen=True):
    """What was tried and how it went. `ready` only where nothing failed and the process is not about to stop."""

    ready: bool
    database: Verdict
    """A write was committed."""
    schema: Verdict
    """The database is at this program's revision."""
    storage: Verdict
    """Bytes were stored, read and deleted."""
    stopping: bool


class Readiness:
    """Tries, at most once a second however many ask."""

    def __init__(self, context: Context) -> None:
        """Take what is to be tried."""
        self._context = context
        self._seen: Ready | None = None
        self._seen_s = 0.0
        self._trying: asyncio.Task[Ready] | None = None

    async def look(self) -> Ready:
        """How it stands, at most a second ago."""
        age_s = self._context.clock.monotonic_s() - self._seen_s
        if self._seen is not None and age_s < REMEMBERED_S and self._seen.stopping == self._context.stopping():
            return self._seen
        if self._trying is None or self._trying.done():
            self._trying = asyncio.create_task(self._try())
        return await asyncio.shield(self._trying)

    async def _try(self) -> Ready:
        context = self._context
        database = await _verdict("database", lambda: context.database.transact(probe))
        schema = await _verdict("schema", lambda: refuse_other_revision(context.database))
        storage = await _verdict("storage", lambda: check(context.storage, secrets.token_bytes(_PROBE_BYTES)))
        stopping = context.stopping()
        ready = not stopping and (database, schema, storage) == ("ok", "ok", "ok")
        self._seen = Ready(ready, database, schema, storage, stopping)
        self._seen_s = context.clock.monotonic_s()
        return self._seen


async def _verdict(what: str, attempt: Callable[[], Awaitable[None]]) -> Verdict:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await attempt()
    except Exception as error:  # noqa: BLE001 - whatever it is, this process cannot do its work
        _LOG.warning("not ready: %s", what, extra={"reason": type(error).__name__})
        return "failed"
    return "ok"
