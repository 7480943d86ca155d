"""Keeps a process's keyring as the database has it, and writes down which credentials are in trouble."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from apiinone.core.clock import US_PER_S
from apiinone.core.errors import Refusal
from apiinone.credentials.sealed_rows import SealedRow, changed_since, clear_alarms, raise_alarm
from apiinone.credentials.seals import Seals, place_of
from apiinone.db import Database, Tx
from apiinone.sealing import Unsealable
from apiinone.tasks.keyring import FROM_ENVIRONMENT, Credential, Keyring
from apiinone.tasks.pace import Pace

EVERY_S = 0.4
"""So that a credential that came or went counts within a second everywhere."""
OVERLAP_US = 60 * US_PER_S
"""Rows are read again for so long: a transaction may have committed later than it says it began."""
MakePace = Callable[[str, float | None, int | None], Pace | None]
"""A pace for a provider, with a limit of submits a second and of orders at once of its own (None: the provider's).
None for a provider that is unknown here."""
_log = logging.getLogger("apiinone.credentials")


@dataclass(slots=True)
class Follower:
    """Reads what changed."""

    database: Database
    seals: Seals
    keyring: Keyring
    pace: MakePace
    _seen_us: int = 0
    _known_us: dict[str, int] = field(default_factory=dict)

    async def refresh(self) -> None:
        """Read what changed since the last time. Raises DatabaseUnavailable."""
        self._seen_us, rows = await changed_since(self.database, self._seen_us - OVERLAP_US)
        for row in rows:
            if self._known_us.get(row.id) != row.changed_us:
                self._known_us[row.id] = row.changed_us
                self._take(row)

    @asynccontextmanager
    async def following(self) -> AsyncGenerator[None]:
        """Read what is there, and go on reading for the length of the block. Raises DatabaseUnavailable."""
        await self.refresh()
        running = asyncio.create_task(self.run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def run(self) -> None:
        """Go on for ever; a database that does not answer is asked again."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.refresh()
                await self.write_alarms()
            except Refusal as error:
                _log.warning("credentials are as they were read last", extra={"reason": error.type})
            except Exception:  # noqa: BLE001 - a defect of ours must not end the following of revocations
                _log.exception("credentials could not be read")

    async def write_alarms(self) -> None:
        """Write down what began and what ended. Raises DatabaseUnavailable, and keeps it for the next time."""
        pending = list(self.keyring.alarms)
        if not pending:
            return

        async def write(tx: Tx) -> None:
            for alarm in pending:
                if alarm.trouble is None:
                    await clear_alarms(tx, [alarm.credential_id])
                else:
                    await raise_alarm(tx, alarm.credential_id, alarm.provider, alarm.trouble)

        await self.database.transact(write)
        del self.keyring.alarms[: len(pending)]

    async def begin_anew(self) -> None:
        """Forget alarms about the environment's credentials: they may be others than before the start."""
        ids = [one.id for one in self.keyring.everything() if one.id.startswith(FROM_ENVIRONMENT)]

        async def clear(tx: Tx) -> None:
            await clear_alarms(tx, ids)

        await self.database.transact(clear)

    def _take(self, row: SealedRow) -> None:
        if row.sealed is None:
            self.keyring.drop(row.id)
            return
        gap_us = row.submit_gap_us
        pace = self.pace(row.provider, None if gap_us is None else US_PER_S / gap_us, row.concurrent_max)
        if pace is None:
            return
        try:
            place = place_of(row.account_id, row.provider, row.id)
            secret = self.seals.open(bytes(row.sealed), row.seal_key, place)
        except (Unsealable, ValueError):
            self.keyring.drop(row.id)
            _log.error("a stored credential cannot be opened", extra={"credential": row.id, "provider": row.provider})
            return
        known = self.keyring.known(row.id)
        if known is not None and known.secret == secret:
            known.revoked = row.revoked_us is not None
            return
        nodes = tuple(int(part) for part in row.nodes.split(",") if part)
        owner = (row.account_id, nodes, bool(row.falls_back), row.revoked_us is not None)
        self.keyring.put(Credential(row.id, row.provider, secret, pace, *owner))
