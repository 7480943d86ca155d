"""Tables of callbacks. Their columns of states are bounded by the tables of `schedule.py` (a test compares)."""

from typing import get_args

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint
from sqlalchemy import text as words

from apiinone.tables import binary, integer, one_of, table, text
from apiinone.webhooks.schedule import DeliveryState, EventType

_MODES = "mode IN ('live', 'test')"

callbacks = table(
    "callbacks",
    text("task_id", key=True),
    text("url", data="personal"),
    text("host", data="personal"),
    keep="as the task's input: until the task is deleted by its owner, at the latest with the task",
)

deliveries = table(
    "deliveries",
    text("id", key=True),
    text("task_id"),
    text("account_id"),
    text("mode", CheckConstraint(_MODES, name="mode")),
    text("type", one_of("type", get_args(EventType))),
    text("url", data="personal", null=True),
    text("host", data="personal"),
    text("state", one_of("state", get_args(DeliveryState))),
    integer("due_us", null=True),
    integer("claims"),
    integer("tries"),
    integer("tries_before"),
    integer("last_status", null=True),
    text("last_fault", null=True),
    integer("last_tried_us", null=True),
    integer("created_us"),
    Index("ix_deliveries_list", "account_id", "mode", "created_us", "id"),
    Index("ix_deliveries_task", "task_id"),
    CheckConstraint("(state = 'waiting') = (due_us IS NOT NULL)", name="waiting_is_due"),
    keep="30 days after the task's end, at the latest as long as the task; the address until the task is deleted",
)
_DUE = words("due_us IS NOT NULL")
Index(
    "ix_deliveries_lane",
    deliveries.c.account_id,
    deliveries.c.host,
    deliveries.c.due_us,
    sqlite_where=_DUE,
    postgresql_where=_DUE,
)
Index("ix_deliveries_due", deliveries.c.due_us, sqlite_where=_DUE, postgresql_where=_DUE)

delivery_tries = table(
    "delivery_tries",
    text("delivery_id"),
    integer("claim_no"),
    integer("tried_us"),
    integer("took_us"),
    integer("status", null=True),
    text("fault", null=True),
    PrimaryKeyConstraint("delivery_id", "claim_no"),
    keep="as long as the delivery",
)

webhook_secrets = table(
    "webhook_secrets",
    text("id", key=True),
    text("account_id"),
    text("mode", CheckConstraint(_MODES, name="mode")),
    binary("sealed"),
    integer("created_us"),
    integer("expires_us", null=True),
    Index("ix_webhook_secrets_owner", "account_id", "mode"),
    keep="as long as the account; after a rotation the old one for a day",
)

webhook_endpoints = table(
    "webhook_endpoints",
    text("id", key=True),
    text("account_id"),
    text("mode", CheckConstraint(_MODES, name="mode")),
    text("url", data="personal"),
    text("host", data="personal"),
    text("events"),
    text("name", data="personal"),
    integer("created_us"),
    Index("ix_webhook_endpoints_owner", "account_id", "mode"),
    keep="until the account deletes it",
)
