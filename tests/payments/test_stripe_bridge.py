"""The SDK writes and reads, and does nothing else: no byte leaves by it, nothing is sent twice, no error is a guess."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import stripe

from apiinone.accounts.callers import Caller
from apiinone.core.credits import whole
from apiinone.core.errors import ProviderFailed
from apiinone.core.exchange import Response
from apiinone.payments.method import (
    Declined,
    Detached,
    Known,
    Opened,
    RefundSeen,
    SavedSeen,
    Standing,
    ToPay,
    ToRefund,
    Unclear,
)
from apiinone.payments.stripe import Stripe
from apiinone.payments.stripe_objects import refusal
from apiinone.payments.stripe_sdk import API_VERSION
from apiinone.payments.top_up import TopUp
from apiinone.payments.top_up_rows import TopUpRule, rule_of, saved_of, set_rule
from apiinone.simulators import stripe_events
from payments.shop import Shop
from workshop import Workshop

ORDER = ToPay("o", "a", "usd", 500, "5 credits & more", "https://x/?a=b&c", "https://x", 7, saves_method=True)
SAVED = SavedSeen("cus_1", "pm_1", "visa 4242")
SESSION: dict[str, Any] = {
    "object": "checkout.session",
    "id": "cs_1",
    "status": "complete",
    "payment_status": "paid",
    "amount_total": 500,
    "currency": "usd",
    "livemode": True,
    "client_reference_id": "o",
    "metadata": {"account_id": "a"},
    "url": None,
    "payment_intent": None,
}
INTENT: dict[str, Any] = {
    "object": "payment_intent",
    "id": "pi_1",
    "status": "succeeded",
    "amount": 500,
    "amount_received": 500,
    "currency": "usd",
    "livemode": True,
    "metadata": {"order_id": "o", "account_id": "a"},
    "customer": {"object": "customer", "id": "cus_1"},
    "payment_method": {"object": "payment_method", "id": "pm_1", "type": "link"},
    "latest_charge": None,
    "setup_future_usage": "off_session",
}
EXPANDED = "?expand[0]=payment_intent.latest_charge&expand[1]=payment_intent.payment_method"
NO_CARD = Declined("The payment was declined.")
BANK_ASKS = Declined("The payer's bank wants to ask the payer (3-D Secure).")
NO = Declined("Refused.")
ANSWERS: dict[str, tuple[int, dict[str, str], Declined | Unclear]] = {
    "card declined": (402, {"type": "card_error", "code": "card_declined"}, NO_CARD),
    "3-D Secure needed": (402, {"type": "card_error", "code": "authentication_required"}, BANK_ASKS),
    "invalid": (400, {"type": "invalid_request_error"}, NO),
    "missing": (404, {"type": "invalid_request_error", "code": "resource_missing"}, NO),
    "key used before": (400, {"type": "idempotency_error"}, Unclear("IdempotencyError")),
    "another request under way": (409, {"type": "invalid_request_error"}, Unclear("APIError")),
    "wrong key": (401, {"type": "invalid_request_error"}, Unclear("AuthenticationError")),
    "not allowed": (403, {"type": "invalid_request_error"}, Unclear("PermissionError")),
    "rate limit": (429, {"type": "invalid_request_error"}, Unclear("RateLimitError")),
    "rate limit of old": (400, {"code": "rate_limit"}, Unclear("RateLimitError")),
    "an error of theirs": (500, {"type": "api_error"}, Unclear("APIError")),
    "down": (503, {"type": "api_error"}, Unclear("APIError")),
    "elsewhere": (302, {}, Unclear("APIError")),
    "a teapot": (418, {"type": "new"}, Unclear("APIError")),
}


def answer(status: int, body: object) -> Response:
    return Response(status, {"stripe-should-retry": "true"}, json.dumps(body).encode())


def test_the_release_that_is_pinned_is_the_one_that_the_sdk_and_the_simulator_speak() -> None:
    assert API_VERSION == stripe.api_version == stripe_events.API_VERSION


def test_what_leaves_is_what_the_sdk_writes_under_our_key_and_tells_nothing_of_the_machine() -> None:
    method = Stripe("https://sim.example:8443/base/")
    asked = method.ask(Known("o", "cs/../1?x", "pi_1"))
    found = method.ask(Known("o", None, None, "cus_1", 7))
    opened, charged = method.open(ORDER), method.charge(ORDER, SAVED)
    back, away = method.refund(ToRefund("r", "pi_1", 5)), method.detach(SAVED)
    requests: list[Any] = [opened, charged, back, away, *asked, *found]
    base = "https://sim.example:8443/base/v1/"
    assert [(one.method, one.url.removeprefix(base)) for one in requests] == [
        ("POST", "checkout/sessions"),
        ("POST", "payment_intents"),
        ("POST", "refunds"),
        ("POST", "payment_methods/pm_1/detach"),
        (
            "GET",
            f"checkout/sessions/cs%2F..%2F1%3Fx{EXPANDED}",
        ),
        ("GET", "refunds?payment_intent=pi_1&limit=100"),
        ("GET", "disputes?payment_intent=pi_1&limit=100"),
        ("GET", "payment_intents?customer=cus_1&created[gte]=7&limit=100&expand[0]=data.latest_charge"),
    ]
    fields = dict(requests[0].fields)
    assert fields["line_items[0][price_data][product_data][name]"] == ORDER.words
    assert fields["success_url"] == ORDER.success_url
    assert (fields["metadata[order_id]"], fields["payment_intent_data[metadata][order_id]"]) == ("o", "o")
    assert (fields["adaptive_pricing[enabled]"], fields["customer_creation"]) == ("false", "always")
    assert dict(requests[1].fields)["off_session"] == "true"
    assert {one.auth for one in requests} == {"bearer"}
    assert {name for one in requests for name in one.headers} == {"Stripe-Version", "Idempotency-Key"}
    assert {one.headers["Stripe-Version"] for one in requests} == {API_VERSION}
    keys = [one.headers.get("Idempotency-Key") for one in requests]
    assert keys[1:] == ["charge-o", "refund-r", None, None, None, None, None]
    assert keys[0].startswith("open-o-")
    assert method.open(ORDER) == opened


@pytest.mark.parametrize("how", ANSWERS)
def test_every_error_of_the_vendors_is_one_of_our_outcomes_and_is_asked_once(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tired(seconds: float) -> None:
        raise AssertionError(f"tried again in {seconds} s")

    monkeypatch.setattr(time, "sleep", tired)
    status, error, outcome = ANSWERS[how]
    method, response = Stripe(), answer(status, {"error": error} if error else {})
    assert method.read_open(response) == outcome
    assert method.read_charge(response) == outcome
    assert method.read_refund(response) == outcome
    certain = isinstance(outcome, Declined)
    assert method.read_detach(response) == (Detached() if certain else outcome)
    for known in (Known("o", "cs_1", None), Known("o", None, "pi_1"), Known("o", None, None, "cus_1")):
        assert method.read_standing(known, [response]) == (Unclear(outcome.message) if certain else outcome)


def test_of_all_errors_that_the_sdk_has_two_are_a_no_and_the_others_decide_nothing() -> None:
    kinds, named = [stripe.StripeError], set[str]()
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        error = kind.__new__(kind)
        error.code = None
        if isinstance(refusal(error), Declined):
            named.add(kind.__name__)
    assert named == {"CardError", "InvalidRequestError"}


def test_what_is_understood_is_what_was_answered() -> None:
    method = Stripe()
    assert method.read_open(answer(200, {**SESSION, "url": "https://pay"})) == Opened("cs_1", "https://pay")
    assert isinstance(method.read_open(answer(200, SESSION)), Unclear)
    standing = Standing("o", "a", "cs_1", None, "paid", "usd", 500, livemode=True)
    assert method.read_standing(Known("o", "cs_1", None), [answer(200, SESSION)]) == standing
    charged = Standing(
        "o", "a", None, "pi_1", "paid", "usd", 500, livemode=True, saved=SavedSeen("cus_1", "pm_1", "link")
    )
    assert method.read_charge(answer(200, INTENT)) == charged
    refund = {"object": "refund", "id": "re_1", "amount": 5, "status": "pending", "metadata": {"refund_id": "r"}}
    assert method.read_refund(answer(200, refund)) == RefundSeen("re_1", "r", 5, "pending")
    for state in ("requires_action", "processing"):
        asks = method.read_charge(answer(200, {**INTENT, "status": state}))
        assert isinstance(asks, Standing)
        assert asks.state == "open"


ODD: list[dict[str, Any]] = [
    {"object": "payment_intent"},
    {"object": "list", "data": [{}]},
    {"id": 5},
    {"id": "cs_\0"},
    {"id": "cs_\ud800"},
    {"id": None},
    {"amount_total": "500"},
    {"amount_total": 500.5},
    {"amount_total": -2},
    {"amount_total": 10**13},
    {"amount_total": 10**30},
    {"amount_total": float("nan")},
    {"currency": ["usd"]},
    {"livemode": "true"},
    {"metadata": {"order_id": {"a": 1}}},
    {"payment_intent": 5},
    {"payment_intent": {"id": 5}},
    {"client_reference_id": 7},
]


@pytest.mark.parametrize("change", ODD, ids=repr)
def test_an_answer_that_is_not_what_the_sdks_types_promise_says_nothing(change: dict[str, Any]) -> None:
    found = Stripe().read_standing(Known("o", "cs_1", None), [answer(200, {**SESSION, **change})])
    assert isinstance(found, Unclear)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"text"', b"\xff", b"<html>", b"[" * 90_000, b'{"a":' * 5_000])
@pytest.mark.parametrize("status", [200, 400, 402, 500])
def test_what_is_no_answer_of_theirs_says_nothing(status: int, body: bytes) -> None:
    response, method = Response(status, {}, body), Stripe()
    replies = (method.read_open(response), method.read_charge(response), method.read_refund(response))
    assert all(isinstance(reply, Unclear) for reply in (*replies, method.read_detach(response)))


WATCHED = """
import os, sys

