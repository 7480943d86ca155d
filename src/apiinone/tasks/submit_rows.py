"""Rows that a submission reads and writes: tasks with their inputs, idempotency keys, quotes."""

from collections.abc import Collection, Sequence

import msgspec
from msgspec import Struct

from apiinone.catalog.own_prices import LIST
from apiinone.core.clock import US_PER_S
from apiinone.core.credits import Credits
from apiinone.db import Sql, Tx
from apiinone.ledger.ledger import Owner
from apiinone.tasks.direct import GRACE_S
from apiinone.tasks.direct_rows import begin_directs
from apiinone.tasks.submission import Direct, Place, Submission
from apiinone.tasks.whose_keys import WhoseKeys
from apiinone.webhooks.outbox import keep_addresses

IDEMPOTENCY_KEEP_US = 24 * 3600 * US_PER_S

_REMEMBERED = Sql(
    "SELECT account_id, mode, route, key, body_hash, task_id FROM idempotency"
    " WHERE account_id = ANY($1::text[]) AND mode = ANY($2::text[]) AND route = ANY($3::text[])"
    " AND key = ANY($4::text[])"
)
_REMEMBER = Sql(
    "INSERT INTO idempotency (account_id, mode, route, key, body_hash, task_id, expires_us)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7)"
)
_PROMISES = Sql(
    "SELECT id, account_id, mode, body_hash, price_version, unit_micro, units, expires_us, used_by,"
    " whose_keys, own_total_micro, price_percent FROM quotes WHERE id = ANY($1::text[]) FOR UPDATE"
)
_SPEND = Sql("UPDATE quotes SET used_by = $1 WHERE id = $2 AND used_by IS NULL")
_NEW_QUOTE = Sql(
    "INSERT INTO quotes (id, account_id, mode, body_hash, price_version, unit_micro, units, expires_us, whose_keys,"
    " own_total_micro, price_percent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
)
_INTO_TASKS = (
    "INSERT INTO tasks (id, account_id, mode, key_id, lineage_id, request_id, endpoint, model, sub_model, node, suffix,"
    " scenario, deadline_us, unknown_limit_us, held_micro, unit_micro, units, result_ttl_s, catalogue_version,"
    " operation, whose_keys, own_unit_micro, price_percent, created_us, "
)
_VALUES = (
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,"
    " $24, "
)
_NEW_TASK = Sql(
    _INTO_TASKS + "state, fence, claims, attempts, due_us, sweep_us) " + _VALUES + "'queued', 0, 0, 0, $24, $13)"
)
_NEW_CALL = Sql(
    _INTO_TASKS
    + "state, fence, claims, attempts, sweep_us, holder, attempt_id, started_us) "
    + _VALUES
    + "'submitting', 0, 1, 1, $25, $26, $27, $24)"
)
"""A call that its process answers at once: it is due for no worker."""
_NEW_INPUT = Sql("INSERT INTO task_inputs (task_id, request, metadata) VALUES ($1, $2, $3)")
_NEW_LABEL = Sql("INSERT INTO task_labels (account_id, mode, name, value, task_id) VALUES ($1, $2, $3, $4, $5)")
_encode = msgspec.json.Encoder(order="deterministic").encode


class Remembered(Struct, frozen=True):
    """What an idempotency key stands for."""

    body_hash: bytes
    task_id: str


class Promise(Struct, frozen=True):
    """A quote as stored."""

    owner: Owner
    body_hash: bytes
    price_version: str
    unit: int
    units: int
    expires_us: int
    used_by: str | None = None
    own_keys: tuple[WhoseKeys, int | None] = ("house", None)
    """Whose credentials it was given for, and the whole price where the account's own key makes it."""
    price_percent: int = LIST
    """What the account paid of the list."""

    def spent_on(self, task_id: str) -> "Promise":
        """The same, used."""
        return msgspec.structs.replace(self, used_by=task_id)


