"""Tables of the ledger. The rules of `ledger.py` stand here once more, as constraints.

None of these is ever partitioned: a unique key over partitions would hold only within each of them.
"""

from typing import get_args

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
)
from sqlalchemy import text as words

from apiinone.ledger.buckets import Kind
from apiinone.tables import binary, integer, micro, one_of, table, text

_FOR_GOOD = "for good: money rows are never deleted; they hold ids and reason codes only"


def _at_least_zero(column: str) -> CheckConstraint:
    return CheckConstraint(f"{column} >= 0", name=column)


def _none_yet(column: str) -> Column[int]:
    """An amount that rows of older programs do not have."""
    return Column(
        column,
        BigInteger(),
        CheckConstraint(f"{column} >= 0", name=column),
        nullable=False,
        server_default="0",
        info={"data": "money"},
    )


balances = table(
    "balances",
    text("account_id"),
    text("mode", CheckConstraint("mode IN ('live', 'test')", name="mode")),
    micro("available_micro", _at_least_zero("available_micro")),
    micro("held_micro", _at_least_zero("held_micro")),
    integer("entry_no", _at_least_zero("entry_no")),
    binary("head_hash"),
    text("refill_day", null=True),
    _none_yet("frozen_micro"),
    _none_yet("debt_micro"),
    CheckConstraint("debt_micro = 0 OR available_micro = 0", name="debt_first"),
    PrimaryKeyConstraint("account_id", "mode"),
    keep=f"{_FOR_GOOD}. Those without any entry go with an account whose owner never confirmed an address",
)

_REFILLED = words("refill_day IS NOT NULL")
Index("ix_balances_refill", balances.c.refill_day, sqlite_where=_REFILLED, postgresql_where=_REFILLED)

lots = table(
    "lots",
    text("id", key=True),
    text("account_id"),
    text("mode"),
    text("source", CheckConstraint("source IN ('grant', 'refill', 'order')", name="source")),
    micro("granted_micro", CheckConstraint("granted_micro > 0", name="granted_micro")),
    micro("available_micro", _at_least_zero("available_micro")),
    micro("held_micro", _at_least_zero("held_micro")),
    micro("captured_micro", _at_least_zero("captured_micro")),
    micro("expired_micro", _at_least_zero("expired_micro")),
    integer("expires_us", null=True),
    integer("created_us"),
    _none_yet("frozen_micro"),
    _none_yet("returned_micro"),
    _none_yet("repaid_micro"),
    Column("disputed", BigInteger(), nullable=False, server_default="0", info={"data": "technical"}),
    CheckConstraint(
        "granted_micro = available_micro + held_micro + captured_micro + expired_micro + frozen_micro + returned_micro"
        " + repaid_micro",
        name="whole",
    ),
    keep=_FOR_GOOD,
)
Index(
    "ix_lots_spendable",
    lots.c.account_id,
    lots.c.mode,
    sqlite_where=words("available_micro > 0"),
    postgresql_where=words("available_micro > 0"),
)
Index(
    "ix_lots_expiring",
    lots.c.expires_us,
    sqlite_where=words("available_micro > 0 AND expires_us IS NOT NULL"),
    postgresql_where=words("available_micro > 0 AND expires_us IS NOT NULL"),
)

entries = table(
    "entries",
    text("account_id"),
    text("mode"),
    integer("entry_no"),
    text("key"),
    text("kind", one_of("kind", get_args(Kind))),
    text("from_bucket"),
    text("to_bucket"),
    micro("amount_micro", CheckConstraint("amount_micro > 0", name="amount_micro")),
    text("lot_id", null=True),
    text("task_id", null=True),
    text("request_id", null=True),
    text("actor"),
    text("reason", null=True),
    integer("created_us"),
    binary("hash"),
    PrimaryKeyConstraint("account_id", "mode", "entry_no"),
    UniqueConstraint("key"),
    CheckConstraint("from_bucket <> to_bucket", name="two_buckets"),
    keep=_FOR_GOOD,
)

holds = table(
    "holds",
    text("id", key=True),
    text("account_id"),
    text("mode"),
    text("key_id"),
    text("lineage_id"),
    micro("amount_micro", CheckConstraint("amount_micro > 0", name="amount_micro")),
    text("budget_period", null=True),
    text("request_id"),
    integer("created_us"),
    text("account_day", null=True),
    text("member_id", null=True),
    text("member_day", null=True),
    keep=_FOR_GOOD,
)

hold_slices = table(
    "hold_slices",
    text("hold_id", ForeignKey("holds.id")),
    integer("slice_no"),
    text("lot_id", ForeignKey("lots.id")),
    micro("amount_micro", CheckConstraint("amount_micro > 0", name="amount_micro")),
    PrimaryKeyConstraint("hold_id", "slice_no"),
    keep=_FOR_GOOD,
)

settlements = table(
    "settlements",
    text("hold_id", ForeignKey("holds.id"), key=True),
    text("kind", CheckConstraint("kind IN ('capture', 'release')", name="kind")),
    micro("captured_micro", _at_least_zero("captured_micro")),
    micro("released_micro", _at_least_zero("released_micro")),
    text("attempt_id", null=True),
    text("actor"),
    integer("created_us"),
    CheckConstraint("(kind = 'capture') = (captured_micro > 0)", name="kind_amount"),
    keep=_FOR_GOOD,
)

budgets = table(
    "budgets",
    text("lineage_id", key=True),
    micro("limit_micro", _at_least_zero("limit_micro")),
    text("period", CheckConstraint("period IN ('day', 'month', 'total')", name="period")),
    keep="as long as the keys of the lineage, the account or the membership",
)

budget_periods = table(
    "budget_periods",
    text("lineage_id"),
    text("period"),
    micro("used_micro", _at_least_zero("used_micro")),
    PrimaryKeyConstraint("lineage_id", "period"),
    keep=_FOR_GOOD,
)

usage_days = table(
    "usage_days",
    text("account_id"),
    text("mode"),
    text("day"),
    text("model"),
    text("key_id"),
    integer("tasks_succeeded", _at_least_zero("tasks_succeeded")),
    integer("tasks_not_charged", _at_least_zero("tasks_not_charged")),
    micro("captured_micro", _at_least_zero("captured_micro")),
    PrimaryKeyConstraint("account_id", "mode", "day", "model", "key_id"),
    keep=_FOR_GOOD,
)
