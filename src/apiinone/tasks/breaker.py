"""When a credential or an offer is left alone for a while, and how it comes back. In memory, for one process.

A bad key is out until it is changed. Without balance, and after errors in a row, it rests; then one attempt probes it
while the others keep away. Throttled, it rests as long as the vendor says. ADR 0012 says why this is not shared.
"""

import math
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

from apiinone.providers.provider import Fault

Trouble = Literal["throttled", "no_balance", "bad_key", "errors"]
ALARMS: tuple[Trouble, ...] = ("no_balance", "bad_key")
"""What an operator has to do something about."""
DOUBLINGS_MAX = 20


class BreakerRules(Struct, frozen=True):
    """How long what is left alone. Times double with each trouble in a row, up to the longest."""

    throttled_s: float = 1.0
    """Where the vendor does not say how long."""
    throttled_s_max: float = 300.0
    """Also where the vendor says longer."""
    no_balance_s: float = 120.0
    no_balance_s_max: float = 1_800.0
    errors_max: int = 5
    """Provider errors and lost answers in a row after which an offer rests."""
    errors_s: float = 15.0
    errors_s_max: float = 300.0
    probe_s: float = 60.0
    """How long one probe keeps the others away, where it does not come back."""


@dataclass(slots=True)
class Health:
    """How a credential or an offer has done lately. `who` is an attempt's id."""

    trouble: Trouble | None = None
    in_a_row: int = 0
    until_s: float = 0.0
    _probe: str = ""
    _probe_ends_s: float = 0.0

    def wait_s(self, who: str, now_s: float) -> float:
        """In how many seconds this attempt may go: 0.0 now, infinite where time alone changes nothing."""
        if now_s < self.until_s:
            return self.until_s - now_s
        if self._probe and self._probe != who and self._on_probation:
            return max(0.0, self._probe_ends_s - now_s)
        return 0.0

    def begin(self, who: str, now_s: float, rules: BreakerRules) -> None:
        """This attempt goes; where a probe is due it is that probe."""
        if self._on_probation:
            self._probe, self._probe_ends_s = who, now_s + rules.probe_s

    def end(self, who: str) -> None:
        """This attempt is back, or was not sent after all: as a probe it keeps nobody away any more."""
        if self._probe == who:
            self._probe = ""

    def refused(self, fault: Fault, retry_after_s: float | None, now_s: float, rules: BreakerRules) -> None:
        """The vendor refused a credential's order for the operator's sake; other faults say nothing of a credential.

        What was under way when the rest began and is refused as well makes the rest no longer, unless the vendor does;
        and a lesser trouble never takes a graver one's place.
        """
        match fault:
            case "throttled" | "no_balance" if self.trouble == "bad_key":
                return  # only another key helps
            case "throttled" if self.trouble == "no_balance":
                asked_s = rules.throttled_s if retry_after_s is None else retry_after_s
                self.until_s, self._probe = max(self.until_s, now_s + min(asked_s, rules.throttled_s_max)), ""
            case "bad_credential":
                self._rest("bad_key", now_s, math.inf, math.inf)
            case "no_balance":
                self._rest("no_balance", now_s, rules.no_balance_s, rules.no_balance_s_max)
            case "throttled":
                self._rest("throttled", now_s, rules.throttled_s, rules.throttled_s_max)
                if retry_after_s is not None:
                    self.until_s = now_s + min(retry_after_s, rules.throttled_s_max)
            case "content_policy" | "bad_request" | "provider_error" | "output_unavailable":
                return

    def failed(self, retry_after_s: float | None, now_s: float, rules: BreakerRules) -> None:
        """An offer's order met a provider error, or its answer was lost; perhaps the vendor says how long to wait."""
        if now_s < self.until_s:
            return  # it was under way when the rest began
        self.in_a_row += 1
        self._probe = ""
        if self.in_a_row >= rules.errors_max:
            rest_s = rules.errors_s * 2 ** min(self.in_a_row - rules.errors_max, DOUBLINGS_MAX)
            self.trouble, self.until_s = "errors", now_s + min(rest_s, rules.errors_s_max)
        elif retry_after_s is not None:
            self.trouble, self.until_s = "throttled", now_s + min(retry_after_s, rules.throttled_s_max)

    def answered(self) -> None:
        """It works."""
        self.trouble, self.in_a_row, self.until_s, self._probe = None, 0, 0.0, ""

    def accepted(self, rules: BreakerRules) -> None:
        """An offer's order was taken; whether it gets made is still to be seen, so the next error counts in full."""
        if self.trouble == "errors":
            self.trouble, self.in_a_row, self.until_s, self._probe = None, rules.errors_max - 1, 0.0, ""

    @property
    def _on_probation(self) -> bool:
        return self.trouble in {"no_balance", "errors"}

    def _rest(self, trouble: Trouble, now_s: float, first_s: float, most_s: float) -> None:
        if self.trouble == trouble and now_s < self.until_s:
            return
        self.in_a_row = self.in_a_row + 1 if self.trouble == trouble else 1
        rest_s = first_s * 2 ** min(self.in_a_row - 1, DOUBLINGS_MAX)
        self.trouble, self.until_s, self._probe = trouble, now_s + min(rest_s, most_s), ""
