"""The product's use cases at hand on a real database: accounts, keys, submits, moves, and time that passes."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from apiinone.accounts.account_rows import open_account
from apiinone.accounts.callers import Caller
from apiinone.accounts.key_rows import NewKey, key_by_id, make_key
from apiinone.accounts.keys import KeyRules, Mode
from apiinone.assets.ingest import StoredOutput
from apiinone.core.clock import US_PER_S, SystemClock
from apiinone.core.credits import Credits, whole
from apiinone.core.ids import Ids
from apiinone.db import Row, Sql, Tx, Value
from apiinone.ledger.budgets import Period
from apiinone.ledger.grants import grant
from apiinone.ledger.ledger import Owner
from apiinone.tasks.audit import audit
from apiinone.tasks.moves import Move, Moved, NewAttempt, Outcome, Planned, Sending, WasStored, What
from apiinone.tasks.settle import apply_moves
from apiinone.tasks.submission import Submission
from apiinone.tasks.submit import Created, SubmitRules, submit_batch
from apiinone.tasks.submit import Outcome as SubmitOutcome
from later import LaterDatabase

PRICE = whole(10)
RULES = SubmitRules(open_tasks_max=10_000, test_credits_per_day=whole(1_000), unknown_max_s=3_600)
DAY_S = 86_400
APPLIED_AT_ONCE_MAX = 8
"""Without batches, hundreds of moves at once would wait for a connection longer than the product lets them."""
_BALANCE = Sql("SELECT available_micro, held_micro FROM balances WHERE account_id = $1 AND mode = $2")
_TASK = Sql(
    "SELECT state, fence, captured_micro, error_type, attempt_id, finished_us, cancel_requested_us, attempts"
    " FROM tasks WHERE id = $1"
)
_ATTEMPT = Sql(
    "SELECT state, late_state, upstream_id, actual_cost_micro_usd, sent_us, fault, provider FROM attempts WHERE id = $1"
)
_SETTLEMENTS = Sql("SELECT captured_micro, released_micro FROM settlements WHERE hold_id = $1")


class TaskSeen(Struct, frozen=True):
    """A task's row, as far as tests look at it."""

    state: str
    fence: int
    captured: int | None
    error_type: str | None
    attempt_id: str | None
    finished_us: int | None
    cancel_requested_us: int | None
    attempts: int


class AttemptSeen(Struct, frozen=True):
    """An attempt's row, as far as tests look at it."""

    state: str
    late_state: str | None
    upstream_id: str | None
    cost: int | None
    sent_us: int | None
    fault: str | None
    provider: str


