"""What time does by itself: limits that pass, dead workers' tasks, lots and outputs that expire, rows that are old.

Every process sweeps for all nodes, so that a node without a worker loses nothing. Each duty takes a bounded bite in one
short transaction and says how much it did; a full bite is followed by another.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from msgspec import Struct

from apiinone.accounts.key_rows import touch_keys
from apiinone.core.clock import US_PER_DAY, day_of
from apiinone.core.credits import Credits
from apiinone.core.ids import Ids, id_floor
from apiinone.db import Database, Sql, Tx
from apiinone.ledger.grants import refill
from apiinone.ledger.statements import load_books, write_books
from apiinone.tasks.claim import anybody_dead, take_over_dead
from apiinone.tasks.moves import Move, Outcome, TimePassed
from apiinone.tasks.worker import HINT
from apiinone.webhooks.outbox import DROP_TASKS

BITE_MAX = 200
ENDED_STATES = ("succeeded", "failed", "canceled")

_LATE = Sql("SELECT id, account_id, mode FROM tasks WHERE sweep_us <= $1 ORDER BY sweep_us LIMIT $2")
_EXPIRED_OUTPUTS = Sql("SELECT storage_key FROM outputs WHERE expires_us <= $1 ORDER BY expires_us LIMIT $2")
_DROP_OUTPUTS = Sql("DELETE FROM outputs WHERE storage_key = ANY($1::text[])")
_KNOWN_OUTPUTS = Sql("SELECT storage_key FROM outputs WHERE storage_key = ANY($1::text[])")
_EXPIRED_LOTS = Sql(
    "SELECT DISTINCT account_id, mode FROM lots WHERE available_micro > 0 AND expires_us IS NOT NULL"
    " AND expires_us <= $1 LIMIT $2"
)
_STALE_REFILLS = Sql("SELECT account_id, mode FROM balances WHERE refill_day < $1 ORDER BY refill_day LIMIT $2")
_OLD_QUOTES = Sql(
    "DELETE FROM quotes WHERE id IN (SELECT id FROM quotes WHERE expires_us <= $1 ORDER BY expires_us LIMIT $2)"
)
_OLD_ANSWERS = Sql(
    "DELETE FROM direct_answers WHERE task_id IN"
    " (SELECT task_id FROM direct_answers WHERE expires_us <= $1 ORDER BY expires_us LIMIT $2)"
)
_PAST_KEYS = Sql(
    "SELECT i.account_id, i.mode, i.route, i.key, t.finished_us, t.id FROM idempotency i"
    " LEFT JOIN tasks t ON t.id = i.task_id WHERE i.expires_us <= $1 ORDER BY i.expires_us LIMIT $2"
)
_KEEP_KEY = Sql(
    "UPDATE idempotency SET expires_us = $1 WHERE account_id = $2 AND mode = $3 AND route = $4 AND key = $5"
)
_DROP_KEY = Sql("DELETE FROM idempotency WHERE account_id = $1 AND mode = $2 AND route = $3 AND key = $4")
_OLD_TASKS = Sql(
    "SELECT id FROM tasks WHERE id < $1 AND finished_us IS NOT NULL AND finished_us <= $2 ORDER BY id LIMIT $3"
)
_DROP_ROWS = (
    Sql("DELETE FROM task_inputs WHERE task_id = ANY($1::text[])"),
    Sql("DELETE FROM chat_records WHERE task_id = ANY($1::text[])"),
    Sql("DELETE FROM direct_answers WHERE task_id = ANY($1::text[])"),
    Sql("DELETE FROM task_labels WHERE task_id = ANY($1::text[])"),
    Sql("DELETE FROM attempts WHERE task_id = ANY($1::text[])"),
    Sql("DELETE FROM outputs WHERE task_id = ANY($1::text[])"),
    *DROP_TASKS,
    Sql("DELETE FROM tasks WHERE id = ANY($1::text[])"),
)


class SweepRules(Struct, frozen=True):
    """How long rows stay, and the level of test balances."""

    task_keep_days: int
    test_credits_per_day: Credits


@dataclass(slots=True)
class Sweeper:
    """The duties, each a method that returns how much it did; a full bite means there may be more."""

    database: Database
    apply: Callable[[Move], Awaitable[Outcome]]
    drop_files: Callable[[list[str]], Awaitable[None]]
    take_used_keys: Callable[[], dict[str, int]]
    ids: Ids
    rules: SweepRules

    async def pass_limits(self) -> int:
        """Tell tasks whose deadline or last limit has passed."""
        late = await self.database.rows_now(_LATE, BITE_MAX)
        moves = [Move(task_id, (account_id, mode), TimePassed()) for task_id, account_id, mode in late]
        outcomes = await asyncio.gather(*map(self.apply, moves), return_exceptions=True)
        failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if failed:  # the others had their turn; the next sweep tries these again
            raise failed[0]
        return len(late)

    async def take_over(self) -> int:
        """Give back the tasks of workers whose lease has run out, and say that they are there."""
        if not await anybody_dead(self.database):
            return 0
        given = await self.database.transact(take_over_dead)
        if given:
            await self.database.hint(HINT)
        return given

    async def expire_lots(self) -> int:
        """Let lots past their time expire in the ledger; balances already leave them out."""

        async def expire(tx: Tx) -> int:
            owners = [(row[0], row[1]) for row in await tx.rows(_EXPIRED_LOTS, tx.now_us, BITE_MAX)]
            if owners:
                await write_books(tx, await load_books(tx, owners))
            return len(owners)

        return await self.database.transact(expire)

    async def refill_tests(self) -> int:
        """Raise refilled test balances to their level once a UTC day."""

        async def fill(tx: Tx) -> int:
            owners = [(row[0], row[1]) for row in await tx.rows(_STALE_REFILLS, day_of(tx.now_us), BITE_MAX)]
            if owners:
                books = await load_books(tx, owners)
                for owner in owners:
                    refill(books, owner, lot_id=self.ids.new(), level=self.rules.test_credits_per_day)
                await write_books(tx, books)
            return len(owners)

        return await self.database.transact(fill)

    async def expire_outputs(self) -> int:
        """Delete outputs past their time: the files first, then the rows, so that no file is left without a row."""

        async def look(tx: Tx) -> list[str]:
            return [row[0] for row in await tx.rows(_EXPIRED_OUTPUTS, tx.now_us, BITE_MAX)]

        keys = await self.database.read(look)
        if keys:
            await self.drop_files(keys)

            async def drop(tx: Tx) -> None:
                await tx.run(_DROP_OUTPUTS, keys)

            await self.database.transact(drop)
        return len(keys)

    async def forget_keys(self) -> int:
        """Drop idempotency keys a day after they came and a day after their task's end, whichever is later."""

        async def forget(tx: Tx) -> int:
            rows = await tx.rows(_PAST_KEYS, tx.now_us, BITE_MAX)
            kept = [row for row in rows if row[5] is not None and _still_needed(row[4], tx.now_us)]
            gone = [row for row in rows if not (row[5] is not None and _still_needed(row[4], tx.now_us))]
            await tx.many(_KEEP_KEY, [((row[4] or tx.now_us) + US_PER_DAY, *row[:4]) for row in kept])
            await tx.many(_DROP_KEY, [row[:4] for row in gone])
            return len(rows)

        return await self.database.transact(forget)

    async def drop_answers(self) -> int:
        """Drop answers of calls a day after the call's end: nobody may replay them any more."""

        async def drop(tx: Tx) -> int:
            return await tx.run(_OLD_ANSWERS, tx.now_us, BITE_MAX)

        return await self.database.transact(drop)

    async def drop_quotes(self) -> int:
        """Drop quotes a day after they expired."""

        async def drop(tx: Tx) -> int:
            return await tx.run(_OLD_QUOTES, tx.now_us - US_PER_DAY, BITE_MAX)

        return await self.database.transact(drop)

    async def drop_tasks(self) -> int:
        """Drop ended tasks with all that hangs on them; their money rows stay."""

        async def drop(tx: Tx) -> int:
            before_us = tx.now_us - self.rules.task_keep_days * US_PER_DAY
            ids = [row[0] for row in await tx.rows(_OLD_TASKS, id_floor(before_us), before_us, BITE_MAX)]
            if ids:
                for statement in _DROP_ROWS:
                    await tx.run(statement, ids)
            return len(ids)

        return await self.database.transact(drop)

    async def note_key_use(self) -> int:
        """Write down when keys were last used."""
        used = self.take_used_keys()
        if not used:
            return 0

        async def note(tx: Tx) -> None:
            await touch_keys(tx, used.items())

        await self.database.transact(note)
        return 0

    async def known_files(self, keys: Sequence[str]) -> set[str]:
        """Which of these storage keys a row knows; the sweep of orphan files asks."""

        async def look(tx: Tx) -> set[str]:
            return {row[0] for row in await tx.rows(_KNOWN_OUTPUTS, keys)}

        return await self.database.read(look)


def _still_needed(finished_us: int | None, now_us: int) -> bool:
    return finished_us is None or finished_us + US_PER_DAY > now_us
