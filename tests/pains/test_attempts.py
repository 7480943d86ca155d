"""Pains 24 to 26, 39, 41 and 42: attempts are rows of their own, written before anything is sent."""

from pathlib import Path

from apiinone.db import Sql
from scripted_worker import until
from whole_app import working
from workshop import PRICE

ATTEMPTS = Sql(
    "SELECT attempt_no, provider, state, upstream_id, fault, actual_cost_micro_usd, chosen_because FROM attempts"
    " WHERE task_id = $1 ORDER BY attempt_no"
)
SENT = Sql("SELECT state, sent_us, upstream_id FROM attempts WHERE task_id = $1")
SLOW = {"fault": "slow", "delay_s": 1.0}


async def test_each_attempt_has_a_row_of_its_own(database_url: str, tmp_path: Path) -> None:
    async with working(database_url, tmp_path, vendors=["recraft"]) as running:
        await running.vendors["recraft"].arrange({"fault": "throttled", "times": 2})
        caller = await running.workshop.tenant(live=100)
        task_id = await running.submit(running.workshop.submission(caller))
        (seen,) = await running.ended(task_id)
        rows = [tuple(row) for row in await running.workshop.rows(ATTEMPTS, task_id)]
        assert [(row[0], row[2], row[4]) for row in rows] == [
            (1, "rejected", "throttled"),
            (2, "rejected", "throttled"),
            (3, "finished", None),
        ]
        assert [row[5] for row in rows] == [None, None, 40_000]
        assert seen.captured == PRICE


async def test_another_offer_never_costs_the_client_more(database_url: str, tmp_path: Path) -> None:
    async with working(database_url, tmp_path, vendors=["recraft", "wavespeed"]) as running:
        await running.vendors["recraft"].arrange({"fault": "no_balance", "times": 9})
        caller = await running.workshop.tenant(live=100)
        task_id = await running.submit(running.workshop.submission(caller))
        (seen,) = await running.ended(task_id)
        rows = await running.workshop.rows(ATTEMPTS, task_id)
        assert [row[1] for row in rows] == ["recraft", "wavespeed"]
        assert rows[1][6] == "next of 2 offers, after a certain refusal"
        assert (seen.state, seen.captured) == ("succeeded", PRICE)
        assert await running.workshop.settlements(task_id) == [(PRICE, 0)]


async def test_an_attempt_is_on_record_before_its_request_leaves(database_url: str, tmp_path: Path) -> None:
    async with working(database_url, tmp_path, vendors=["recraft"]) as running:
        vendor = running.vendors["recraft"]
        await vendor.arrange(SLOW)
        caller = await running.workshop.tenant(live=100)
        task_id = await running.submit(running.workshop.submission(caller))

        async def arrived() -> bool:
            return (await vendor.seen()).submits > 0

        await until(arrived)
        state, sent_us, _ = await running.workshop.row(SENT, task_id)
        assert (state, sent_us is not None) == ("sending", True)
        await running.ended(task_id)


async def test_the_vendors_id_is_stored_before_anyone_waits(database_url: str, tmp_path: Path) -> None:
    async with working(database_url, tmp_path, vendors=["wavespeed"], vendor_seconds=1.0) as running:
        caller = await running.workshop.tenant(live=100)
        task_id = await running.submit(running.workshop.submission(caller))
        await running.reached([task_id], ["running"])
        _, _, upstream_id = await running.workshop.row(SENT, task_id)
        assert upstream_id
        assert (await running.vendors["wavespeed"].seen()).polls == 0


async def test_a_task_is_asked_about_where_it_was_sent(database_url: str, tmp_path: Path) -> None:
    async with working(database_url, tmp_path, vendors=["recraft", "wavespeed"]) as running:
        await running.vendors["recraft"].arrange({"fault": "throttled", "times": 9})
        caller = await running.workshop.tenant(live=100)
        task_id = await running.submit(running.workshop.submission(caller))
        await running.ended(task_id)
        seen = {name: await vendor.seen() for name, vendor in running.vendors.items()}
        assert (seen["recraft"].submits, seen["recraft"].polls) == (0, 0)
        assert seen["wavespeed"].submits == 1
        assert seen["wavespeed"].polls > 0
