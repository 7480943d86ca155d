"""What a check found, and how to put it right."""

from typing import Literal

from msgspec import Struct

Severity = Literal["ok", "warning", "error"]
"""`warning`: works, but perhaps not as it is meant. `error`: do not serve like this."""


class Finding(Struct, frozen=True):
    """One thing that was looked at. `fix` says what to do; "" where nothing is to be done."""

    severity: Severity
    about: str
    says: str
    fix: str = ""


def ok(about: str, says: str) -> Finding:
    """It is as it should be."""
    return Finding("ok", about, says)


def warning(about: str, says: str, fix: str) -> Finding:
    """It works, but perhaps not as it is meant."""
    return Finding("warning", about, says, fix)


def error(about: str, says: str, fix: str) -> Finding:
    """Something will go wrong."""
    return Finding("error", about, says, fix)
