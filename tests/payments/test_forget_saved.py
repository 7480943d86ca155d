"""A saved card that is forgotten is taken away at its vendor first; what fails leaves it here, to be tried again."""

import pytest

from apiinone.accounts.callers import Caller
from apiinone.core.errors import NotFound, ProviderFailed
from apiinone.payments.forget_saved import forget_saved
from apiinone.payments.method import Declined
from apiinone.payments.top_up_rows import SavedRow, saved_of
from payments.shop import Shop


async def saved(shop: Shop, buyer: Caller) -> list[SavedRow]:
    return await shop.workshop.database.read(lambda tx: saved_of(tx, buyer.account_id))


async def can_be_charged(shop: Shop, buyer: Caller, card: SavedRow) -> bool:
    """Whether the vendor still takes money by it."""
    order = await shop.order(buyer)
    till = shop.cashier.tills["stripe"]
    request = till.method.charge(shop.cashier.to_pay(order), card.seen)
    response = await shop.cashier.send(till, request)  # pyright: ignore[reportArgumentType]
    return not isinstance(till.method.read_charge(response), Declined)  # pyright: ignore[reportArgumentType]


async def test_a_forgotten_card_is_taken_away_at_its_vendor(shop: Shop, buyer: Caller) -> None:
    await shop.paid(buyer, saves=True)
    (card,) = await saved(shop, buyer)
    assert await can_be_charged(shop, buyer, card)
    await forget_saved(shop.cashier, buyer.account_id, card.id)
    assert await saved(shop, buyer) == []
    assert not await can_be_charged(shop, buyer, card)
    with pytest.raises(NotFound):
        await forget_saved(shop.cashier, buyer.account_id, card.id)


@pytest.mark.parametrize("fault", ["throttled", "bad_key", "server_error"])
async def test_a_card_that_the_vendor_did_not_take_away_stays_and_can_be_tried_again(
    shop: Shop, buyer: Caller, fault: str
) -> None:
    await shop.paid(buyer, saves=True)
    (card,) = await saved(shop, buyer)
    await shop.stripe.arrange({"fault": fault, "on": "submit", "times": 1})
    with pytest.raises(ProviderFailed, match="could not be taken away"):
        await forget_saved(shop.cashier, buyer.account_id, card.id)
    assert await saved(shop, buyer) == [card]
    await forget_saved(shop.cashier, buyer.account_id, card.id)
    assert await saved(shop, buyer) == []
    assert not await can_be_charged(shop, buyer, card)


async def test_nobody_forgets_the_card_of_another_account(shop: Shop, buyer: Caller) -> None:
    await shop.paid(buyer, saves=True)
    (card,) = await saved(shop, buyer)
    other = await shop.workshop.tenant()
    with pytest.raises(NotFound):
        await forget_saved(shop.cashier, other.account_id, card.id)
    assert await can_be_charged(shop, buyer, card)
