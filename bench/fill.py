"""A store with a past: ended tasks with all their rows, written by the database itself from a series of numbers.

Each task has what an ended one leaves: input, attempt, output, hold with its slice, settlement, two entries, and every
fourth an idempotency key. They belong to a thousand accounts. Their ids sort before new ones, as old ids do, and the
accounts' ids lie all over the range, so that new rows of new accounts fall between them.
"""

import asyncio
import random
from collections.abc import Iterator
from typing import Any

import apsw
import asyncpg  # pyright: ignore[reportMissingTypeStubs] - the driver ships no types
from msgspec import Struct

ACCOUNTS = 1_000
_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_SEED = 20_261_123


class _Words(Struct, frozen=True):
    """How an engine says what the statements below need. `n` is the task's number, `a` its account."""

    series: str
    ordinal: str
    """26 digits from a number."""
    blob: str
    text64: str


_SQLITE = _Words(
    "(WITH RECURSIVE s(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM s WHERE n < {last}) SELECT n FROM s)",
    "printf('%026d', {})",
    "zeroblob(32)",
    "printf('%064d', n)",
)
_POSTGRESQL = _Words(
    "(SELECT n FROM generate_series({first}, {last}) AS n)",
    "lpad(({})::text, 26, '0')",
    "decode(repeat('00', 32), 'hex')",
    "lpad(n::text, 64, '0')",
)
_FROM = " FROM {series} AS s JOIN filled AS a ON a.number = s.n % {accounts} ORDER BY s.n"
_US = "1760000000000000 + n * 1000"
_MODEL = "'recraft-v4', 'recraft-v4-text-to-image'"
_ROWS = {
    "tasks (id, account_id, mode, key_id, lineage_id, request_id, endpoint, model, sub_model, node, suffix, state,"
    " fence, claims, deadline_us, unknown_limit_us, held_micro, unit_micro, units, captured_micro, attempts,"
    " attempt_id, result_ttl_s, catalogue_version, created_us, started_us, finished_us, expires_us)": (
        "{task}, a.id, 'live', a.id, a.id, 'req_' || {task}, 'images', "
        + _MODEL
        + ", 78, 'recraft', 'succeeded', 1, 1,"
        " {us} + 600000000, {us} + 4200000000, 10000000, 10000000, 1, 10000000, 1, {attempt}, 604800, 'filled', {us},"
        " {us} + 5000, {us} + 9000000, {us} + 604800000000"
    ),
    "task_inputs (task_id, request)": (
        '{task}, \'{{"image_size":"1024x1024","model":"recraft-v4-text-to-image","prompt":"A minimalist line art'
        " illustration of a mountain landscape, clean design\"}}'"
    ),
    "attempts (id, task_id, attempt_no, state, provider, upstream_model, chosen_because, expected_cost_micro_usd,"
    " created_us, sent_us, ended_us)": (
        "{attempt}, {task}, 1, 'finished', 'recraft', 'recraftv4', 'the only configured offer', 40000, {us},"
        " {us} + 9000, {us} + 9000000"
    ),
    "outputs (task_id, output_no, mode, account_id, storage_key, content_type, bytes, width, height, sha256,"
    " expires_us)": (
        "{task}, 0, 'live', a.id, 'live/' || a.id || '/' || {task} || '/' || {attempt} || '/00-0123456789abcdef01.png'"
        ", 'image/png', 400000, 1024, 1024, {text64}, {us} + 604800000000"
    ),
    "holds (id, account_id, mode, key_id, lineage_id, amount_micro, request_id, created_us)": (
        "{task}, a.id, 'live', a.id, a.id, 10000000, 'req_' || {task}, {us}"
    ),
    "hold_slices (hold_id, slice_no, lot_id, amount_micro)": "{task}, 0, a.id, 10000000",
    "settlements (hold_id, kind, captured_micro, released_micro, attempt_id, actor, created_us)": (
        "{task}, 'capture', 10000000, 0, {attempt}, 'task', {us} + 9000000"
    ),
    "entries (account_id, mode, entry_no, key, kind, from_bucket, to_bucket, amount_micro, task_id, request_id, actor,"
    " created_us, hash)": (
        "a.id, 'live', 2 * (n / {accounts}) + 2, 'hold:' || {task}, 'hold', 'available', 'held', 10000000, {task},"
        " 'req_' || {task}, 'key:' || a.id, {us}, {blob}"
    ),
    "entries (account_id, mode, entry_no, key, kind, from_bucket, to_bucket, amount_micro, task_id, request_id, actor,"
    " created_us, hash) ": (
        "a.id, 'live', 2 * (n / {accounts}) + 3, 'capture:' || {task}, 'capture', 'held', 'revenue', 10000000, {task},"
        " 'req_' || {task}, 'task', {us} + 9000000, {blob}"
    ),
}
_KEYS = "INSERT INTO idempotency (account_id, mode, route, key, body_hash, task_id, expires_us) SELECT a.id, 'live',"
_ACCOUNT = (
    "INSERT INTO accounts (id, email, state, created_us) SELECT id, id || '@example.org', 'active', 0 FROM filled"
)
_KEY = (
    "INSERT INTO keys (id, account_id, mode, lineage_id, secret_hash, name, rules, created_us)"
    " SELECT id, id, 'live', id, {blob}, '', '{{}}', 0 FROM filled"
)
_LOAD = "INSERT INTO key_loads (lineage_id, open_holds) SELECT id, 0 FROM filled"
_LOT = (
    "INSERT INTO lots (id, account_id, mode, source, granted_micro, available_micro, held_micro, captured_micro,"
    " expired_micro, created_us) SELECT id, id, 'live', 'grant', 1000000000000, 500000000000, 0, 500000000000, 0, 0"
    " FROM filled"
)
_BALANCE = (
    "INSERT INTO balances (account_id, mode, available_micro, held_micro, entry_no, head_hash) SELECT id, 'live',"
    " 500000000000, 0, 10000000, {blob} FROM filled"
)


