"""The name under which a process answers calls itself (`direct.py`), and its heartbeat.

It is begun with the first call, so that a process that answers none writes nothing. Others take the calls of a name
whose lease has run out and end them. A name that was taken for dead is never used again.
"""

import asyncio
import logging

from apiinone.core.clock import Clock
from apiinone.core.errors import Refusal
from apiinone.core.ids import Ids
from apiinone.db import Database, Tx
from apiinone.tasks.claim import enlist, extend, leave
from apiinone.tasks.worker_rules import DATABASE_SHARE, HEARTBEAT_SHARE, HOLDER_SHARE

_log = logging.getLogger("apiinone.presence")


class Presence:
    """One process's name at a time."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, *, lease_s: float) -> None:
        """Take how long the others believe in a name without a sign of life, as for workers."""
        self._database = database
        self._ids = ids
        self._clock = clock
        self._lease_s = lease_s
        self._name = ""
        self._ends_s = 0.0
        self._beginning = asyncio.Lock()
        self._heartbeat: asyncio.Task[None] | None = None

    async def name(self) -> str:
        """The name to hold a new call under. Raises DatabaseUnavailable."""
        if self._name and self._clock.monotonic_s() < self._ends_s:
            return self._name
        async with self._beginning:
            if not self._name or self._clock.monotonic_s() >= self._ends_s:
                await self._begin()
        return self._name

    async def stop(self) -> None:
        """End the name: what is still open under it is ended by the sweeper of any process."""
        if self._heartbeat is not None:
            self._heartbeat.cancel()
            await asyncio.gather(self._heartbeat, return_exceptions=True)
        name, self._name = self._name, ""
        if not name:
            return

        async def end(tx: Tx) -> bool:
            return await leave(tx, name)

        try:
            while not await self._database.transact(end):
                pass
        except Refusal as error:  # its calls are ended when the lease has run out
            _log.warning("calls could not be handed back", extra={"reason": error.type})

    async def _begin(self) -> None:
        name, began_s = self._ids.new(), self._clock.monotonic_s()

        async def begin(tx: Tx) -> None:
            await enlist(tx, name, (), self._lease_s * DATABASE_SHARE)

        await self._database.transact(begin)
        self._name, self._ends_s = name, began_s + self._lease_s * HOLDER_SHARE
        if self._heartbeat is None or self._heartbeat.done():
            self._heartbeat = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self._lease_s * HEARTBEAT_SHARE)
            name, began_s = self._name, self._clock.monotonic_s()

            async def prolong(tx: Tx, name: str = name) -> bool:
                return await extend(tx, name, self._lease_s * DATABASE_SHARE)

            try:
                alive = await self._database.transact(prolong)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next beat may come through
                _log.warning("a heartbeat was missed", extra={"reason": type(error).__name__})
                continue
            if name == self._name:
                self._ends_s = began_s + self._lease_s * HOLDER_SHARE if alive else 0.0
