"""Take due tasks for a worker, write down their attempts, and give back what dead workers held.

A call that answers at once (`direct.py`) has no due time: nobody else can answer it, so giving it back leaves it due
for no worker and lets the sweeper end it.

Tasks are the queue. A claim raises the task's fence, so that whoever held it before can change it no more. Accounts
take turns: each round visits a window of accounts that have due tasks and takes a share from each.
"""

import logging
from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from apiinone.core.clock import US_PER_S
from apiinone.db import Database, Sql, Tx
from apiinone.providers.provider import Reference, Rejected
from apiinone.tasks.blame import UNBLAMED
from apiinone.tasks.job import Job
from apiinone.tasks.moves import NewAttempt

ACCOUNTS_PER_ROUND_MAX = 64

_ACCOUNTS = Sql(
    "WITH RECURSIVE due(account_id) AS ("
    " SELECT min(account_id) FROM tasks WHERE holder IS NULL AND due_us IS NOT NULL AND account_id > $1"
    " UNION ALL SELECT (SELECT min(account_id) FROM tasks WHERE holder IS NULL AND due_us IS NOT NULL"
    " AND account_id > due.account_id) FROM due WHERE due.account_id IS NOT NULL)"
    " SELECT account_id FROM due WHERE account_id IS NOT NULL LIMIT $2"
)
_ANYTHING = Sql("SELECT 1 FROM tasks WHERE holder IS NULL AND due_us <= $1 AND node = ANY($2::bigint[]) LIMIT 1")
_DUE = Sql(
    "SELECT id FROM tasks WHERE account_id = $1 AND holder IS NULL AND due_us <= $2 AND node = ANY($3::bigint[])"
    " ORDER BY due_us LIMIT $4 FOR UPDATE SKIP LOCKED"
)
_JOBS = Sql(
    "SELECT t.id, t.account_id, t.mode, t.state, t.fence + 1, t.claims, t.sub_model, t.units, t.scenario,"
    " t.attempts, t.attempt_id, t.created_us, t.deadline_us, t.cancel_requested_us, coalesce(i.request, '{}'),"
    " t.operation, t.node, t.whose_keys"
    " FROM tasks t LEFT JOIN task_inputs i ON i.task_id = t.id WHERE t.id = ANY($1::text[])"
)
_ATTEMPTS = Sql(
    "SELECT id, state, provider, upstream_model, upstream_id, poll_url, credential_id, own_key FROM attempts"
    " WHERE id = ANY($1::text[])"
)
_TRIED = Sql(
    "SELECT task_id, id, provider, upstream_model, own_key, sent_us FROM attempts WHERE task_id = ANY($1::text[])"
    " ORDER BY task_id, attempt_no"
)
_EVIDENCE = Sql("SELECT state, upstream_id, poll_url, fault, message FROM attempts WHERE id = $1")
_TAKE = Sql(
    "UPDATE tasks SET holder = $1, fence = $2, claims = $3, state = $4, attempts = $5, attempt_id = $6,"
    " started_us = coalesce(started_us, $7) WHERE id = $8"
)
_NEW_ATTEMPT = Sql(
    "INSERT INTO attempts (id, task_id, attempt_no, state, provider, upstream_model, chosen_because,"
    " expected_cost_micro_usd, own_key, created_us) VALUES ($1, $2, $3, 'planned', $4, $5, $6, $7, $8, $9)"
)
_ENLIST = Sql("INSERT INTO workers (epoch, nodes, started_us, lease_until_us) VALUES ($1, $2, $3, $4)")
_EXTEND = Sql("UPDATE workers SET lease_until_us = $1 WHERE epoch = $2")
_LOCK_EPOCH = Sql("SELECT 1 FROM workers WHERE epoch = $1 FOR UPDATE")
_LEAVE = Sql("DELETE FROM workers WHERE epoch = $1")
_BURY = Sql("UPDATE workers SET lease_until_us = 0")
_ANYBODY_DEAD = Sql("SELECT 1 FROM workers WHERE lease_until_us < $1 LIMIT 1")
_DEAD = Sql("SELECT epoch FROM workers WHERE lease_until_us < $1 ORDER BY epoch LIMIT 20 FOR UPDATE SKIP LOCKED")
_GIVE_BACK = Sql(
    "UPDATE tasks SET holder = NULL, fence = fence + 1,"
    " due_us = CASE WHEN due_us IS NULL THEN NULL ELSE $1::bigint END,"
    " sweep_us = CASE WHEN due_us IS NULL THEN $1::bigint ELSE sweep_us END WHERE id IN"
    " (SELECT id FROM tasks WHERE holder = $2 ORDER BY id LIMIT 500 FOR UPDATE)"
)
_HAND_BACK = Sql(  # in good order: the claim blames nobody
    "UPDATE tasks SET holder = NULL, fence = fence + 1, claims = claims - 1,"
    " due_us = CASE WHEN due_us IS NULL THEN NULL ELSE $1::bigint END,"
    " sweep_us = CASE WHEN due_us IS NULL THEN $1::bigint ELSE sweep_us END WHERE id IN"
    " (SELECT id FROM tasks WHERE holder = $2 ORDER BY id LIMIT 500 FOR UPDATE)"
)
_encode = msgspec.json.Encoder().encode
_log = logging.getLogger("apiinone.claim")


