import pytest

from apiinone.cli.printing import amount, plain, print_fields, print_json, print_table, say

FORGED = "name\x1b[2J\x9b31m\u202egnp.exe\u200b\r\nnext[red]"


def test_control_and_hidden_characters_are_spelled_out() -> None:
    assert plain(FORGED) == r"name\u{1b}[2J\u{9b}31m\u{202e}gnp.exe\u{200b}\u{d}\u{a}next[red]"


def test_no_character_of_data_reaches_the_terminal_as_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name",), [(FORGED,)])
    print_fields((("name", FORGED),))
    say(FORGED)
    print_json({"name": FORGED})
    captured = capsys.readouterr()
    for character in "\x1b\x9b\u202e\u200b\r":
        assert character not in captured.out + captured.err


def test_json_says_the_same_as_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    import json  # noqa: PLC0415 - another reader than the one that wrote it

    value = {"name": FORGED + "é\U000e0041", "count": 3}
    print_json(value)
    out = capsys.readouterr().out
    assert json.loads(out) == value
    assert "é" in out


@pytest.mark.parametrize(("micro", "shown"), [(10_000_000, "10"), (1, "0.000001"), (10**15, "1000000000"), (0, "0")])
def test_amounts_are_exact_and_without_exponents(micro: int, shown: str) -> None:
    assert amount(micro) == shown