async def fill(url: str, tasks: int) -> None:
    """Fill an empty, migrated database with so many ended tasks."""
    if url.startswith("sqlite:///"):
        await asyncio.to_thread(_fill_sqlite, url.removeprefix("sqlite:///"), tasks)
    else:
        await _fill_postgresql(url, tasks)


def _fill_sqlite(path: str, tasks: int) -> None:
    connection: Any = apsw.Connection(path)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000", "foreign_keys=OFF"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TEMP TABLE filled (number INTEGER PRIMARY KEY, id TEXT)")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO filled VALUES (?, ?)", list(_accounts()))
    for statement in _statements(_SQLITE, tasks):
        connection.execute(statement)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


async def _fill_postgresql(url: str, tasks: int) -> None:
    settings = {"synchronous_commit": "off", "jit": "off", "session_replication_role": "replica"}
    connection = await asyncpg.connect(url, server_settings=settings)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    try:
        await connection.execute("CREATE TEMP TABLE filled (number bigint PRIMARY KEY, id text)")  # pyright: ignore[reportUnknownMemberType]
        await connection.copy_records_to_table("filled", records=list(_accounts()))  # pyright: ignore[reportUnknownMemberType]
        for statement in _statements(_POSTGRESQL, tasks):
            await connection.execute(statement, timeout=180)  # pyright: ignore[reportUnknownMemberType]
        await connection.execute("VACUUM ANALYZE", timeout=180)  # pyright: ignore[reportUnknownMemberType]
        await connection.execute("CHECKPOINT", timeout=180)  # pyright: ignore[reportUnknownMemberType]
    finally:
        await connection.close()  # pyright: ignore[reportUnknownMemberType]


def _statements(words: _Words, tasks: int) -> Iterator[str]:
    for statement in (_ACCOUNT, _KEY, _LOAD, _LOT, _BALANCE):
        yield statement.format(blob=words.blob)
    values = {
        "task": words.ordinal.format("n * 2"),
        "attempt": words.ordinal.format("n * 2 + 1"),
        "us": _US,
        "blob": words.blob,
        "text64": words.text64,
        "accounts": ACCOUNTS,
        "series": words.series.format(first=0, last=tasks - 1),
    }
    for table, columns in _ROWS.items():
        yield f"INSERT INTO {table} SELECT {columns}{_FROM}".format(**values)
    some = dict(values, series=words.series.format(first=0, last=tasks // 4 - 1))
    columns = " 'images', 'order-' || n, {blob}, {task}, {us} + 86400000000"
    yield f"{_KEYS}{columns}{_FROM}".format(**some)


def _accounts() -> Iterator[tuple[int, str]]:
    chance = random.Random(_SEED)  # noqa: S311 - spread, not secret
    return ((number, "".join(chance.choices(_DIGITS, k=26))) for number in range(ACCOUNTS))
