"""`X-Test-Scenario`: what a test key may ask the local provider to do (contract: Keys and modes). Pure."""

from typing import Literal

from msgspec import Struct

from apiinone.core.errors import BadRequest
from apiinone.providers.provider import Fault, Rejected

DELAY_S_MAX = 60.0
LATE_S_MAX = 7 * 24 * 3600.0
OUTPUTS_MAX = 16
PIECES_MAX = 100_000
HEADER = "X-Test-Scenario"
Failure = Literal[
    "moderation", "invalid_input", "provider_error", "rate_limited", "provider_balance", "malformed", "expired_url"
]
_FAILURES: dict[str, tuple[Fault, bool, str]] = {
    "moderation": ("content_policy", False, "the provider's moderation refused this request"),
    "invalid_input": ("bad_request", False, "the provider refused the input as invalid"),
    "provider_error": ("provider_error", True, "the provider failed"),
    "rate_limited": ("throttled", True, "the provider is busy"),
    "provider_balance": ("no_balance", True, "the provider cannot take this now"),
    "malformed": ("provider_error", True, "the provider's answer could not be read"),
    "expired_url": ("output_unavailable", True, "the output could not be copied from the provider"),
}
"""For each scripted failure: the fault, whether another try is allowed, and what the client reads."""


class Scenario(Struct, frozen=True):
    """A script for one task."""

    delay_s: float = 0.0
    late_s: float | None = None
    failure: str | None = None
    lost_answer: bool = False
    partial: int | None = None
    cut: int | None = None
    """Chat: after so many pieces the provider's stream ends without its last one."""


class Wait(Struct, frozen=True):
    """Not ready; ask again then."""

    after_s: float


class Make(Struct, frozen=True):
    """Make this many outputs now."""

    outputs: int


class Lose(Struct, frozen=True):
    """Pretend that the answer was lost on the way."""


Step = Wait | Make | Lose | Rejected
PLAIN = Scenario()


def parse_scenario(header: str) -> Scenario:
    """Read the header, for example ``delay=2;partial=1``. Raises BadRequest naming the header."""
    values: dict[str, str] = {}
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name not in {"delay", "late", "fail", "lost_answer", "partial", "cut"} or name in values:
            raise _bad(f"`{part.strip()[:40]}` is not a scenario, or stands twice")
        values[name] = value
    if values.get("lost_answer"):
        raise _bad("`lost_answer` takes no value")
    if "fail" in values and values["fail"] not in _FAILURES:
        raise _bad(f"`fail` is one of {', '.join(_FAILURES)}")
    return Scenario(
        delay_s=_number(values, "delay", DELAY_S_MAX) or 0.0,
        late_s=_number(values, "late", LATE_S_MAX),
        failure=values.get("fail"),
        lost_answer="lost_answer" in values,
        partial=_count(values, "partial", OUTPUTS_MAX),
        cut=_count(values, "cut", PIECES_MAX),
    )


def rejection(scenario: Scenario) -> Rejected | None:
    """The scripted failure; None where none is."""
    return None if scenario.failure is None else _rejected(scenario.failure)


def refuse_not_for(header: str, *, calls: bool) -> None:
    """Refuse a script that has no meaning for a call that answers at once, or for a task. Raises BadRequest."""
    scenario = parse_scenario(header)
    if calls and (scenario.late_s is not None or scenario.partial is not None or scenario.failure == "expired_url"):
        raise _bad("`late`, `partial` and `fail=expired_url` are for tasks")
    if not calls and scenario.cut is not None:
        raise _bad("`cut` is for chat")


def next_step(scenario: Scenario, *, waited_s: float, deadline_s: float, lost: bool, outputs: int) -> Step:
    """What the local provider does now, so many seconds after the task was created.

    `lost` says that an answer of this task was lost before; `late` counts from the deadline.
    """
    ready_s = scenario.delay_s if scenario.late_s is None else deadline_s + scenario.late_s
    if waited_s < ready_s:
        return Wait(ready_s - waited_s)
    if scenario.failure is not None:
        return _rejected(scenario.failure)
    if scenario.lost_answer and not lost:
        return Lose()
    return Make(outputs if scenario.partial is None else min(scenario.partial, outputs))


def _rejected(failure: str) -> Rejected:
    fault, retryable, message = _FAILURES[failure]
    return Rejected(fault, message, retryable)


def _number(values: dict[str, str], name: str, most: float) -> float | None:
    text = values.get(name)
    if text is None:
        return None
    plain = text.replace(".", "", 1)
    if not (plain.isascii() and plain.isdigit()) or float(text) > most:
        raise _bad(f"`{name}` takes seconds between 0 and {most:g}")
    return float(text)


def _count(values: dict[str, str], name: str, most: int) -> int | None:
    text = values.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        raise _bad(f"`{name}` takes a count from 1 to {most}")
    return int(text)


def _bad(sentence: str) -> BadRequest:
    return BadRequest(f"{HEADER}: {sentence}", param=HEADER)
