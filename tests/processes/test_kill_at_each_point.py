"""`kill -9` at every point between a request and its settlement: nothing is lost, paid twice or sent twice."""

from collections.abc import AsyncIterator, Sequence
from typing import Literal

import pytest
from _pytest.mark import ParameterSet
from msgspec import Struct

from processes.books import assert_sound, attempts_of, let_limits_pass, money_of, submits_of
from processes.client import Accepted, Client, Maker, Request, new_request
from processes.crashing import Orders
from processes.site import Site
from processes.vendors import Vendors

End = Literal["delivered", "unknown"]


class Point(Struct, frozen=True):
    """Where a process dies with a task of this maker, what becomes of the task, and whether its order had gone out."""

    at: str
    maker: Maker
    end: End = "delivered"
    submits: int = 1

    @property
    def name(self) -> str:
        return f"{self.at}, {self.maker}"


BEFORE_THE_ANSWER = (
    Point("submit written", "local"),
    Point("submit committed", "recraft"),
    Point("answered", "local"),
)
AT_WORK = (
    Point("claim committed", "recraft"),
    Point("sending committed", "recraft", "unknown", submits=0),
    Point("sending committed", "wavespeed", "unknown", submits=0),
    Point("answer read", "recraft", "unknown"),
    Point("answer read", "wavespeed", "unknown"),
    Point("accept committed", "wavespeed"),
    Point("output stored", "recraft"),
    Point("output stored", "wavespeed"),
    Point("output stored", "local"),
    Point("end written", "recraft"),
    Point("end committed", "local"),
)


SERVERS = ("sqlite_server", "postgresql_server")
WORKERS = ("sqlite_server", "postgresql_worker")
ALSO_AT_A_POSTGRESQL_SERVER = tuple(point for point in AT_WORK if point.maker == "recraft" and point.submits)[1:]
"""It works as a worker beside it does; here it is enough to see that it does."""


def _placed(sites: Sequence[str], points: Sequence[Point]) -> list[ParameterSet]:
    return [pytest.param(one, point, id=f"{one}, {point.name}") for one in sites for point in points]


@pytest.fixture(autouse=True)
async def _sound(site: Site, client: Client, vendors: Vendors) -> AsyncIterator[None]:
    """Each test finds its processes alive, and leaves the books in order."""
    site.revive()
    yield
    await assert_sound(client, vendors.seen())


@pytest.mark.parametrize(("site", "point"), _placed(SERVERS, BEFORE_THE_ANSWER), indirect=["site"])
async def test_a_server_that_dies_before_its_200_has_made_the_task_once_or_not_at_all(
    site: Site, client: Client, point: Point
) -> None:
    request, dying = new_request(point.maker), site.server
    dying.order(Orders(point.at))
    assert await client.create(request) is None
    dying.wait_until_dead()
    site.revive()
    accepted = await _accepted(client, request)
    assert accepted.replayed == (point.at != "submit written")
    assert await client.create(request) == Accepted(accepted.task_id, replayed=True)
    await _assert_ends(client, request, accepted, point)


@pytest.mark.parametrize(
    ("site", "point"),
    [*_placed(WORKERS, AT_WORK), *_placed(["postgresql_server"], ALSO_AT_A_POSTGRESQL_SERVER)],
    indirect=["site"],
)
async def test_a_task_outlives_the_process_that_works_on_it(
    site: Site, client: Client, vendors: Vendors, point: Point
) -> None:
    request, dying = new_request(point.maker), site.worker
    dying.order(Orders(point.at))
    accepted = await client.create(request)
    dying.wait_until_dead()
    site.revive()
    accepted = accepted or await _accepted(client, request)
    await _assert_ends(client, request, accepted, point)
    assert await submits_of(client, vendors.seen(), accepted) == (point.submits if request.wish.mode == "live" else 0)


@pytest.mark.parametrize("site", WORKERS, indirect=True)
@pytest.mark.parametrize("maker", ["recraft", "wavespeed"])
async def test_what_is_with_the_vendor_when_we_die_is_never_sent_again(
    site: Site, client: Client, vendors: Vendors, maker: Maker
) -> None:
    request, dying = new_request(maker), site.worker
    before = vendors[maker].seen().submits
    vendors[maker].arrange({"fault": "slow", "on": "submit", "delay_s": 30})
    accepted = await _accepted(client, request)
    vendors[maker].wait_for_submit(before)
    dying.kill()
    site.revive()
    await _assert_ends(client, request, accepted, Point("request written", maker, "unknown"))
    assert await submits_of(client, vendors.seen(), accepted) == 1


async def _accepted(client: Client, request: Request) -> Accepted:
    accepted = await client.create(request)
    assert accepted is not None
    return accepted


async def _assert_ends(client: Client, request: Request, accepted: Accepted, point: Point) -> None:
    """As the point says; what is unknown ends at its last limit, without charge."""
    wish = request.wish
    if point.end == "delivered":
        task = await client.reached(accepted.task_id, wish.mode)
        assert (task["status"], money_of(task)) == ("SUCCESS", (wish.credits, 0)), task
        await client.assert_delivered(task)
        return
    task = await client.reached(accepted.task_id, wish.mode, ("unknown", "done"))
    assert (task["status"], money_of(task)) == ("IN_PROGRESS", (0, wish.credits)), task
    assert [attempt.state for attempt in await attempts_of(client, accepted)] == ["unknown"]
    await let_limits_pass(client, accepted)
    task = await client.reached(accepted.task_id, wish.mode)
    assert (task["status"], money_of(task)) == ("FAILED", (0, 0)), task
    assert task["error"]["type"] == "provider_timeout"
