"""The deliverer on both engines: retries, leases, fairness, caps; on real sockets, the worst receivers we know of."""

import asyncio
import random

import pytest

from apiinone.db import Sql
from apiinone.webhooks.claim_due import Room, Taken, Tried, note_tries, take_due
from outbound.loopback import Loopback, always, answer, silent
from webhooks.desk import (
    TRIES,
    Silent,
    caller_of,
    deliverer_of,
    delivering,
    ended,
    reached,
    seen,
    tried,
    vault_of,
)
from webhooks.receivers import Receiver, arrived
from workshop import Workshop

DUE_NOW = Sql("UPDATE deliveries SET due_us = 1 WHERE due_us IS NOT NULL")
FAST, DEAD = "https://fast.example/", "https://dead.example/"


async def take(workshop: Workshop, *, whole: int = 100, lease_s: float = 30.0, after: str = "") -> Taken:
    room = Room(whole, 64, 64, {}, {}, {}, lease_s, after, {})
    return await workshop.database.transact(lambda tx: take_due(tx, room))


async def test_eight_failures_are_the_end_and_a_delivery_can_be_sent_anew(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    (one,) = await ended(workshop, caller, DEAD)
    poster = Silent({DEAD: 500})
    async with delivering(deliverer_of(workshop, poster)):
        for count in range(1, 9):
            async with asyncio.timeout(10):
                while (await seen(workshop, one))[1] < count:  # noqa: ASYNC110 - a process of its own pace fills it
                    await asyncio.sleep(0.01)
            if count < 8:
                await workshop.run(DUE_NOW)
        await reached(workshop, [one], "failed")
    assert tuple(await seen(workshop, one)) == ("failed", 8, 8, None, 500, None)
    assert poster.posted == [(DEAD, one)] * 8


async def test_a_lease_keeps_others_away_and_ends(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    await ended(workshop, caller, FAST, 3)
    assert len((await take(workshop)).deliveries) == 3
    assert (await take(workshop)).deliveries == []
    workshop.let_pass(31)
    assert len((await take(workshop)).deliveries) == 3


async def test_an_outcome_after_the_lease_moves_nothing_and_stays_on_record(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    (one,) = await ended(workshop, caller, FAST)
    (old,) = (await take(workshop)).deliveries
    workshop.let_pass(31)
    (new,) = (await take(workshop)).deliveries
    await workshop.database.transact(lambda tx: note_tries(tx, [Tried(old, 410, None, 1, 1, 0.5)]))
    assert (await seen(workshop, one))[:2] == ("waiting", 0)
    await workshop.database.transact(lambda tx: note_tries(tx, [Tried(new, 200, None, 1, 1, 0.5)]))
    assert (await seen(workshop, one))[:2] == ("delivered", 1)
    assert [tuple(row) for row in await workshop.rows(TRIES, one)] == [(410, None), (200, None)]


async def test_a_crash_between_taking_and_noting_loses_nothing(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=1_000)
    ids = await ended(workshop, caller, FAST, 5)
    crashed = await take(workshop, whole=3)
    assert len(crashed.deliveries) == 3
    workshop.let_pass(31)
    poster = Silent()
    async with delivering(deliverer_of(workshop, poster)):
        await reached(workshop, ids, "delivered")
    assert sorted(one for _, one in poster.posted) == sorted(ids)


async def test_two_deliverers_send_each_once(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=1_000)
    ids = await ended(workshop, caller, FAST, 30)
    poster = Silent(seconds={FAST: 0.01})
    async with delivering(deliverer_of(workshop, poster)), delivering(deliverer_of(workshop, poster)):
        await reached(workshop, ids, "delivered")
    assert sorted(one for _, one in poster.posted) == sorted(ids)


async def test_a_flood_to_a_dead_host_delays_no_other_account_and_no_other_host(workshop: Workshop) -> None:
    noisy, quiet = await workshop.tenant(live=10_000), await workshop.tenant(live=100)
    poster = Silent({DEAD: 500}, {DEAD: 60.0})
    deliverer = deliverer_of(workshop, poster, at_once_max=32, per_account_max=8, per_host_max=4, stop_s=0.05)
    async with delivering(deliverer):
        await ended(workshop, noisy, DEAD, 40)
        async with asyncio.timeout(10):
            while len(poster.posted) < 4:  # noqa: ASYNC110 - a process of its own pace fills it
                await asyncio.sleep(0.01)
        others = [*await ended(workshop, quiet, FAST, 3), *await ended(workshop, noisy, FAST, 3)]
        await reached(workshop, others, "delivered")
        assert poster.most_at_once[DEAD] == 4


async def test_where_the_last_try_failed_an_account_is_given_little_until_one_arrives(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=10_000)
    poster = Silent({DEAD: 500}, {DEAD: 0.05})
    async with delivering(deliverer_of(workshop, poster, per_host_max=8)):
        await tried(workshop, await ended(workshop, caller, DEAD))
        poster.most_at_once.clear()
        ids = await ended(workshop, caller, DEAD, 12)
        await tried(workshop, ids)
        assert poster.most_at_once[DEAD] <= 2
        poster.statuses = {}
        await workshop.run(DUE_NOW)
        await reached(workshop, ids, "delivered")
        assert poster.most_at_once[DEAD] > 2


async def test_an_account_with_many_hosts_comes_to_all_of_them(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=10_000)
    ids = [one for number in range(30) for one in await ended(workshop, caller, f"https://h{number:02}.example/")]
    async with delivering(deliverer_of(workshop, Silent(), at_once_max=4)):
        await reached(workshop, ids, "delivered")


async def test_many_accounts_take_turns(workshop: Workshop) -> None:
    callers = [await workshop.tenant(live=100) for _ in range(40)]
    for caller in callers:
        await ended(workshop, caller, FAST, 2)
    after, seen_accounts = "", set[str]()
    for _ in range(20):
        taken = await take(workshop, whole=8, after=after)
        seen_accounts |= {due.account_id for due in taken.deliveries}
        after = taken.after_account
    assert seen_accounts == {caller.account_id for caller in callers}


async def test_a_database_that_is_away_is_waited_for(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    ids = await ended(workshop, caller, FAST)
    workshop.database.away = True
    async with delivering(deliverer_of(workshop, Silent(), after_error_s=0.02)):
        await asyncio.sleep(0.1)
        workshop.database.come_back()
        await reached(workshop, ids, "delivered")


async def test_a_deleted_task_is_told_to_nobody(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    await ended(workshop, caller, FAST)
    poster = Silent()
    deliverer = deliverer_of(workshop, poster)

    class Gone:
        ready = True

        async def data(self, owners: object) -> dict[str, bytes]:
            del owners
            return {}

    deliverer._show = Gone()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    async with delivering(deliverer):
        await asyncio.sleep(0.1)
    assert poster.posted == []


async def test_a_secret_is_made_once_however_many_ask_for_it(workshop: Workshop) -> None:
    caller = await workshop.tenant(live=100)
    vaults = [vault_of(workshop) for _ in range(5)]
    found = await asyncio.gather(*(vault.good(caller.owner) for vault in vaults))
    assert len({secrets[0].secret for secrets in found}) == 1
    assert [len(secrets) for secrets in found] == [1] * 5


BAD_ANSWERS: dict[str, tuple[bytes, int | None, str | None]] = {
    "redirect": (answer(b"", "Location: http://169.254.169.254/", status=302), 302, None),
    "huge, announced": (answer(b"", length=10**12), 200, None),
    "huge, endless": (b"HTTP/1.1 200 X\r\nConnection: close\r\n\r\n" + bytes(100_000), 200, None),
    "compressed": (answer(bytes(50), "Content-Encoding: gzip"), 200, None),
    "cut short": (answer(b"half", length=8), 200, None),
    "error page": (answer(bytes(5_000), status=503), 503, None),
    "no HTTP": (b"hello\r\n\r\n", None, "malformed"),
    "nothing": (b"", None, "reset"),
    "endless head": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5_000 + b"\r\n", None, "malformed"),
}


@pytest.mark.parametrize("case", BAD_ANSWERS)
async def test_of_an_answer_the_status_counts_and_nothing_else_is_kept(workshop: Workshop, case: str) -> None:
    response, status, fault = BAD_ANSWERS[case]
    async with Loopback(always(response, closing=True)) as server, caller_of(server.netloc) as outbound:
        caller = await workshop.tenant(mode="test")
        (one,) = await ended(workshop, caller, server.url)
        async with delivering(deliverer_of(workshop, outbound)):
            await tried(workshop, [one])
        assert [tuple(row) for row in await workshop.rows(TRIES, one)] == [(status, fault)]
        assert len(server.requests) == 1


async def test_slow_dead_hanging_and_private_receivers_delay_nobody(workshop: Workshop, free_port: int) -> None:
    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with Loopback(silent) as hanging, Loopback(drip) as slow, Receiver() as private, Receiver() as good:
        dead = f"127.0.0.1:{free_port}"
        allowed = (hanging.netloc, slow.netloc, dead, good.netloc)
        urls = [hanging.url, slow.url, f"http://{dead}", private.url, "https://rebound.example/"]
        async with caller_of(*allowed, rebound_example=["127.0.0.1"]) as outbound:
            bad, fine = await workshop.tenant(mode="test"), await workshop.tenant(mode="test")
            deliverer = deliverer_of(workshop, outbound, at_once_max=40, per_account_max=30, timeout_s=2.0)
            async with delivering(deliverer):
                ids = {url: await ended(workshop, bad, url, 3) for url in urls}
                good_ids = await ended(workshop, fine, good.url, 10)
                await reached(workshop, good_ids, "delivered")
                for url in urls:
                    await tried(workshop, ids[url])
        assert {one.id for one in await arrived(good, 10)} == set(good_ids)
        faults = {url: (await seen(workshop, ids[url][0]))[4:] for url in urls}
        assert [tuple(faults[url]) for url in urls] == [
            (None, "timeout"),
            (200, None),
            (None, "connection_refused"),
            (None, "address_refused"),
            (None, "address_refused"),
        ]
        assert private.connections == 0


async def test_live_deliveries_never_go_by_http(workshop: Workshop) -> None:
    async with Receiver() as server, caller_of(server.netloc) as outbound:
        caller = await workshop.tenant(live=100)
        (one,) = await ended(workshop, caller, server.url)
        async with delivering(deliverer_of(workshop, outbound)):
            await tried(workshop, [one])
        assert (await seen(workshop, one))[5] == "address_refused"
        assert server.connections == 0


async def test_whatever_happens_each_delivery_keeps_its_id_and_none_is_lost(workshop: Workshop) -> None:
    """A script by chance, always the same: ends, crashes of deliverers, failures, time that passes."""
    chance = random.Random(7)  # noqa: S311 - a script, not a secret
    callers = [await workshop.tenant(live=10_000) for _ in range(3)]
    ids: list[str] = []
    posted: list[str] = []
    for _ in range(60):
        match chance.randrange(4):
            case 0:
                url = chance.choice((FAST, DEAD))
                ids += await ended(workshop, chance.choice(callers), url, chance.randrange(1, 4))
            case 1:
                workshop.let_pass(chance.choice((1, 31, 4_000)))
            case _:
                taken = await take(workshop, whole=chance.randrange(1, 6))
                posted += [due.id for due in taken.deliveries]
                done = [
                    Tried(due, chance.choice((200, 500, None)), None, 1, 1, chance.random())
                    for due in taken.deliveries
                    if chance.random() < 0.7
                ]
                await workshop.database.transact(lambda tx, done=done: note_tries(tx, done))
    async with delivering(deliverer_of(workshop, Silent())):
        for _ in range(40):
            workshop.let_pass(40_000)
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
    states = {one: (await seen(workshop, one))[0] for one in ids}
    assert set(states.values()) <= {"delivered", "failed"}
    assert set(posted) <= set(ids)
    assert len(states) == len(ids)
