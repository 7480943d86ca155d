"""Tables of providers' credentials."""

from sqlalchemy import CheckConstraint, Index

from apiinone.tables import binary, integer, table, text

provider_credentials = table(
    "provider_credentials",
    text("id", key=True),
    text("account_id", null=True),
    text("provider"),
    text("name", data="personal"),
    binary("sealed", null=True),
    text("seal_key"),
    text("nodes"),
    integer("submit_gap_us", null=True),
    integer("concurrent_max", null=True),
    integer("falls_back"),
    integer("created_us"),
    integer("changed_us"),
    integer("revoked_us", null=True),
    CheckConstraint("sealed IS NOT NULL OR revoked_us IS NOT NULL", name="good_is_sealed"),
    Index("ix_provider_credentials_account_id", "account_id"),
    Index("ix_provider_credentials_changed_us", "changed_us"),
    keep="until it is revoked: then the secret goes within a day (an account's own at once), the row after 90 days",
)

credential_alarms = table(
    "credential_alarms",
    text("credential_id", key=True),
    text("provider"),
    text("trouble"),
    integer("since_us"),
    keep="until the credential works again or is revoked, at most 7 days",
)
