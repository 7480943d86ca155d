"""The credentials that a process holds: which one takes an order, and what vendors' answers make of them."""

import logging
import math

import pytest

from apiinone.core.secret import Secret
from apiinone.providers.provider import Accepted, Fault, Finished, Reference, Rejected, Unclear
from apiinone.tasks.breaker import BreakerRules
from apiinone.tasks.keyring import Alarm, Credential, Keyring, OfferAsked
from apiinone.tasks.pace import Pace
from clocks import ClockForTests

NODE = 78
HOUSE = OfferAsked("recraft", "recraftv4", None)
OWN = OfferAsked("recraft", "recraftv4", "account")
SECRET = Secret("canary-of-the-keyring")
MADE = Finished(())


class Ring:
    """A keyring on a clock that moves on a little with each order."""

    def __init__(self) -> None:
        self.clock = ClockForTests()
        self.keyring = Keyring(self.clock, BreakerRules(errors_max=2))

    def add(
        self, name: str, *, account_id: str | None = None, nodes: tuple[int, ...] = (), at_once: int = 9
    ) -> Credential:
        pace = Pace(per_s_max=1_000_000.0, concurrent_max=at_once, clock=self.clock)
        credential = Credential(name, "recraft", SECRET, pace, account_id, nodes)
        self.keyring.put(credential)
        return credential

    def turn(self, asked: OfferAsked = HOUSE, who: str = "attempt") -> Credential | float:
        self.clock.pass_s(0.001)
        return self.keyring.turn(asked, NODE, who, "account")


def refused(fault: Fault) -> Rejected:
    return Rejected(fault, "no", retryable=True)


def test_each_credential_has_a_pace_of_its_own_and_the_freest_takes_the_order() -> None:
    ring = Ring()
    first, second = ring.add("a", at_once=1), ring.add("b", at_once=1)
    taken = [ring.turn(), ring.turn()]
    assert {one.id for one in taken if isinstance(one, Credential)} == {"a", "b"}
    assert isinstance(ring.turn(), float)
    second.pace.leave()
    assert ring.turn() is second
    assert first.pace.load()[0]


def test_a_credential_serves_its_nodes_and_its_owner_only() -> None:
    ring = Ring()
    ring.add("elsewhere", nodes=(NODE + 1,))
    own = ring.add("own", account_id="account")
    assert ring.turn() == math.inf
    assert ring.turn(OWN) is own
    assert ring.turn(OfferAsked("recraft", "recraftv4", "another")) == math.inf
    assert ring.keyring.providers(None, NODE) == frozenset()
    assert ring.keyring.providers("account", NODE) == {"recraft"}
    assert ring.keyring.providers("another", NODE) == frozenset()


def test_a_revoked_credential_takes_no_order_and_can_still_be_asked_with() -> None:
    ring = Ring()
    ring.add("a").revoked = True
    assert ring.turn() == math.inf
    used = ring.keyring.used_by("recraft", "a")
    assert used is not None
    ring.keyring.drop("a")
    assert ring.keyring.used_by("recraft", "a") is None


def test_an_attempt_is_asked_about_with_its_own_credential_alone() -> None:
    ring = Ring()
    first, second = ring.add("a"), ring.add("b")
    assert ring.keyring.used_by("recraft", "b") is second
    assert ring.keyring.used_by("recraft", "gone") is None
    assert ring.keyring.used_by("wavespeed", "b") is None
    assert ring.keyring.used_by("recraft", None) is first, "an attempt from before credentials had ids"


@pytest.mark.parametrize("fault", ["bad_credential", "no_balance", "throttled"])
def test_a_credential_that_is_refused_is_passed_over_and_the_other_goes_on(fault: Fault) -> None:
    ring = Ring()
    bad, good = ring.add("a"), ring.add("b")
    ring.keyring.ordered(bad, HOUSE, refused(fault))
    assert [ring.turn(who=str(number)) for number in range(3)] == [good] * 3
    ring.keyring.ordered(good, HOUSE, refused(fault))
    wait_s = ring.turn()
    assert isinstance(wait_s, float)
    assert math.isinf(wait_s) == (fault == "bad_credential")


