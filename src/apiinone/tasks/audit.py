"""`apiinone audit`: ledger, orders and tasks, proven from the rows alone, beside a running server."""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from apiinone.db import Database, Row, Sql, Tx
from apiinone.ledger.audit import OwnerAudit, Strays, audit_owner, stray_holds, stray_lots
from apiinone.ledger.audit_rows import PAGE_MAX, owners_after
from apiinone.ledger.breaches import Breach, BreachKind
from apiinone.ledger.ledger import Owner
from apiinone.payments.audit import audit_documents, audit_order_lots, audit_orders, audit_voucher_uses
from apiinone.tasks.lifecycle import FINAL

OWNERS_MAX = 500
"""Owners listed in one read."""
SHOWN_MAX = 1000
"""Breaches that a report lists; the rest is counted."""

_TASKS = Sql(
    "SELECT t.id, t.state, t.held_micro, t.unit_micro, t.captured_micro, t.finished_us, t.expires_us, t.deleted_us,"
    " h.account_id, h.mode, h.amount_micro, s.captured_micro,"
    " (SELECT count(*) FROM outputs o WHERE o.task_id = t.id)"
    " FROM tasks t LEFT JOIN holds h ON h.id = t.id LEFT JOIN settlements s ON s.hold_id = t.id"
    " WHERE t.account_id = $1 AND t.mode = $2 AND t.id > $3 ORDER BY t.id LIMIT $4"
)
_OWN_TASKS = Sql("SELECT id FROM tasks WHERE id = ANY($1::text[]) AND account_id = $2 AND mode = $3")


class Report(Struct, frozen=True):
    """What an audit read and found. `breaches` lists at most a thousand of `breaches_total`."""

    owners: int
    entries: int
    tasks: int
    breaches: tuple[Breach, ...]
    breaches_total: int

    @property
    def ok(self) -> bool:
        """Whether everything is as it must be."""
        return self.breaches_total == 0


class TaskRow(Struct, frozen=True):
    """A task with its hold, its settlement and its outputs; None where there is none."""

    id: str
    state: str
    held: int
    unit: int
    captured: int | None
    finished_us: int | None
    expires_us: int | None
    deleted_us: int | None
    hold_owner: Owner | None
    hold_amount: int | None
    settled: int | None
    outputs: int

    def outputs_kept(self, now_us: int) -> bool:
        """Whether the outputs must still be there."""
        return self.deleted_us is None and self.expires_us is not None and self.expires_us > now_us


async def audit(database: Database) -> Report:
    """Prove everything. Raises DatabaseUnavailable."""
    tally = _Tally()
    after = ("", "")
    while owners := await database.read_long(_listing(after)):
        for owner in owners:
            tally.add(await database.read_long(_judging(owner)))
        after = owners[-1]
    await _add_strays(database, tally, stray_holds)
    await _add_strays(database, tally, stray_lots)
    for look in (audit_orders, audit_order_lots, audit_voucher_uses, audit_documents):
        await _add_strays(database, tally, look)
    return tally.report()


class _Judged(Struct, frozen=True):
    """One owner, money and tasks together, as of one moment."""

    money: OwnerAudit
    tasks: int
    breaches: list[Breach]


class _Tally:
    def __init__(self) -> None:
        self.owners = self.entries = self.tasks = self.total = 0
        self.breaches: list[Breach] = []

    def add(self, judged: _Judged) -> None:
        self.owners += 1
        self.entries += judged.money.entries
        self.tasks += judged.tasks
        self.note(judged.money.breaches)
        self.note(judged.breaches)

    def note(self, breaches: list[Breach]) -> None:
        self.total += len(breaches)
        self.breaches += breaches[: max(0, SHOWN_MAX - len(self.breaches))]

    def report(self) -> Report:
        return Report(self.owners, self.entries, self.tasks, tuple(self.breaches), self.total)


def _listing(after: tuple[str, str]) -> Callable[[Tx], Awaitable[list[Owner]]]:
    async def look(tx: Tx) -> list[Owner]:
        return await owners_after(tx, after, OWNERS_MAX)

    return look


def _judging(owner: Owner) -> Callable[[Tx], Awaitable[_Judged]]:
    async def look(tx: Tx) -> _Judged:
        money = await audit_owner(tx, owner)
        breaches: list[Breach] = []
        tasks, after = 0, ""
        while rows := await tx.rows(_TASKS, *owner, after, PAGE_MAX):
            for row in rows:
                breaches += _task_breaches(_task(row), owner, tx.now_us)
            tasks, after = tasks + len(rows), rows[-1][0]
        return _Judged(money, tasks, breaches + await _orphans(tx, owner, money.open_holds))

    return look


async def _orphans(tx: Tx, owner: Owner, open_holds: frozenset[str]) -> list[Breach]:
    """Open holds that no task of their owner will ever end."""
    wanted = sorted(open_holds)
    found: set[str] = set()
    for start in range(0, len(wanted), PAGE_MAX):
        found |= {row[0] for row in await tx.rows(_OWN_TASKS, wanted[start : start + PAGE_MAX], *owner)}
    return [
        Breach("hold_without_task", *owner, hold_id, "the hold is open") for hold_id in wanted if hold_id not in found
    ]


async def _add_strays(database: Database, tally: _Tally, look: Callable[[Tx, str], Awaitable[Strays]]) -> None:
    after: str | None = ""
    while after is not None:
        start = after

        async def page(tx: Tx, start: str = start) -> Strays:
            return await look(tx, start)

        strays = await database.read_long(page)
        tally.note(strays.breaches)
        after = strays.after


def _task(row: Row) -> TaskRow:
    owner = None if row[8] is None else (row[8], row[9])
    return TaskRow(*row[:8], owner, *row[10:13])  # pyright: ignore[reportCallIssue] - the columns of the statement


def _task_breaches(task: TaskRow, owner: Owner, now_us: int) -> list[Breach]:
    if task.hold_amount is None:
        return [Breach("task_without_hold", *owner, task.id, f"task {task.id} is {task.state}")]
    found: list[tuple[BreachKind, str]] = []
    ended = task.finished_us is not None
    if (task.hold_owner, task.hold_amount) != (owner, task.held):
        found.append(("task_differs", f"the task holds {task.held}, its hold is {task.hold_amount}"))
    if ended != (task.state in FINAL) or ended != (task.captured is not None):
        found.append(("task_differs", f"the task is {task.state}, and its row does not agree on whether it ended"))
    if ended and task.settled is None:
        found.append(("ended_without_settlement", f"the task is {task.state}, its hold is open"))
    if not ended and task.settled is not None:
        found.append(("settled_without_end", f"the task is {task.state}, its hold was settled"))
    if ended and task.settled is not None and task.settled != task.captured:
        found.append(("captured_differs", f"the task says {task.captured}, the settlement {task.settled}"))
    if task.captured and task.outputs_kept(now_us) and task.outputs * task.unit < task.captured:
        what = f"{task.outputs} outputs of {task.unit} each, captured were {task.captured}"
        found.append(("outputs_missing", what))
    return [Breach(kind, *owner, task.id, what) for kind, what in found]