class Workshop:
    """One database and what tests do with it."""

    def __init__(self, database: LaterDatabase, rules: SubmitRules = RULES) -> None:
        self.database = database
        self.rules = rules
        self.ids = Ids(SystemClock())
        self._room = asyncio.Semaphore(APPLIED_AT_ONCE_MAX)

    async def tenant(
        self,
        *,
        live: int = 0,
        mode: Mode = "live",
        rules: KeyRules | None = None,
        budget: tuple[Credits, Period] | None = None,
    ) -> Caller:
        """A new account with so many live credits, and its key as the caller that it makes."""
        account, key = self.ids.new(), self.ids.new()
        level = self.rules.test_credits_per_day

        async def open_one(tx: Tx) -> None:
            email = f"{account}@example.com"
            await open_account(tx, account_id=account, email=email, lot_id=self.ids.new(), test_credits=level)
            await make_key(tx, NewKey(key, account, mode, b"hash", rules=rules or KeyRules(), budget=budget))

        await self.database.transact(open_one)
        if live:
            await self.grant((account, "live"), live)
        return Caller(account, mode, key, key, rules or KeyRules())

    async def caller_of(self, key_id: str) -> Caller:
        """The caller that a key's row makes."""
        key = await self.database.read(lambda tx: key_by_id(tx, key_id))
        assert key is not None
        return Caller(key.account_id, key.mode, key.id, key.lineage_id, key.rules, key.made_by)

    async def grant(self, owner: Owner, count: int, *, expires_in_s: int | None = None) -> str:
        """Give a lot of so many credits and return its id."""
        lot_id = self.ids.new()

        async def give(tx: Tx) -> None:
            expires_us = None if expires_in_s is None else tx.now_us + expires_in_s * US_PER_S
            amount = whole(count)
            await grant(
                tx, owner, lot_id=lot_id, amount=amount, actor="operator", reason="a test", expires_us=expires_us
            )

        await self.database.transact(give)
        return lot_id

    def submission(self, caller: Caller, **changes: Any) -> Submission:
        """A request for one task of ten credits, with what the test changes of it."""
        plain = Submission(
            task_id=self.ids.new(),
            caller=caller,
            request_id="req",
            route="images/generations",
            endpoint="images",
            model="recraft-v4",
            sub_model="recraft-v4-text-to-image",
            node=78,
            suffix="recraft",
            scenario=None,
            unit=PRICE,
            units=1,
            request_json='{"model":"recraft-v4-text-to-image","prompt":"a hill","image_size":"1024x1024"}',
            body_hash=b"body",
            catalogue_version="1",
            deadline_s=600,
            result_ttl_s=3_600,
            metadata={},
            max_credits=None,
            quote_id=None,
            idempotency_key=None,
        )
        return msgspec.structs.replace(plain, **changes)

    async def submit(self, *submissions: Submission) -> list[SubmitOutcome]:
        """One batch."""

        async def work(tx: Tx) -> list[SubmitOutcome]:
            return await submit_batch(tx, submissions, self.rules)

        return await self.database.transact(work)

    async def task(self, caller: Caller, **changes: Any) -> str:
        """A task that was accepted."""
        (outcome,) = await self.submit(self.submission(caller, **changes))
        assert isinstance(outcome, Created), outcome
        return outcome.task_id

    async def apply(self, *moves: Move) -> list[Outcome]:
        """One batch."""

        async def work(tx: Tx) -> list[Outcome]:
            return await apply_moves(tx, moves)

        return await self.database.transact(work)

    async def only(self, move: Move) -> Outcome:
        """One move, as a process without batches would make it."""
        async with self._room:
            (outcome,) = await self.apply(move)
            return outcome

    async def drop_nothing(self, keys: Sequence[str]) -> None:
        """The place of a storage that keeps nothing."""

    async def move(self, task_id: str, caller: Caller, what: What, fence: int | None = None) -> Outcome:
        """One move."""
        (outcome,) = await self.apply(Move(task_id, (caller.account_id, caller.mode), what, fence))
        return outcome

    async def planned(self, task_id: str, caller: Caller, provider: str = "recraft") -> str:
        """Write down an attempt for a queued task and give its id."""
        attempt = NewAttempt(self.ids.new(), provider, "recraftv4", "the only one", 40_000)
        assert isinstance(await self.move(task_id, caller, Planned(attempt)), Moved)
        return attempt.id

    async def sending(self, task_id: str, caller: Caller) -> str:
        """The same, and the socket comes next."""
        attempt_id = await self.planned(task_id, caller)
        assert isinstance(await self.move(task_id, caller, Sending(attempt_id)), Moved)
        return attempt_id

    async def store(self, task_id: str, caller: Caller, attempt_id: str, outputs: int = 1) -> Outcome:
        """Have the attempt's outputs stored."""
        made = tuple(self.output() for _ in range(outputs))
        return await self.move(task_id, caller, WasStored(attempt_id, made, 40_000))

    def output(self) -> StoredOutput:
        """An output as the ingest gives it."""
        return StoredOutput(f"live/{self.ids.new()}", "image/png", 3, 1, 1, "00")

    async def seen(self, task_id: str) -> TaskSeen:
        """The task's row."""
        return TaskSeen(*await self.row(_TASK, task_id))

    async def attempt(self, attempt_id: str) -> AttemptSeen:
        """The attempt's row."""
        return AttemptSeen(*await self.row(_ATTEMPT, attempt_id))

    async def settlements(self, task_id: str) -> list[tuple[int, int]]:
        """What was captured and released of the task's hold, by each of its settlements."""
        return [(row[0], row[1]) for row in await self.rows(_SETTLEMENTS, task_id)]

    async def balance(self, caller: Caller) -> tuple[int, int]:
        """What the balance row says is available and held."""
        available, held = await self.row(_BALANCE, caller.account_id, caller.mode)
        return available, held

    async def rows(self, statement: Sql, *values: Value) -> Sequence[Row]:
        """Read rows."""

        async def look(tx: Tx) -> list[Row]:
            return await tx.rows(statement, *values)

        return await self.database.read(look)

    async def row(self, statement: Sql, *values: Value) -> Row:
        """Read the one row that there must be."""
        (row,) = await self.rows(statement, *values)
        return tuple(row)

    async def run(self, statement: Sql, *values: Value) -> int:
        """Change rows behind the product's back."""

        async def change(tx: Tx) -> int:
            return await tx.run(statement, *values)

        return await self.database.transact(change)

    def let_pass(self, seconds: float) -> None:
        """Let time pass: every later transaction begins so much later."""
        self.database.let_pass(seconds)

    def go_to_the_tenth(self) -> None:
        """So that the next day is in the same month, whenever the test is run."""
        now = datetime.now(UTC)
        tenth = (now.replace(day=1) + timedelta(days=32)).replace(day=10, hour=12)
        self.let_pass((tenth - now).total_seconds())

    async def assert_sound(self) -> None:
        """The audit finds nothing."""
        report = await audit(self.database)
        assert report.ok, report.breaches[:5]
