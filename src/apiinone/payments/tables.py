"""Tables of money that comes in. Amounts of the outside world are in a currency's smallest unit: `…_minor`."""

from typing import get_args

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy import text as words

from apiinone.payments.lifecycle import OrderState
from apiinone.payments.method import Reason
from apiinone.tables import binary, integer, micro, minor, table, text

_FOR_GOOD = "for good: money rows are never deleted; they hold ids and reason codes only"
_STATES = ", ".join(f"'{state}'" for state in get_args(OrderState))
_REASONS = ", ".join(f"'{reason}'" for reason in get_args(Reason))


def _at_least_zero(column: str) -> CheckConstraint:
    return CheckConstraint(f"{column} >= 0", name=column)


orders = table(
    "orders",
    text("id", key=True),
    integer("number"),
    text("account_id"),
    text("method"),
    text("origin", CheckConstraint("origin IN ('buyer', 'operator', 'auto', 'voucher')", name="origin")),
    text("pack", null=True),
    text("state", CheckConstraint(f"state IN ({_STATES})", name="state")),
    text("currency"),
    minor("amount_minor", _at_least_zero("amount_minor")),
    micro("credits_micro", CheckConstraint("credits_micro > 0", name="credits_micro")),
    micro("bonus_micro", _at_least_zero("bonus_micro")),
    integer("credits_days", null=True),
    integer("livemode", CheckConstraint("livemode IN (0, 1)", name="livemode")),
    integer("saves_method", CheckConstraint("saves_method IN (0, 1)", name="saves_method")),
    text("vendor_ref", null=True),
    text("payment_ref", null=True),
    text("pay_url", null=True),
    minor("refunded_minor", CheckConstraint("refunded_minor BETWEEN 0 AND amount_minor", name="refunded_minor")),
    micro("owed_micro", _at_least_zero("owed_micro")),
    text("actor"),
    binary("request_mark", null=True),
    binary("request_hash", null=True),
    integer("created_us"),
    integer("expires_us"),
    integer("paid_us", null=True),
    integer("ask_us", null=True),
    integer("asked", _at_least_zero("asked")),
    UniqueConstraint("number"),
    UniqueConstraint("method", "vendor_ref"),
    UniqueConstraint("method", "payment_ref"),
    UniqueConstraint("account_id", "request_mark"),
    Index("ix_orders_account", "account_id", "id"),
    keep=_FOR_GOOD,
)
_ASKED = words("ask_us IS NOT NULL")
Index("ix_orders_ask", orders.c.ask_us, sqlite_where=_ASKED, postgresql_where=_ASKED)

number_series = table(
    "number_series",
    text("name", key=True),
    integer("last_no", _at_least_zero("last_no")),
    keep="for good: the last number of each series",
)

payment_events = table(
    "payment_events",
    text("method"),
    text("event_id"),
    text("type"),
    text("order_id", null=True),
    text("vendor_ref", null=True),
    text("payment_ref", null=True),
    text("outcome", null=True),
    integer("received_us"),
    integer("due_us", null=True),
    integer("tries", _at_least_zero("tries")),
    PrimaryKeyConstraint("method", "event_id"),
    Index("ix_payment_events_received", "received_us"),
    keep="90 days: longer than any vendor sends an event again",
)
_DUE = words("due_us IS NOT NULL")
Index("ix_payment_events_due", payment_events.c.due_us, sqlite_where=_DUE, postgresql_where=_DUE)

callbacks_refused = table(
    "callbacks_refused",
    text("method"),
    text("day"),
    integer("count", _at_least_zero("count")),
    integer("last_us"),
    PrimaryKeyConstraint("method", "day"),
    keep="90 days: how many callbacks were not signed as they must be",
)

suspense = table(
    "suspense",
    text("id", key=True),
    text("method"),
    text("reason", CheckConstraint(f"reason IN ({_REASONS})", name="reason")),
    text("subject"),
    text("order_id", null=True),
    text("currency", null=True),
    minor("amount_minor", null=True),
    integer("seen_us"),
    integer("resolved_us", null=True),
    text("resolved_as", CheckConstraint("resolved_as IN ('credited', 'returned', 'dismissed')", name="as"), null=True),
    text("lot_id", null=True),
    UniqueConstraint("method", "subject", "reason"),
    keep=_FOR_GOOD,
)

refunds = table(
    "refunds",
    text("id", key=True),
    text("order_id"),
    text("account_id"),
    minor("amount_minor", CheckConstraint("amount_minor > 0", name="amount_minor")),
    micro("credits_micro", _at_least_zero("credits_micro")),
    text("state", CheckConstraint("state IN ('asked', 'sent', 'succeeded', 'failed')", name="state")),
    text("vendor_ref", null=True),
    text("actor"),
    integer("created_us"),
    integer("ended_us", null=True),
    integer("ask_us", null=True),
    integer("asked", _at_least_zero("asked")),
    Index("ix_refunds_order", "order_id"),
    keep=_FOR_GOOD,
)
Index("ix_refunds_ask", refunds.c.ask_us, sqlite_where=_ASKED, postgresql_where=_ASKED)

