"""What the databases of the tests promise to those who use them."""

from collections.abc import Iterator
from typing import Any

import pytest

from databases import DRIVER, PostgresForTests, PostgresInTurn, run_apart


@pytest.fixture(scope="module")
def in_turn(postgres_server: PostgresForTests, postgres_template: str) -> Iterator[PostgresInTurn]:
    made = PostgresInTurn(postgres_server, postgres_template)
    yield made
    made.close()


async def _told(url: str, statement: str) -> Any:
    connection: Any = await DRIVER.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE accounts ADD COLUMN more text",
        "ALTER TABLE accounts DROP COLUMN id CASCADE",
        "ALTER TABLE accounts ALTER COLUMN id SET DEFAULT 'x'",
        "ALTER TABLE accounts DISABLE TRIGGER ALL",
        "ALTER TABLE accounts ADD CHECK (id <> '')",
        "CREATE TABLE one_more (id int)",
        "DROP TABLE accounts CASCADE",
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "UPDATE alembic_version SET version_num = 'other'",
    ],
)
def test_a_database_whose_schema_was_touched_is_given_to_nobody_else(in_turn: PostgresInTurn, statement: str) -> None:
    url = in_turn.take()
    run_apart(_told(url, statement))
    fresh = in_turn.take()
    assert fresh != url
    assert run_apart(_told(fresh, "SELECT count(*) FROM accounts")) == 0


def test_what_a_test_wrote_is_gone_and_so_are_its_sessions(in_turn: PostgresInTurn) -> None:
    url = in_turn.take()

    async def stay() -> None:
        connection = await DRIVER.connect(url)
        await connection.execute(
            "INSERT INTO accounts (id, email, state, created_us, name) VALUES (1, 1, 'active', 1, 1)"
        )
        assert in_turn.take() == url
        connection.terminate()

    run_apart(stay())
    assert run_apart(_told(url, "SELECT count(*) FROM accounts")) == 0
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND datname = current_database()"
    )
    assert run_apart(_told(url, others)) == 2, "the session that empties it, and this one"
