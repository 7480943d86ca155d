"""Budgets and open-hold counts of keys, kept in the same transaction as the holds they bound.

Both hang on the key's lineage, so a rotated key goes on with what its predecessor has used. Accounts and members have
budgets of their own beside them, of a day and a month, under names that no key has; only live spending counts there.
A hold remembers the periods it was counted in, so that a settlement after midnight corrects those and no others. The
owner's balance row is locked before any of these rows is read (one lock order), and all keys of a lineage belong to
one owner.
"""

from collections.abc import Collection, Iterable
from typing import Literal

from msgspec import Struct

from apiinone.core.clock import day_of, month_of
from apiinone.core.credits import Credits
from apiinone.db import Sql, Tx
from apiinone.ledger.ledger import Hold, Settlement

Period = Literal["day", "month", "total"]
Place = tuple[str, str]
"""Where spending is counted: lineage, or a name in its place, and period."""

_BUDGETS = Sql("SELECT lineage_id, limit_micro, period FROM budgets WHERE lineage_id = ANY($1::text[])")
_USED = Sql(
    "SELECT lineage_id, period, used_micro FROM budget_periods"
    " WHERE lineage_id = ANY($1::text[]) AND period = ANY($2::text[])"
)
_LOADS = Sql("SELECT lineage_id, open_holds FROM key_loads WHERE lineage_id = ANY($1::text[])")
_ADD_USED = Sql(
    "INSERT INTO budget_periods (lineage_id, period, used_micro) VALUES ($1, $2, $3)"
    " ON CONFLICT (lineage_id, period) DO UPDATE SET used_micro = budget_periods.used_micro + excluded.used_micro"
)
_TAKE_USED = Sql("UPDATE budget_periods SET used_micro = used_micro - $1 WHERE lineage_id = $2 AND period = $3")
_SET_BUDGET = Sql(
    "INSERT INTO budgets (lineage_id, limit_micro, period) VALUES ($1, $2, $3)"
    " ON CONFLICT (lineage_id) DO UPDATE SET limit_micro = excluded.limit_micro, period = excluded.period"
)
_DROP_BUDGET = Sql("DELETE FROM budgets WHERE lineage_id = $1")
_ADD_LOAD = Sql("UPDATE key_loads SET open_holds = open_holds + $1 WHERE lineage_id = $2")


class Limits(Struct):
    """The budgets and loads of the lineages at hand, and how they change in this transaction."""

    budgets: dict[str, tuple[int, str]] = {}
    used: dict[tuple[str, str], int] = {}
    loads: dict[str, int] = {}
    used_more: dict[tuple[str, str], int] = {}
    used_less: dict[tuple[str, str], int] = {}
    load_changes: dict[str, int] = {}

    def period_of(self, lineage_id: str) -> str | None:
        """The budget period that a hold of this lineage counts in now; None where it has no budget."""
        budget = self.budgets.get(lineage_id)
        return None if budget is None else budget[1]

    def left(self, lineage_id: str) -> Credits | None:
        """What the budget still allows; None where there is no budget."""
        budget = self.budgets.get(lineage_id)
        if budget is None:
            return None
        return Credits(max(0, budget[0] - self.used.get((lineage_id, budget[1]), 0)))

    def own_day(self, whose: str, now_us: int) -> str | None:
        """The day that a hold counts in for the budgets of an account or a member; None where there are none."""
        return day_of(now_us) if any(name in self.budgets for name in own_names(whose)) else None

    def own_left(self, whose: str) -> Credits | None:
        """What the budgets of an account or a member still allow, the tightest of them; None where there are none."""
        left = [self.left(name) for name in own_names(whose)]
        return min((one for one in left if one is not None), default=None)

    def open_holds(self, lineage_id: str) -> int:
        """How many holds of this lineage are open."""
        return self.loads.get(lineage_id, 0)

    def placed(self, hold: Hold) -> None:
        """Count a new hold."""
        lineage_id = hold.lineage_id
        self.loads[lineage_id] = self.open_holds(lineage_id) + 1
        self.load_changes[lineage_id] = self.load_changes.get(lineage_id, 0) + 1
        self.grew(hold, hold.amount)

    def left_for(self, hold: Hold) -> Credits | None:
        """What the budgets that a hold counts in still allow in its periods; None where it counts in none."""
        places = [place for place in places_of(hold) if place[0] in self.budgets]
        left = [Credits(max(0, self.budgets[place[0]][0] - self.used.get(place, 0))) for place in places]
        return min(left) if left else None

    def grew(self, hold: Hold, amount: int) -> None:
        """Count what a hold grew by, in the periods that it was placed in."""
        for place in places_of(hold):
            self.used[place] = self.used.get(place, 0) + amount
            self.used_more[place] = self.used_more.get(place, 0) + amount

    def settled(self, settlement: Settlement) -> None:
        """Count a hold's end: what was released no longer counts against the period the hold was placed in."""
        hold = settlement.hold
        self.load_changes[hold.lineage_id] = self.load_changes.get(hold.lineage_id, 0) - 1
        if settlement.released:
            for place in places_of(hold):
                self.used_less[place] = self.used_less.get(place, 0) + settlement.released


