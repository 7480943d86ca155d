"""The command line as tests call it: in this process, with a data folder and settings of their own."""

import os
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from apiinone.cli.program import run

OURS = ("APIINONE_", "RECRAFT_", "WAVESPEED_", "DEMO_")


class Said(Struct, frozen=True):
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The JSON on stdout."""
        return msgspec.json.decode(self.out)


class Shell:
    """Runs command lines one after another."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings: Mapping[str, str]
    ) -> None:
        """Take the settings; nothing from outside counts."""
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        for name in os.environ:
            if name.startswith(OURS):
                monkeypatch.delenv(name)
        self.set(settings)

    def set(self, settings: Mapping[str, str]) -> None:
        """Set environment variables from here on."""
        for name, value in settings.items():
            self._monkeypatch.setenv(name, value)

    def __call__(self, *arguments: str, status: int = 0) -> Said:
        """Run one, which must end with this status."""
        self._capsys.readouterr()
        ended = run(arguments)
        captured = self._capsys.readouterr()
        said = Said(ended, captured.out, captured.err)
        assert said.status == status, said
        return said

    def account(self, email: str = "someone@example.com") -> str:
        """Open an account; its id."""
        return str(self("accounts", "create", "--email", email, "--json").data["account_id"])

    def key(self, account_id: str, *options: str) -> dict[str, str]:
        """Make a key; what was printed."""
        made: dict[str, str] = self("keys", "create", "--account", account_id, "--json", *options).data
        return made
