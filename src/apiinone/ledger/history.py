"""What owners read of the ledger: their entries, newest first, and their use by day."""

from msgspec import Struct

from apiinone.core.credits import Credits
from apiinone.db import Sql, Tx
from apiinone.ledger.buckets import Kind
from apiinone.ledger.ledger import Owner

_COLUMNS = (
    "SELECT entry_no, kind, from_bucket, to_bucket, amount_micro, lot_id, task_id, request_id, reason, created_us"
    " FROM entries"
)
_PAGE = Sql(_COLUMNS + " WHERE account_id = $1 AND mode = $2 AND entry_no < $3 ORDER BY entry_no DESC LIMIT $4")
_BY_KEY = Sql(_COLUMNS + " WHERE key = ANY($1::text[]) ORDER BY entry_no")
_USAGE_FILTERS = (
    " WHERE account_id = $1 AND mode = $2 AND day >= $3 AND day <= $4"
    " AND ($5::text IS NULL OR model = $5) AND ($6::text IS NULL OR key_id = $6)"
)
_USAGE_COLUMNS = "SELECT day, model, key_id, tasks_succeeded, tasks_not_charged, captured_micro FROM usage_days"
_USAGE = Sql(
    _USAGE_COLUMNS
    + _USAGE_FILTERS
    + " AND (day, model, key_id) < ($7, $8, $9) ORDER BY day DESC, model DESC, key_id DESC LIMIT $10"
)
_USAGE_SUMS = (
    "SELECT CAST(coalesce(sum(tasks_succeeded), 0) AS bigint), CAST(coalesce(sum(tasks_not_charged), 0) AS bigint),"
    " CAST(coalesce(sum(captured_micro), 0) AS bigint) FROM usage_days"
)
_USAGE_TOTAL = Sql(_USAGE_SUMS + _USAGE_FILTERS)

_BY_DAY = Sql(
    "SELECT day, CAST(sum(tasks_succeeded) AS bigint), CAST(sum(tasks_not_charged) AS bigint),"
    " CAST(sum(captured_micro) AS bigint) FROM usage_days WHERE account_id = $1 AND mode = $2 AND day >= $3"
    " AND day <= $4 GROUP BY day ORDER BY day"
)


class EntryRow(Struct, frozen=True):
    """One line of an owner's ledger."""

    entry_no: int
    kind: Kind
    from_bucket: str
    to_bucket: str
    amount: Credits
    lot_id: str | None
    task_id: str | None
    request_id: str | None
    reason: str | None
    created_us: int


class UsageRow(Struct, frozen=True):
    """What one key made of one model on one UTC day."""

    day: str
    model: str
    key_id: str
    tasks_succeeded: int
    tasks_not_charged: int
    captured: Credits


class UsageTotal(Struct, frozen=True):
    """The sum over all rows that were asked for."""

    tasks_succeeded: int
    tasks_not_charged: int
    captured: Credits


class DayUse(Struct, frozen=True):
    """What an owner made on one UTC day, and what it cost."""

    day: str
    tasks_succeeded: int
    tasks_not_charged: int
    captured: Credits


class UsageWanted(Struct, frozen=True):
    """Which days (both included), of which model and key; None: of all. Rows come before `before`, newest first."""

    first_day: str
    last_day: str
    model: str | None
    key_id: str | None
    before: tuple[str, str, str]
    limit: int


async def read_entries(tx: Tx, owner: Owner, *, before_no: int, limit: int) -> list[EntryRow]:
    """The owner's entries with smaller numbers, newest first."""
    return [EntryRow(*row) for row in await tx.rows(_PAGE, *owner, before_no, limit)]


async def read_entries_by_key(tx: Tx, keys: list[str]) -> list[EntryRow]:
    """The entries with these keys, oldest first; keys that nothing was posted under are passed over."""
    return [EntryRow(*row) for row in await tx.rows(_BY_KEY, keys)]


async def read_usage(tx: Tx, owner: Owner, wanted: UsageWanted) -> tuple[list[UsageRow], UsageTotal]:
    """A page of rows, and the total over all pages."""
    filters = (*owner, wanted.first_day, wanted.last_day, wanted.model, wanted.key_id)
    rows = [UsageRow(*row) for row in await tx.rows(_USAGE, *filters, *wanted.before, wanted.limit)]
    total = await tx.row(_USAGE_TOTAL, *filters)
    return rows, UsageTotal(0, 0, Credits(0)) if total is None else UsageTotal(*total)


async def read_use_by_day(tx: Tx, owner: Owner, *, first_day: str, last_day: str) -> list[DayUse]:
    """The days on which something ended, both ends included, oldest first."""
    return [DayUse(*row) for row in await tx.rows(_BY_DAY, *owner, first_day, last_day)]