disputes = table(
    "disputes",
    text("method"),
    text("vendor_ref"),
    text("order_id"),
    minor("amount_minor", CheckConstraint("amount_minor >= 0", name="amount_minor")),
    text("state", CheckConstraint("state IN ('open', 'won', 'lost')", name="state")),
    integer("created_us"),
    integer("ended_us", null=True),
    PrimaryKeyConstraint("method", "vendor_ref"),
    Index("ix_disputes_order", "order_id"),
    keep=_FOR_GOOD,
)

vouchers = table(
    "vouchers",
    text("id", key=True),
    binary("code_hash"),
    micro("credits_micro", CheckConstraint("credits_micro > 0", name="credits_micro")),
    integer("uses_max", CheckConstraint("uses_max > 0", name="uses_max")),
    integer("per_account_max", CheckConstraint("per_account_max > 0", name="per_account_max")),
    integer("uses", CheckConstraint("uses BETWEEN 0 AND uses_max", name="uses")),
    integer("credits_days", null=True),
    integer("expires_us", null=True),
    integer("revoked_us", null=True),
    text("actor"),
    integer("created_us"),
    UniqueConstraint("code_hash"),
    keep=_FOR_GOOD,
)

voucher_uses = table(
    "voucher_uses",
    text("voucher_id"),
    text("account_id"),
    integer("use_no"),
    text("order_id"),
    integer("created_us"),
    PrimaryKeyConstraint("voucher_id", "account_id", "use_no"),
    UniqueConstraint("order_id"),
    keep=_FOR_GOOD,
)

voucher_tries = table(
    "voucher_tries",
    text("account_id", key=True),
    integer("since_us"),
    integer("tries", _at_least_zero("tries")),
    keep="a day after the last wrong code",
)

saved_methods = table(
    "saved_methods",
    text("id", key=True),
    text("account_id"),
    text("method"),
    text("customer_ref"),
    text("vendor_ref"),
    text("label", data="personal"),
    integer("created_us"),
    integer("removed_us", null=True),
    UniqueConstraint("account_id", "method", "vendor_ref"),
    keep="until its owner removes it; the card's number is at the vendor alone",
)

top_up_rules = table(
    "top_up_rules",
    text("account_id", key=True),
    micro("threshold_micro", CheckConstraint("threshold_micro > 0", name="threshold_micro")),
    text("pack"),
    text("saved_method_id"),
    minor("month_max_minor", CheckConstraint("month_max_minor > 0", name="month_max_minor")),
    integer("armed", CheckConstraint("armed IN (0, 1)", name="armed")),
    text("paused", null=True),
    integer("crossing_no", _at_least_zero("crossing_no")),
    integer("changed_us"),
    keep="as long as the account",
)

top_up_crossings = table(
    "top_up_crossings",
    text("account_id"),
    integer("crossing_no"),
    text("month"),
    text("order_id"),
    minor("amount_minor"),
    integer("created_us"),
    integer("due_us", null=True),
    PrimaryKeyConstraint("account_id", "crossing_no"),
    UniqueConstraint("order_id"),
    Index("ix_top_up_crossings_month", "account_id", "month"),
    keep=_FOR_GOOD,
)

Index("ix_top_up_crossings_due", top_up_crossings.c.due_us, sqlite_where=_DUE, postgresql_where=_DUE)

alert_rules = table(
    "alert_rules",
    text("account_id"),
    text("kind", CheckConstraint("kind IN ('low_balance', 'spend_day', 'spend_month')", name="kind")),
    micro("threshold_micro", CheckConstraint("threshold_micro > 0", name="threshold_micro")),
    text("told", null=True),
    PrimaryKeyConstraint("account_id", "kind"),
    keep="as long as the account",
)

alert_addresses = table(
    "alert_addresses",
    text("account_id", key=True),
    text("url", data="personal"),
    keep="as long as the account, or until its owner takes it away",
)

payment_notices = table(
    "payment_notices",
    text("id", key=True),
    text("account_id"),
    text("kind"),
    text("facts"),
    integer("created_us"),
    integer("mailed_us", null=True),
    integer("due_us", null=True),
    integer("tries", _at_least_zero("tries")),
    Index("ix_payment_notices_account", "account_id", "id"),
    keep="90 days: whoever it was for has been told by then",
)
Index("ix_payment_notices_due", payment_notices.c.due_us, sqlite_where=_DUE, postgresql_where=_DUE)

documents = table(
    "documents",
    text("id", key=True),
    text("series"),
    integer("number", CheckConstraint("number > 0", name="number")),
    text("account_id"),
    text("order_id"),
    text("refund_id", null=True),
    text("content", data="personal"),
    binary("content_hash"),
    integer("created_us"),
    UniqueConstraint("series", "number"),
    Index("ix_documents_account", "account_id", "id"),
    keep="as long as the law on bookkeeping asks of the operator, also after the account is deleted",
)
