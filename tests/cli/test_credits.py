import pytest

from cli.command_line import Shell


def test_live_credits_are_granted_and_shown_exactly(shell: Shell) -> None:
    account = shell.account()
    options = ("--mode", "live", "--reason", "a purchase", "--json")
    granted = shell("credits", "grant", "--account", account, "12.000001", *options).data
    assert (granted["granted"], granted["available"]) == (12.000001, 12.000001)
    (live,) = shell("credits", "balance", "--account", account, "--mode", "live", "--json").data["balances"]
    assert (live["available"], live["held"]) == (12.000001, 0)
    assert [lot["lot_id"] for lot in live["lots"]] == [granted["lot_id"]]
    assert "12.000001" in shell("credits", "balance", "--account", account).out


def test_test_credits_given_by_hand_replace_the_daily_refill_and_it_is_said(shell: Shell) -> None:
    account = shell.account()
    (before,) = shell("credits", "balance", "--account", account, "--mode", "test", "--json").data["balances"]
    assert before["available"] == 1000
    said = shell("credits", "grant", "--account", account, "7", "--mode", "test", "--reason", "a test", "--json")
    assert said.data["available"] == 7
    assert "daily refill" in said.err


def test_credits_with_an_end_say_when(shell: Shell) -> None:
    account = shell.account()
    options = ("--mode", "live", "--reason", "a gift", "--expires-days", "3")
    shell("credits", "grant", "--account", account, "5", *options)
    (live,) = shell("credits", "balance", "--account", account, "--mode", "live", "--json").data["balances"]
    assert live["lots"][0]["expires_at"] is not None


@pytest.mark.parametrize(
    ("amount", "reason", "status"),
    [("0", "x", 1), ("1.0000001", "x", 2), ("-5", "x", 2), ("ten", "x", 2), ("5", " ", 1)],
)
def test_what_is_no_grant_changes_nothing(fresh_shell: Shell, amount: str, reason: str, status: int) -> None:
    account = fresh_shell.account()
    options = ("--mode", "live", "--reason", reason, "--account", account, "--json")
    assert fresh_shell("credits", "grant", *options, "--", amount, status=status).out == ""
    (live,) = fresh_shell("credits", "balance", "--account", account, "--mode", "live", "--json").data["balances"]
    assert (live["available"], live["lots"]) == (0, [])


def test_an_unknown_account_has_no_balance(shell: Shell) -> None:
    shell("credits", "balance", "--account", "0" * 26, status=1)
    shell("credits", "grant", "--account", "0" * 26, "5", "--mode", "live", "--reason", "x", status=1)
