"""Pains 83 and 84: migrations touch our own tables only, and fail closed."""

from pathlib import Path

import pytest

from apiinone.app import prepare_database
from apiinone.core.clock import SystemClock
from apiinone.db import Database, Sql, Tx, open_database
from apiinone.migrate import SchemaMismatch, migrate, revision
from apiinone.settings import Settings
from schema_in_use import tables_in_use
from whole_app import opened

THEIRS = Sql("CREATE TABLE theirs (word text)")
IN_THE_WAY = Sql("CREATE TABLE workers (theirs text)")
PUT = Sql("INSERT INTO theirs (word) VALUES ('kept')")
KEPT = Sql("SELECT word FROM theirs")
OTHER = Sql("UPDATE alembic_version SET version_num = '9999'")


async def run(database_url: str, *statements: Sql) -> None:
    database: Database = await open_database(database_url, SystemClock())

    async def work(tx: Tx) -> None:
        for statement in statements:
            await tx.many(statement, [()])

    await database.transact(work)
    await database.close()


async def test_a_foreign_table_survives_every_migration(empty_database_url: str) -> None:
    await run(empty_database_url, THEIRS, PUT)
    for _ in range(2):
        await migrate(empty_database_url)
    database = await open_database(empty_database_url, SystemClock())

    async def look(tx: Tx) -> list[str]:
        return [row[0] for row in await tx.rows(KEPT)]

    assert await database.read(look) == ["kept"]
    await database.close()


async def test_a_server_refuses_another_schema_and_a_failed_migration_leaves_the_old(
    empty_database_url: str, tmp_path: Path
) -> None:
    settings = Settings(data_dir=str(tmp_path), database_url=empty_database_url)
    with pytest.raises(SchemaMismatch):
        async with opened(empty_database_url, tmp_path):
            raise AssertionError("not reached: an empty database is not served")
    await run(empty_database_url, IN_THE_WAY)
    with pytest.raises(Exception, match="workers"):
        await prepare_database(settings)
    assert tables_in_use(empty_database_url).keys() == {"workers"}
    await run(empty_database_url, Sql("DROP TABLE workers"))
    await prepare_database(settings)
    await run(empty_database_url, OTHER)
    with pytest.raises(SchemaMismatch):
        await prepare_database(settings)
    with pytest.raises(SchemaMismatch):
        async with opened(empty_database_url, tmp_path):
            raise AssertionError("not reached: another schema is not served")
    database = await open_database(empty_database_url, SystemClock())
    assert await revision(database) == "9999"
    await database.close()