def test_what_one_tenants_key_meets_says_nothing_of_the_house_or_of_others() -> None:
    ring = Ring()
    house, own = ring.add("house"), ring.add("own", account_id="account")
    for _ in range(5):
        ring.keyring.ordered(own, OWN, Unclear("lost"))
    assert ring.turn() is house
    assert isinstance(ring.turn(OWN), float)


def test_errors_in_a_row_close_the_offer_and_one_probe_opens_it() -> None:
    ring = Ring()
    one = ring.add("a")
    ring.keyring.ordered(one, HOUSE, refused("provider_error"))
    ring.keyring.ordered(one, HOUSE, Unclear("lost"))
    assert ring.turn() == pytest.approx(BreakerRules().errors_s, abs=0.01)
    ring.clock.pass_s(BreakerRules().errors_s)
    assert ring.turn(who="probe") is one
    assert isinstance(ring.turn(who="another"), float)
    ring.keyring.ordered(one, HOUSE, Accepted(Reference("1"), 1.0))
    assert ring.turn(who="another") is one
    ring.keyring.questioned(one, HOUSE, MADE)
    assert ring.keyring.resting() == {}


def test_a_question_that_fails_says_nothing_and_a_job_that_is_done_ends_no_alarm() -> None:
    ring = Ring()
    one = ring.add("a")
    for _ in range(9):
        ring.keyring.questioned(one, HOUSE, Unclear("status 401"))
    assert ring.turn() is one
    ring.keyring.ordered(one, HOUSE, refused("no_balance"))
    ring.keyring.questioned(one, HOUSE, MADE)
    assert one.health.trouble == "no_balance"


@pytest.mark.parametrize("reply", [refused("provider_error"), Unclear("lost"), refused("throttled"), None])
def test_a_probe_that_is_back_keeps_nobody_away_whatever_it_brought(reply: Rejected | Unclear | None) -> None:
    ring = Ring()
    one = ring.add("a")
    ring.keyring.ordered(one, HOUSE, refused("no_balance"))
    ring.clock.pass_s(BreakerRules().no_balance_s)
    assert ring.turn(who="probe") is one
    assert isinstance(ring.turn(who="other"), float)
    ring.keyring.end_turn(one, HOUSE, "probe")
    if reply is not None:
        ring.keyring.ordered(one, HOUSE, reply)
    ring.clock.pass_s(BreakerRules().throttled_s)
    assert ring.turn(who="other") is one


def test_the_three_troubles_differ_and_two_of_them_are_alarms(caplog: pytest.LogCaptureFixture) -> None:
    ring = Ring()
    faults: tuple[Fault, ...] = ("bad_credential", "no_balance", "throttled")
    for fault in faults:
        for _ in range(3):
            ring.keyring.ordered(ring.keyring.known(fault) or ring.add(fault), HOUSE, refused(fault))
    assert [(one.credential_id, one.trouble) for one in ring.keyring.alarms] == [
        ("bad_credential", "bad_key"),
        ("no_balance", "no_balance"),
    ]
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2
    assert ring.keyring.refusals == {("recraft", "house", fault): 3 for fault in faults}


def test_an_alarm_ends_when_the_credential_works_again_or_is_gone() -> None:
    ring = Ring()
    one, other = ring.add("a"), ring.add("b")
    for credential in (one, other):
        ring.keyring.ordered(credential, HOUSE, refused("no_balance"))
    ring.keyring.alarms.clear()
    ring.keyring.ordered(one, HOUSE, MADE)
    ring.keyring.drop("b")
    assert ring.keyring.alarms == [Alarm("a", "recraft", None), Alarm("b", "recraft", None)]


def test_what_works_ends_an_alarm_from_before_this_process_began_once() -> None:
    ring = Ring()
    one = ring.add("a")
    for _ in range(3):
        ring.keyring.ordered(one, HOUSE, MADE)
    assert ring.keyring.alarms == [Alarm("a", "recraft", None)]


def test_a_credential_shows_its_secret_to_nobody() -> None:
    ring = Ring()
    assert SECRET.reveal() not in repr(ring.add("a")) + str(ring.keyring.everything())
