"""/admin: what needs an operator's eye now."""

from math import isinf

from msgspec import Struct

from apiinone.control.fleet import Fleet, read_fleet
from apiinone.core.clock import US_PER_S
from apiinone.payments.suspense import waiting_in_suspense
from apiinone.tasks.poll_lag import PollLag
from apiinone.web.admin.admin_page import admin_page
from apiinone.web.page_route import PageCall, PageReply, Rooms
from apiinone.web.visitor import SignedInAs


class LagSeen(Struct, frozen=True):
    """A provider's lag: what half and what 99 in a hundred of its tasks kept."""

    provider: str
    tasks: int
    half: str
    most: str


async def show_overview(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Open and unknown tasks, poll lag, workers, alarms, and what waits for a decision."""
    del call, here
    fleet = await rooms.house.context.database.read_long(read_fleet)
    suspense = await rooms.house.context.database.read(waiting_in_suspense)
    lags = [LagSeen(name, lag.count, _within(lag, 50), _within(lag, 99)) for name, lag in sorted(fleet.lags.items())]
    nodes = [node for node in fleet.nodes(served_nodes(rooms)) if node.waiting or not node.workers]
    lag_s = fleet.figures.lag_us / US_PER_S
    facts = {"fleet": fleet, "nodes": nodes, "lags": lags, "lag_s": lag_s, "suspense": suspense}
    facts |= {"unfit": rooms.house.context.running.unfit}
    return admin_page(rooms, "overview", facts)


async def show_workers(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Every node with its workers, and every worker with its last sign of life."""
    del call, here
    fleet: Fleet = await rooms.house.context.database.read_long(read_fleet)
    return admin_page(rooms, "workers", {"fleet": fleet, "nodes": fleet.nodes(served_nodes(rooms))})


def served_nodes(rooms: Rooms) -> frozenset[int]:
    """The nodes that the catalogue's models belong to."""
    return frozenset(entry.node for entry in rooms.house.context.catalogue.entries)


def _within(lag: PollLag, percent: int) -> str:
    bound = lag.at_most_s(percent)
    if bound is None:
        return "—"
    return "over 60 s" if isinf(bound) else f"{bound:g} s"
