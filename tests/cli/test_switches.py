"""What operators switch from a shell."""

from pathlib import Path

import pytest

from cli.command_line import Shell

MODEL = "recraft-v4-text-to-image"
WHY = ("--reason", "a test")


def test_what_is_switched_is_listed_until_it_is_switched_back(fresh_shell: Shell, tmp_path: Path) -> None:
    words = tmp_path / "terms.md"
    words.write_text("# Terms\n\nBe kind.\n")
    fresh_shell("switches", "model", MODEL, "off", *WHY)
    fresh_shell("switches", "offer", MODEL, "recraft", "recraftv4", "--priority", "3", *WHY)
    fresh_shell("switches", "drain", "on", *WHY)
    fresh_shell("switches", "sign-up", "closed", *WHY)
    fresh_shell("switches", "text", "terms", str(words), *WHY)
    account_id = fresh_shell.account()
    fresh_shell("switches", "price", account_id, "--model", "kling-3", "--percent", "80", *WHY)
    fresh_shell("switches", "list-price", MODEL, "fixed", "--credits", "10.5", *WHY)
    found = fresh_shell("switches", "list", "--json").data
    assert found["prices"] == [{"account_id": account_id, "model": "kling-3", "percent": 80}]
    (set_price,) = found["list_prices"]
    assert set_price == {"model": MODEL, "operation": "", "figure": "fixed", "credits": 10.5, "below_cost": False}
    assert found["models_off"] == [MODEL]
    assert [(one["provider"], one["off"], one["priority"]) for one in found["offers"]] == [("recraft", False, 3)]
    assert (found["drain"], found["maintenance"], found["sign_up"]) == (True, False, "closed")
    assert found["texts"] == {"terms": "# Terms\n\nBe kind."}
    assert MODEL in fresh_shell("switches", "list").out
    fresh_shell("switches", "model", MODEL, "on", *WHY)
    fresh_shell("switches", "offer", MODEL, "recraft", "recraftv4", *WHY)
    fresh_shell("switches", "drain", "off", *WHY)
    fresh_shell("switches", "sign-up", "setting", *WHY)
    fresh_shell("switches", "text", "terms", *WHY)
    fresh_shell("switches", "price", account_id, "--model", "kling-3", *WHY)
    fresh_shell("switches", "list-price", MODEL, "fixed", *WHY)
    assert fresh_shell("switches", "list", "--json").data == {
        "drain": False,
        "maintenance": False,
        "sign_up": None,
        "models_off": [],
        "offers": [],
        "texts": {},
        "prices": [],
        "list_prices": [],
    }


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("model", "no-such-model", "off", *WHY), 1),
        (("model", MODEL, "off", "--reason", " "), 1),
        (("model", MODEL, "off"), 2),
        (("offer", MODEL, "recraft", "no-such-name", *WHY), 1),
        (("drain", "perhaps", *WHY), 2),
        (("list-price", MODEL, "no-such-figure", "--credits", "12", *WHY), 1),
        (("list-price", MODEL, "fixed", "--credits", "1e3", *WHY), 1),
        (("list-price", MODEL, "fixed", "--credits", "1", *WHY), 1),
        (("list-price", MODEL, "fixed", "--credits", "12"), 2),
    ],
)
def test_what_makes_no_sense_or_has_no_reason_is_refused(shell: Shell, arguments: tuple[str, ...], status: int) -> None:
    assert shell("switches", *arguments, status=status).out == ""


def test_a_large_change_of_a_balance_waits_for_an_operator_who_did_not_ask_for_it(fresh_shell: Shell) -> None:
    account = ("--account", fresh_shell.account(), "--mode", "live", *WHY, "--json")
    fresh_shell("credits", "grant", "20000", *account)
    assert fresh_shell("credits", "take", "9000.5", *account).data["state"] == "done"
    waiting = fresh_shell("credits", "take", "1000", *account).data
    assert (waiting["amount"], waiting["state"]) == (-1000, "waiting")
    said = fresh_shell("credits", "agree", waiting["adjustment_id"], *WHY, status=1)
    assert "another operator must agree" in said.err
    assert fresh_shell("credits", "refuse", waiting["adjustment_id"], *WHY, "--json").data["state"] == "refused"
    (live,) = fresh_shell("credits", "balance", *account[:4], "--json").data["balances"]
    assert live["available"] == 10999.5


def test_a_price_below_cost_is_set_where_it_is_said_to_be_meant(fresh_shell: Shell) -> None:
    said = fresh_shell("switches", "list-price", MODEL, "fixed", "--credits", "1", *WHY, status=1)
    assert "below cost: " in said.err
    done = fresh_shell("switches", "list-price", MODEL, "fixed", "--credits", "1", "--below-cost", *WHY, "--json").data
    assert done["stands"] == "fixed from 10 credits (catalogue) to 1 credits, below cost"
