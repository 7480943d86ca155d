"""Rows of calls that answer at once: their beginning, what a chat used, and answers kept to be replayed."""

from collections.abc import Collection, Sequence

from msgspec import Struct

from apiinone.core.clock import US_PER_S
from apiinone.core.credits import Credits
from apiinone.db import Sql, Tx
from apiinone.ledger.ledger import Owner
from apiinone.tasks.direct import Note, Tokens
from apiinone.tasks.lifecycle import TaskState
from apiinone.tasks.submission import Direct

ANSWER_KEEP_US = 24 * 3600 * US_PER_S

_NEW_ATTEMPT = Sql(
    "INSERT INTO attempts (id, task_id, attempt_no, state, provider, upstream_model, chosen_because,"
    " expected_cost_micro_usd, own_key, created_us, sent_us) VALUES ($1, $2, 1, 'sending', $3, $4, $5, $6, $7, $8, $8)"
)
_NOTE = Sql(
    "INSERT INTO chat_records (task_id, prompt_tokens, completion_tokens, reasoning_tokens, estimated, finish_reason,"
    " owed_micro) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (task_id) DO UPDATE SET"
    " prompt_tokens = excluded.prompt_tokens, completion_tokens = excluded.completion_tokens,"
    " reasoning_tokens = excluded.reasoning_tokens, estimated = excluded.estimated,"
    " finish_reason = excluded.finish_reason, owed_micro = excluded.owed_micro"
)
_NOTES = Sql(
    "SELECT task_id, prompt_tokens, completion_tokens, reasoning_tokens, estimated, finish_reason, owed_micro"
    " FROM chat_records WHERE task_id = ANY($1::text[])"
)
_KEEP_ANSWER = Sql("INSERT INTO direct_answers (task_id, answer, expires_us) VALUES ($1, $2, $3)")
_REPLAYED = Sql(
    "SELECT t.node, t.suffix, t.state, t.error_type, t.error_message, a.answer FROM tasks t"
    " LEFT JOIN direct_answers a ON a.task_id = t.id WHERE t.id = $1 AND t.account_id = $2 AND t.mode = $3"
)


class Remembered(Struct, frozen=True):
    """A call that an idempotency key stands for; `answer` is None where none is kept."""

    node: int
    suffix: str
    state: TaskState
    error_type: str | None
    error_message: str | None
    answer: str | None


async def begin_directs(tx: Tx, begun: Sequence[tuple[str, Direct]]) -> None:
    """Write the attempts of new calls: (task id, who and how). What follows is the socket."""
    await tx.many(_NEW_ATTEMPT, [_attempt(task_id, direct, tx.now_us) for task_id, direct in begun])


async def read_notes(tx: Tx, task_ids: Collection[str]) -> dict[str, Note]:
    """What is written down of these calls, as far as anything is."""
    if not task_ids:
        return {}
    rows = await tx.rows(_NOTES, sorted(task_ids))
    return {row[0]: Note(Tokens(row[1], row[2], row[3], bool(row[4])), row[5], Credits(row[6])) for row in rows}


async def write_notes(tx: Tx, notes: Sequence[tuple[str, Note]], answers: Sequence[tuple[str, str]]) -> None:
    """Store notes, the newest for each call, and answers to be replayed: (task id, …)."""
    await tx.many(_NOTE, [_note(task_id, note) for task_id, note in notes])
    expires_us = tx.now_us + ANSWER_KEEP_US
    await tx.many(_KEEP_ANSWER, [(task_id, answer, expires_us) for task_id, answer in answers])


async def read_remembered(tx: Tx, owner: Owner, task_id: str) -> Remembered | None:
    """The owner's call; None where it is no longer kept."""
    row = await tx.row(_REPLAYED, task_id, *owner)
    return None if row is None else Remembered(*row)


def _attempt(task_id: str, direct: Direct, now_us: int) -> tuple[str | int | None, ...]:
    attempt = direct.attempt
    offer = (attempt.provider, attempt.upstream_model, attempt.chosen_because, attempt.expected_cost_micro_usd)
    return (attempt.id, task_id, *offer, int(attempt.own_key), now_us)


def _note(task_id: str, note: Note) -> tuple[str | int | None, ...]:
    tokens = note.tokens
    counts = (tokens.prompt, tokens.completion, tokens.reasoning, int(tokens.estimated))
    return (task_id, *counts, note.finish_reason, note.owed)
