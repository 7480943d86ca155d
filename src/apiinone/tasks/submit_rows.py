"""Rows that a submission reads and writes: tasks with their inputs, idempotency keys, quotes."""

from collections.abc import Collection, Sequence

import msgspec
from msgspec import Struct

from apiinone.catalog.own_prices import LIST
from apiinone.core.clock import US_PER_S
from apiinone.core.credits import Credits
from apiinone.db import Sql, Tx
from apiinone.ledger.ledger import Owner
from apiinone.tasks.direct_rows import begin_directs, begun_direct
from apiinone.tasks.submission import Place, Submission
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
_NEW_TASK = Sql(
    "INSERT INTO tasks (id, account_id, mode, key_id, lineage_id, request_id, endpoint, model, sub_model, node, suffix,"
    " scenario, state, fence, claims, due_us, sweep_us, deadline_us, unknown_limit_us, held_micro, unit_micro, units,"
    " attempts, result_ttl_s, catalogue_version, created_us, operation, whose_keys, own_unit_micro, holder, attempt_id,"
    " started_us, price_percent)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14, $15, $16, $17, $18, $19, $20, $21,"
    " $14, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31)"
)
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
    await tx.many(_NEW_TASK, [_task(*one, now_us, unknown_max_s) for one in accepted])
    await begin_directs(tx, [(s.task_id, s.direct) for s, _, _ in accepted if s.direct is not None])
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
    begun = begun_direct(submission.direct, deadline_us, now_us)
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
        begun.state,
        begun.claims,
        begun.due_us,
        begun.sweep_us,
        deadline_us,
        deadline_us + unknown_max_s * US_PER_S,
        held,
        price // submission.units,
        submission.units,
        submission.result_ttl_s,
        submission.catalogue_version,
        now_us,
        submission.operation,
        submission.whose_keys,
        submission.own_unit,
        begun.holder,
        begun.attempt_id,
        begun.started_us,
        submission.price_percent,
    )


def _metadata(submission: Submission) -> str | None:
    return _encode(submission.metadata).decode() if submission.metadata else None