class Claim(Struct, frozen=True):
    """Who takes, from which nodes, how many, and after which account the round begins."""

    epoch: str
    nodes: tuple[int, ...]
    room: int
    after_account: str


class Claimed(Struct, frozen=True):
    """The jobs, and where the next round begins; "" once every account had its turn."""

    jobs: list[Job]
    next_account: str
    alive: bool = True
    """False where the epoch is over: others took its worker for dead, and nothing may be held in its name."""


Plan = Callable[[Job], NewAttempt | None]
"""Chooses the first offer of a queued task; None leaves it queued for the worker to end."""


async def anything_due(database: Database, nodes: Sequence[int]) -> bool:
    """Whether a claim might find something: a read, so that an idle worker never writes."""
    return bool(await database.rows_now(_ANYTHING, nodes))


async def claim(tx: Tx, order: Claim, plan: Plan) -> Claimed:
    """Take due tasks and write down the first attempt of those that were queued, in one transaction.

    The worker's own row is locked first, as by those who take over: no task is held under an epoch that is over.
    """
    if await tx.row(_LOCK_EPOCH, order.epoch) is None:
        return Claimed([], order.after_account, alive=False)
    ids, next_account = await _due(tx, order)
    if not ids:
        return Claimed([], next_account)
    jobs = [Job(*row) for row in await tx.rows(_JOBS, ids)]
    for job in jobs:
        job.to_stop = job.cancel_requested_us is not None
        job.in_doubt = job.claims > 0
    await _add_attempts(tx, jobs)
    await _add_tried(tx, [job for job in jobs if job.attempts])
    new = [(job, attempt) for job in jobs if job.state == "queued" and (attempt := _planned(plan, job)) is not None]
    for job, attempt in new:
        job.plan(attempt)
    await tx.many(_TAKE, [_taken(job, order.epoch, tx.now_us) for job in jobs])
    await tx.many(_NEW_ATTEMPT, [_attempt(job, attempt, tx.now_us) for job, attempt in new])
    return Claimed(jobs, next_account)


async def enlist(tx: Tx, epoch: str, nodes: Sequence[int], lease_s: float) -> None:
    """Write down that a worker lives, for so long."""
    await tx.run(_ENLIST, epoch, _encode(nodes).decode(), tx.now_us, tx.now_us + int(lease_s * US_PER_S))


async def extend(tx: Tx, epoch: str, lease_s: float) -> bool:
    """Prolong a worker's lease; False where others have taken it for dead and the epoch is over."""
    return await tx.run(_EXTEND, tx.now_us + int(lease_s * US_PER_S), epoch) == 1


async def leave(tx: Tx, epoch: str) -> bool:
    """End an epoch in good order: hand back up to 500 tasks at a time. True once nothing is held."""
    await tx.row(_LOCK_EPOCH, epoch)
    if await tx.run(_HAND_BACK, tx.now_us, epoch):
        return False
    await tx.run(_LEAVE, epoch)
    return True


