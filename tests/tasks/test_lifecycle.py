"""The two tables of lifecycle.py: whole, drawn in the documents, kept by the database and by every move."""

from typing import get_args

import pytest

from apiinone.tasks.lifecycle import (
    ATTEMPT_FINAL,
    ATTEMPT_MOVES,
    FINAL,
    TASK_EVENTS,
    TASK_MOVES,
    UNSENT,
    AttemptEvent,
    AttemptState,
    TaskEvent,
    TaskState,
    drawing,
    next_attempt_state,
    next_state,
    stage_of,
    status_of,
)
from db.raw_rows import refused_by_the_database
from repository import ROOT
from workshop import Workshop

TASK_STATES: tuple[TaskState, ...] = get_args(TaskState)
TASK_EVENT_NAMES: tuple[TaskEvent, ...] = get_args(TaskEvent)
ATTEMPT_STATES: tuple[AttemptState, ...] = get_args(AttemptState)
ATTEMPT_EVENT_NAMES: tuple[AttemptEvent, ...] = get_args(AttemptEvent)


def test_the_document_is_the_drawing_of_the_tables() -> None:
    tasks, attempts = drawing().strip().split("\n\n")
    text = (ROOT / "docs" / "lifecycle.md").read_text()
    assert f"```mermaid\n{tasks}\n```" in text
    assert f"```mermaid\n{attempts}\n```" in text
    assert [event for event, words in TASK_EVENTS.items() if f"| `{event}` | {words} |" not in text] == []


def test_every_pair_is_in_the_table_or_refused() -> None:
    for state in TASK_STATES:
        for event in TASK_EVENT_NAMES:
            assert next_state(state, event) == TASK_MOVES.get((state, event))
    for state in ATTEMPT_STATES:
        for event in ATTEMPT_EVENT_NAMES:
            assert next_attempt_state(state, event) == ATTEMPT_MOVES.get((state, event))


def test_nothing_leads_out_of_an_end() -> None:
    assert {state for state, _ in TASK_MOVES} & FINAL == set()
    assert {state for state, _ in ATTEMPT_MOVES} & ATTEMPT_FINAL == set()


def test_every_state_can_be_reached_and_every_open_one_can_end() -> None:
    assert {"queued", *TASK_MOVES.values()} == set(TASK_STATES)
    assert {"planned", *ATTEMPT_MOVES.values()} == set(ATTEMPT_STATES)
    for state in set(TASK_STATES) - FINAL:
        assert next_state(state, "given_up") == "failed"
        assert next_state(state, "late_unsent") == "failed"
    assert {event for _, event in TASK_MOVES} == set(TASK_EVENT_NAMES) == TASK_EVENTS.keys()


def test_the_deadline_never_ends_a_task_that_a_vendor_may_be_at_work_on() -> None:
    for state in ("submitting", "running", "storing", "unknown"):
        assert next_state(state, "late_sent") == "unknown"


def test_an_attempt_is_sent_from_planned_only_and_never_returns_there() -> None:
    assert [state for (state, event) in ATTEMPT_MOVES if event == "sending"] == ["planned"]
    assert "planned" not in ATTEMPT_MOVES.values()
    assert UNSENT - {None} == {"planned", "rejected", "dropped", "canceled"}


def test_what_was_sent_is_never_dropped_or_stopped_without_the_vendor() -> None:
    assert [state for (state, event) in ATTEMPT_MOVES if event == "dropped"] == ["planned"]
    assert ("sending", "canceled") not in ATTEMPT_MOVES


@pytest.mark.parametrize("state", TASK_STATES)
def test_the_contract_shows_four_statuses_and_a_stage(state: TaskState) -> None:
    shown = {"succeeded": "SUCCESS", "failed": "FAILED", "canceled": "CANCELED"}
    assert status_of(state) == shown.get(state, "IN_PROGRESS")
    assert stage_of(state) == ("done" if state in FINAL else state)


async def test_the_database_knows_the_same_states_and_no_others(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    task_id = await workshop.task(caller)
    attempt_id = await workshop.planned(task_id, caller)
    for state in TASK_STATES:
        assert not await refused_by_the_database(workshop, "task state", state, task_id)
    for state in ATTEMPT_STATES:
        assert not await refused_by_the_database(workshop, "attempt state", state, attempt_id)
    for table, row in (("task state", task_id), ("attempt state", attempt_id)):
        assert await refused_by_the_database(workshop, table, "odd", row)
