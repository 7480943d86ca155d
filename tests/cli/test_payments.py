"""Orders, vouchers and suspense from the command line."""

from pathlib import Path

from cli.command_line import Shell

ORDER = ("--currency", "usd", "--reason", "a statement of the bank", "--json")


def test_packs_are_the_files_and_the_operators_own_fields_replace_theirs(fresh_shell: Shell, tmp_path: Path) -> None:
    packaged = fresh_shell("packs", "show", "--json").data
    assert [pack["id"] for pack in packaged["packs"]] == ["starter", "studio", "agency"]
    own = tmp_path / "billing.yaml"
    own.write_text("packs: [{id: one, title: One, currency: eur, amount_minor: 5, credits: 3}]\n")
    fresh_shell.set({"APIINONE_BILLING_FILE": str(own)})
    changed = fresh_shell("packs", "show", "--json").data
    assert [pack["id"] for pack in changed["packs"]] == ["one"]
    assert changed["custom"] == packaged["custom"]
    own.write_text("packs: [{id: one, title: One, currency: euro, amount_minor: 5, credits: 3}]\n")
    assert "currency" in fresh_shell("packs", "show", status=2).err


def test_vouchers_are_shown_once_listed_without_their_codes_and_revoked(shell: Shell) -> None:
    made = shell("vouchers", "create", "25", "--count", "3", "--reason", "a fair", "--json").data
    assert len(set(made["codes"])) == 3
    listed = shell("vouchers", "list", "--json")
    assert [one["credits"] for one in listed.data["vouchers"]] == [25, 25, 25]
    assert not any(code in listed.out for code in made["codes"])
    shell("vouchers", "revoke", made["voucher_ids"][0], "--reason", "lost", "--json")
    shell("vouchers", "revoke", made["voucher_ids"][0], "--reason", "lost", status=1)
    assert "voucher" in shell("vouchers", "list").out


def test_what_matches_no_order_is_listed_and_decided_once(shell: Shell) -> None:
    account = shell.account()
    unknown = shell("orders", "confirm", "0" * 26, "--amount-minor", "5", "--payment", "b1", *ORDER, status=1)
    assert "no such order" in unknown.err
    assert shell("suspense", "list", "--json").data == {"suspense": []}
    assert shell("orders", "list", "--account", account, "--json").data == {"orders": []}
    assert "number" in shell("orders", "list").out
    shell("orders", "show", "0" * 26, status=1)
    shell("orders", "refund", "0" * 26, "--reason", "x", status=1)
    shell("orders", "refund-sent", "0" * 26, "--reason", "x", status=1)
    shell("suspense", "resolve", "0" * 26, "--as", "dismissed", "--reason", "x", status=1)


def test_budgets_are_set_shown_and_taken_away(shell: Shell) -> None:
    account = shell.account()
    done = shell("budgets", "set", account, "--day", "50", "--month", "1200.5", "--reason", "a try", "--json").data
    assert done == {"account_id": account, "member_id": None, "day": 50, "month": 1200.5}
    (own,) = shell("budgets", "show", account, "--json").data["budgets"]
    none = {"member_id": None, "email": None}
    assert own == {**none, "day": 50, "day_used": 0, "month": 1200.5, "month_used": 0}
    shell("budgets", "set", account, "--reason", "over")
    assert set(shell("budgets", "show", account, "--json").data["budgets"][0].values()) == {None}
    assert "a month" in shell("budgets", "show", account).out
    shell("budgets", "show", "0" * 26, status=1)
    shell("budgets", "set", "0" * 26, "--reason", "x", status=1)
    shell("budgets", "set", account, "--member", "0" * 26, "--reason", "x", status=1)


def test_books_are_exported_and_documents_listed(shell: Shell) -> None:
    account = shell.account()
    assert shell("documents", "list", account, "--json").data == {"documents": []}
    assert "number" in shell("documents", "list", account).out
    assert shell("documents", "export", account, "--json").data == []
    shell("credits", "grant", "7", "--account", account, "--mode", "live", "--reason", "a gift")
    assert "grant" in shell("documents", "export", account, "--what", "ledger").out
    shell("documents", "export", account, "--first-day", "never", status=1)
