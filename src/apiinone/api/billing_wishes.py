"""What an account wants done about its money without asking each time: automatic top-up, alerts."""

from typing import Annotated, Final

from msgspec import Meta, Struct

from apiinone.accounts.callers import Caller
from apiinone.addresses import AddressRefused, read_callback
from apiinone.api.answer import Answer, success
from apiinone.api.call import Call
from apiinone.api.house import House
from apiinone.api.model_forms import Amount
from apiinone.api.orders import AmountMinor, OrderId
from apiinone.api.typed_body import read_typed
from apiinone.core.credits import Credits, shown, whole
from apiinone.core.errors import BadRequest, NotFound
from apiinone.db import Tx
from apiinone.payments.alerts import Alerts, alerts_of, set_alerts
from apiinone.payments.forget_saved import forget_saved
from apiinone.payments.packs import CREDITS_MAX, terms_of_pack
from apiinone.payments.top_up_rows import SavedRow, TopUpRule, drop_rule, rule_of, saved_of, set_rule

_ONLY_LIVE: Final = "Test credits cost nothing: there is nothing to top up. Use a live key."
Count = Annotated[int, Meta(ge=1, le=CREDITS_MAX, description="Credits.")]


class PaymentMethodPage(Struct, frozen=True):
    """A way to pay that the account left with a vendor."""

    payment_method_id: OrderId
    method: str
    label: str


class RulePage(Struct, frozen=True):
    """When to buy what; `paused` says why nothing is bought at present."""

    threshold: Amount
    pack: str
    payment_method_id: OrderId
    month_max_minor: AmountMinor
    paused: str | None


class TopUpPage(Struct, frozen=True):
    """The account's automatic top-up, and what it may be paid by."""

    rule: RulePage | None
    payment_methods: tuple[PaymentMethodPage, ...]


class TopUpBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Buy this pack whenever less than the threshold is available, for so much in a calendar month at most."""

    threshold: Count
    pack: Annotated[str, Meta(min_length=1, max_length=40)]
    payment_method_id: OrderId
    month_max_minor: Annotated[int, Meta(ge=1, le=100_000_000, description="In the currency's smallest unit.")]


class AlertsBody(Struct, frozen=True, forbid_unknown_fields=True):
    """When to be told, and where a signed webhook goes; null: not at all."""

    low_balance: Count | None = None
    spend_day: Count | None = None
    spend_month: Count | None = None
    url: Annotated[str, Meta(max_length=2000)] | None = None


class AlertsPage(Struct, frozen=True):
    """When the account is told, and where to."""

    low_balance: Amount | None
    spend_day: Amount | None
    spend_month: Amount | None
    url: str | None


async def show_top_up(house: House, call: Call, caller: Caller) -> Answer:
    """The account's rule and its saved ways to pay."""
    del call
    return success(await _top_up(house, caller))


async def set_top_up(house: House, call: Call, caller: Caller) -> Answer:
    """Set the rule; whatever paused it before is forgiven."""
    body = await read_typed(call, TopUpBody)
    refuse_test(caller)
    terms = terms_of_pack(house.context.cashier.billing, body.pack)
    if terms.amount_minor > body.month_max_minor:
        raise BadRequest("'month_max_minor' is less than the pack costs.", param="/month_max_minor")
    what = (whole(body.threshold), body.pack, body.payment_method_id, body.month_max_minor)
    rule = TopUpRule(caller.account_id, *what)

    async def work(tx: Tx) -> None:
        if all(one.id != rule.saved_method_id for one in await saved_of(tx, caller.account_id)):
            raise BadRequest("There is no such saved way to pay.", param="/payment_method_id")
        await set_rule(tx, rule)

    await house.context.database.transact(work)
    return success(await _top_up(house, caller))


async def drop_top_up(house: House, call: Call, caller: Caller) -> Answer:
    """Buy nothing without being asked."""
    del call
    refuse_test(caller)
    await house.context.database.transact(lambda tx: drop_rule(tx, caller.account_id))
    return success(await _top_up(house, caller))


async def forget_payment_method(house: House, call: Call, caller: Caller) -> Answer:
    """Have a saved way to pay taken away at its vendor; the top-up by it ends. Raises NotFound, ProviderFailed."""
    refuse_test(caller)
    await forget_saved(house.context.cashier, caller.account_id, call.ids["payment_method_id"])
    return success(await _top_up(house, caller))


async def show_alerts(house: House, call: Call, caller: Caller) -> Answer:
    """When the account is told."""
    del call
    return success(await _alerts(house, caller))


async def change_alerts(house: House, call: Call, caller: Caller) -> Answer:
    """Replace when the account is told."""
    body = await read_typed(call, AlertsBody)
    refuse_test(caller)
    amounts = (credits_of(body.low_balance), credits_of(body.spend_day), credits_of(body.spend_month))
    alerts = Alerts(*amounts, _address(body.url, house.context.rules.callback_hosts))
    await house.context.database.transact(lambda tx: set_alerts(tx, caller.account_id, alerts))
    return success(await _alerts(house, caller))


async def _top_up(house: House, caller: Caller) -> TopUpPage:
    if caller.mode == "test":
        return TopUpPage(None, ())

    async def look(tx: Tx) -> tuple[TopUpRule | None, list[SavedRow]]:
        return await rule_of(tx, caller.account_id), await saved_of(tx, caller.account_id)

    rule, saved = await house.context.database.read(look)
    own = None
    if rule is not None:
        own = RulePage(shown(rule.threshold), rule.pack, rule.saved_method_id, rule.month_max_minor, rule.paused)
    return TopUpPage(own, tuple(PaymentMethodPage(one.id, one.method, one.label) for one in saved))


async def _alerts(house: House, caller: Caller) -> AlertsPage:
    if caller.mode == "test":
        return AlertsPage(None, None, None, None)
    found = await house.context.database.read(lambda tx: alerts_of(tx, caller.account_id))
    amounts = (shown_or_none(found.low_balance), shown_or_none(found.spend_day), shown_or_none(found.spend_month))
    return AlertsPage(*amounts, found.url)


def refuse_test(caller: Caller) -> None:
    """Raise NotFound for test keys: there is no money to decide about."""
    if caller.mode == "test":
        raise NotFound(_ONLY_LIVE)


def credits_of(count: int | None) -> Credits | None:
    """Whole credits as a body has them."""
    return None if count is None else whole(count)


def shown_or_none(amount: Credits | None) -> Amount | None:
    """The same as an answer has them."""
    return None if amount is None else shown(amount)


def _address(url: str | None, allowed: frozenset[str]) -> str | None:
    """Where a webhook goes: vetted like any callback. Raises BadRequest."""
    if url is None:
        return None
    try:
        address, _ = read_callback(url, allowed=allowed, https_only=True)
    except AddressRefused:
        raise BadRequest("'url' must be a public https address.", param="/url") from None
    return address.url
