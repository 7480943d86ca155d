"""Tables of tasks. Their columns of states are bounded by the tables of `lifecycle.py` (a test compares)."""

from typing import get_args

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, PrimaryKeyConstraint, Text, UniqueConstraint
from sqlalchemy import text as words

from apiinone.tables import binary, integer, micro, one_of, table, text
from apiinone.tasks.lifecycle import AttemptState, TaskState
from apiinone.tasks.whose_keys import WhoseKeys

_WITH_THE_TASK = "as long as the task"
_TASK_DAYS = "`task_keep_days` after the task's end"

tasks = table(
    "tasks",
    text("id", key=True),
    text("account_id"),
    text("mode", CheckConstraint("mode IN ('live', 'test')", name="mode")),
    text("key_id"),
    text("lineage_id"),
    text("request_id"),
    text("endpoint"),
    Column("operation", Text, nullable=False, server_default="", info={"data": "technical"}),
    text("model"),
    text("sub_model"),
    integer("node"),
    text("suffix"),
    text("scenario", null=True),
    text("state", one_of("state", get_args(TaskState))),
    integer("fence"),
    text("holder", null=True),
    integer("claims"),
    integer("due_us", null=True),
    integer("sweep_us", null=True),
    integer("deadline_us"),
    integer("unknown_limit_us"),
    micro("held_micro"),
    micro("unit_micro"),
    integer("units"),
    micro("captured_micro", null=True),
    integer("attempts"),
    text("attempt_id", null=True),
    integer("result_ttl_s"),
    integer("cancel_requested_us", null=True),
    text("error_type", null=True),
    text("error_message", null=True),
    text("catalogue_version"),
    integer("created_us"),
    integer("started_us", null=True),
    integer("finished_us", null=True),
    integer("expires_us", null=True),
    integer("deleted_us", null=True),
    Column(
        "whose_keys",
        Text,
        one_of("whose_keys", get_args(WhoseKeys)),
        nullable=False,
        server_default="house",
        info={"data": "technical"},
    ),
    micro("own_unit_micro", null=True),
    Column("price_percent", BigInteger, nullable=False, server_default="100", info={"data": "technical"}),
    CheckConstraint("(finished_us IS NULL) = (captured_micro IS NULL)", name="ended_is_settled"),
    CheckConstraint(
        "captured_micro IS NULL OR (captured_micro >= 0 AND captured_micro <= held_micro)", name="captured"
    ),
    keep=_TASK_DAYS,
)
_CLAIMABLE = words("holder IS NULL AND due_us IS NOT NULL")
Index(
    "ix_tasks_claimable",
    tasks.c.account_id,
    tasks.c.due_us,
    tasks.c.node,
    sqlite_where=_CLAIMABLE,
    postgresql_where=_CLAIMABLE,
)
_HELD = words("holder IS NOT NULL")
Index("ix_tasks_holder", tasks.c.holder, sqlite_where=_HELD, postgresql_where=_HELD)
_SWEPT = words("sweep_us IS NOT NULL")
Index("ix_tasks_sweep", tasks.c.sweep_us, sqlite_where=_SWEPT, postgresql_where=_SWEPT)
Index("ix_tasks_list", tasks.c.account_id, tasks.c.mode, tasks.c.id)

task_inputs = table(
    "task_inputs",
    text("task_id", key=True),
    text("request", data="personal"),
    text("metadata", data="personal", null=True),
    keep="until the task is deleted by its owner, at the latest " + _TASK_DAYS,
)

task_labels = table(
    "task_labels",
    text("account_id"),
    text("mode"),
    text("name", data="personal"),
    text("value", data="personal"),
    text("task_id"),
    PrimaryKeyConstraint("account_id", "mode", "name", "value", "task_id"),
    Index("ix_task_labels_task", "task_id"),
    keep="as the task's input",
)

attempts = table(
    "attempts",
    text("id", key=True),
    text("task_id"),
    integer("attempt_no"),
    text("state", one_of("state", get_args(AttemptState))),
    text("provider"),
    text("upstream_model"),
    text("chosen_because"),
    integer("expected_cost_micro_usd", null=True),
    integer("actual_cost_micro_usd", null=True),
    text("upstream_id", null=True),
    text("poll_url", null=True),
    text("fault", null=True),
    text("message", null=True),
    integer("created_us"),
    integer("sent_us", null=True),
    integer("accepted_us", null=True),
    integer("ended_us", null=True),
    text("late_state", null=True),
    text("credential_id", null=True),
    Column("own_key", BigInteger, nullable=False, server_default="0", info={"data": "technical"}),
    UniqueConstraint("task_id", "attempt_no"),
    keep=_WITH_THE_TASK,
)
_ACCEPTED = words("upstream_id IS NOT NULL")
Index(
    "ix_attempts_upstream",
    attempts.c.provider,
    attempts.c.upstream_id,
    sqlite_where=_ACCEPTED,
    postgresql_where=_ACCEPTED,
)

outputs = table(
    "outputs",
    text("task_id"),
    integer("output_no"),
    text("mode"),
    text("account_id"),
    text("storage_key"),
    text("content_type"),
    integer("bytes"),
    integer("width", null=True),
    integer("height", null=True),
    text("sha256"),
    integer("expires_us", null=True),
    integer("duration_ms", null=True),
    PrimaryKeyConstraint("task_id", "output_no"),
    UniqueConstraint("storage_key"),
    keep="until `result_ttl_s` after the task's end, or its deletion; the file goes first",
)
Index("ix_outputs_expires", outputs.c.expires_us)

chat_records = table(
    "chat_records",
    text("task_id", key=True),
    integer("prompt_tokens"),
    integer("completion_tokens"),
    integer("reasoning_tokens"),
    integer("estimated"),
    text("finish_reason", null=True),
    micro("owed_micro", CheckConstraint("owed_micro >= 0", name="owed_micro")),
    keep=_WITH_THE_TASK,
)

direct_answers = table(
    "direct_answers",
    text("task_id", key=True),
    text("answer", data="personal"),
    integer("expires_us"),
    keep="24 hours after the call's end, for replays, or until its deletion",
)
Index("ix_direct_answers_expires", direct_answers.c.expires_us)

quotes = table(
    "quotes",
    text("id", key=True),
    text("account_id"),
    text("mode"),
    binary("body_hash"),
    text("price_version"),
    micro("unit_micro"),
    integer("units"),
    integer("expires_us"),
    text("used_by", null=True),
    Column("whose_keys", Text, nullable=False, server_default="house", info={"data": "technical"}),
    micro("own_total_micro", null=True),
    Column("price_percent", BigInteger, nullable=False, server_default="100", info={"data": "technical"}),
    Index("ix_quotes_expires", "expires_us"),
    keep="15 minutes, and a day beyond",
)

idempotency = table(
    "idempotency",
    text("account_id"),
    text("mode"),
    text("route"),
    text("key", data="personal"),
    binary("body_hash"),
    text("task_id"),
    integer("expires_us"),
    PrimaryKeyConstraint("account_id", "mode", "route", "key"),
    Index("ix_idempotency_expires", "expires_us"),
    keep="24 hours, and until 24 hours after the task's end",
)

poll_lags = table(
    "poll_lags",
    text("process"),
    text("provider"),
    text("counts"),
    integer("sum_us"),
    integer("changed_us"),
    PrimaryKeyConstraint("process", "provider"),
    keep="until the process has not written for an hour",
)

workers = table(
    "workers",
    text("epoch", key=True),
    text("nodes"),
    integer("started_us"),
    integer("lease_until_us"),
    keep="until the worker ends or its lease has run out and its tasks were taken over",
)
