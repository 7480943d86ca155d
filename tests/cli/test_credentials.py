"""Credentials of providers by the command line: sealed, shown never, replaced and revoked."""

import io
from pathlib import Path

import pytest

from apiinone.core.clock import SystemClock
from apiinone.db import Row, Sql, Tx, open_database
from cli.command_line import Said, Shell
from databases import run_apart

SECRET = "canary-of-a-stored-credential"
NEW_KEY = {"APIINONE_CREDENTIALS_KEY": "a-new-key-that-is-long-enough-to-be-one"}
ROWS = Sql("SELECT id, account_id, provider, name, sealed, seal_key, nodes, revoked_us FROM provider_credentials")
MOVE = Sql(
    "UPDATE provider_credentials SET sealed = (SELECT sealed FROM provider_credentials WHERE id = $1) WHERE id = $2"
)
ACTIONS = Sql("SELECT action, subject, reason FROM operator_actions")


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What stands on the standard input."""
    given = io.StringIO(f"{SECRET}\n")
    monkeypatch.setattr("sys.stdin", given)
    return given


def add(shell: Shell, typing: io.StringIO, *options: str, secret: str = SECRET, status: int = 0) -> Said:
    typing.seek(0)
    typing.truncate()
    typing.write(f"{secret}\n")
    typing.seek(0)
    return shell("credentials", "add", "recraft", "--json", *options, status=status)


def rows(url: str, statement: Sql = ROWS) -> list[Row]:
    async def read() -> list[Row]:
        database = await open_database(url, SystemClock())
        try:
            return await database.rows(statement)
        finally:
            await database.close()

    return run_apart(read())


def move(url: str, source: str, target: str) -> None:
    async def work(tx: Tx) -> None:
        assert await tx.run(MOVE, source, target) == 1

    async def act() -> None:
        database = await open_database(url, SystemClock())
        try:
            await database.transact(work)
        finally:
            await database.close()

    run_apart(act())


def doctor(shell: Shell, url: str, *, status: int = 0) -> str:
    """What it says; the tests' PostgreSQL does without fsync, which is an error of its own."""
    return shell("doctor", "--json", status=status if url.startswith("sqlite:") else 1).out


def states(shell: Shell) -> list[str]:
    return [one["state"] for one in shell("credentials", "list", "--json").data["credentials"]]


def test_a_credential_is_stored_sealed_and_never_shown(shell: Shell, typing: io.StringIO, database_url: str) -> None:
    said = add(shell, typing, "--name", "main", "--node", "78", "--submits-per-s", "2", "--concurrent", "3")
    listed = shell("credentials", "list", "--json")
    (one,) = listed.data["credentials"]
    assert (one["credential_id"], one["provider"], one["state"]) == (said.data["credential_id"], "recraft", "good")
    assert (one["name"], one["nodes"], one["submits_per_s_max"], one["concurrent_max"]) == ("main", [78], 2.0, 3)
    (row,) = rows(database_url)
    assert SECRET.encode() not in bytes(row[4])
    table, found = shell("credentials", "list"), doctor(shell, database_url)
    assert "1 stored" in found
    for shown in (said, listed, table):
        assert SECRET not in shown.out + shown.err + found
    assert rows(database_url, ACTIONS)[0][:2] == ("credentials.add", one["credential_id"])


def test_a_secret_is_no_argument(shell: Shell) -> None:
    assert shell("credentials", "add", "recraft", SECRET, status=2).out == ""
    assert "--secret" not in shell("credentials", "add", "--help").out


@pytest.mark.parametrize("secret", ["", "two words", "ümlaut"])
def test_what_is_no_secret_is_refused_and_not_repeated(shell: Shell, typing: io.StringIO, secret: str) -> None:
    said = add(shell, typing, secret=secret, status=1)
    assert "/secret" in said.err
    assert not secret or secret not in said.err


def test_what_makes_no_sense_is_refused_by_name(shell: Shell, typing: io.StringIO) -> None:
    assert "/name" in add(shell, typing, "--name", "x" * 200, status=1).err
    assert "/nodes" in add(shell, typing, "--node", "99999999", status=1).err
    assert "/submits_per_s_max" in add(shell, typing, "--submits-per-s", "0.0000001", status=1).err
    typing.seek(0)
    assert "/provider" in shell("credentials", "add", "nobody", status=1).err


def test_a_revoked_secret_is_kept_for_what_is_under_way_or_destroyed_at_once(
    shell: Shell, typing: io.StringIO, database_url: str
) -> None:
    kept, destroyed = (add(shell, typing).data["credential_id"] for _ in range(2))
    shell("credentials", "revoke", kept, "--json", status=2)
    shell("credentials", "revoke", kept, "--reason", "old")
    shell("credentials", "revoke", kept, "--reason", "old", status=1)
    assert shell("credentials", "revoke", destroyed, "--reason", "leaked", "--now", "--json").data["secret_destroyed"]
    found = {row[0]: (row[4] is None, row[7] is None) for row in rows(database_url)}
    assert found == {kept: (False, False), destroyed: (True, False)}
    assert states(shell) == ["revoked", "revoked"]
    shell("credentials", "revoke", kept, "--reason", "leaked", "--now")
    assert all(row[4] is None for row in rows(database_url))
    shell("credentials", "revoke", "0" * 26, "--reason", "none", status=1)


def test_the_sealing_key_is_replaced_for_all_in_one_step(shell: Shell, typing: io.StringIO, database_url: str) -> None:
    for _ in range(2):
        add(shell, typing)
    before = {row[0]: row[5] for row in rows(database_url)}
    shell.set(NEW_KEY)
    assert "apiinone credentials rotate-key" in doctor(shell, database_url)
    assert shell("credentials", "rotate-key", "--json").data == {"sealed_anew": 2}
    assert shell("credentials", "rotate-key", "--json").data == {"sealed_anew": 0}
    after = {row[0]: row[5] for row in rows(database_url)}
    assert set(before.values()) & set(after.values()) == set()
    shell.set({"APIINONE_CREDENTIALS_KEY": "yet-another-key-that-is-long-enough-too"})
    assert "cannot be opened" in shell("credentials", "rotate-key", status=1).err
    assert {row[0]: row[5] for row in rows(database_url)} == after
    assert "cannot be opened with this installation's keys" in doctor(shell, database_url, status=1)
    shell.set({"APIINONE_CREDENTIALS_KEY_BEFORE": NEW_KEY["APIINONE_CREDENTIALS_KEY"]})
    assert shell("credentials", "rotate-key", "--json").data == {"sealed_anew": 2}


def test_a_sealed_secret_is_worth_nothing_in_another_row(shell: Shell, typing: io.StringIO, database_url: str) -> None:
    one, other = (add(shell, typing).data["credential_id"] for _ in range(2))
    move(database_url, one, other)
    assert f"{other} cannot be opened" in doctor(shell, database_url, status=1)


def test_a_short_sealing_key_is_refused(shell: Shell, data_folder: Path) -> None:
    shell.set({"APIINONE_CREDENTIALS_KEY": "short"})
    assert "APIINONE_CREDENTIALS_KEY" in shell("accounts", "create", "--email", "a@example.com", status=2).err
    assert not data_folder.exists()
