"""Page: what an account wants done about its money without asking each time: top-up, alerts, budgets."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from apiinone.addresses import AddressRefused, read_callback
from apiinone.core.errors import BadRequest, ProviderFailed
from apiinone.db import Tx
from apiinone.ledger.budgets import OwnBudgets, of_account, own_budgets, set_own_budgets
from apiinone.payments.alerts import Alerts, alerts_of, set_alerts
from apiinone.payments.document_drawing import money
from apiinone.payments.forget_saved import forget_saved
from apiinone.payments.packs import terms_of_pack
from apiinone.payments.top_up_rows import (
    CEILING,
    SavedRow,
    TopUpRule,
    drop_rule,
    rule_of,
    saved_of,
    set_rule,
)
from apiinone.web.billing.budget_form import BudgetsForm, budgets_form, limits_of
from apiinone.web.billing.shop import Offer, offers_of
from apiinone.web.billing.sums import MINOR_MAX, amount_minor, credits_or_none, plain_credits, plain_money
from apiinone.web.code_names import METHODS, refusal_told
from apiinone.web.console.shell import in_console
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther
from apiinone.web.visitor import MemberHere

PLAN: Final = "/billing/plan"
UNPROCESSABLE: Final = 422


class TopUpForm(Struct, frozen=True):
    """When to buy what, by which card, for how much in a month at most."""

    threshold: str = ""
    pack: str = ""
    card: str = ""
    month_max: str = ""


class AlertsForm(Struct, frozen=True):
    """When to be told; empty: not at all."""

    low_balance: str = ""
    spend_day: str = ""
    spend_month: str = ""
    url: str = ""


class CardForm(Struct, frozen=True):
    """Which card to forget."""

    card: str = ""


class Seen(Struct, frozen=True):
    """What there is at present."""

    rule: TopUpRule | None
    saved: list[SavedRow]
    alerts: Alerts
    budgets: OwnBudgets


async def show_plan(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Saved cards, automatic top-up, alerts."""
    del call
    return await _page(rooms, here)


async def do_set_top_up(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Set the rule; whatever paused it before is forgiven."""
    form = call.form(TopUpForm)
    errors: dict[str, str] = {}
    rule = _rule(rooms, call, here, form, errors)

    async def work(tx: Tx) -> bool:
        known = any(one.id == form.card for one in await saved_of(tx, here.account_id))
        if known and rule is not None:
            await set_rule(tx, rule)
        return known

    if not await rooms.office.database.transact(work):
        errors["card"] = call.say("Choose one of your saved cards.")
    if errors:
        return await _page(rooms, here, {"top_up": form}, errors)
    return SeeOther(PLAN, "top_up_set")


async def do_end_top_up(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Buy nothing without being asked."""
    del call
    await rooms.office.database.transact(lambda tx: drop_rule(tx, here.account_id))
    return SeeOther(PLAN, "top_up_ended")


async def do_set_alerts(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Replace when the account is told."""
    form = call.form(AlertsForm)
    errors: dict[str, str] = {}
    low = credits_or_none(form, "low_balance", errors, call.say)
    day = credits_or_none(form, "spend_day", errors, call.say)
    month = credits_or_none(form, "spend_month", errors, call.say)
    url = form.url.strip() or None
    if url is not None:
        try:
            address, _ = read_callback(url, allowed=rooms.house.context.rules.callback_hosts, https_only=True)
            url = address.url
        except AddressRefused:
            errors["url"] = call.say("This must be a public https address, or empty.")
    if errors:
        return await _page(rooms, here, {"alerts": form}, errors)
    alerts = Alerts(low, day, month, url)
    await rooms.office.database.transact(lambda tx: set_alerts(tx, here.account_id, alerts))
    return SeeOther(PLAN, "alerts_set")


async def do_set_budgets(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Replace the account's own budgets."""
    form = call.form(BudgetsForm)
    errors: dict[str, str] = {}
    limits = limits_of(form, errors, call.say)
    if errors:
        return await _page(rooms, here, {"budgets": form}, errors)
    whose = of_account(here.account_id)
    await rooms.office.database.transact(lambda tx: set_own_budgets(tx, whose, *limits))
    return SeeOther(PLAN, "budgets_set")


async def do_forget_card(rooms: Rooms, call: PageCall, here: MemberHere) -> PageReply:
    """Have a saved card taken away at its vendor and forget it. Raises NotFound."""
    try:
        await forget_saved(rooms.house.context.cashier, here.account_id, call.form(CardForm).card)
    except ProviderFailed as failed:
        return await _page(
            rooms, here, None, {"forget": refusal_told(failed, call.visitor.language, call.say)}, failed.status
        )
    return SeeOther(PLAN, "card_forgotten")


async def _page(
    rooms: Rooms,
    here: MemberHere,
    sent: Mapping[str, Struct] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = UNPROCESSABLE,
) -> PageReply:
    async def look(tx: Tx) -> Seen:
        rule, saved = await rule_of(tx, here.account_id), await saved_of(tx, here.account_id)
        whose = of_account(here.account_id)
        return Seen(rule, saved, await alerts_of(tx, here.account_id), (await own_budgets(tx, [whose]))[whose])

    seen = await rooms.office.database.read(look)
    offers = offers_of(rooms.house.context.cashier.billing)
    facts = {
        "back": PLAN,
        "seen": seen,
        "offers": offers,
        "methods": METHODS,
        "money": money,
        "reached": seen.rule is not None and (seen.rule.paused or "").startswith(CEILING),
        "top_up": _rule_form(seen, offers),
        "alerts": _alerts_form(seen.alerts),
        "budgets": budgets_form(seen.budgets),
        "errors": errors or {},
        **(sent or {}),
    }
    return await in_console(rooms, here, "plan.html.j2", facts, status=status if errors else 200)


def _rule(rooms: Rooms, call: PageCall, here: MemberHere, form: TopUpForm, errors: dict[str, str]) -> TopUpRule | None:
    threshold = credits_or_none(form, "threshold", errors, call.say)
    if threshold is None and "threshold" not in errors:
        errors["threshold"] = call.say("Say below which balance to buy.")
    try:
        terms = terms_of_pack(rooms.house.context.cashier.billing, form.pack)
    except BadRequest:
        errors["pack"] = call.say("Choose what to buy.")
        return None
    try:
        most = amount_minor(form.month_max, terms.currency)
    except ValueError:
        most = 0
    if not terms.amount_minor <= most <= MINOR_MAX:
        least = {"least": money(terms.amount_minor, terms.currency)}
        errors["month_max"] = call.say("This is an amount of at least what one purchase costs, %(least)s.") % least
    if errors or threshold is None:
        return None
    return TopUpRule(here.account_id, threshold, form.pack, form.card, most)


def _rule_form(seen: Seen, offers: tuple[Offer, ...]) -> TopUpForm:
    rule = seen.rule
    if rule is None:
        return TopUpForm(pack=offers[0].id if offers else "", card=seen.saved[0].id if seen.saved else "")
    currency = next((one.currency for one in offers if one.id == rule.pack), "usd")
    most = plain_money(rule.month_max_minor, currency)
    return TopUpForm(plain_credits(rule.threshold), rule.pack, rule.saved_method_id, most)


def _alerts_form(alerts: Alerts) -> AlertsForm:
    amounts = (plain_credits(alerts.low_balance), plain_credits(alerts.spend_day), plain_credits(alerts.spend_month))
    return AlertsForm(*amounts, alerts.url or "")
