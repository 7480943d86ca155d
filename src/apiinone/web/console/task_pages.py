"""Page: one task from its acceptance to its money, what it made, and what its members may do with it."""

import json
from typing import Final

from msgspec import Raw, Struct
from msgspec.structs import replace

from apiinone.accounts.keys import Mode
from apiinone.api.end_task import cancel, delete
from apiinone.api.errors import CancelRequested
from apiinone.api.task_ids import read_task_id
from apiinone.api.task_page import TaskPage, task_page
from apiinone.core.errors import Conflict, NotFound
from apiinone.core.ids import is_id
from apiinone.db import Tx
from apiinone.tasks.receipt import Receipt, read_receipt
from apiinone.tasks.task_view import TaskView, read_task
from apiinone.web.console.look_again import look_again_s
from apiinone.web.console.shell import in_console
from apiinone.web.console.statuses import STATUS_NAMES
from apiinone.web.console.task_steps import steps_of
from apiinone.web.forms import local_path
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther
from apiinone.web.visitor import MemberHere
from apiinone.webhooks.history import DeliveryRow, send_anew
from apiinone.webhooks.outbox import EVENT_PREFIX

TASKS: Final = "/console/tasks"
WEBHOOKS: Final = "/console/webhooks"
MODES: Final[tuple[Mode, ...]] = ("live", "test")


class Seen(Struct, frozen=True):
    """A task of the account, in whichever mode it was made, with its receipt."""

    view: TaskView
    receipt: Receipt


class NextForm(Struct, frozen=True):
    """Where to go on."""

    next: str = ""


async def show_task(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """The task as it stands. Raises NotFound."""
    seen = await _own_task(rooms, call, here)
    context = rooms.house.context
    now_us = context.clock.now_us()
    page = task_page(seen.view, context.links, now_us)
    if call.visitor.viewed is not None:
        page = _without_content(page)
    facts = {
        "page": page,
        "seen": seen,
        "request": _readable(page),
        "steps": steps_of(seen.receipt, call.say),
        "status_names": STATUS_NAMES,
        "look_again_s": look_again_s(now_us - seen.view.created_us),
    }
    return await in_console(rooms, here, "task.html.j2", facts)


async def do_cancel_task(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Cancel it where that is certain, else ask the provider to stop. Raises NotFound."""
    seen = await _own_task(rooms, call, here)
    try:
        await cancel(rooms.house, seen.view)
    except CancelRequested:
        return SeeOther(_path(call), "cancel_asked")
    except Conflict:
        return SeeOther(_path(call), "task_had_ended")
    return SeeOther(_path(call), "task_cancelled")


async def do_delete_task(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Its request and outputs go for good. Raises NotFound."""
    seen = await _own_task(rooms, call, here)
    try:
        await delete(rooms.house, seen.view)
    except Conflict:
        return SeeOther(_path(call), "task_not_ended")
    return SeeOther(_path(call), "task_deleted")


async def do_redeliver(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Send a callback anew. Raises NotFound."""
    delivery_id = call.ids["delivery_id"]
    known_form = delivery_id.startswith(EVENT_PREFIX) and is_id(delivery_id.removeprefix(EVENT_PREFIX))
    on = local_path(call.form(NextForm).next, WEBHOOKS)

    async def work(tx: Tx) -> DeliveryRow | None:
        for mode in MODES:
            row = await send_anew(tx, (here.account_id, mode), delivery_id)
            if row is not None:
                return row
        return None

    try:
        sent = await rooms.office.database.transact(work) if known_form else None
    except Conflict:
        return SeeOther(on, "not_redelivered")
    if sent is None:
        raise NotFound("There is no such delivery.", param="delivery_id")
    rooms.house.context.deliver()
    return SeeOther(on, "redelivered")


async def _own_task(rooms: Rooms, call: PageCall, here: MemberHere) -> Seen:
    """Raises NotFound: for no such task, and for one of another account."""
    name = read_task_id(call.ids["task_id"])

    async def look(tx: Tx) -> Seen | None:
        for mode in MODES:
            owner = (here.account_id, mode)
            view = None if name is None else await read_task(tx, owner, name.id)
            if view is not None:
                receipt = await read_receipt(tx, owner, view.id)
                return None if receipt is None else Seen(view, receipt)
        return None

    seen = await rooms.office.database.read(look)
    if name is None or seen is None or (name.node, name.suffix) != (seen.view.node, seen.view.suffix):
        raise NotFound("There is no such task.", param="task_id")
    return seen


def _path(call: PageCall) -> str:
    return f"{TASKS}/{call.ids['task_id']}"


def _without_content(page: TaskPage) -> TaskPage:
    """As operators see it who look at the account: neither what was asked for nor what was made (hazard 46)."""
    error = None if page.error is None else replace(page.error, message="")
    return replace(page, request=Raw(b"null"), outputs=(), response=(), metadata=Raw(b"{}"), error=error)


def _readable(page: TaskPage) -> str:
    """The request, laid out for reading; empty once it was deleted."""
    request = json.loads(bytes(page.request))
    return "" if request is None else json.dumps(request, indent=2, ensure_ascii=False)
