"""The yardstick of `engine.py`: a loop that writes the rows of tasks from submit to settlement, and decides nothing.

Three transactions for a batch, as the product has them: tasks with their holds; claims with their attempts;
settlements with outputs. Same tables, same columns, same durability, one process, no reads, no checks, no hashes: what
is left of the product's cost beyond this is what its rules cost.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from msgspec import Struct

BATCH = 64
"""As many tasks as there are clients in the other measurements: what piles up behind one commit."""
CREDITS_MICRO = 10_000_000
HASH = bytes(32)
REQUEST = '{"model":"recraft-v4-text-to-image","prompt":"x","image_size":"1024x1024"}'

NEW_TASK = (
    "INSERT INTO tasks (id, account_id, mode, key_id, lineage_id, request_id, endpoint, model, sub_model, node, suffix,"
    " scenario, state, fence, claims, due_us, sweep_us, deadline_us, unknown_limit_us, held_micro, unit_micro, units,"
    " attempts, result_ttl_s, catalogue_version, created_us)"
    " VALUES ($1, $2, 'test', $3, $3, $4, 'images', 'recraft-v4', 'recraft-v4-text-to-image', 78, 'recraft', NULL,"
    " 'queued', 0, 0, $5, $6, $6, $7, $8, $8, 1, 0, 604800, 'plain', $5)"
)
NEW_INPUT = "INSERT INTO task_inputs (task_id, request, metadata) VALUES ($1, $2, NULL)"
NEW_HOLD = (
    "INSERT INTO holds (id, account_id, mode, key_id, lineage_id, amount_micro, budget_period, request_id, created_us)"
    " VALUES ($1, $2, 'test', $3, $3, $4, NULL, $5, $6)"
)
NEW_SLICE = "INSERT INTO hold_slices (hold_id, slice_no, lot_id, amount_micro) VALUES ($1, 0, $2, $3)"
NEW_ENTRY = (
    "INSERT INTO entries (account_id, mode, entry_no, key, kind, from_bucket, to_bucket, amount_micro, lot_id, task_id,"
    " request_id, actor, reason, created_us, hash)"
    " VALUES ($1, 'test', $2, $3, $4, $5, $6, $7, NULL, $8, $9, $10, NULL, $11, $12)"
)
HOLD_IN_LOT = "UPDATE lots SET available_micro = available_micro - $1, held_micro = held_micro + $1 WHERE id = $2"
HOLD_IN_BALANCE = (
    "UPDATE balances SET available_micro = available_micro - $1, held_micro = held_micro + $1, entry_no = $2,"
    " head_hash = $3 WHERE account_id = $4 AND mode = 'test'"
)
LOAD = "UPDATE key_loads SET open_holds = open_holds + $1 WHERE lineage_id = $2"
TAKE = (
    "UPDATE tasks SET holder = $1, fence = 1, claims = 1, state = 'submitting', attempts = 1, attempt_id = $2,"
    " started_us = $3 WHERE id = $4"
)
NEW_ATTEMPT = (
    "INSERT INTO attempts (id, task_id, attempt_no, state, provider, upstream_model, chosen_because,"
    " expected_cost_micro_usd, created_us) VALUES ($1, $2, 1, 'planned', 'local', 'recraft-v4-text-to-image',"
    " 'test mode: the built-in local provider makes everything', 0, $3)"
)
END_ATTEMPT = "UPDATE attempts SET state = 'finished', ended_us = $1 WHERE id = $2"
END_TASK = (
    "UPDATE tasks SET state = 'succeeded', holder = NULL, due_us = NULL, sweep_us = NULL, captured_micro = $1,"
    " finished_us = $2, expires_us = $3 WHERE id = $4"
)
NEW_OUTPUT = (
    "INSERT INTO outputs (task_id, output_no, mode, account_id, storage_key, content_type, bytes, width, height,"
    " sha256, expires_us) VALUES ($1, 0, 'test', $2, $3, 'image/png', 69, 1, 1, $4, $5)"
)
NEW_SETTLEMENT = (
    "INSERT INTO settlements (hold_id, kind, captured_micro, released_micro, attempt_id, actor, created_us)"
    " VALUES ($1, 'capture', $2, 0, $3, 'task', $4)"
)
CAPTURE_IN_LOT = "UPDATE lots SET held_micro = held_micro - $1, captured_micro = captured_micro + $1 WHERE id = $2"
CAPTURE_IN_BALANCE = (
    "UPDATE balances SET held_micro = held_micro - $1, entry_no = $2, head_hash = $3"
    " WHERE account_id = $4 AND mode = 'test'"
)
USAGE = (
    "INSERT INTO usage_days (account_id, mode, day, model, key_id, tasks_succeeded, tasks_not_charged, captured_micro)"
    " VALUES ($1, 'test', '2026-01-01', 'recraft-v4', $2, $3, 0, $4)"
    " ON CONFLICT (account_id, mode, day, model, key_id) DO UPDATE SET"
    " tasks_succeeded = usage_days.tasks_succeeded + excluded.tasks_succeeded,"
    " captured_micro = usage_days.captured_micro + excluded.captured_micro"
)

Values = Sequence[str | int | bytes]


class Payer(Struct, frozen=True):
    """Whose tasks they are: an account with a key, and a lot that covers everything."""

    account_id: str
    key_id: str
    lot_id: str
    entry_no: int
    """The last number in the account's ledger."""


