"""The duties of a process that works: limits, expiries and leftovers, each with its interval."""

from collections.abc import Mapping

from apiinone.assets.orphans import orphans
from apiinone.assets.storage import Storage
from apiinone.core.clock import US_PER_S, Clock
from apiinone.credentials.sealed_rows import forget_old
from apiinone.db import Database
from apiinone.tasks.duties import FAST_S, HOURLY_S, SLOW_S, Duty
from apiinone.tasks.lag_rows import forget_lags, write_lags
from apiinone.tasks.poll_lag import PollLag
from apiinone.tasks.sweep import Sweeper

ORPHAN_AGE_US = 2 * 24 * 3600 * US_PER_S
"""Files without a row are left alone until no attempt that wrote them can still be under way."""


def housekeeping(sweeper: Sweeper, storage: Storage, clock: Clock, *others: Duty) -> list[Duty]:
    """What is done again and again beside requests and tasks, and how often; others' duties among it."""

    async def drop_orphans() -> int:
        older_than_us = clock.now_us() - ORPHAN_AGE_US
        found = [key async for key in orphans(storage, sweeper.known_files, older_than_us)]
        await storage.delete(found)
        return 0

    return [
        Duty("limits passed", FAST_S, sweeper.pass_limits),
        Duty("tasks taken over", FAST_S, sweeper.take_over),
        Duty("lots expired", FAST_S * 5, sweeper.expire_lots),
        Duty("test balances refilled", SLOW_S, sweeper.refill_tests),
        Duty("outputs expired", SLOW_S, sweeper.expire_outputs),
        Duty("idempotency keys forgotten", SLOW_S, sweeper.forget_keys),
        Duty("answers dropped", SLOW_S, sweeper.drop_answers),
        Duty("quotes dropped", SLOW_S, sweeper.drop_quotes),
        Duty("tasks dropped", SLOW_S, sweeper.drop_tasks),
        Duty("key use noted", SLOW_S, sweeper.note_key_use),
        Duty("orphan files dropped", HOURLY_S, drop_orphans),
        forgetting(sweeper.database),
        *others,
    ]


def lags_written(database: Database, process: str, lags: Mapping[str, PollLag]) -> Duty:
    """How long asking takes here stands where operators see it of all processes."""
    written: dict[str, int] = {}

    async def write() -> int:
        news = {name: lag for name, lag in lags.items() if lag.count != written.get(name, 0)}
        if news:
            await database.transact(lambda tx: write_lags(tx, process, news))
            written.update({name: lag.count for name, lag in news.items()})
        return 0

    return Duty("poll lags written", FAST_S * 5, write)


def forgetting(database: Database) -> Duty:
    """Secrets of revoked credentials are destroyed; old rows and alarms, and lags of processes that ended, dropped."""

    async def forget() -> int:
        await database.transact(forget_lags)
        return await database.transact(forget_old)

    return Duty("credentials forgotten", SLOW_S, forget)
