"""/admin/tasks: of all accounts, without anything that their owners wrote; and the end of those nobody knows about."""

from typing import Final, get_args

from msgspec import Struct

from apiinone.accounts.keys import Mode
from apiinone.api.task_ids import read_task_id
from apiinone.control.money_commands import SettleTask
from apiinone.control.task_list import ListedTask, WantedTasks, list_tasks, owner_of
from apiinone.core.errors import BadRequest, Conflict, NotFound
from apiinone.core.ids import is_id
from apiinone.db import Tx
from apiinone.ledger.ledger import Owner
from apiinone.tasks.history import NO_ID_AFTER
from apiinone.tasks.lifecycle import FINAL, TaskState
from apiinone.tasks.receipt import Receipt, read_receipt
from apiinone.web.admin.admin_page import ROWS, Problem, admin_page, carried_out, problem_of
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther
from apiinone.web.visitor import SignedInAs

STATES: Final[tuple[TaskState, ...]] = get_args(TaskState)
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
NO_SUCH: Final = "There is no such task."


class SettleForm(Struct, frozen=True):
    """End a task without charge."""

    reason: str = ""


async def show_tasks(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """The tasks that keep the filters, newest first; without any: those that are open."""
    del here
    query = call.query
    state, mode, account, before = (query.get(name, "") for name in ("state", "mode", "account", "before"))
    wanted = WantedTasks(
        limit=ROWS + 1,
        account_id=account if is_id(account) else None,
        mode=mode if mode in MODES else None,
        state=state if state in STATES else None,
        before_id=before if is_id(before) else NO_ID_AFTER,
        open_only=state in ("", "open"),
    )

    async def look(tx: Tx) -> list[ListedTask]:
        return await list_tasks(tx, wanted)

    found = await rooms.house.context.database.read_long(look)
    facts = {
        "tasks": found[:ROWS],
        "more": found[ROWS - 1].id if len(found) > ROWS else "",
        "states": STATES,
        "state": state or "open",
        "mode": mode,
        "account": account,
    }
    return admin_page(rooms, "tasks", facts)


async def show_task(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Its receipt, with what only operators see."""
    del here
    return await _task(rooms, call)


async def do_settle(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """End an unknown or overdue task without charge."""
    form, task_id = call.form(SettleForm), _task_id(call)
    try:
        await carried_out(rooms, here, SettleTask(task_id, form.reason))
    except (BadRequest, Conflict) as refusal:
        return await _task(rooms, call, problem_of(refusal, call, "settle"))
    return SeeOther(f"/admin/tasks/{task_id}", "done_and_written_down")


async def _task(rooms: Rooms, call: PageCall, problem: Problem | None = None) -> PageReply:
    task_id = _task_id(call)

    async def look(tx: Tx) -> tuple[Owner, Receipt] | None:
        owner = await owner_of(tx, task_id)
        receipt = None if owner is None else await read_receipt(tx, owner, task_id)
        return None if owner is None or receipt is None else (owner, receipt)

    found = await rooms.house.context.database.read(look)
    if found is None:
        raise NotFound(NO_SUCH)
    (account_id, _), receipt = found
    ended = receipt.task.state in FINAL
    return admin_page(rooms, "task", {"receipt": receipt, "account_id": account_id, "ended": ended}, problem)


def _task_id(call: PageCall) -> str:
    """The key of a task, from the id that clients see or from the key itself."""
    text = call.ids["task_id"]
    task = read_task_id(text)
    if task is None and not is_id(text):
        raise NotFound(NO_SUCH)
    return text if task is None else task.id
