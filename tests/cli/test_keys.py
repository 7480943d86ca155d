import asyncio
from pathlib import Path
from typing import Any

import pytest

from apiinone.accounts.callers import Caller, Callers
from apiinone.accounts.key_rows import key_by_id
from apiinone.accounts.keys import Key, KeyRules
from apiinone.core.clock import US_PER_S, SystemClock
from apiinone.core.credits import whole
from apiinone.core.errors import AuthenticationFailed, PermissionDenied
from apiinone.db import Sql, Tx, open_database
from apiinone.installation import installation_secret
from cli.command_line import Shell
from databases import run_apart

EVERY_TEXT = (
    Sql("SELECT id, lineage_id, secret_hash, name, rules FROM keys"),
    Sql("SELECT key, actor, reason FROM entries"),
    Sql("SELECT actor, action, subject, reason FROM operator_actions"),
)


async def _callers(url: str, folder: Path, key: str) -> Caller:
    database = await open_database(url, SystemClock())
    try:
        pepper = installation_secret("", folder).key("pepper")
        return await Callers(database, SystemClock(), pepper).identify(f"Bearer {key}", "203.0.113.9")
    finally:
        await database.close()


async def _key(url: str, key_id: str) -> tuple[Key, Any]:
    database = await open_database(url, SystemClock())

    async def look(tx: Tx) -> tuple[Key, Any]:
        key = await key_by_id(tx, key_id)
        assert key is not None
        budget = Sql("SELECT limit_micro, period FROM budgets WHERE lineage_id = $1")
        return key, await tx.row(budget, key.lineage_id)

    try:
        return await database.read(look)
    finally:
        await database.close()


def test_a_key_is_made_and_works(shell: Shell, database_url: str, data_folder: Path) -> None:
    account = shell.account()
    live, test = shell.key(account), shell.key(account, "--test")
    assert live["key"].startswith(f"aio_live_{live['key_id']}_")
    caller = run_apart(_callers(database_url, data_folder, test["key"]))
    assert (caller.account_id, caller.mode, caller.key_id) == (account, "test", test["key_id"])


def test_a_key_is_shown_once_and_only_its_hash_is_kept(shell: Shell, database_url: str, data_folder: Path) -> None:
    key = shell.key(shell.account())["key"]
    secret = key.rpartition("_")[2]

    async def texts() -> str:
        database = await open_database(database_url, SystemClock())

        async def look(tx: Tx) -> str:
            return str([tuple(row) for statement in EVERY_TEXT for row in await tx.rows(statement)])

        try:
            return await database.read(look)
        finally:
            await database.close()

    assert secret not in run_apart(texts())
    files = [path.read_bytes() for path in data_folder.parent.rglob("*") if path.is_file()]
    assert not any(secret.encode() in content for content in files)


def test_every_option_becomes_a_rule(shell: Shell, database_url: str) -> None:
    options = ["--name", "agency", "--scope", "generate", "--model", "recraft-v4", "--endpoint", "images"]
    options += ["--ip", "203.0.113.7/24", "--expires-days", "30", "--budget", "2.5", "--budget-period", "day"]
    options += ["--requests-per-minute", "90", "--open-tasks", "4"]
    made = shell.key(shell.account(), *options)
    key, budget = run_apart(_key(database_url, made["key_id"]))
    assert key.rules == KeyRules(("generate",), ("recraft-v4",), ("images",), ("203.0.113.0/24",), 90, 4)
    assert (key.name, key.mode) == ("agency", "live")
    assert key.expires_us is not None
    assert key.expires_us - key.created_us == 30 * 24 * 3600 * US_PER_S
    assert tuple(budget) == (2_500_000, "day")


def test_a_model_is_kept_by_the_name_that_requests_are_compared_with(shell: Shell, database_url: str) -> None:
    account = shell.account()
    made = shell.key(account, "--model", "recraft-v4-text-to-image-pro", "--model", "recraft-v4")
    key, _ = run_apart(_key(database_url, made["key_id"]))
    assert key.rules.models == ("recraft-v4-pro-text-to-image", "recraft-v4")


