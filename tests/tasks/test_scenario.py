"""`X-Test-Scenario`: what may be written, and what the local provider then does. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiinone.core.errors import BadRequest
from apiinone.providers.provider import Rejected
from apiinone.tasks.scenario import HEADER, Lose, Make, Scenario, Step, Wait, next_step, parse_scenario


@pytest.mark.parametrize(
    ("header", "scenario"),
    [
        ("delay=0", Scenario()),
        ("delay=60", Scenario(delay_s=60.0)),
        ("delay=1.5; partial=2", Scenario(delay_s=1.5, partial=2)),
        ("fail=moderation", Scenario(failure="moderation")),
        ("lost_answer;delay=2", Scenario(delay_s=2.0, lost_answer=True)),
        ("late=604800", Scenario(late_s=604_800.0)),
    ],
)
def test_a_script_is_read(header: str, scenario: Scenario) -> None:
    assert parse_scenario(header) == scenario


BAD = (
    *("", ";", "delay", "delay=", "delay=-1", "delay=61", "delay=1e3", "delay=nan", "delay=1;delay=1", "delay=."),
    *("fail=", "fail=x", "lost_answer=1", "partial=0", "partial=17", "partial=1.0", "late=x", "late=604801"),
    *("delay=\u0661", "sleep=1"),
)


@pytest.mark.parametrize("header", BAD)
def test_anything_else_is_refused_by_the_headers_name(header: str) -> None:
    with pytest.raises(BadRequest) as refused:
        parse_scenario(header)
    assert refused.value.param == HEADER


@given(st.text(max_size=60))
def test_no_text_brings_up_anything_but_a_refusal(header: str) -> None:
    try:
        parse_scenario(header)
    except BadRequest:
        return


@pytest.mark.parametrize(
    ("scenario", "waited_s", "lost", "step"),
    [
        (Scenario(), 0.0, False, Make(4)),
        (Scenario(partial=3), 0.0, False, Make(3)),
        (Scenario(partial=9), 0.0, False, Make(4)),
        (Scenario(delay_s=2.0), 0.5, False, Wait(1.5)),
        (Scenario(delay_s=2.0), 2.0, False, Make(4)),
        (Scenario(late_s=5.0), 1.0, False, Wait(14.0)),
        (Scenario(late_s=5.0), 15.0, False, Make(4)),
        (Scenario(lost_answer=True), 0.0, False, Lose()),
        (Scenario(lost_answer=True), 0.0, True, Make(4)),
        (Scenario(lost_answer=True, delay_s=2.0), 0.0, False, Wait(2.0)),
    ],
)
def test_the_script_is_played(scenario: Scenario, waited_s: float, *, lost: bool, step: Step) -> None:
    assert next_step(scenario, waited_s=waited_s, deadline_s=10.0, lost=lost, outputs=4) == step


@pytest.mark.parametrize(
    ("failure", "retryable"), [("moderation", False), ("invalid_input", False), ("malformed", True)]
)
def test_only_what_another_try_may_mend_is_tried_again(failure: str, *, retryable: bool) -> None:
    step = next_step(Scenario(failure=failure), waited_s=0.0, deadline_s=10.0, lost=False, outputs=1)
    assert isinstance(step, Rejected)
    assert step.retryable == retryable