class Budget(Struct, frozen=True):
    """A budget of a day or a month, and how it stands in the present one."""

    limit: Credits
    used: Credits
    left: Credits


class OwnBudgets(Struct, frozen=True):
    """The budgets of an account or a member; None: there is none."""

    day: Budget | None = None
    month: Budget | None = None


def of_account(account_id: str) -> str:
    """An account, as the one whose budgets they are."""
    return f"account:{account_id}"


def of_member(account_id: str, person_id: str) -> str:
    """A member of an account, as the one whose budgets they are: a person has others in another account."""
    return f"member:{account_id}:{person_id}"


def own_names(whose: str) -> tuple[str, str]:
    """What the budgets of a day and of a month of an account or a member stand under."""
    return f"{whose}:day", f"{whose}:month"


def places_of(hold: Hold) -> tuple[Place, ...]:
    """Every place where a hold is counted: its key's budget, its account's, its member's."""
    places: list[Place] = []
    if hold.budget_period is not None:
        places.append((hold.lineage_id, hold.budget_period))
    if hold.account_day is not None:
        places += _own_places(of_account(hold.owner[0]), hold.account_day)
    if hold.member is not None:
        person_id, day = hold.member
        places += _own_places(of_member(hold.owner[0], person_id), day)
    return tuple(places)


async def load_limits(tx: Tx, lineage_ids: Collection[str]) -> Limits:
    """Read the budgets and loads of these lineages; the owners' balances are locked already."""
    lineages = sorted(lineage_ids)
    limits = Limits(loads={row[0]: row[1] for row in await tx.rows(_LOADS, lineages)})
    budgets = await tx.rows(_BUDGETS, lineages)
    limits.budgets = {row[0]: (row[1], _current(row[2], tx.now_us)) for row in budgets}
    if limits.budgets:
        periods = sorted({period for _, period in limits.budgets.values()})
        limits.used = {(row[0], row[1]): row[2] for row in await tx.rows(_USED, sorted(limits.budgets), periods)}
    return limits


async def load_limits_of(tx: Tx, holds: Iterable[Hold]) -> Limits:
    """Read the budgets of these holds as they stand in the periods that those were placed in; as `load_limits`."""
    places = {place for hold in holds for place in places_of(hold)}
    if not places:
        return Limits()
    lineages, periods = (sorted(set(names)) for names in zip(*places, strict=True))
    budgets = await tx.rows(_BUDGETS, lineages)
    used = {(row[0], row[1]): row[2] for row in await tx.rows(_USED, lineages, periods)}
    return Limits(budgets={row[0]: (row[1], _current(row[2], tx.now_us)) for row in budgets}, used=used)


async def own_budgets(tx: Tx, whose: Collection[str]) -> dict[str, OwnBudgets]:
    """The budgets of these accounts or members."""
    limits = await load_limits(tx, {name for one in whose for name in own_names(one)})
    return {one: OwnBudgets(*(_budget(limits, name) for name in own_names(one))) for one in whose}


async def set_own_budgets(tx: Tx, whose: str, day: Credits | None, month: Credits | None) -> None:
    """Replace the budgets of an account or a member; None: there is none. They count what is held from now on.

    What was used stays counted, so taking a budget away and giving it back refills nothing.
    """
    periods: tuple[Period, Period] = ("day", "month")
    for name, period, limit in zip(own_names(whose), periods, (day, month), strict=True):
        if limit is None:
            await tx.run(_DROP_BUDGET, name)
        else:
            await set_budget(tx, name, limit, period)


async def set_budget(tx: Tx, lineage_id: str, limit: Credits, period: Period) -> None:
    """Give a lineage a budget, or another one."""
    await tx.run(_SET_BUDGET, lineage_id, limit, period)


async def write_limits(tx: Tx, limits: Limits) -> None:
    """Store the changes, each row once and in sorted order."""
    if limits.used_more or limits.used_less:
        await tx.many(_ADD_USED, [(*place, amount) for place, amount in sorted(limits.used_more.items())])
        await tx.many(_TAKE_USED, [(amount, *place) for place, amount in sorted(limits.used_less.items())])
    changes = sorted(limits.load_changes.items())
    await tx.many(_ADD_LOAD, [(change, lineage) for lineage, change in changes if change])


def _own_places(whose: str, day: str) -> tuple[Place, Place]:
    of_day, of_month = own_names(whose)
    return (of_day, day), (of_month, day[:7])


def _budget(limits: Limits, name: str) -> Budget | None:
    found, left = limits.budgets.get(name), limits.left(name)
    if found is None or left is None:
        return None
    return Budget(Credits(found[0]), Credits(limits.used.get((name, found[1]), 0)), left)


def _current(period: str, now_us: int) -> str:
    match period:
        case "day":
            return day_of(now_us)
        case "month":
            return month_of(now_us)
        case _:
            return "total"
