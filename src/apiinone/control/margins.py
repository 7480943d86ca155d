"""What was sold and what it cost, by day, model and provider, from the rows of live attempts; and a vendor's figures.

All amounts are millionths of a US dollar. A day is the UTC day on which an attempt was written down. An attempt costs
what the vendor said, else what its offer expected; nothing where it was certainly refused or never sent. What cost
something and brought nothing is a loss: a late answer, one that never came, a task that failed after its vendor was
done.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from msgspec import Struct

from apiinone.core.clock import day_of
from apiinone.core.ids import id_floor
from apiinone.db import Database, Sql, Tx
from apiinone.tasks.lifecycle import FINAL, AttemptState, TaskState

CHUNK = 2_000
"""Attempts in one read, so that no read is long."""
MICRO_CREDITS_PER_MICRO_USD = 100
"""A credit is a US cent."""
LOCAL = "local"
FREE: frozenset[AttemptState] = frozenset({"planned", "rejected", "canceled", "dropped"})
"""Attempts that cost nothing at the vendor."""

_ATTEMPTS = Sql(
    "SELECT a.id, a.created_us, a.provider, t.sub_model, t.mode, a.state, a.expected_cost_micro_usd,"
    " a.actual_cost_micro_usd, a.upstream_id, t.state, coalesce(t.captured_micro, 0), t.attempt_id"
    " FROM attempts a JOIN tasks t ON t.id = a.task_id WHERE a.id > $1 AND a.id < $2 ORDER BY a.id LIMIT $3"
)


class Span(Struct, frozen=True):
    """From the beginning of one moment to before another, and of which provider and model (None: of all)."""

    since_us: int
    until_us: int
    provider: str | None = None
    model: str | None = None


class Tried(Struct, frozen=True):
    """An attempt's row, as far as money goes."""

    id: str
    created_us: int
    provider: str
    model: str
    mode: str
    state: AttemptState
    expected: int | None
    actual: int | None
    upstream_id: str | None
    task_state: TaskState
    captured_micro: int
    task_attempt_id: str | None

    @property
    def cost(self) -> int | None:
        """What it costs us; None where neither the vendor nor the offer says."""
        if self.state in FREE and self.actual is None:
            return 0
        return self.expected if self.actual is None else self.actual

    @property
    def sold(self) -> int:
        """What the client paid for it, rounded down; only a task's last attempt sells."""
        return self.captured_micro // MICRO_CREDITS_PER_MICRO_USD if self.task_attempt_id == self.id else 0

    @property
    def lost(self) -> bool:
        """Whether it may cost something and will bring nothing."""
        over = self.task_state in FINAL or self.task_attempt_id != self.id
        return over and self.sold == 0 and self.state not in FREE


@dataclass(frozen=True, slots=True)
class Margin:
    """What one model did at one provider on one day."""

    day: str
    model: str
    provider: str
    attempts: int = 0
    sold: int = 0
    expected: int = 0
    actual: int = 0
    """What vendors said, of the attempts of which they said something."""
    told: int = 0
    """How many those are."""
    cost: int = 0
    """The actual cost where it is known, else the expected."""
    uncosted: int = 0
    """Attempts whose cost nobody says."""
    lost: int = 0
    """The part of the cost that brought nothing."""
    lost_attempts: int = 0

    @property
    def margin(self) -> int:
        """What is left."""
        return self.sold - self.cost

    def with_attempt(self, one: Tried) -> "Margin":
        """The same with one attempt more."""
        cost = one.cost
        return replace(
            self,
            attempts=self.attempts + 1,
            sold=self.sold + one.sold,
            expected=self.expected + (0 if one.state in FREE else one.expected or 0),
            actual=self.actual + (one.actual or 0),
            told=self.told + (one.actual is not None),
            cost=self.cost + (cost or 0),
            uncosted=self.uncosted + (cost is None),
            lost=self.lost + ((cost or 0) if one.lost else 0),
            lost_attempts=self.lost_attempts + one.lost,
        )


async def read_margins(database: Database, span: Span) -> list[Margin]:
    """The table, by day, then model, then provider."""
    found: dict[tuple[str, str, str], Margin] = {}
    after: str | None = id_floor(span.since_us)
    while after is not None:
        tried, after = await _chunk(database, span, after)
        for one in tried:
            key = (day_of(one.created_us), one.model, one.provider)
            found[key] = found.get(key, Margin(*key)).with_attempt(one)
    return [found[key] for key in sorted(found)]


class Charge(Struct, frozen=True):
    """A line of a vendor's export: when, how much, and for which of its jobs (empty: it does not say)."""

    day: str
    micro_usd: int
    upstream_id: str = ""


@dataclass(frozen=True, slots=True)
class Drift:
    """One day: what the vendor says it charged, and what we think that our attempts cost."""

    day: str
    charges: int = 0
    charged: int = 0
    attempts: int = 0
    ours: int = 0
    strange: int = 0
    """Charges for jobs that no attempt of ours has, where the export names jobs."""
    strange_charged: int = 0

    @property
    def drift(self) -> int:
        """How much more the vendor says than we do."""
        return self.charged - self.ours


async def read_drift(database: Database, span: Span, charges: Sequence[Charge]) -> list[Drift]:
    """Day by day over the span; charges of other days are left out."""
    ours: dict[str, Drift] = {}
    known: set[str] = set()
    after: str | None = id_floor(span.since_us)
    while after is not None:
        tried, after = await _chunk(database, span, after)
        for one in tried:
            known.add(one.upstream_id or "")
            day = day_of(one.created_us)
            before = ours.get(day, Drift(day))
            counts = one.state not in FREE or one.actual is not None
            ours[day] = replace(before, attempts=before.attempts + counts, ours=before.ours + (one.cost or 0))
    return _with_charges(ours, known, charges, (day_of(span.since_us), day_of(span.until_us - 1)))


def _with_charges(
    ours: Mapping[str, Drift], known: set[str], charges: Iterable[Charge], days: tuple[str, str]
) -> list[Drift]:
    found = dict(ours)
    for charge in charges:
        if not days[0] <= charge.day <= days[1]:
            continue
        before = found.get(charge.day, Drift(charge.day))
        strange = bool(charge.upstream_id) and charge.upstream_id not in known
        found[charge.day] = replace(
            before,
            charges=before.charges + 1,
            charged=before.charged + charge.micro_usd,
            strange=before.strange + strange,
            strange_charged=before.strange_charged + (charge.micro_usd if strange else 0),
        )
    return [found[day] for day in sorted(found)]


async def _chunk(database: Database, span: Span, after: str) -> tuple[list[Tried], str | None]:
    """The next live attempts of the span, and where the chunk after them begins; None: there is none."""

    async def look(tx: Tx) -> list[Tried]:
        return [Tried(*row) for row in await tx.rows(_ATTEMPTS, after, id_floor(span.until_us), CHUNK)]

    rows = await database.read_long(look)
    wanted = [
        one
        for one in rows
        if one.mode == "live"
        and one.provider != LOCAL
        and span.provider in (None, one.provider)
        and span.model in (None, one.model)
    ]
    return wanted, rows[-1].id if len(rows) == CHUNK else None
