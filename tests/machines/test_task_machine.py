"""Tasks under any order of moves: legal and not, stale, late, doubled, from two workers, clients, clocks, operators."""

from collections.abc import Sequence
from typing import Literal

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from apiinone.accounts.callers import Caller
from apiinone.db import Row, Sql
from apiinone.providers.provider import Reference
from apiinone.tasks.claim import Claim, claim, enlist, take_over_dead
from apiinone.tasks.job import Job
from apiinone.tasks.lifecycle import ATTEMPT_FINAL, ATTEMPT_MOVES, FINAL, TASK_MOVES
from apiinone.tasks.moves import (
    CancelAsked,
    CopyLater,
    EndedByHand,
    Move,
    Moved,
    NewAttempt,
    Planned,
    Sending,
    TimePassed,
    WasAccepted,
    WasCanceled,
    WasLost,
    WasRejected,
    WasStored,
    What,
)
from machines.machinery import OnDatabase, drive_machine
from workshop import DAY_S, PRICE, Workshop

LEASE_S = 15.0
NODE = 78
Kind = Literal[
    "planned",
    "sending",
    "accepted",
    "lost",
    "copy later",
    "again",
    "refused",
    "stored",
    "canceled",
    "cancel",
    "time",
    "by hand",
]
KINDS: tuple[Kind, ...] = (
    "planned",
    "sending",
    "accepted",
    "lost",
    "copy later",
    "again",
    "refused",
    "stored",
    "canceled",
    "cancel",
    "time",
    "by hand",
)
LIKELY: dict[str, tuple[Kind, ...]] = {
    "queued": ("planned",),
    "submitting": ("sending", "sending", "accepted", "lost", "stored", "again", "copy later"),
    "running": ("copy later", "stored", "again", "lost", "cancel"),
    "storing": ("stored", "copy later", "again"),
    "unknown": ("accepted", "lost", "stored", "refused", "copy later"),
}
"""What mostly comes next."""
Who = Literal["holder", "stale", "anyone"]
AT_A_VENDOR = {"sending", "accepted", "unknown"}
TASKS = Sql(
    "SELECT t.id, t.state, fence, t.captured_micro, error_type, finished_us, t.attempt_id, unit_micro, units,"
    " (SELECT count(*) FROM outputs o WHERE o.task_id = t.id), s.captured_micro, expires_us"
    " FROM tasks t LEFT JOIN settlements s ON s.hold_id = t.id WHERE t.account_id = $1 ORDER BY t.id"
)
ATTEMPTS = Sql("SELECT id, state, sent_us, task_id FROM attempts WHERE task_id = ANY($1::text[]) ORDER BY id")
ORDER = st.tuples(
    st.integers(0, 5),
    st.sampled_from(KINDS),
    st.sampled_from(["holder", "holder", "holder", "stale", "anyone"]),
    st.sampled_from(["current", "current", "current", "other"]),
)