async def load_remembered(tx: Tx, places: Collection[Place]) -> dict[Place, Remembered]:
    """What is remembered of these idempotency keys."""
    if not places:
        return {}
    columns: list[list[str]] = [sorted(set(column)) for column in zip(*places, strict=True)]
    rows = await tx.rows(_REMEMBERED, *columns)
    return {(row[0], row[1], row[2], row[3]): Remembered(bytes(row[4]), row[5]) for row in rows}


async def load_promises(tx: Tx, quote_ids: Collection[str]) -> dict[str, Promise]:
    """These quotes, as far as they exist."""
    if not quote_ids:
        return {}
    rows = await tx.rows(_PROMISES, sorted(quote_ids))
    return {row[0]: Promise((row[1], row[2]), bytes(row[3]), *row[4:9], (row[9], row[10]), row[11]) for row in rows}  # pyright: ignore[reportCallIssue]


async def spend_promises(tx: Tx, used: Sequence[tuple[str | None, str]]) -> None:
    """Mark quotes as used by these tasks: (quote id, task id)."""
    await tx.many(_SPEND, [(task_id, quote_id) for quote_id, task_id in used])


async def write_quote(tx: Tx, quote_id: str, promise: Promise) -> None:
    """Store a quote."""
    identity = (quote_id, *promise.owner, promise.body_hash, promise.price_version)
    price = (promise.unit, promise.units, promise.expires_us, *promise.own_keys, promise.price_percent)
    await tx.run(_NEW_QUOTE, *identity, *price)


async def write_tasks(tx: Tx, accepted: Sequence[tuple[Submission, Credits, Credits]], *, unknown_max_s: int) -> None:
    """Insert accepted tasks with their inputs, callback addresses, labels and idempotency keys.

    Beside each submission its frozen price and what is held for it.
    """
    now_us = tx.now_us
    tasks = [_task(*one, now_us, unknown_max_s) for one in accepted if one[0].direct is None]
    await tx.many(_NEW_TASK, tasks)
    calls = [(one, one[0].direct) for one in accepted if one[0].direct is not None]
    await tx.many(
        _NEW_CALL, [(*_task(*one, now_us, unknown_max_s), *_begun(one[0], direct, now_us)) for one, direct in calls]
    )
    await begin_directs(tx, [(one[0].task_id, direct) for one, direct in calls])
    await tx.many(_NEW_INPUT, [(s.task_id, s.request_json, _metadata(s)) for s, _, _ in accepted])
    await keep_addresses(tx, [(s.task_id, s.callback) for s, _, _ in accepted if s.callback is not None])
    labels = [(*s.owner, name, value, s.task_id) for s, _, _ in accepted for name, value in s.metadata.items()]
    await tx.many(_NEW_LABEL, labels)
    keys = [(*s.place, s.body_hash, s.task_id, now_us + IDEMPOTENCY_KEEP_US) for s, _, _ in accepted if s.place]
    await tx.many(_REMEMBER, keys)


def _task(
    submission: Submission, price: Credits, held: Credits, now_us: int, unknown_max_s: int
) -> tuple[str | int | None, ...]:
    deadline_us = now_us + submission.deadline_s * US_PER_S
    return (
        submission.task_id,
        *submission.owner,
        submission.caller.key_id,
        submission.caller.lineage_id,
        submission.request_id,
        submission.endpoint,
        submission.model,
        submission.sub_model,
        submission.node,
        submission.suffix,
        submission.scenario,
        deadline_us,
        deadline_us + unknown_max_s * US_PER_S,
        held,
        price // submission.units,
        submission.units,
        submission.result_ttl_s,
        submission.catalogue_version,
        submission.operation,
        submission.whose_keys,
        submission.own_unit,
        submission.price_percent,
        now_us,
    )


def _begun(submission: Submission, direct: Direct, now_us: int) -> tuple[int, str, str]:
    """Until when its process has time to settle it, which one that is, and the attempt that is under way."""
    sweep_us = now_us + (submission.deadline_s + GRACE_S) * US_PER_S
    return sweep_us, direct.holder, direct.attempt.id


def _metadata(submission: Submission) -> str | None:
    return _encode(submission.metadata).decode() if submission.metadata else None
