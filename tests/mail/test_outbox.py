"""The outbox: sent if committed, sealed while it waits, gone once sent, tried again where it failed."""

import asyncio
import secrets
from collections.abc import Sequence

import pytest

from apiinone.core.clock import SystemClock
from apiinone.core.ids import Ids
from apiinone.db import Sql, Tx, open_database
from apiinone.mail.deliver import Postman
from apiinone.mail.letter import Carried, Delayed, Letter, Outcome, Refused
from apiinone.mail.outbox import KEEP_US, LEASE_US, Outbox, Taken, drop_mail_to, pause_us
from apiinone.mail.show_in_log import LogCarrier
from later import LaterDatabase

LETTER = Letter("verify", "ada@example.com", "Confirm", "follow https://one.example/confirm?token=secret-canary")
ROWS = Sql("SELECT * FROM mails")


class CarrierForTests:
    """Does as it is told, and remembers."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.carried: list[tuple[str, Letter]] = []

    async def carry(self, mail_id: str, letter: Letter) -> Outcome:
        self.carried.append((mail_id, letter))
        await asyncio.sleep(0)
        return self.outcomes.pop(0) if self.outcomes else Carried()


def outbox_with(key: bytes = secrets.token_bytes(32)) -> Outbox:
    return Outbox(key, Ids(SystemClock()), secrets.token_bytes)


async def put(database: LaterDatabase, outbox: Outbox, *letters: Letter) -> None:
    async def work(tx: Tx) -> None:
        for letter in letters:
            await outbox.put(tx, letter)

    await database.transact(work)


async def rounds(postman: Postman, count: int = 1) -> Sequence[int]:
    return [await postman.round() for _ in range(count)]


async def test_a_letter_waits_sealed_and_is_gone_once_it_is_sent(database: LaterDatabase) -> None:
    outbox, carrier = outbox_with(), CarrierForTests()
    postman = Postman(database, outbox, carrier)
    assert await postman.round() == 0
    await put(database, outbox, LETTER)
    assert "secret-canary" not in repr(await database.rows(ROWS))
    assert await rounds(postman, 2) == [1, 0]
    assert [letter for _, letter in carrier.carried] == [LETTER]
    assert await database.rows(ROWS) == []


async def test_a_letter_of_a_transaction_that_is_undone_is_never_sent(database: LaterDatabase) -> None:
    outbox, carrier = outbox_with(), CarrierForTests()

    async def work(tx: Tx) -> None:
        await outbox.put(tx, LETTER)
        raise ValueError

    try:
        await database.transact(work)
    except ValueError:
        assert await Postman(database, outbox, carrier).round() == 0


async def test_two_processes_send_a_letter_once(database: LaterDatabase) -> None:
    outbox, carrier = outbox_with(), CarrierForTests()
    await put(database, outbox, *(LETTER for _ in range(5)))
    await asyncio.gather(*(Postman(database, outbox, carrier).round() for _ in range(3)))
    assert len({mail_id for mail_id, _ in carrier.carried}) == len(carrier.carried) == 5


async def test_a_letter_that_one_process_is_taking_is_left_alone_by_another(postgres_url: str) -> None:
    """On the engine where two transactions can be under way: the other does not even wait."""
    database, outbox = await open_database(postgres_url, SystemClock()), outbox_with()
    taken, go_on = asyncio.Event(), asyncio.Event()

    async def slow(tx: Tx) -> list[Taken]:
        found = await outbox.take(tx, 10)
        taken.set()
        await go_on.wait()
        return found

    try:
        await database.transact(lambda tx: outbox.put(tx, LETTER))
        first = asyncio.ensure_future(database.transact(slow))
        await taken.wait()
        async with asyncio.timeout(10):
            assert await database.transact(lambda tx: outbox.take(tx, 10)) == []
        go_on.set()
        assert len(await first) == 1
    finally:
        go_on.set()
        await database.close()


async def test_what_fails_is_tried_again_later_and_later_under_the_same_name(database: LaterDatabase) -> None:
    outbox = outbox_with()
    carrier = CarrierForTests(Delayed("no answer"), Delayed("no answer"))
    postman = Postman(database, outbox, carrier)
    await put(database, outbox, LETTER)
    assert await rounds(postman, 2) == [1, 0]
    database.let_pass(pause_us(1) / 1_000_000)
    assert await rounds(postman, 2) == [1, 0]
    database.let_pass(pause_us(2) / 1_000_000)
    assert await rounds(postman, 2) == [1, 0]
    assert len({mail_id for mail_id, _ in carrier.carried}) == 1
    assert await database.rows(ROWS) == []


async def test_what_a_process_took_and_did_not_send_is_sent_by_another_after_the_lease(
    database: LaterDatabase,
) -> None:
    outbox, carrier = outbox_with(), CarrierForTests()
    await put(database, outbox, LETTER)
    await database.transact(lambda tx: outbox.take(tx, 10))
    postman = Postman(database, outbox, carrier)
    assert await postman.round() == 0
    database.let_pass(LEASE_US / 1_000_000)
    assert await postman.round() == 1


async def test_a_refused_letter_and_one_that_waited_two_days_are_given_up(database: LaterDatabase) -> None:
    outbox = outbox_with()
    postman = Postman(database, outbox, CarrierForTests(Refused("no such mailbox"), Delayed("no answer")))
    await put(database, outbox, LETTER)
    await postman.round()
    assert await database.rows(ROWS) == []
    await put(database, outbox, LETTER)
    database.let_pass(KEEP_US / 1_000_000 + 1)
    await postman.round()
    assert await database.rows(ROWS) == []


async def test_a_letter_whose_seal_does_not_open_is_dropped_and_holds_nobody_up(database: LaterDatabase) -> None:
    other, outbox, carrier = outbox_with(secrets.token_bytes(32)), outbox_with(), CarrierForTests()
    await put(database, other, LETTER)
    await put(database, outbox, LETTER)
    await Postman(database, outbox, carrier).round()
    assert len(carrier.carried) == 1
    assert await database.rows(ROWS) == []


async def test_mail_to_somebody_who_is_forgotten_is_not_sent(database: LaterDatabase) -> None:
    outbox = outbox_with()
    await put(database, outbox, LETTER)
    assert await database.transact(lambda tx: drop_mail_to(tx, LETTER.to)) == 1
    assert await database.rows(ROWS) == []


async def test_without_a_mail_server_the_letter_is_shown_in_the_log_once(
    database: LaterDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = outbox_with()
    postman = Postman(database, outbox, LogCarrier())
    await put(database, outbox, LETTER)
    await rounds(postman, 2)
    assert caplog.text.count("secret-canary") == 1


def test_a_letter_shows_nothing_of_itself() -> None:
    assert repr(LETTER) == "Letter(verify)"
