"""What every page for operators shares: its frame, how it writes amounts and moments, and how it has something done."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, TypeVar

from msgspec import Struct

from apiinone.api.task_ids import written
from apiinone.control.desk import Command, Desk
from apiinone.core.clock import US_PER_S
from apiinone.core.credits import shown
from apiinone.core.errors import Conflict, Refusal
from apiinone.web.languages import marked
from apiinone.web.page_route import PageCall, Rooms, Shown
from apiinone.web.visitor import SignedInAs

T = TypeVar("T")
ROWS: Final = 50
"""In one page of a list."""
UNPROCESSABLE: Final = 422
MINUS: Final = "\N{MINUS SIGN}"
MICRO_USD: Final = 1_000_000
PLACES: Final[tuple[tuple[str, str], ...]] = (
    ("/admin", marked("Overview")),
    ("/admin/accounts", marked("Accounts")),
    ("/admin/adjustments", marked("Adjustments")),
    ("/admin/orders", marked("Orders")),
    ("/admin/suspense", marked("Suspense")),
    ("/admin/vouchers", marked("Vouchers")),
    ("/admin/models", marked("Models and offers")),
    ("/admin/providers", marked("Providers")),
    ("/admin/workers", marked("Nodes and workers")),
    ("/admin/tasks", marked("Tasks")),
    ("/admin/margins", marked("Margins")),
    ("/admin/site", marked("Site")),
    ("/admin/log", marked("Audit log")),
)


class Problem(Struct, frozen=True):
    """Why a form was not carried out; it is shown again with what was sent."""

    form: str
    """Which one, where a page has several."""
    message: str
    type: str
    """Of the error, as the API has it."""
    field: str
    sent: Mapping[str, str]
    status: int


def admin_page(
    rooms: Rooms, template: str, facts: Mapping[str, object], problem: Problem | None = None, *, status: int = 200
) -> Shown:
    """A page in the operators' frame."""
    common: Mapping[str, object] = {
        "places": PLACES,
        "standing": rooms.house.context.board.now,
        "problem": problem,
        "credits": credits_text,
        "usd": usd_text,
        "moment": moment_text,
        "age": age_text,
        "task_id": written,
        "names": {},
        "now_us": rooms.house.context.clock.now_us(),
    }
    return Shown(f"admin/{template}.html.j2", {**common, **facts}, status if problem is None else problem.status)


async def carried_out(rooms: Rooms, here: SignedInAs, command: Command[T]) -> T:
    """Have a command carried out in the operator's name. Raises Refusal."""
    return await command.run(desk_for(rooms, here))


def desk_for(rooms: Rooms, here: SignedInAs) -> Desk:
    """The desk at which this operator gives commands: what changes is written down with who did it."""
    return replace(rooms.desk, actor=here.person.id)


def problem_of(refusal: Refusal, call: PageCall, form: str) -> Problem:
    """What is shown beside the form."""
    sent = {name: values[-1] for name, values in call.fields.items()}
    status = Conflict.status if isinstance(refusal, Conflict) else UNPROCESSABLE
    return Problem(form, refusal.message, refusal.type, (refusal.param or "").strip("/"), sent, status)


def credits_text(micro: int) -> str:
    """Exact credits with thousands set apart; a minus where they were taken."""
    return f"{MINUS if micro < 0 else ''}{shown(abs(micro)):,}"


def usd_text(micro_usd: int) -> str:
    """Dollars, to the tenth of a cent where it matters."""
    amount = Decimal(micro_usd) / MICRO_USD
    return f"{MINUS if amount < 0 else ''}${abs(amount):,.{2 if abs(amount) >= 1 or not amount else 4}f}"


def moment_text(at_us: int | None) -> str:
    """A moment as operators compare it with their logs: UTC, to the second."""
    if at_us is None:
        return "—"
    return f"{datetime.fromtimestamp(at_us // US_PER_S, UTC):%Y-%m-%d %H:%M:%S}"


def age_text(seconds: float) -> str:
    """How long ago, in the largest unit that says enough."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
