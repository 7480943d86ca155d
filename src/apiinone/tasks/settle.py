"""The one transaction in which anything happens to a task: attempt, task, outputs and money together.

It locks in the one order (balances, then tasks, then attempts), looks every move up in the tables of `lifecycle.py`,
and writes all of it or nothing. A worker's move with an old fence changes nothing but the attempt's own record:
evidence is never thrown away. What comes after a task's end is written to the attempt, as the operator's loss, and
nowhere else.
"""

from collections.abc import Sequence
from typing import assert_never

from msgspec import Struct

from apiinone.core.clock import US_PER_S, day_of
from apiinone.core.credits import Credits
from apiinone.db import Tx
from apiinone.ledger.budgets import Limits, write_limits
from apiinone.ledger.ledger import Books
from apiinone.ledger.statements import write_books
from apiinone.tasks.attempt_notes import note_event, note_what
from apiinone.tasks.client_faults import CLIENT_FAULTS
from apiinone.tasks.direct import Note
from apiinone.tasks.direct_rows import read_notes, write_notes
from apiinone.tasks.grow_hold import grow_hold
from apiinone.tasks.lifecycle import ATTEMPT_FINAL, FINAL, UNSENT, TaskEvent, next_state
from apiinone.tasks.load_money import load_money
from apiinone.tasks.move_rows import (
    Attempt,
    Task,
    Usage,
    UsageKey,
    lock_tasks,
    read_attempts,
    write_moves,
)
from apiinone.tasks.moves import (
    Blamed,
    CancelAsked,
    CopyLater,
    EndedByHand,
    HoldMore,
    Move,
    Moved,
    NewAttempt,
    Outcome,
    Planned,
    Redirected,
    Sending,
    Stale,
    TimePassed,
    WasAccepted,
    WasAnswered,
    WasCanceled,
    WasLost,
    WasRejected,
    WasRelayed,
    WasStored,
    What,
    attempt_named,
)

REPEATABLE_PROVIDERS = frozenset({"local"})
"""Providers that charge us nothing and may be asked again: only their attempts can a client stop at once."""
_TIMED_OUT = "the provider did not finish before the deadline"
_LEFT_ALONE = "the process that was answering is gone"


async def apply_moves(tx: Tx, moves: Sequence[Move]) -> list[Outcome]:
    """Apply a batch in order of arrival; one outcome for each move."""
    books, limits = await load_money(tx, moves)
    tasks = await lock_tasks(tx, {move.task_id for move in moves})
    named = [attempt_named(move.what) for move in moves]
    current = [task.attempt_id for task in tasks.values()]
    attempts = await read_attempts(tx, {attempt_id for attempt_id in (*current, *named) if attempt_id is not None})
    timed = {move.task_id for move in moves if isinstance(move.what, TimePassed)}
    notes = await read_notes(tx, [task.id for task in tasks.values() if task.direct and task.id in timed])
    scene = Scene(tx.now_us, books, tasks, attempts, notes, limits)
    outcomes = [scene.apply(move, attempt_id) for move, attempt_id in zip(moves, named, strict=True)]
    await write_books(tx, books)
    await write_moves(tx, scene.tasks.values(), list(scene.attempts.values()), scene.usage)
    noted = [(task.id, task.note) for task in tasks.values() if task.note is not None]
    await write_notes(tx, noted, [(task.id, task.answer) for task in tasks.values() if task.answer is not None])
    await write_limits(tx, scene.limits)
    return outcomes


