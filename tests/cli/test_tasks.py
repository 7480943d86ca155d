from typing import Any

import pytest

from apiinone.api.task_ids import written
from apiinone.core.clock import SystemClock
from apiinone.db import Sql, Tx, open_database
from apiinone.tasks.moves import NewAttempt, Planned, Sending, WasLost
from cli.command_line import Shell
from databases import run_apart
from ledger.audited_story import Story, told


async def _told(url: str) -> Story:
    story = await told(url)
    await story.database.close()
    return story


@pytest.fixture
def story(database_url: str) -> Story:
    return run_apart(_told(database_url))


def _rows(url: str, statement: Sql) -> list[tuple[Any, ...]]:
    async def read() -> list[tuple[Any, ...]]:
        database = await open_database(url, SystemClock())

        async def look(tx: Tx) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in await tx.rows(statement)]

        try:
            return await database.read(look)
        finally:
            await database.close()

    return run_apart(read())


def _lose(url: str, story: Story) -> None:
    """Let the open task's answer get lost."""

    async def lose() -> None:
        story.database = await open_database(url, SystemClock())
        attempt = story.ids.new()
        await story.moved(story.open, Planned(NewAttempt(attempt, "recraft", "recraftv4", "the only one", 40_000)))
        await story.moved(story.open, Sending(attempt))
        await story.moved(story.open, WasLost(attempt, "answer lost: reset"))
        await story.database.close()

    run_apart(lose())


def test_tasks_are_listed_newest_first_and_filtered(shell: Shell, story: Story) -> None:
    listed = shell("tasks", "list", "--json").data["tasks"]
    assert [task["task_id"] for task in listed] == [
        written(78, task_id, "recraft") for task_id in (story.open, story.released, story.paid)
    ]
    assert [(task["state"], task["status"], task["captured"]) for task in listed] == [
        ("queued", "IN_PROGRESS", None),
        ("failed", "FAILED", 0),
        ("succeeded", "SUCCESS", 20),
    ]
    for filters, count in ((("--state", "queued"), 1), (("--mode", "test"), 0), (("--limit", "2"), 2)):
        assert len(shell("tasks", "list", *filters, "--json").data["tasks"]) == count
    assert len(shell("tasks", "list", "--account", story.account, "--json").data["tasks"]) == 3
    assert "no such account" in shell("tasks", "list", "--account", "0" * 26, status=1).err


def test_a_receipt_is_shown_by_either_form_of_the_id(shell: Shell, story: Story) -> None:
    by_key = shell("tasks", "show", story.paid, "--json").data
    by_written = shell("tasks", "show", written(78, story.paid, "recraft"), "--json").data
    assert by_key == by_written
    assert (by_key["hold"]["credits"], by_key["settlement"]["captured"]) == (20, 20)
    people = shell("tasks", "show", story.paid).out
    assert "2 x 10 = 20 credits" in people
    assert "recraftv4" in people


def test_what_is_no_task_is_refused(shell: Shell) -> None:
    assert "no such task" in shell("tasks", "show", "0" * 26, status=1).err
    assert "not the id" in shell("tasks", "show", "x", status=1).err
    shell("tasks", "settle", "0" * 26, "--reason", "x", status=1)


def test_an_unknown_task_is_settled_without_charge_and_the_reason_kept(
    shell: Shell, story: Story, database_url: str
) -> None:
    _lose(database_url, story)
    settled = shell("tasks", "settle", story.open, "--reason", "the vendor says it has no such job", "--json").data
    assert settled == {"task_id": written(78, story.open, "recraft"), "state": "failed", "released": 10}
    recorded = _rows(database_url, Sql("SELECT action, subject, reason FROM operator_actions"))
    assert recorded == [("tasks.settle", story.open, "the vendor says it has no such job")]
    assert shell("audit", "--json").data["ok"] is True
    actors = _rows(database_url, Sql("SELECT DISTINCT actor FROM settlements WHERE kind = 'release'"))
    assert ("operator",) in actors


def test_a_task_is_not_settled_without_a_reason(shell: Shell, story: Story, database_url: str) -> None:
    _lose(database_url, story)
    shell("tasks", "settle", story.open, status=2)
    assert "/reason" in shell("tasks", "settle", story.open, "--reason", " ", status=1).err
    assert shell("tasks", "list", "--state", "unknown", "--json").data["tasks"] != []
    assert _rows(database_url, Sql("SELECT 1 FROM operator_actions")) == []


def test_only_unknown_or_overdue_tasks_are_settled_by_hand(shell: Shell, story: Story, database_url: str) -> None:
    assert "within its deadline" in shell("tasks", "settle", story.open, "--reason", "x", status=1).err
    assert "has ended" in shell("tasks", "settle", story.paid, "--reason", "x", status=1).err
    assert _rows(database_url, Sql("SELECT 1 FROM operator_actions")) == []

    async def pass_deadline() -> None:
        database = await open_database(database_url, SystemClock())

        async def change(tx: Tx) -> int:
            return await tx.run(Sql("UPDATE tasks SET deadline_us = 1 WHERE id = $1"), story.open)

        await database.transact(change)
        await database.close()

    run_apart(pass_deadline())
    assert shell("tasks", "settle", story.open, "--reason", "stuck", "--json").data["state"] == "failed"
