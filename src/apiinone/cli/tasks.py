"""`apiinone tasks`: what clients asked for, as an operator sees it."""

from decimal import Decimal
from typing import get_args

import click
from msgspec import Struct

from apiinone.accounts.account_rows import refuse_unknown_account
from apiinone.accounts.keys import Mode
from apiinone.api.receipt_route import receipt_page
from apiinone.api.task_ids import read_task_id, written
from apiinone.cli.arguments import MODE, now
from apiinone.cli.opening import carry_out, reading, settings_now
from apiinone.cli.printing import Cell, amount, json_option, moment, print_fields, print_json, print_table
from apiinone.control.money_commands import SettleTask
from apiinone.control.task_list import ListedTask, WantedTasks, list_tasks, owner_of
from apiinone.core.clock import iso
from apiinone.core.credits import shown
from apiinone.core.errors import BadRequest, NotFound
from apiinone.core.ids import is_id
from apiinone.db import Tx
from apiinone.tasks.lifecycle import TaskState, status_of
from apiinone.tasks.receipt import AttemptOnReceipt, Receipt, read_receipt

STATES: tuple[TaskState, ...] = get_args(TaskState)


class ShownTask(Struct, frozen=True):
    """A task as `--json` prints it, in credits."""

    task_id: str
    account_id: str
    mode: Mode
    model: str
    state: TaskState
    status: str
    held: int | Decimal
    captured: int | Decimal | None
    error: str | None
    created_at: str
    finished_at: str | None


@click.group(short_help="See tasks and their receipts; end those whose outcome nobody knows.")
def tasks() -> None:
    """Tasks are what clients asked for and pay."""


@tasks.command("list")
@click.option("--account", "account_id", help="Only this account's.")
@click.option("--mode", type=MODE)
@click.option("--state", type=click.Choice(STATES), help="Only tasks in this state; unknown is what needs a look.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@json_option
def list_command(
    account_id: str | None, *, mode: Mode | None, state: TaskState | None, limit: int, as_json: bool
) -> None:
    """List tasks, newest first."""
    found = now(_tasks(WantedTasks(limit, account_id, mode, state)))
    if as_json:
        print_json({"tasks": [_shown(task) for task in found]})
        return
    rows = [
        (
            written(one.node, one.id, one.suffix),
            one.mode,
            one.model,
            one.state,
            amount(one.held),
            moment(one.created_us),
        )
        for one in found
    ]
    print_table(("task", "mode", "model", "state", "held", "created"), rows)


@tasks.command()
@click.argument("task_id")
@json_option
def show(task_id: str, *, as_json: bool) -> None:
    """Show a task's receipt: price, hold, every attempt, settlement."""
    receipt = now(_receipt(_opaque(task_id)))
    if as_json:
        print_json(receipt_page(receipt, operator=True))
        return
    _print_receipt(receipt)


@tasks.command()
@click.argument("task_id")
@click.option("--reason", required=True, help="Why; it is written down.")
@json_option
def settle(task_id: str, reason: str, *, as_json: bool) -> None:
    """End an unknown or overdue task without charge.

    What the vendor may still deliver is then recorded as your loss and changes nothing for the client.
    """
    settled = now(carry_out(settings_now(), SettleTask(_opaque(task_id), reason)))
    ended = now(_receipt(settled.task_id)).task
    name = written(ended.node, ended.id, ended.suffix)
    if as_json:
        print_json({"task_id": name, "state": settled.state, "released": shown(settled.released)})
        return
    print_fields((("task", name), ("state", settled.state), ("released", amount(settled.released))))


async def _tasks(wanted: WantedTasks) -> list[ListedTask]:
    async def look(tx: Tx) -> list[ListedTask]:
        if wanted.account_id is not None:
            await refuse_unknown_account(tx, wanted.account_id)
        return await list_tasks(tx, wanted)

    async with reading(settings_now()) as database:
        return await database.read(look)


async def _receipt(task_id: str) -> Receipt:
    async def look(tx: Tx) -> Receipt | None:
        owner = await owner_of(tx, task_id)
        return None if owner is None else await read_receipt(tx, owner, task_id)

    async with reading(settings_now()) as database:
        receipt = await database.read(look)
    if receipt is None:
        raise NotFound("there is no such task")
    return receipt


def _opaque(text: str) -> str:
    """The key of a task, from the id that clients see or from the key itself."""
    task = read_task_id(text)
    if task is not None:
        return task.id
    if not is_id(text):
        raise BadRequest("this is not the id of a task", param="/task_id")
    return text


def _shown(task: ListedTask) -> ShownTask:
    captured = None if task.captured is None else shown(task.captured)
    times = (iso(task.created_us), moment(task.finished_us))
    task_id, status = written(task.node, task.id, task.suffix), status_of(task.state)
    owner = (task.account_id, task.mode)
    return ShownTask(task_id, *owner, task.model, task.state, status, shown(task.held), captured, task.error, *times)


def _print_receipt(receipt: Receipt) -> None:
    task, hold, settlement = receipt.task, receipt.hold, receipt.settlement
    print_fields(
        (
            ("task", written(task.node, task.id, task.suffix)),
            ("mode", task.mode),
            ("model", task.sub_model),
            ("state", task.state),
            ("price", f"{task.units} x {amount(task.unit)} = {amount(task.unit * task.units)} credits"),
            ("held", f"{amount(hold.amount)} credits, {moment(hold.created_us)}"),
            ("settled", "-" if settlement is None else f"{settlement.kind}, {moment(settlement.created_us)}"),
            ("captured", None if settlement is None else amount(settlement.captured)),
            ("released", None if settlement is None else amount(settlement.released)),
            ("key", task.key_id),
            ("request", task.request_id),
        )
    )
    click.echo()
    columns = ("no", "provider", "credential", "upstream model", "state", "fault", "upstream id", "sent", "ended")
    print_table(
        columns,
        [_attempt(one) for one in receipt.attempts],
    )


def _attempt(one: AttemptOnReceipt) -> tuple[Cell, ...]:
    upstream = (one.upstream_model, one.state, one.fault, one.upstream_id)
    return (one.attempt_no, one.provider, one.credential_id, *upstream, moment(one.sent_us), moment(one.ended_us))