def watch(event, details):
    written = event == "open" and isinstance(details[1], str) and set(details[1]) & set("wax+")
    if written or event in {"socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.mkdir"}:
        print(event, details)
        os._exit(1)

sys.addaudithook(watch)
from apiinone.logs import configure_logs
configure_logs()
from apiinone.core.exchange import Response
from apiinone.payments.method import Known, SavedSeen, ToPay, ToRefund
from apiinone.payments.stripe import Stripe
method = Stripe()
method.prepare()
saved = SavedSeen("cus", "pm", "visa")
order = ToPay("o", "a", "usd", 500, "credits", "https://x", "https://x", 1)
requests = [method.open(order), method.charge(order, saved), method.refund(ToRefund("r", "pi", 5))]
requests += [method.detach(saved), *method.ask(Known("o", "cs", "pi"))]
for status in (200, 402, 500):
    response = Response(status, {"request-id": "req_1"}, b'{"error": {}}')
    for read in (method.read_open, method.read_charge, method.read_refund, method.read_detach):
        read(response)
import stripe
try:
    stripe.Customer.list(api_key="sk_test_x")
except AssertionError:
    print(len(requests), "described, and nobody can send by the SDK itself")
"""


def test_no_byte_leaves_by_the_sdk_and_nothing_is_written_beside_us(tmp_path: Path) -> None:
    command = [sys.executable, "-B", "-c", WATCHED]
    home = {"HOME": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=home)  # noqa: S603 - our own program
    assert done.stderr == "", "what the SDK logs is nobody's to read"
    assert done.stdout == "7 described, and nobody can send by the SDK itself\n"
    assert list(tmp_path.iterdir()) == []


SERVED = """
import asyncio, sys
from apiinone.app import open_app, prepare_database
from apiinone.core.errors import ProviderNotConfigured
from apiinone.payments.cashier import Wish
from apiinone.payments.packs import terms_of_pack
from apiinone.settings import Settings