class Connection(Protocol):
    """A connection inside its transactions."""

    async def begin(self) -> None:
        """Open a write transaction."""
        ...

    async def many(self, statement: str, rows: Iterable[Values]) -> None:
        """Run a statement once for each row."""
        ...

    async def commit(self) -> None:
        """Make it durable."""
        ...


class SqliteConnection:
    """The driver's connection, with the product's own pragmas."""

    def __init__(self, connection: Any) -> None:
        """Take the connection."""
        self._connection = connection

    async def begin(self) -> None:
        """BEGIN IMMEDIATE."""
        self._connection.execute("BEGIN IMMEDIATE")

    async def many(self, statement: str, rows: Iterable[Values]) -> None:
        """`executemany`."""
        self._connection.executemany(statement.replace("$", "?"), rows)

    async def commit(self) -> None:
        """COMMIT."""
        self._connection.execute("COMMIT")


class PostgresConnection:
    """An asyncpg connection."""

    def __init__(self, connection: Any) -> None:
        """Take the connection."""
        self._connection = connection

    async def begin(self) -> None:
        """BEGIN."""
        await self._connection.execute("BEGIN")

    async def many(self, statement: str, rows: Iterable[Values]) -> None:
        """`executemany`: all rows in one exchange."""
        await self._connection.executemany(statement, rows)

    async def commit(self) -> None:
        """COMMIT."""
        await self._connection.execute("COMMIT")


