"""When a credential or an offer is left alone, and how it comes back."""

import math

from apiinone.tasks.breaker import BreakerRules, Health

RULES = BreakerRules()
NOW_S = 1_000.0


def test_a_bad_key_is_out_until_it_is_changed() -> None:
    health = Health()
    health.refused("bad_credential", None, NOW_S, RULES)
    assert (health.trouble, health.wait_s("a", NOW_S + 10**9)) == ("bad_key", math.inf)


def test_a_lesser_trouble_never_takes_a_graver_ones_place() -> None:
    health = Health()
    health.refused("bad_credential", None, NOW_S, RULES)
    health.refused("throttled", 1.0, NOW_S, RULES)
    health.refused("no_balance", None, NOW_S, RULES)
    assert (health.trouble, health.wait_s("a", NOW_S + 10**9)) == ("bad_key", math.inf)
    poor = Health()
    poor.refused("no_balance", None, NOW_S, RULES)
    poor.refused("throttled", 1.0, NOW_S, RULES)
    assert (poor.trouble, poor.wait_s("a", NOW_S)) == ("no_balance", RULES.no_balance_s)
    poor.refused("throttled", RULES.no_balance_s + 1, NOW_S, RULES)
    assert (poor.trouble, poor.wait_s("a", NOW_S)) == ("no_balance", RULES.no_balance_s + 1)


def test_a_throttled_credential_rests_as_long_as_the_vendor_says_and_nobody_probes() -> None:
    health = Health()
    health.refused("throttled", 7.0, NOW_S, RULES)
    assert health.wait_s("a", NOW_S) == 7.0
    health.begin("a", NOW_S + 7.0, RULES)
    assert health.wait_s("b", NOW_S + 7.0) == 0.0
    health.refused("throttled", 10**6, NOW_S + 7.0, RULES)
    assert health.wait_s("a", NOW_S + 7.0) == RULES.throttled_s_max


def test_a_refusal_of_what_was_under_way_makes_no_rest_longer() -> None:
    health = Health()
    for _ in range(10):
        health.refused("throttled", None, NOW_S, RULES)
    assert health.wait_s("a", NOW_S) == RULES.throttled_s
    health.refused("throttled", None, NOW_S + RULES.throttled_s, RULES)
    assert health.wait_s("a", NOW_S + RULES.throttled_s) == 2 * RULES.throttled_s


def test_without_balance_one_attempt_probes_and_the_others_keep_away() -> None:
    health = Health()
    health.refused("no_balance", None, NOW_S, RULES)
    later_s = NOW_S + RULES.no_balance_s
    assert (health.wait_s("a", later_s - 1), health.wait_s("a", later_s)) == (1.0, 0.0)
    health.begin("a", later_s, RULES)
    assert (health.wait_s("a", later_s), health.wait_s("b", later_s)) == (0.0, RULES.probe_s)
    health.refused("no_balance", None, later_s, RULES)
    assert health.wait_s("b", later_s) == 2 * RULES.no_balance_s


def test_a_probe_that_never_comes_back_or_was_not_sent_keeps_nobody_away_for_good() -> None:
    health = Health("no_balance", 1)
    health.begin("a", NOW_S, RULES)
    assert health.wait_s("b", NOW_S + RULES.probe_s) == 0.0
    health.begin("a", NOW_S, RULES)
    health.end("a")
    assert health.wait_s("b", NOW_S) == 0.0


def test_an_offer_rests_after_errors_in_a_row_and_not_before() -> None:
    health = Health()
    for _ in range(RULES.errors_max - 1):
        health.failed(None, NOW_S, RULES)
    assert health.wait_s("a", NOW_S) == 0.0
    health.answered()
    for _ in range(RULES.errors_max - 1):
        health.failed(None, NOW_S, RULES)
    assert health.wait_s("a", NOW_S) == 0.0
    health.failed(None, NOW_S, RULES)
    assert (health.trouble, health.wait_s("a", NOW_S)) == ("errors", RULES.errors_s)


def test_an_offer_that_takes_a_probe_is_open_again_and_the_next_error_closes_it_for_longer() -> None:
    health = Health("errors", RULES.errors_max, NOW_S)
    health.begin("a", NOW_S, RULES)
    health.accepted(RULES)
    assert health.wait_s("b", NOW_S) == 0.0
    health.failed(None, NOW_S, RULES)
    assert health.wait_s("b", NOW_S) == RULES.errors_s


def test_rests_have_a_longest() -> None:
    health, now_s = Health(), NOW_S
    for _ in range(200):
        health.failed(None, now_s, RULES)
        now_s = max(now_s, health.until_s)
    health.failed(None, now_s, RULES)
    assert health.wait_s("a", now_s) == RULES.errors_s_max