async def bury_all(tx: Tx) -> None:
    """End every lease, where no other process can be at work: a file's only server has just been started again."""
    await tx.run(_BURY)


async def evidence_of(tx: Tx, attempt_id: str) -> Reference | Rejected | None:
    """What is known of an attempt, even if a worker that lost the task wrote it down since."""
    row = await tx.row(_EVIDENCE, attempt_id)
    if row is None:
        return None
    if row[0] == "rejected":
        return Rejected(row[3], row[4], retryable=False)
    return None if row[1] is None else Reference(row[1], row[2])


async def anybody_dead(database: Database) -> bool:
    """Whether taking over might find a worker whose lease has run out: a read as well."""
    return bool(await database.rows_now(_ANYBODY_DEAD))


async def take_over_dead(tx: Tx) -> int:
    """Give back tasks of workers whose lease has run out, up to 500 of each; how many were given back."""
    given = 0
    for row in await tx.rows(_DEAD, tx.now_us):
        count = await tx.run(_GIVE_BACK, tx.now_us, row[0])
        given += count
        if count == 0:
            await tx.run(_LEAVE, row[0])
    return given


async def _due(tx: Tx, order: Claim) -> tuple[list[str], str]:
    """Due tasks of the accounts whose turn it is, and after which account the next round begins."""
    accounts = [row[0] for row in await tx.rows(_ACCOUNTS, order.after_account, ACCOUNTS_PER_ROUND_MAX)]
    share = max(1, order.room // max(1, len(accounts)))
    ids: list[str] = []
    last = order.after_account
    for account_id in accounts:
        if len(ids) >= order.room:
            return ids, last
        rows = await tx.rows(_DUE, account_id, tx.now_us, order.nodes, min(share, order.room - len(ids)))
        ids += [row[0] for row in rows]
        last = account_id
    return ids, last if len(accounts) == ACCOUNTS_PER_ROUND_MAX else ""


async def _add_attempts(tx: Tx, jobs: Sequence[Job]) -> None:
    ids = [job.attempt_id for job in jobs if job.attempt_id is not None and job.state != "queued"]
    if not ids:
        return
    rows = {row[0]: row for row in await tx.rows(_ATTEMPTS, ids)}
    for job in jobs:
        row = rows.get(job.attempt_id or "")
        if row is not None:
            job.attempt_state, job.provider, job.upstream_model = row[1], row[2], row[3]
            job.reference = None if row[4] is None else Reference(row[4], row[5])
            job.credential_id, job.own_key = row[6], bool(row[7])


async def _add_tried(tx: Tx, jobs: Sequence[Job]) -> None:
    """Which ways a task has tried, so that another worker goes on with the next one."""
    if not jobs:
        return
    by_id = {job.id: job for job in jobs}
    for task_id, attempt_id, provider, upstream_model, own_key, sent_us in await tx.rows(_TRIED, list(by_id)):
        job = by_id[task_id]
        job.tried.append((provider, upstream_model, bool(own_key)))
        given_up = job.state == "queued" or attempt_id != job.attempt_id  # else it is the one under way
        job.unsent += sent_us is None and given_up


def _planned(plan: Plan, job: Job) -> NewAttempt | None:
    """The attempt; None where it cannot be planned, so that one odd task keeps nobody's work from being claimed."""
    try:
        return plan(job)
    except Exception:  # noqa: BLE001 - its own step will meet the same and say so
        _log.exception("a task cannot be planned", extra={"task_id": job.id})
        return None


def _taken(job: Job, epoch: str, now_us: int) -> tuple[str | int | None, ...]:
    return (epoch, job.fence, max(job.claims, UNBLAMED), job.state, job.attempts, job.attempt_id, now_us, job.id)


def _attempt(job: Job, attempt: NewAttempt, now_us: int) -> tuple[str | int | None, ...]:
    offer = (attempt.provider, attempt.upstream_model, attempt.chosen_because, attempt.expected_cost_micro_usd)
    return (attempt.id, job.id, job.attempts, *offer, int(attempt.own_key), now_us)
