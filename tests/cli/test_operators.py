"""Operators are made by command, and by nothing else."""

import re

from cli.command_line import Shell
from repository import python_files

LINK = re.compile(r"http://127\.0\.0\.1:8400/new-password\?token=[0-9a-v]{52}")


def test_an_operator_is_made_listed_and_removed(shell: Shell) -> None:
    made = shell("operators", "create", "--email", "Ada@Example.com", "--json").data
    assert made["email"] == "ada@example.com"
    assert LINK.fullmatch(made["link"])
    (listed,) = shell("operators", "list", "--json").data["operators"]
    assert (listed["email"], listed["has_codes"]) == ("ada@example.com", 0)
    again = shell("operators", "create", "--email", "ada@example.com").out
    assert "ada@example.com" in again
    shell("operators", "remove", "--email", "ada@example.com")
    assert shell("operators", "list", "--json").data["operators"] == []
    assert "no operator" in shell("operators", "remove", "--email", "ada@example.com", status=1).err
    assert "/email" in shell("operators", "create", "--email", "nobody", status=1).err


def test_nothing_but_the_command_makes_an_operator() -> None:
    users = [path.name for path in python_files("src") if "make_operator" in path.read_text()]
    assert sorted(users) == ["operator_commands.py", "operators.py"]