class PlainLoop:
    """Writes batch after batch, on one connection, for one payer."""

    def __init__(self, connection: Connection, payer: Payer, ids: Iterator[str]) -> None:
        """Take the connection, who pays, and where ids come from."""
        self._connection = connection
        self._payer = payer
        self._ids = ids
        self._numbers = itertools.count(payer.entry_no + 1)
        self._moments = itertools.count(1_790_000_000_000_000, 1000)

    async def run(self, tasks: int) -> None:
        """Write so many tasks (whole batches) from submit to settlement."""
        for _ in range(tasks // BATCH):
            batch = list(itertools.islice(self._ids, BATCH))
            attempts = list(itertools.islice(self._ids, BATCH))
            pairs = list(zip(batch, attempts, strict=True))
            now_us = next(self._moments)
            await _submit(self._connection, self._payer, batch, self._numbers, now_us)
            await _claim(self._connection, pairs, now_us)
            await _settle(self._connection, self._payer, pairs, self._numbers, now_us)


def ids_after(start: str) -> Iterator[str]:
    """Ids in the product's form and order: the given one, with its last twelve characters counted up."""
    head = start[:14]
    return (f"{head}{number:012d}" for number in itertools.count())


async def _submit(connection: Connection, payer: Payer, tasks: list[str], numbers: Iterator[int], now_us: int) -> None:
    account_id, key_id = payer.account_id, payer.key_id
    deadline_us, limit_us = now_us + 600_000_000, now_us + 4_200_000_000
    entries = [_entry(payer, next(numbers), "hold", task, now_us) for task in tasks]
    total = CREDITS_MICRO * len(tasks)
    await connection.begin()
    await connection.many(HOLD_IN_LOT, [(total, payer.lot_id)])
    await connection.many(NEW_HOLD, [(t, account_id, key_id, CREDITS_MICRO, f"req_{t}", now_us) for t in tasks])
    await connection.many(NEW_SLICE, [(task, payer.lot_id, CREDITS_MICRO) for task in tasks])
    await connection.many(NEW_ENTRY, entries)
    await connection.many(HOLD_IN_BALANCE, [(total, entries[-1][1], HASH, account_id)])
    await connection.many(LOAD, [(len(tasks), key_id)])
    await connection.many(
        NEW_TASK, [(t, account_id, key_id, f"req_{t}", now_us, deadline_us, limit_us, CREDITS_MICRO) for t in tasks]
    )
    await connection.many(NEW_INPUT, [(task, REQUEST) for task in tasks])
    await connection.commit()


async def _claim(connection: Connection, pairs: list[tuple[str, str]], now_us: int) -> None:
    await connection.begin()
    await connection.many(TAKE, [("worker", attempt, now_us, task) for task, attempt in pairs])
    await connection.many(NEW_ATTEMPT, [(attempt, task, now_us) for task, attempt in pairs])
    await connection.commit()


async def _settle(
    connection: Connection, payer: Payer, pairs: list[tuple[str, str]], numbers: Iterator[int], now_us: int
) -> None:
    entries = [_entry(payer, next(numbers), "capture", task, now_us) for task, _ in pairs]
    total = CREDITS_MICRO * len(pairs)
    expires_us = now_us + 604_800_000_000
    await connection.begin()
    await connection.many(CAPTURE_IN_LOT, [(total, payer.lot_id)])
    await connection.many(NEW_SETTLEMENT, [(task, CREDITS_MICRO, attempt, now_us) for task, attempt in pairs])
    await connection.many(NEW_ENTRY, entries)
    await connection.many(CAPTURE_IN_BALANCE, [(total, entries[-1][1], HASH, payer.account_id)])
    await connection.many(END_ATTEMPT, [(now_us, attempt) for _, attempt in pairs])
    await connection.many(END_TASK, [(CREDITS_MICRO, now_us, expires_us, task) for task, _ in pairs])
    await connection.many(NEW_OUTPUT, [_output(payer, task, attempt, expires_us) for task, attempt in pairs])
    await connection.many(USAGE, [(payer.account_id, payer.key_id, len(pairs), total)])
    await connection.many(LOAD, [(-len(pairs), payer.key_id)])
    await connection.commit()


def _entry(payer: Payer, number: int, kind: str, task: str, now_us: int) -> Values:
    source, target = ("available", "held") if kind == "hold" else ("held", "revenue")
    actor = f"key:{payer.key_id}" if kind == "hold" else "task"
    where = (payer.account_id, number, f"{kind}:{task}", kind, source, target)
    return (*where, CREDITS_MICRO, task, f"req_{task}", actor, now_us, HASH)


def _output(payer: Payer, task: str, attempt: str, expires_us: int) -> Values:
    key = f"test/{payer.account_id}/{task}/{attempt}/00-0123456789abcdef0123.png"
    return (task, payer.account_id, key, "0" * 64, expires_us)
