"""PostgreSQL alone: connections that are lost, commits in doubt, deadlocks, limits."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from apiinone import db_postgresql
from apiinone.core.clock import SystemClock
from apiinone.core.errors import DatabaseUnavailable
from apiinone.db import CommitInDoubt, Database, Sql, Tx, open_database
from postgres_proxy import Cut, CuttingProxy, cutting
from scripted_worker import until

PUT = Sql("INSERT INTO facts (name, value) VALUES ($1, $2)")
NAMES = Sql("SELECT name FROM facts ORDER BY name")
CONFIGURE = Sql("SELECT set_config($1, $2, true)")


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Database]:
    opened = await open_database(postgres_url, SystemClock())
    yield opened
    await opened.close()


@pytest.fixture
async def proxied(postgres_url: str) -> AsyncIterator[tuple[CuttingProxy, Database]]:
    async with cutting(postgres_url) as (proxy, url):
        opened = await open_database(url, SystemClock())
        yield proxy, opened
        proxy.refusing = False
        await opened.close()


class Putting:
    """A use case that puts a fact, and how often it was run."""

    def __init__(self, name: str) -> None:
        self.runs = 0
        self._name = name

    async def __call__(self, tx: Tx) -> str:
        self.runs += 1
        await tx.run(PUT, self._name, "")
        return self._name


async def names(database: Database) -> list[str]:
    async def look(tx: Tx) -> list[str]:
        return [row[0] for row in await tx.rows(NAMES)]

    return await database.read(look)


async def test_a_commit_whose_answer_was_lost_is_found_to_have_happened(
    proxied: tuple[CuttingProxy, Database], postgres: Database
) -> None:
    proxy, database = proxied
    proxy.cut, putting = "after commit", Putting("a")
    assert await database.transact(putting) == "a"
    assert (proxy.cuts, putting.runs, await names(postgres)) == (1, 1, ["a"])


async def test_a_commit_that_never_arrived_is_run_again(
    proxied: tuple[CuttingProxy, Database], postgres: Database
) -> None:
    proxy, database = proxied
    proxy.cut, putting = "before commit", Putting("a")
    assert await database.transact(putting) == "a"
    assert (proxy.cuts, putting.runs, await names(postgres)) == (1, 2, ["a"])


async def test_a_connection_is_given_back_without_a_word_to_the_server(
    proxied: tuple[CuttingProxy, Database],
) -> None:
    proxy, database = proxied
    await names(database)
    await database.transact(Putting("a"))
    begun = [word for word in proxy.said if word.startswith(b"BEGIN")]
    assert (len(begun), [word for word in proxy.said if word not in begun]) == (2, [b"COMMIT"] * 2)


async def test_an_index_is_searched_by_the_servers_time(postgres: Database) -> None:
    statement = Sql("EXPLAIN SELECT 1 FROM mails WHERE due_us <= $1 LIMIT 1")

    async def plan(tx: Tx) -> str:
        await tx.rows(CONFIGURE, "enable_seqscan", "off")
        return str(await tx.rows(Sql(statement.postgresql_by_now())))  # pyright: ignore[reportArgumentType] - ours

    assert "Index Cond: (due_us <= " in await postgres.transact(plan)


async def test_a_read_that_is_given_up_leaves_nothing_to_who_has_its_connection_next(postgres: Database) -> None:
    begun = asyncio.Event()

    async def sleep(tx: Tx) -> None:
        await tx.rows(NAMES)
        begun.set()
        await tx.rows(Sql("SELECT pg_sleep(60)"))

    reading = asyncio.create_task(postgres.read(sleep))
    await begun.wait()
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait([reading])
    await postgres.transact(Putting("a"))
    assert await names(postgres) == ["a"]


@pytest.mark.parametrize(("cut", "there"), [("before commit", []), ("after commit", ["a"])])
async def test_a_commit_nobody_can_tell_about_is_called_in_doubt_and_not_run_again(
    proxied: tuple[CuttingProxy, Database],
    postgres: Database,
    monkeypatch: pytest.MonkeyPatch,
    cut: Cut,
    there: list[str],
) -> None:
    monkeypatch.setattr(db_postgresql, "_DOUBT_TRIES_MAX", 3)
    monkeypatch.setattr(db_postgresql, "_DOUBT_PAUSE_S", 0.01)
    proxy, database = proxied
    proxy.cut, proxy.refuse_after_cut, putting = cut, True, Putting("a")
    with pytest.raises(CommitInDoubt):
        await database.transact(putting)
    assert (putting.runs, await names(postgres)) == (1, there)


@pytest.mark.parametrize("messages", range(8))
async def test_a_connection_lost_anywhere_before_the_commit_is_a_refusal_and_leaves_nothing(
    proxied: tuple[CuttingProxy, Database], postgres: Database, messages: int
) -> None:
    proxy, database = proxied

    async def work(tx: Tx) -> None:
        for name in "abcd":
            await tx.run(PUT, name, "")
        await asyncio.sleep(0)
        raise AssertionError("not reached: the connection is lost before")

    proxy.cut, proxy.messages_left = "at message", messages
    with pytest.raises(DatabaseUnavailable):
        await database.transact(work)
    assert (proxy.cuts, await names(postgres)) == (1, [])
    await database.transact(Putting("later"))
    assert await names(postgres) == ["later"]


async def test_a_server_that_is_away_is_a_refusal_and_is_found_again(proxied: tuple[CuttingProxy, Database]) -> None:
    proxy, database = proxied
    proxy.refusing = True
    proxy.lose_all()
    for act in (database.transact(Putting("a")), database.read(Putting("a")), names(database)):
        with pytest.raises(DatabaseUnavailable):
            await act
    await database.hint("tasks")
    proxy.refusing = False
    assert await names(database) == []


@pytest.mark.parametrize(
    ("setting", "value", "statement"),
    [
        ("statement_timeout", "20ms", Sql("SELECT pg_sleep(5)")),
        ("transaction_read_only", "on", Sql("DELETE FROM facts")),
    ],
)
async def test_what_the_server_will_not_do_now_is_a_refusal(
    postgres: Database, setting: str, value: str, statement: Sql
) -> None:
    async def work(tx: Tx) -> None:
        await tx.rows(CONFIGURE, setting, value)
        await tx.rows(statement)

    with pytest.raises(DatabaseUnavailable):
        await postgres.transact(work)
    await postgres.transact(Putting("a"))


async def test_a_session_that_an_operator_ends_is_a_refusal(postgres: Database, postgres_url: str) -> None:
    operator = await open_database(postgres_url, SystemClock())
    begun: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def work(tx: Tx) -> None:
        row = await tx.row(Sql("SELECT pg_backend_pid()"))
        assert row is not None
        begun.set_result(row[0])
        await tx.rows(Sql("SELECT pg_sleep(5)"))

    async def end(tx: Tx) -> None:
        await tx.rows(Sql("SELECT pg_terminate_backend($1)"), await begun)

    working = asyncio.ensure_future(postgres.transact(work))
    await begun
    await operator.read(end)
    with pytest.raises(DatabaseUnavailable):
        await working
    await operator.close()


async def test_who_finds_no_free_connection_in_time_is_refused(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db_postgresql, "_ACQUIRE_TIMEOUT_S", 0.3)
    release = asyncio.Event()

    async def hold(tx: Tx) -> None:
        await tx.rows(NAMES)
        await release.wait()

    holding = [asyncio.ensure_future(postgres.transact(hold)) for _ in range(12)]
    await asyncio.sleep(0.1)
    with pytest.raises(DatabaseUnavailable):
        await postgres.transact(Putting("a"))
    release.set()
    await asyncio.gather(*holding)
    await postgres.transact(Putting("a"))


async def test_a_hint_reaches_other_processes_and_does_not_come_back(postgres: Database, postgres_url: str) -> None:
    other = await open_database(postgres_url, SystemClock())
    heard: dict[str, list[str]] = {"own": [], "other": []}
    await postgres.listen(heard["own"].append)
    await other.listen(heard["other"].append)
    await postgres.hint("wake:abc")
    await until(lambda: bool(heard["other"]))
    await other.close()
    assert heard == {"own": ["wake:abc"], "other": ["wake:abc"]}


async def test_a_server_that_does_not_answer_is_a_refusal_when_opening() -> None:
    with pytest.raises(DatabaseUnavailable):
        await open_database("postgresql://postgres@/nowhere?host=/nonexistent", SystemClock())


async def test_a_server_without_that_database_or_that_user_says_so(postgres_url: str) -> None:
    parts = urlsplit(postgres_url)
    other_name = parts._replace(path="/nobodys").geturl()
    other_user = parts._replace(netloc=f"nobody:canary@{parts.netloc.rpartition('@')[2]}").geturl()
    for url, says in ((other_name, "no database of that name"), (other_user, "does not let this user in")):
        with pytest.raises(DatabaseUnavailable, match=says) as told:
            await open_database(url, SystemClock())
        assert "canary" not in told.value.message
