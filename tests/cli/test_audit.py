from apiinone.core.clock import SystemClock
from apiinone.db import Sql, Tx, open_database
from cli.command_line import Shell
from databases import run_apart
from ledger.audited_story import told


async def _told(url: str) -> str:
    story = await told(url)
    await story.database.close()
    return story.account


def _break(url: str) -> None:
    async def change() -> None:
        database = await open_database(url, SystemClock())

        async def take(tx: Tx) -> int:
            return await tx.run(Sql("UPDATE balances SET available_micro = available_micro + 5 WHERE mode = 'live'"))

        await database.transact(take)
        await database.close()

    run_apart(change())


def test_sound_books_are_ok_with_status_0(shell: Shell, database_url: str) -> None:
    run_apart(_told(database_url))
    report = shell("audit", "--json", status=0).data
    assert (report["ok"], report["breaches"], report["tasks"]) == (True, [], 3)


def test_a_breach_is_listed_with_status_1(shell: Shell, database_url: str) -> None:
    account = run_apart(_told(database_url))
    _break(database_url)
    report = shell("audit", "--json", status=1).data
    assert report["ok"] is False
    assert {"balance_differs", "lots_differ"} == {breach["kind"] for breach in report["breaches"]}
    assert {breach["account_id"] for breach in report["breaches"]} == {account}
    people = shell("audit", status=1).out
    assert "a balance is not the sum of its entries" in people
