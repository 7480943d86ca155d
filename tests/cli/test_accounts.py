from pathlib import Path

from apiinone.core.ids import is_id
from cli.command_line import Shell


def test_an_account_is_opened_and_its_id_printed(shell: Shell) -> None:
    said = shell("accounts", "create", "--email", "Someone@Example.com", "--json")
    assert is_id(said.data["account_id"])
    assert said.data["email"] == "someone@example.com"
    listed = shell("accounts", "list", "--json").data["accounts"]
    assert [(one["account_id"], one["state"]) for one in listed] == [(said.data["account_id"], "active")]


def test_a_refusal_says_why_on_stderr_and_prints_no_data(shell: Shell) -> None:
    shell.account()
    said = shell("accounts", "create", "--email", "someone@example.com", "--json", status=1)
    assert said.out == ""
    assert "there is an account with this e-mail address already" in said.err


def test_what_is_no_address_is_refused(shell: Shell) -> None:
    assert "/email" in shell("accounts", "create", "--email", "nobody", status=1).err


def test_an_account_is_suspended_and_resumed_with_a_reason(shell: Shell) -> None:
    account = shell.account()
    assert shell("accounts", "suspend", account, status=2).out == ""
    shell("accounts", "suspend", account, "--reason", " ", status=1)
    assert shell("accounts", "list", "--json").data["accounts"][0]["state"] == "active"
    assert shell("accounts", "suspend", account, "--reason", "abuse", "--json").data["state"] == "suspended"
    assert shell("accounts", "list", "--json").data["accounts"][0]["state"] == "suspended"
    assert shell("accounts", "resume", account, "--reason", "cleared", "--json").data["state"] == "active"


def test_accounts_are_listed_after_a_given_one(shell: Shell) -> None:
    first, second = shell.account("a@example.com"), shell.account("b@example.com")
    assert [one["account_id"] for one in shell("accounts", "list", "--json").data["accounts"]] == [first, second]
    rest = shell("accounts", "list", "--after", first, "--json").data["accounts"]
    assert [one["account_id"] for one in rest] == [second]
    shell("accounts", "list", "--after", "x", status=1)


def test_people_read_a_table(shell: Shell) -> None:
    account = shell.account()
    heading, row = shell("accounts", "list").out.splitlines()
    assert heading.split() == ["account", "e-mail", "state", "created"]
    assert row.split()[:3] == [account, "someone@example.com", "active"]


def test_the_data_folder_is_open_to_this_user_alone(fresh_shell: Shell, data_folder: Path) -> None:
    fresh_shell.account()
    assert data_folder.stat().st_mode & 0o077 == 0
    assert (data_folder / "secret").stat().st_mode & 0o077 == 0
