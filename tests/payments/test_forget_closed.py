"""Cards of a closed account are taken away at their vendor, by whoever goes round, and within limits."""

import pytest

from apiinone.accounts.account_rows import close_account
from apiinone.accounts.callers import Caller
from apiinone.db import Row, Sql
from apiinone.payments.cashier import Till
from apiinone.payments.forget_closed import BITE_MAX, TRIES_MAX, ClosedCards
from apiinone.payments.top_up_rows import SavedRow, saved_of
from apiinone.tasks.clear_closed import clear_closed
from payments.shop import Shop
from payments.test_forget_saved import can_be_charged
from workshop import Workshop

ROWS = Sql("SELECT label, removed_us IS NULL FROM saved_methods WHERE account_id = $1")
CARD = Sql(
    "INSERT INTO saved_methods (id, account_id, method, customer_ref, vendor_ref, label, created_us)"
    " VALUES ($1, $2, 'stripe', 'cus_x', $3, '', 1)"
)


async def closed(shop: Shop, buyer: Caller) -> SavedRow:
    """A card that the account of somebody who left had saved; all but the card is cleared already."""
    await shop.paid(buyer, saves=True)
    (card,) = await shop.workshop.database.read(lambda tx: saved_of(tx, buyer.account_id))
    await shop.workshop.database.transact(lambda tx: close_account(tx, buyer.account_id))
    while await shop.workshop.database.transact(clear_closed):
        pass
    return card


async def left(shop: Shop, buyer: Caller) -> Row:
    """The card's label, and whether it is still to be taken away."""
    (row,) = await shop.workshop.rows(ROWS, buyer.account_id)
    return (row[0], bool(row[1]))


async def test_a_card_of_a_closed_account_is_taken_away_at_its_vendor_and_no_other_is(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    other = await workshop.tenant()
    await shop.paid(other, saves=True)
    (kept,) = await workshop.database.read(lambda tx: saved_of(tx, other.account_id))
    card = await closed(shop, buyer)
    assert await left(shop, buyer) == ("", True), "what is still to be done is what is written down"
    assert await ClosedCards(shop.cashier).go_through() == 1
    assert await left(shop, buyer) == ("", False)
    assert await ClosedCards(shop.cashier).go_through() == 0
    assert not await can_be_charged(shop, other, card)
    assert await can_be_charged(shop, other, kept)


@pytest.mark.parametrize("fault", ["lost_answer", "reset", "server_error", "throttled", "bad_key"])
async def test_what_fails_is_tried_again_also_by_a_process_that_knows_nothing_of_it(
    shop: Shop, buyer: Caller, fault: str
) -> None:
    card = await closed(shop, buyer)
    await shop.stripe.arrange({"fault": fault, "on": "submit", "times": 1})
    assert await ClosedCards(shop.cashier).go_through() == 0
    assert await left(shop, buyer) == ("", True)
    assert await ClosedCards(shop.cashier).go_through() == 1
    assert await left(shop, buyer) == ("", False)
    assert not await can_be_charged(shop, buyer, card)


async def test_a_process_that_cannot_ask_the_vendor_leaves_it_to_one_that_can(shop: Shop, buyer: Caller) -> None:
    await closed(shop, buyer)
    tills = shop.cashier.tills
    shop.cashier.tills = {**tills, "stripe": Till(tills["stripe"].method)}
    assert await ClosedCards(shop.cashier).go_through() == 0
    assert await left(shop, buyer) == ("", True)
    shop.cashier.tills = tills
    assert await ClosedCards(shop.cashier).go_through() == 1


async def test_a_card_that_is_paid_with_after_the_closing_is_found_too(shop: Shop, buyer: Caller) -> None:
    order = await shop.order(buyer, saves=True)
    await shop.workshop.database.transact(lambda tx: close_account(tx, buyer.account_id))
    while await shop.workshop.database.transact(clear_closed):
        pass
    await shop.stripe.pay(order)
    await shop.tell_all()
    assert await ClosedCards(shop.cashier).go_through() == 1
    assert await left(shop, buyer) == ("", False)


async def test_a_round_asks_a_few_and_the_next_goes_on_behind_them_and_nobody_is_asked_for_ever(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    """Those in front fail for good; the one behind them is reached all the same."""
    card = await closed(shop, buyer)
    for number in range(BITE_MAX):
        await workshop.run(CARD, f"0-{number:02}", buyer.account_id, f"pm_{number}")
    cards = ClosedCards(shop.cashier)
    cards.tries = {f"0-{number:02}": TRIES_MAX - 1 for number in range(BITE_MAX)}
    await shop.stripe.arrange({"fault": "server_error", "on": "submit", "times": BITE_MAX})
    assert await cards.go_through() == 0
    assert set(cards.tries.values()) == {TRIES_MAX}
    assert await cards.go_through() == 1
    for _ in range(3):
        assert await cards.go_through() == 0, "they would be found gone, were anybody asked"
    assert not await can_be_charged(shop, await workshop.tenant(), card)


async def test_a_vendor_that_nobody_reaches_is_asked_once_in_a_round(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    await closed(shop, buyer)
    await workshop.run(CARD, "0-first", buyer.account_id, "pm_first")
    await shop.stripe.arrange({"fault": "reset", "on": "submit", "times": 1})
    cards = ClosedCards(shop.cashier)
    assert await cards.go_through() == 0
    assert cards.tries == {"0-first": 1}
    assert await cards.go_through() == 1
    assert await cards.go_through() == 1
    assert cards.tries == {}