class Scene(Struct):
    """The rows of one batch, as they stand after the moves before."""

    now_us: int
    books: Books
    tasks: dict[str, Task]
    attempts: dict[str, Attempt]
    notes: dict[str, Note]
    limits: Limits
    usage: dict[UsageKey, Usage] = {}

    def apply(self, move: Move, named: str | None) -> Outcome:
        """Make one move, or say that it is stale. `named`: the attempt that it is about."""
        task = self.tasks.get(move.task_id)
        if task is None or task.owner != move.owner:
            return Stale(None)
        current = move.fence is None or move.fence == task.fence
        late = self.now_us >= task.unknown_limit_us and task.state not in FINAL
        if current and late and isinstance(move.what, WasStored):
            self._pass_time(task)  # too late, though no sweep has come by
        note_what(task, self.attempts.get(named or ""), move.what, self.now_us)
        if not current or task.state in FINAL:
            return Stale(task.state)
        of_another = named is not None and named != task.attempt_id
        if of_another or not self._move(task, move.what):
            return Stale(task.state, held=True, cancel_requested=task.cancel_requested_us is not None)
        asked = task.cancel_requested_us is not None
        held = Credits(task.held) if isinstance(move.what, HoldMore) else None
        return Moved(task.state, task.fence, cancel_requested=asked, calls_back=task.calls_back, held=held)

    def _move(self, task: Task, what: What) -> bool:  # noqa: C901, PLR0911, PLR0912 - one arm for each kind of move
        match what:  # the commonest first: each is asked for in turn
            case WasStored():
                return self._store(task, what)
            case WasAnswered():
                return self._answer(task, what)
            case Planned():
                return self._plan(task, what)
            case Sending():
                return self._allow_sending(task, what)
            case WasAccepted():
                return self._go(task, "accepted")
            case WasLost():
                return self._go(task, "lost")
            case CopyLater():
                return self._go(task, "copy_later")
            case WasRejected():
                return self._reject(task, what)
            case Redirected():
                return self._redirect(task, what.attempt)
            case WasRelayed():
                return self._relay(task, what.note)
            case HoldMore():
                return self._hold_more(task, what.level)
            case WasCanceled():
                return self._end(task, "canceled")
            case Blamed(claims):
                task.claims = claims
                return True
            case CancelAsked():
                return self._cancel(task)
            case TimePassed():
                return self._pass_time(task)
            case EndedByHand():
                message = "ended by the operator without charge"
                return self._end(task, "given_up", error=("provider_error", message), actor=what.actor)
            case _:
                assert_never(what)

    def _plan(self, task: Task, what: Planned) -> bool:
        if not self._go(task, "planned"):
            return False
        task.started_us = self.now_us if task.started_us is None else task.started_us
        self._add(task, what.attempt)
        return True

    def _add(self, task: Task, new: NewAttempt) -> Attempt:
        task.attempts += 1
        task.attempt_id = new.id
        attempt = Attempt(new.id, task.id, task.attempts, "planned", new.provider, new=True)
        attempt.upstream_model = new.upstream_model
        attempt.chosen_because = new.chosen_because
        attempt.expected_cost_micro_usd, attempt.own_key = new.expected_cost_micro_usd, int(new.own_key)
        self.attempts[new.id] = attempt
        return attempt

    def _redirect(self, task: Task, new: NewAttempt) -> bool:
        """Only while nothing was said: what was relayed has moved the task on."""
        if not task.direct or task.state != "submitting":
            return False
        note_event(task, self._add(task, new), "sending", self.now_us)
        task.changed = True
        return True

    def _allow_sending(self, task: Task, what: Sending) -> bool:
        attempt = self.attempts.get(what.attempt_id)
        if attempt is None or task.attempt_id != what.attempt_id or task.state != "submitting":
            return False
        attempt.credential_id = what.credential_id
        return note_event(task, attempt, "sending", self.now_us)

    def _reject(self, task: Task, what: WasRejected) -> bool:
        if task.state == "queued" and what.attempt_id is not None:
            return False  # it is in the queue because of that very refusal
        if what.again_after_s is not None and task.cancel_requested_us is None and self._go(task, "again"):
            task.due_us = self.now_us + int(what.again_after_s * US_PER_S)
            return True
        if task.cancel_requested_us is not None and next_state(task.state, "canceled") is not None:
            return self._end(task, "canceled")
        return self._end(task, "refused", error=(CLIENT_FAULTS[what.fault], what.message))

    def _store(self, task: Task, what: WasStored) -> bool:
        task.outputs = what.outputs[: task.units]
        attempt = self._current(task)
        own_unit = task.own_unit if attempt is not None and attempt.own_key else None
        return self._end(task, "stored", captured=(task.unit if own_unit is None else own_unit) * len(task.outputs))

    def _relay(self, task: Task, note: Note) -> bool:
        if not task.direct or (task.state != "running" and not self._go(task, "accepted")):
            return False
        task.note = note
        return True

    def _hold_more(self, task: Task, level: Credits) -> bool:
        if task.direct:
            grow_hold(self.books, self.limits, task, level)
        return task.direct

    def _answer(self, task: Task, what: WasAnswered) -> bool:
        if not task.direct or not self._end(task, "answered", captured=what.captured):
            return False
        task.note, task.answer = what.note, what.answer
        return True

    def _cancel(self, task: Task) -> bool:
        attempt = self._current(task)
        stoppable = attempt is None or attempt.state in UNSENT or attempt.provider in REPEATABLE_PROVIDERS
        if stoppable and not task.direct and self._end(task, "canceled"):
            return True
        if task.cancel_requested_us is None:
            task.cancel_requested_us = self.now_us
            task.changed = True
        return False

    def _pass_time(self, task: Task) -> bool:
        if task.direct:
            return self._pass_time_of_call(task)
        if self.now_us < task.deadline_us:
            return False
        attempt = self._current(task)
        error = ("provider_timeout", _TIMED_OUT)
        if attempt is None or attempt.state in UNSENT:
            return self._end(task, "late_unsent", error=error)
        if self.now_us >= task.unknown_limit_us:
            return self._end(task, "given_up", error=error)
        task.sweep_us = task.unknown_limit_us
        return self._go(task, "late_sent")

    def _pass_time_of_call(self, task: Task) -> bool:
        """By what its process had noted: charge what it owes, or give the hold back. `direct.py` says why."""
        if self.now_us < task.deadline_us and task.holder is not None:
            return False
        note = task.note or self.notes.get(task.id)
        if note is not None and note.owed:
            return self._end(task, "answered", captured=note.owed)
        error = ("provider_timeout", _TIMED_OUT) if task.holder is not None else ("provider_error", _LEFT_ALONE)
        return self._end(task, "given_up", error=error)

    def _go(self, task: Task, event: TaskEvent) -> bool:
        state = next_state(task.state, event)
        if state is None:
            return False
        task.state = state
        task.changed = True
        return True

    def _end(
        self,
        task: Task,
        event: TaskEvent,
        *,
        captured: int = 0,
        error: tuple[str, str] | None = None,
        actor: str = "task",
    ) -> bool:
        if next_state(task.state, event) is None:
            return False
        self._close_attempt(task, event)
        self._go(task, event)
        task.captured = captured
        task.error_type, task.error_message = error or (None, None)
        task.finished_us = self.now_us
        task.expires_us = None if task.direct else self.now_us + task.result_ttl_s * US_PER_S
        task.due_us = task.sweep_us = task.holder = None
        settlement = self.books.settle(task.id, captured, attempt_id=task.attempt_id, actor=actor)
        self.limits.settled(settlement)
        self.usage.setdefault((*task.owner, day_of(self.now_us), task.model, task.key_id), Usage()).count(captured)
        return True

    def _close_attempt(self, task: Task, event: TaskEvent) -> None:
        attempt = self._current(task)
        if attempt is not None and attempt.state not in ATTEMPT_FINAL:
            if event == "canceled":
                note_event(task, attempt, "canceled", self.now_us)
            elif attempt.state == "planned":
                note_event(task, attempt, "dropped", self.now_us)

    def _current(self, task: Task) -> Attempt | None:
        return None if task.attempt_id is None else self.attempts[task.attempt_id]
