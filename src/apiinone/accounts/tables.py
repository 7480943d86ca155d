"""Tables of accounts and keys."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy import text as words

from apiinone.tables import binary, integer, micro, table, text

accounts = table(
    "accounts",
    text("id", key=True),
    text("email", data="personal"),
    text("state", CheckConstraint("state IN ('active', 'suspended')", name="state")),
    integer("created_us"),
    text("name", data="personal"),
    integer("closed_us", null=True),
    integer("cleared_us", null=True),
    UniqueConstraint("email"),
    keep="until the account is deleted; then address and name are replaced by a pseudonym",
)

keys = table(
    "keys",
    text("id", key=True),
    text("account_id", ForeignKey("accounts.id")),
    text("mode", CheckConstraint("mode IN ('live', 'test')", name="mode")),
    text("lineage_id"),
    binary("secret_hash"),
    text("name", data="personal"),
    text("rules"),
    integer("created_us"),
    integer("expires_us", null=True),
    integer("revoked_us", null=True),
    integer("last_used_us", null=True),
    text("made_by", null=True),
    Index("ix_keys_account", "account_id", "id"),
    keep="as long as the account: tasks and entries name the key they came from",
)

_MADE_BY = words("made_by IS NOT NULL")
Index("ix_keys_made_by", keys.c.made_by, sqlite_where=_MADE_BY, postgresql_where=_MADE_BY)
_TO_CLEAR = words("closed_us IS NOT NULL AND cleared_us IS NULL")
Index("ix_accounts_to_clear", accounts.c.closed_us, sqlite_where=_TO_CLEAR, postgresql_where=_TO_CLEAR)

key_loads = table(
    "key_loads",
    text("lineage_id", key=True),
    integer("open_holds", CheckConstraint("open_holds >= 0", name="open_holds")),
    keep="as long as the keys of the lineage",
)

operator_actions = table(
    "operator_actions",
    text("id", key=True),
    text("actor"),
    text("action"),
    text("subject"),
    text("reason", data="personal"),
    integer("created_us"),
    keep="for good: the record of what operators did by hand",
)

adjustments = table(
    "adjustments",
    text("id", key=True),
    text("account_id"),
    text("mode", CheckConstraint("mode IN ('live', 'test')", name="mode")),
    micro("amount_micro", CheckConstraint("amount_micro <> 0", name="amount_micro")),
    text("reason"),
    text("state", CheckConstraint("state IN ('waiting', 'done', 'refused')", name="state")),
    text("asked_by"),
    integer("asked_us"),
    text("decided_by", null=True),
    integer("decided_us", null=True),
    CheckConstraint("(state = 'waiting') = (decided_us IS NULL)", name="decided"),
    Index("ix_adjustments_account", "account_id", "id"),
    Index("ix_adjustments_state", "state", "id"),
    keep="for good: what operators changed a balance by, and who agreed",
)

adjustment_days = table(
    "adjustment_days",
    text("actor"),
    text("day"),
    micro("alone_micro", CheckConstraint("alone_micro >= 0", name="alone_micro")),
    PrimaryKeyConstraint("actor", "day"),
    keep="for good: how much an operator moved on a UTC day without a second one",
)

facts = table(
    "facts",
    text("name", key=True),
    text("value"),
    keep="for good: what the installation must agree on, such as the fingerprint of its secret",
)
