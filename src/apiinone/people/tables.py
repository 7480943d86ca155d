"""Tables of people, of what they belong to, and of how they sign in."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint

from apiinone.tables import binary, integer, table, text

people = table(
    "people",
    text("id", key=True),
    text("email", data="personal"),
    text("name", data="personal"),
    text("password_hash", null=True),
    integer("verified_us", null=True),
    text("state", CheckConstraint("state IN ('active', 'suspended')", name="state")),
    text("language"),
    text("time_zone"),
    integer("operator"),
    binary("totp_sealed", null=True),
    integer("totp_confirmed_us", null=True),
    integer("totp_step", null=True),
    integer("created_us"),
    UniqueConstraint("email"),
    Index("ix_people_created_us", "created_us"),
    keep="until the person is deleted; one whose address was never confirmed goes after 7 days, with the account",
)

members = table(
    "members",
    text("account_id", ForeignKey("accounts.id"), key=True),
    text("person_id", ForeignKey("people.id"), key=True),
    text("role", CheckConstraint("role IN ('owner', 'admin', 'developer', 'billing', 'viewer')", name="role")),
    integer("created_us"),
    Index("ix_members_person_id", "person_id"),
    keep="until the person leaves the account, or either of them is deleted",
)

sessions = table(
    "sessions",
    text("id", key=True),
    text("person_id", ForeignKey("people.id")),
    text("account_id", null=True),
    text("mode", CheckConstraint("mode IN ('live', 'test')", name="mode")),
    text("agent", data="personal"),
    integer("totp_due"),
    integer("created_us"),
    integer("seen_us"),
    integer("expires_us"),
    integer("stepped_up_us", null=True),
    Index("ix_sessions_person_id", "person_id"),
    Index("ix_sessions_expires_us", "expires_us"),
    keep="until the person signs out, 14 days without use or 30 days in all",
)

viewings = table(
    "viewings",
    text("id", key=True),
    text("account_id"),
    text("session_id"),
    text("person_id"),
    text("reason", data="personal"),
    integer("began_us"),
    integer("ends_us"),
    Index("ix_viewings_account_id", "account_id", "id"),
    Index("ix_viewings_session_id", "session_id"),
    Index("ix_viewings_began_us", "began_us"),
    keep="for a year, in which the account's members read when an operator looked at it, and why",
)

mail_tokens = table(
    "mail_tokens",
    text("id", key=True),
    text(
        "purpose",
        CheckConstraint("purpose IN ('verify', 'reset', 'invite', 'change_address', 'delete')", name="purpose"),
    ),
    text("person_id", null=True),
    text("account_id", null=True),
    text("email", data="personal"),
    text("role", null=True),
    integer("created_us"),
    integer("expires_us"),
    Index("ix_mail_tokens_person_id", "person_id"),
    Index("ix_mail_tokens_account_id", "account_id"),
    Index("ix_mail_tokens_expires_us", "expires_us"),
    keep="until it is used, replaced or over: a reset after an hour, an invitation after 7 days",
)

recovery_codes = table(
    "recovery_codes",
    text("id", key=True),
    text("person_id", ForeignKey("people.id")),
    Index("ix_recovery_codes_person_id", "person_id"),
    keep="until it is used, or new ones are made",
)

identities = table(
    "identities",
    text("issuer", key=True),
    text("subject", data="personal", key=True),
    text("person_id", ForeignKey("people.id")),
    integer("created_us"),
    Index("ix_identities_person_id", "person_id"),
    keep="until the person takes it away or is deleted",
)

throttles = table(
    "throttles",
    text("id", key=True),
    integer("free_us"),
    Index("ix_throttles_free_us", "free_us"),
    keep="until it would let everything through again",
)
