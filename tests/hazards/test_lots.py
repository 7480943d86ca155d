"""Hazard 11: lots that expire while they are held."""

from apiinone.core.errors import InsufficientCredits
from apiinone.db import Sql
from apiinone.ledger.statements import balance_of
from apiinone.tasks.moves import CancelAsked
from workshop import PRICE, Workshop

LOT = Sql("SELECT available_micro, held_micro, captured_micro, expired_micro FROM lots WHERE id = $1")
OF_TASK = Sql("SELECT kind, amount_micro FROM entries WHERE task_id = $1 ORDER BY entry_no")


async def test_a_lot_that_expires_while_held_lives_until_its_hold_ends(workshop: Workshop) -> None:
    caller = await workshop.tenant()
    owner = (caller.account_id, caller.mode)
    lot_id = await workshop.grant(owner, 30, expires_in_s=60)
    paid, given_back = [await workshop.task(caller) for _ in range(2)]
    workshop.let_pass(61)
    (refused,) = await workshop.submit(workshop.submission(caller))
    assert isinstance(refused, InsufficientCredits)
    assert await workshop.row(LOT, lot_id) == (0, 2 * PRICE, 0, PRICE)
    await workshop.store(paid, caller, await workshop.sending(paid, caller))
    await workshop.move(given_back, caller, CancelAsked())
    assert await workshop.row(LOT, lot_id) == (0, 0, PRICE, 2 * PRICE)
    assert await workshop.balance(caller) == (0, 0)
    kinds = [tuple(row) for row in await workshop.rows(OF_TASK, given_back)]
    assert kinds == [("hold", PRICE), ("release", PRICE), ("expire", PRICE)]
    await workshop.assert_sound()


async def test_an_expired_lot_counts_for_nothing_at_once_without_a_sweep(workshop: Workshop) -> None:
    caller = await workshop.tenant()
    owner = (caller.account_id, caller.mode)
    await workshop.grant(owner, 30, expires_in_s=60)
    workshop.let_pass(60)

    async def look(tx: object) -> tuple[int, int]:
        available, held, lots = await balance_of(tx, owner)  # pyright: ignore[reportArgumentType]
        return available, held + len(lots)

    assert await workshop.database.read(look) == (0, 0)
    (refused,) = await workshop.submit(workshop.submission(caller))
    assert isinstance(refused, InsufficientCredits)
