"""The table of mail that waits to be sent."""

from sqlalchemy import Index

from apiinone.tables import binary, integer, table, text

mails = table(
    "mails",
    text("id", key=True),
    text("kind"),
    text("recipient", data="personal"),
    binary("sealed"),
    integer("due_us"),
    integer("tries"),
    text("fault", null=True),
    integer("created_us"),
    Index("ix_mails_due_us", "due_us"),
    Index("ix_mails_recipient", "recipient"),
    keep="until it is sent, at most 2 days; what it says is sealed meanwhile",
)