@pytest.mark.parametrize(
    ("options", "status", "word"),
    [
        (("--model", "no-such-model"), 1, "/models"),
        (("--endpoint", "pictures"), 1, "/endpoints"),
        (("--ip", "300.1.1.1"), 1, "/ip_ranges"),
        (("--name", "a\x1b[2J"), 1, "/name"),
        (("--expires-days", "4000"), 1, "/expires_days"),
        (("--scope", "everything"), 2, "--scope"),
        (("--budget", "1e3"), 2, "--budget"),
        (("--budget", "-1"), 2, "--budget"),
        (("--open-tasks", "0"), 2, "--open-tasks"),
    ],
)
def test_rules_that_make_no_sense_are_refused(
    fresh_shell: Shell, options: tuple[str, ...], status: int, word: str
) -> None:
    account = fresh_shell.account()
    said = fresh_shell("keys", "create", "--account", account, "--json", *options, status=status)
    assert said.out == ""
    assert word in said.err
    assert fresh_shell("keys", "list", "--account", account, "--json").data == {"keys": []}


def test_an_unknown_account_has_no_keys(shell: Shell) -> None:
    shell("keys", "create", "--account", "0" * 26, status=1)
    shell("keys", "list", "--account", "0" * 26, status=1)


def test_a_revoked_key_works_no_more(shell: Shell, database_url: str, data_folder: Path) -> None:
    account = shell.account()
    made = shell.key(account)
    assert shell("keys", "revoke", made["key_id"], "--json").data == {"key_id": made["key_id"]}
    with pytest.raises(AuthenticationFailed):
        run_apart(_callers(database_url, data_folder, made["key"]))
    assert shell("keys", "list", "--account", account, "--json").data["keys"][0]["state"] == "revoked"
    shell("keys", "revoke", made["key_id"], status=1)


def test_a_suspended_accounts_key_is_refused(shell: Shell, database_url: str, data_folder: Path) -> None:
    account = shell.account()
    key = shell.key(account)["key"]
    shell("accounts", "suspend", account, "--reason", "unpaid")
    with pytest.raises(PermissionDenied):
        run_apart(_callers(database_url, data_folder, key))


def test_a_rotated_key_works_on_for_the_overlap(shell: Shell, database_url: str, data_folder: Path) -> None:
    account = shell.account()
    old = shell.key(account, "--budget", "5")
    new = shell("keys", "rotate", old["key_id"], "--json").data
    for key in (old["key"], new["key"]):
        assert run_apart(_callers(database_url, data_folder, key)).lineage_id == old["key_id"]
    _, budget = run_apart(_key(database_url, new["key_id"]))
    assert budget[0] == whole(5)
    at_once = shell("keys", "rotate", new["key_id"], "--overlap-hours", "0", "--json").data
    with pytest.raises(AuthenticationFailed):
        run_apart(_callers(database_url, data_folder, new["key"]))
    assert run_apart(_callers(database_url, data_folder, at_once["key"])).account_id == account
    listed = shell("keys", "list", "--account", account, "--json").data["keys"]
    assert [key["state"] for key in listed] == ["active", "expired", "active"]


def test_a_list_tells_states_and_never_a_secret(shell: Shell) -> None:
    account = shell.account()
    secret = shell.key(account, "--name", "first")["key"].rpartition("_")[2]
    said = shell("keys", "list", "--account", account)
    assert "first" in said.out
    assert secret not in said.out + shell("keys", "list", "--account", account, "--json").out


def test_two_commands_at_once_take_turns(fresh_shell: Shell) -> None:
    from apiinone.cli.opening import carry_out, settings_now  # noqa: PLC0415 - read with this test's settings
    from apiinone.control.account_commands import OpenAccount  # noqa: PLC0415 - as above

    fresh_shell("migrate")

    async def both() -> list[str]:
        commands = [carry_out(settings_now(), OpenAccount(f"{name}@example.com")) for name in "ab"]
        return [opened.email for opened in await asyncio.gather(*commands)]

    assert asyncio.run(both()) == ["a@example.com", "b@example.com"]