class TaskMachine(OnDatabase):
    """One account, two workers, a handful of tasks."""

    @initialize()
    def open(self) -> None:
        self.workshop = Workshop(self.database)
        self.caller: Caller = self.run(self.workshop.tenant(live=10_000))
        self.tasks: list[str] = []
        self.ended: dict[str, tuple[object, ...]] = {}
        self.sent: dict[str, int] = {}
        self.attempt_states: dict[str, str] = {}
        self.task_states: dict[str, str] = {}
        self.epochs = ["", ""]
        for worker in (0, 1):
            self.begin(worker)
        for units in (1, 2, 3):
            self.submits(units, 600)

    def begin(self, worker: int) -> None:
        epoch = self.epochs[worker] = self.workshop.ids.new()
        self.run(self.database.transact(lambda tx: enlist(tx, epoch, (NODE,), LEASE_S)))

    @rule(units=st.integers(1, 3), deadline_s=st.sampled_from([10, 60, 600]))
    def submits(self, units: int, deadline_s: int) -> None:
        if len(self.tasks) < 6:
            self.tasks.append(self.run(self.workshop.task(self.caller, units=units, deadline_s=deadline_s)))

    @rule(worker=st.integers(0, 1), provider=st.sampled_from(["recraft", "recraft", "local"]), room=st.integers(1, 4))
    def claims(self, worker: int, provider: str, room: int) -> None:
        order = Claim(self.epochs[worker], (NODE,), room, "")

        def plan(job: Job) -> NewAttempt:
            assert job.id in self.tasks or job.account_id != self.caller.account_id
            return NewAttempt(self.workshop.ids.new(), provider, "m", "because", 1)

        claimed = self.run(self.database.transact(lambda tx: claim(tx, order, plan)))
        if not claimed.alive:
            assert claimed.jobs == []
            self.begin(worker)

    @rule(seconds=st.sampled_from([1, 2, 20, 100, 4_000]))
    def time_passes(self, seconds: int) -> None:
        self.workshop.let_pass(seconds)

    @rule()
    def others_take_over(self) -> None:
        self.run(self.database.transact(take_over_dead))

    @rule(which=st.integers(0, 5), pick=st.integers(0, 6), steps=st.integers(1, 4))
    def goes_on(self, which: int, pick: int, steps: int) -> None:
        """What mostly comes next, for a few steps."""
        for step in range(steps):
            task_id = self.tasks[which % len(self.tasks)]
            likely = LIKELY.get(self._rows()[task_id][1], ("stored", "lost", "refused"))
            self.things_happen([(which, likely[(pick + step) % len(likely)], "holder", "current")])

    @rule(orders=st.lists(ORDER, min_size=1, max_size=4))
    def things_happen(self, orders: Sequence[tuple[int, Kind, Who, str]]) -> None:
        before = self._rows()
        moves: list[tuple[Move, Who]] = []
        for which, kind, who, attempt in orders:
            task_id = self.tasks[which % len(self.tasks)]
            row = before[task_id]
            fence = {"holder": row[2], "stale": row[2] - 1, "anyone": None}[who]
            named = row[6] if attempt == "current" and row[6] else self._some_attempt(which)
            owner = (self.caller.account_id, self.caller.mode)
            moves.append((Move(task_id, owner, self._what(kind, named), fence), who))
        outcomes = self.run(self.workshop.apply(*[move for move, _ in moves]))
        for (move, who), outcome in zip(moves, outcomes, strict=True):
            if who == "stale":
                assert not isinstance(outcome, Moved)
            if isinstance(move.what, Sending) and isinstance(outcome, Moved):
                self.sent[move.what.attempt_id] = self.sent.get(move.what.attempt_id, 0) + 1
        after = self._rows()
        for task_id in {move.task_id for move, _ in moves}:
            if all(who == "stale" for move, who in moves if move.task_id == task_id):
                assert after[task_id] == before[task_id]

    def _some_attempt(self, which: int) -> str:
        known = sorted(self.attempt_states)
        return known[which % len(known)] if known else self.workshop.ids.new()

    def _what(self, kind: Kind, attempt_id: str) -> What:  # noqa: C901, PLR0911, PLR0912 - one arm for each kind
        match kind:
            case "planned":
                return Planned(NewAttempt(self.workshop.ids.new(), "recraft", "m", "because", 1))
            case "sending":
                return Sending(attempt_id)
            case "accepted":
                return WasAccepted(attempt_id, Reference(f"up-{attempt_id}"))
            case "lost":
                return WasLost(attempt_id, "lost")
            case "copy later":
                return CopyLater(attempt_id)
            case "again":
                return WasRejected(attempt_id, "provider_error", "no", 0.0)
            case "refused":
                return WasRejected(attempt_id, "content_policy", "no", None)
            case "stored":
                return WasStored(attempt_id, (self.workshop.output(), self.workshop.output()), 5)
            case "canceled":
                return WasCanceled(attempt_id)
            case "cancel":
                return CancelAsked()
            case "time":
                return TimePassed()
            case "by hand":
                return EndedByHand("operator")

    def _rows(self) -> dict[str, Row]:
        return {row[0]: tuple(row) for row in self.run(self.workshop.rows(TASKS, self.caller.account_id))}

    @invariant()
    def what_has_ended_is_settled_once_and_stays_as_it_is(self) -> None:
        for task_id, row in (self._rows() if hasattr(self, "tasks") else {}).items():
            _, state, _, captured, _, finished_us, _, unit, units, outputs, settled, _ = row
            ended = state in FINAL
            assert (finished_us is not None, settled is not None, captured is not None) == (ended, ended, ended)
            if ended:
                assert captured == settled == unit * outputs
                assert (captured > 0) == (state == "succeeded")
                assert outputs <= units
                assert unit == PRICE
                assert self.ended.setdefault(task_id, row) == row
            earlier = self.task_states.get(task_id, state)
            assert earlier == state or _reachable(earlier, state, TASK_MOVES)  # pyright: ignore[reportArgumentType]
            self.task_states[task_id] = state

    @invariant()
    def nothing_is_sent_twice_and_never_two_at_once(self) -> None:
        if not getattr(self, "tasks", ()):
            return
        rows = self.run(self.workshop.rows(ATTEMPTS, self.tasks))
        at_vendors = [row[3] for row in rows if row[1] in AT_A_VENDOR]
        assert len(set(at_vendors)) == len(at_vendors)
        for attempt_id, state, sent_us, _ in rows:
            earlier = self.attempt_states.get(attempt_id, "planned")
            assert earlier == state or _reachable(earlier, state, ATTEMPT_MOVES)  # pyright: ignore[reportArgumentType]
            assert earlier not in ATTEMPT_FINAL or earlier == state
            self.attempt_states[attempt_id] = state
            assert (sent_us is not None) == (self.sent.get(attempt_id, 0) == 1)
            assert self.sent.get(attempt_id, 0) <= 1

    def teardown(self) -> None:
        """Whatever happened, time ends every task, and the books are right."""
        if not getattr(self, "tasks", ()):
            return
        self.workshop.let_pass(2 * DAY_S)
        owner = (self.caller.account_id, self.caller.mode)
        for _ in range(2):
            self.run(self.workshop.apply(*[Move(task_id, owner, TimePassed()) for task_id in self.tasks]))
        self.what_has_ended_is_settled_once_and_stays_as_it_is()
        assert self.ended.keys() == set(self.tasks)
        available, held = self.run(self.workshop.balance(self.caller))
        assert (held, available) == (0, 1_000 * PRICE - sum(row[3] for row in self._rows().values()))


def _reachable(source: str, target: str, moves: dict[tuple[str, str], str]) -> bool:
    """Whether one or more moves lead from one state to another."""
    seen, edge = set[str](), {source}
    while edge - seen:
        seen |= edge
        edge = {to for (begin, _), to in moves.items() if begin in edge}
    return target in {to for (begin, _), to in moves.items() if begin in seen}


@pytest.mark.slow
def test_every_task_is_settled_once_and_nothing_is_sent_twice(database_url: str) -> None:
    drive_machine(TaskMachine, database_url)
