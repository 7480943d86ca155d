"""Stripe's official SDK accepts what our simulator says, and judges callbacks as we ask it to."""

import asyncio
import http.client
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from apiinone.payments.method import Event, Unreadable, Unsigned
from apiinone.payments.stripe import Stripe
from apiinone.payments.stripe_events import is_signed
from apiinone.simulators.calling import Call
from apiinone.simulators.stripe_events import signed
from payments.shop import Shop
from payments.tills import HOOK, KEY

SECRET = "whsec_for_tests"
SIGNATURE: Any = stripe.WebhookSignature  # its types are not complete


def sdk(shop: Shop, key: str = KEY.reveal()) -> Any:
    stripe.enable_telemetry = False  # it would leave a file in the home folder
    return stripe.StripeClient(key, base_addresses={"api": shop.stripe.root}, max_network_retries=0)


def pay(url: str) -> None:
    """What the payer's browser does."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    try:
        connection.request("POST", parts.path, b"card=4242424242424242")
        assert connection.getresponse().status == 303
    finally:
        connection.close()


async def test_the_official_sdk_opens_pays_refunds_and_reads_events(shop: Shop) -> None:
    client = sdk(shop)

    def work() -> None:
        session = client.v1.checkout.sessions.create(
            {
                "mode": "payment",
                "client_reference_id": "order",
                "metadata": {"order_id": "order"},
                "payment_intent_data": {"metadata": {"order_id": "order"}, "setup_future_usage": "off_session"},
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {"currency": "usd", "unit_amount": 5000, "product_data": {"name": "credits"}},
                    }
                ],
                "customer_creation": "always",
                "success_url": "https://example.com/",
                "cancel_url": "https://example.com/",
                "expires_at": int(time.time()) + 3600,
            }
        )
        assert (session.object, session.status, session.livemode) == ("checkout.session", "open", False)
        pay(session.url)
        paid = client.v1.checkout.sessions.retrieve(
            session.id, {"expand": ["payment_intent.latest_charge", "payment_intent.payment_method"]}
        )
        assert paid.payment_status == "paid"
        intent = paid.payment_intent
        assert (intent.status, intent.latest_charge.paid) == ("succeeded", True)
        again = client.v1.payment_intents.create(
            {
                "amount": 1000,
                "currency": "usd",
                "customer": intent.customer,
                "payment_method": intent.payment_method.id,
                "off_session": True,
                "confirm": True,
            },
            {"idempotency_key": "once"},
        )
        assert again.status == "succeeded"
        kept = intent.payment_method.id
        detached = client.v1.payment_methods.detach(kept)
        assert (detached.id, detached.customer) == (kept, None)
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.payment_methods.detach(kept)
        refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 100})
        assert (refund.status, refund.amount) == ("succeeded", 100)
        assert [one.id for one in client.v1.refunds.list({"payment_intent": intent.id}).data] == [refund.id]
        assert client.v1.disputes.list({"payment_intent": intent.id}).data == []
        assert "checkout.session.completed" in {event.type for event in client.v1.events.list().data}
        endpoint = client.v1.webhook_endpoints.create({"url": "http://127.0.0.1:9/x", "enabled_events": ["*"]})
        assert endpoint.secret == HOOK.reveal()

    await asyncio.to_thread(work)


async def test_the_official_sdk_knows_our_simulators_errors(shop: Shop) -> None:
    def work() -> None:
        with pytest.raises(stripe.AuthenticationError):
            sdk(shop, "sk_test_wrong").v1.events.list()
        with pytest.raises(stripe.InvalidRequestError) as unknown:
            sdk(shop).v1.checkout.sessions.retrieve("cs_test_nobody")
        assert unknown.value.code == "resource_missing"
        with pytest.raises(stripe.InvalidRequestError):
            sdk(shop).v1.refunds.create({"payment_intent": "pi_nobody", "amount": 1})

    await asyncio.to_thread(work)


BODY = b'{"id": "evt_1", "type": "checkout.session.completed", "livemode": false, "data": {"object": {"id": "cs_1", "object": "checkout.session", "client_reference_id": "o"}}}'  # noqa: E501 - one line of JSON


def header_of(secret: str, moment_s: int, body: bytes = BODY) -> str:
    """What signs a body, by a hand that is not the SDK's."""
    return signed(Call("", "", body, secret), moment_s)["Stripe-Signature"]


def test_a_callback_is_signed_by_the_right_secret_over_its_body_and_not_long_ago() -> None:
    now_s = 1_800_000_000  # the clock that is given counts, and not the host's
    good = header_of(SECRET, now_s)
    assert good == SIGNATURE.generate_signature_header(BODY.decode(), SECRET, now_s)
    rolled = f"t={now_s},v1={'0' * 64},{good.partition(',')[2]}"
    cases = {
        good: True,
        rolled: True,
        header_of(SECRET, now_s - 300): True,
        header_of(SECRET, now_s - 301): False,
        header_of(SECRET, now_s + 301): False,
        header_of("whsec_other", now_s): False,
        good.replace("v1=", "v0="): False,
        f"{good},t={now_s}": False,
        f"t={now_s},{header_of(SECRET, now_s - 301)}": False,
        f"t={now_s},v1=\u00e9": False,
        "": False,
    }
    assert {header: is_signed(header, BODY, SECRET, now_s) for header in cases} == cases
    assert not is_signed(good, BODY + b" ", SECRET, now_s)
    assert not is_signed(header_of(SECRET, now_s, b"\xff"), b"\xff", SECRET, now_s)  # what is signed is text
    assert not is_signed(header_of("", now_s), BODY, "", now_s)


@given(header=st.text(max_size=120) | st.from_regex(r"\A(t=[0-9]{0,12})?(,?v1=[0-9a-f]{0,64})*\Z"))
def test_no_header_but_the_right_one_is_signed(header: str) -> None:
    assert not is_signed(header, BODY, SECRET, 1_800_000_000)


def test_an_event_names_what_is_to_be_looked_at_and_is_read_only_if_it_is_signed() -> None:
    now_s = int(time.time())
    header = {"stripe-signature": SIGNATURE.generate_signature_header(BODY.decode(), SECRET, now_s)}
    event = Stripe().read_event(header, BODY, SECRET, now_s)
    assert isinstance(event, Event)
    assert (event.event_id, event.order_id, event.vendor_ref) == ("evt_1", "o", "cs_1")
    assert isinstance(Stripe().read_event({}, BODY, SECRET, now_s), Unsigned)
    for body in (b"", b"[]", b"{}", b"\xff", b'{"id": 5}', b'{"id":"e","type":"t","livemode":false,"data":{}}'):
        signature = SIGNATURE.generate_signature_header(body.decode("latin-1"), SECRET, now_s)
        odd = {"stripe-signature": signature}
        assert isinstance(Stripe().read_event(odd, body, SECRET, now_s), Unreadable | Unsigned), body
