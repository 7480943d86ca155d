"""What stands in the schema as the migrations make it, and in its description."""

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - the driver ships no types

from apiinone.schema import metadata
from schema_in_use import tables_in_use

GUARDS_OF_MONEY = {
    "balances",
    "budget_periods",
    "entries",
    "hold_slices",
    "holds",
    "idempotency",
    "lots",
    "orders",
    "payment_events",
    "settlements",
    "voucher_uses",
}
PARTITIONED = "SELECT relname FROM pg_class WHERE relkind = 'p' OR relispartition"
WHOLE_NUMBER = "bigint"
NO_NUMBERS = {"text", "blob", "bytea"}
PERSONAL = {
    "accounts.email",
    "accounts.name",
    "alert_addresses.url",
    "direct_answers.answer",
    "callbacks.host",
    "callbacks.url",
    "deliveries.host",
    "deliveries.url",
    "documents.content",
    "idempotency.key",
    "identities.subject",
    "keys.name",
    "mail_tokens.email",
    "mails.recipient",
    "operator_actions.reason",
    "people.email",
    "people.name",
    "provider_credentials.name",
    "sessions.agent",
    "saved_methods.label",
    "task_inputs.metadata",
    "task_inputs.request",
    "task_labels.name",
    "task_labels.value",
    "viewings.reason",
    "webhook_endpoints.host",
    "webhook_endpoints.name",
    "webhook_endpoints.url",
}


async def test_tables_that_guard_money_are_not_partitioned(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    try:
        rows = await connection.fetch(PARTITIONED)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    finally:
        await connection.close()  # pyright: ignore[reportUnknownMemberType]
    assert metadata.tables.keys() >= GUARDS_OF_MONEY
    assert {str(row[0]) for row in rows} & GUARDS_OF_MONEY == set()  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def test_every_amount_is_a_whole_number_of_micro_credits(database_url: str) -> None:
    kinds = {
        f"{table_name}.{name}": kind
        for table_name, table in tables_in_use(database_url).items()
        for name, (kind, _) in table.columns.items()
    }
    assert {name: kind for name, kind in kinds.items() if kind not in {WHOLE_NUMBER, *NO_NUMBERS}} == {}
    amounts = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if column.info["data"] == "money"
    }
    assert amounts
    assert {name for name in amounts if kinds[name] != WHOLE_NUMBER or not name.endswith(("_micro", "_minor"))} == set()


def test_every_column_says_what_kind_of_data_it_holds() -> None:
    columns = [column for table in metadata.tables.values() for column in table.columns]
    assert {
        str(column) for column in columns if column.info.get("data") not in {"personal", "money", "technical"}
    } == set()
    personal = {str(column) for column in columns if column.info["data"] == "personal"}
    assert personal == PERSONAL
    about_money = {column.table.name for column in columns if column.info["data"] == "money"}
    assert {name for name in personal if name.partition(".")[0] in about_money} == set()