async def main():
    settings = Settings(data_dir=sys.argv[1])
    await prepare_database(settings)
    environ = {"STRIPE_SECRET_KEY": "sk_test_x"} if "configured" in sys.argv else {}
    async with open_app(settings, environ) as app, app.work():
        cashier = app.payments.cashier
        print(*cashier.ready())
        if not environ:
            try:
                await cashier.order(Wish("a", "stripe", terms_of_pack(cashier.billing, "studio"), "key"))
            except ProviderNotConfigured:
                await asyncio.sleep(0.5)
                print("stripe" in sys.modules)
            return
        async with asyncio.timeout(60):
            while "apiinone.payments.stripe_events" not in sys.modules:
                await asyncio.sleep(0.05)
        print("stripe" in sys.modules)

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize("configured", [False, True])
def test_a_server_carries_the_sdk_only_where_stripe_is_set_up_and_then_before_it_is_needed(
    tmp_path: Path,
    configured: bool,  # noqa: FBT001 - one of two cases
) -> None:
    command = [sys.executable, "-B", "-c", SERVED, str(tmp_path), *(["configured"] if configured else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own program
    assert done.stdout.splitlines() == (["manual stripe", "True"] if configured else ["manual", "False"])


@pytest.mark.parametrize("fault", ["lost_answer", "reset", "server_error", "throttled"])
async def test_an_order_whose_vendor_fails_is_asked_for_once_and_again_only_by_its_buyer(
    shop: Shop, buyer: Caller, fault: str
) -> None:
    await shop.stripe.arrange({"fault": fault, "on": "submit", "times": 1})
    with pytest.raises(ProviderFailed):
        await shop.order(buyer)
    assert await submits(shop) <= 1
    await shop.order(buyer)
    assert await submits(shop) <= 2


async def test_a_saved_card_whose_bank_wants_to_ask_its_owner_pauses_the_top_up(
    shop: Shop, workshop: Workshop, buyer: Caller
) -> None:
    order = await shop.order(buyer, saves=True)
    assert await shop.stripe.pay(order, "4000002500003155", challenge="complete") == 303
    await shop.tell_all()
    (saved,) = await workshop.database.read(lambda tx: saved_of(tx, buyer.account_id))
    await workshop.database.transact(
        lambda tx: set_rule(tx, TopUpRule(buyer.account_id, whole(6000), "studio", saved.id, 10_000))
    )
    till, again = shop.cashier.tills["stripe"], await shop.order(buyer)
    charge = till.method.charge(shop.cashier.to_pay(again), saved.seen)
    response = await shop.cashier.send(till, charge)  # pyright: ignore[reportArgumentType]
    assert isinstance(response, Response)
    assert till.method.read_charge(response) == BANK_ASKS
    await TopUp(shop.cashier).go_through()
    rule = await workshop.database.read(lambda tx: rule_of(tx, buyer.account_id))
    assert rule is not None
    assert rule.paused == "declined"


async def submits(shop: Shop) -> int:
    """How many orders passed the vendor's door."""
    async with shop.stripe.session.get(f"{shop.stripe.root}/_sim/state") as state:
        return int((await state.json())["submits"])
