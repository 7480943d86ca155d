"""Throttles: counted in the database, together, and hashed."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from apiinone.db import Sql, Tx
from apiinone.people.throttles import Throttle, Throttled, drop_whole, network_of, reset, take
from people.office_for_tests import OfficeForTests

RULE = Throttle("test", at_once=3, every_s=10)
ROWS = Sql("SELECT id FROM throttles")


async def taken(office: OfficeForTests, whose: str = "ada@example.com") -> bool:
    async def work(tx: Tx) -> Throttled | None:
        return await take(tx, office.office.hashes, RULE, whose)

    return await office.database.transact(work) is None


async def test_so_many_at_once_then_one_every_so_often(office: OfficeForTests) -> None:
    assert [await taken(office) for _ in range(4)] == [True, True, True, False]
    office.database.let_pass(9)
    assert not await taken(office)
    office.database.let_pass(1)
    assert [await taken(office) for _ in range(2)] == [True, False]
    office.database.let_pass(1_000)
    assert [await taken(office) for _ in range(4)] == [True, True, True, False]


async def test_tries_at_once_are_counted_together(office: OfficeForTests) -> None:
    assert sum(await asyncio.gather(*(taken(office) for _ in range(20)))) == 3


async def test_each_has_a_bucket_of_their_own_and_it_can_be_made_whole(office: OfficeForTests) -> None:
    assert [await taken(office) for _ in range(4)][-1] is False
    assert await taken(office, "bob@example.com")
    await office.database.transact(lambda tx: reset(tx, office.office.hashes, RULE, "ada@example.com"))
    assert await taken(office)


async def test_who_is_told_to_wait_may_try_then(office: OfficeForTests) -> None:
    for _ in range(3):
        await taken(office)

    async def work(tx: Tx) -> Throttled | None:
        return await take(tx, office.office.hashes, RULE, "ada@example.com")

    throttled = await office.database.transact(work)
    assert throttled is not None
    office.database.let_pass(throttled.retry_after_s)
    assert await taken(office)


async def test_a_row_tells_nobody_who_tried_and_goes_once_it_counts_nothing(office: OfficeForTests) -> None:
    await taken(office)
    assert "ada" not in repr(await office.database.rows(ROWS))
    assert await office.database.transact(drop_whole) == 0
    office.database.let_pass(10)
    assert await office.database.transact(drop_whole) == 1


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_the_addresses_of_one_subscriber_are_one_network(first: int, second: int) -> None:
    import ipaddress  # noqa: PLC0415 - for this test alone

    network = 0x2001_0DB8_0000_0001 << 64
    assert network_of(str(ipaddress.IPv6Address(network | first))) == network_of(
        str(ipaddress.IPv6Address(network | second))
    )


def test_an_address_is_one_network_however_it_is_wrapped() -> None:
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of("no address") == ""
