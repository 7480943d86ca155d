"""Tables of what operators switch. Each is read whole where its version has changed, so they stay small."""

from sqlalchemy import CheckConstraint, PrimaryKeyConstraint

from apiinone.tables import integer, micro, table, text

_UNTIL_SWITCHED_BACK = "until it is switched back"

house_switches = table(
    "house_switches",
    text("name", CheckConstraint("name IN ('version', 'drain', 'maintenance', 'sign_up')", name="name"), key=True),
    text("value"),
    integer("changed_us"),
    keep="for good: one row for each switch there is, and one that changes with any of them",
)

model_switches = table(
    "model_switches",
    text("sub_model", key=True),
    integer("changed_us"),
    keep=_UNTIL_SWITCHED_BACK,
)

offer_switches = table(
    "offer_switches",
    text("sub_model"),
    text("provider"),
    text("upstream_model"),
    text("operation"),
    integer("is_off", CheckConstraint("is_off IN (0, 1)", name="is_off")),
    integer("priority", null=True),
    integer("changed_us"),
    PrimaryKeyConstraint("sub_model", "provider", "upstream_model", "operation"),
    keep=_UNTIL_SWITCHED_BACK,
)

account_prices = table(
    "account_prices",
    text("account_id"),
    text("model"),
    integer("percent", CheckConstraint("percent BETWEEN 1 AND 1000", name="percent")),
    integer("changed_us"),
    PrimaryKeyConstraint("account_id", "model"),
    keep="until an operator takes it away, or the account is closed and cleared",
)

list_prices = table(
    "list_prices",
    text("model"),
    text("operation"),
    text("figure"),
    micro("amount_micro", CheckConstraint("amount_micro > 0", name="amount_micro")),
    integer("below_cost", CheckConstraint("below_cost IN (0, 1)", name="below_cost")),
    integer("changed_us"),
    PrimaryKeyConstraint("model", "operation", "figure"),
    keep="until an operator takes it back, also where the catalogue has no use for it any more",
)

site_texts = table(
    "site_texts",
    text("name", key=True),
    text("markdown"),
    integer("changed_us"),
    keep="until an operator replaces it or takes it away",
)
