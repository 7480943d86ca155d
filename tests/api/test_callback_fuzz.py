"""Callbacks of every shape, most of them well signed so that the parser is reached: no 5xx, no credit, nothing lost.

What `payments/hear.py` promises is looked up after each: whatever is well signed is an event with an end, an event that
waits, or a row of suspense; whatever is not is counted, and nothing else.
"""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from api.served_api import Api, served_api, statement
from api.test_billing import ALL, CALLBACK, ENVIRON, ORDERS
from apiinone.payments.method import Event
from apiinone.payments.stripe import Stripe
from apiinone.simulators import serving
from apiinone.simulators.calling import Call
from apiinone.simulators.options import SIMULATED_WEBHOOK_SECRET, Options
from apiinone.simulators.stripe_events import signed

EVENT = statement("SELECT outcome, due_us FROM payment_events WHERE method = 'stripe' AND event_id = $1")
SUSPENSE = statement("SELECT subject FROM suspense WHERE method = 'stripe' AND subject = $1")
COUNTS = statement(
    "SELECT (SELECT count(*) FROM payment_events), (SELECT count(*) FROM suspense),"
    " (SELECT CAST(coalesce(sum(count), 0) AS bigint) FROM callbacks_refused)"
)
CREDITS = statement(
    "SELECT CAST(coalesce(sum(available_micro + held_micro + frozen_micro), 0) AS bigint) FROM balances"
    " WHERE mode = 'live'"
)
PAID = statement("SELECT id FROM orders WHERE state <> 'created'")
ENDINGS = {"ignored", "nothing", "moved", "suspense"}
TYPES = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.expired",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "charge.succeeded",
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.closed",
    "refund.created",
    "customer.created",
)
OBJECTS = ("checkout.session", "payment_intent", "charge", "refund", "dispute", "customer")
GHOSTS = ("0" * 26, "cs_test_none", "pi_none")
"""Names that nobody has."""
ODD_TEXT = st.sampled_from(
    ("", "\0", "\ud800", "../../v1/customers", "'; DROP TABLE orders; --", "é" * 300, "x" * 5_000)
)
TEXT = ODD_TEXT | st.text(max_size=30)
NUMBERS = st.integers() | st.sampled_from((2**31, 2**63, -(2**63) - 1, 10**400)) | st.floats()
LEAVES = st.none() | st.booleans() | NUMBERS | TEXT
VALUES = st.recursive(
    LEAVES, lambda some: st.lists(some, max_size=3) | st.dictionaries(TEXT, some, max_size=3), max_leaves=6
)
DEEP = st.integers(2, 3_000).map(lambda depth: "[" * depth + "]" * depth)


class Stage(Struct, frozen=True):
    """A shop whose buyer has ordered and not paid, and the names that events may use."""

    api: Api
    key: str
    order_id: str
    names: tuple[str, ...]


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with (
        serving("stripe", Options(seconds=0.05)) as root,
        served_api(database_url, tmp_path, working=False, environ=ENVIRON, stripe_url=root) as api,
    ):
        buyer = await api.tenant(mode="live", balance=0, rules=ALL)
        other = await api.tenant(mode="live", balance=0, rules=ALL)
        body = {"method": "stripe", "pack": "studio"}
        placed = [(await api.ask("POST", ORDERS, key=one.key, body=body)).data["order_id"] for one in (buyer, other)]
        rows = await api.rows(statement("SELECT id, vendor_ref, account_id FROM orders"))
        names = {str(name) for row in rows for name in row if name is not None}
        yield Stage(api, buyer.key, placed[0], tuple(sorted(names)))


def test_the_fuzz_below_reaches_what_it_should() -> None:
    """A body as it is made before anything is changed in it is one that is read."""
    found = event_of(json.dumps(body_of("1", "charge.succeeded", "charge", "pi_none")).encode())
    assert isinstance(found, Event)
    assert found.about_money


@pytest.mark.slow
@settings(
    deadline=None,
    max_examples=400,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
async def test_no_generated_callback_brings_a_5xx_or_a_credit_or_is_lost(stage: Stage, data: st.DataObject) -> None:
    body = data.draw(bodies(stage.names))
    headers, is_good = data.draw(signatures(body, stage.api.app.clock.now_us() // 1_000_000))
    ((*seen_before, refused_before),) = await stage.api.rows(COUNTS)
    is_new = await is_unknown(stage, body)
    answer = await stage.api.ask("POST", CALLBACK, data=body, headers=headers)
    assert answer.status == (200 if is_good else 401)
    ((*seen, refused),) = await stage.api.rows(COUNTS)
    if is_good:
        await assert_not_lost(stage, body, is_new=is_new)
        assert refused == refused_before
    else:
        assert (seen, refused) == (seen_before, refused_before + 1)
    assert await stage.api.rows(CREDITS) == [(0,)]
    assert await stage.api.rows(PAID) == []


def event_of(body: bytes) -> Event | None:
    """What is read of it once it is well signed; None where it cannot be understood."""
    headers = {name.lower(): value for name, value in signed(Call("", "", body, "whsec_x"), 1).items()}
    event = Stripe().read_event(headers, body, "whsec_x", 1)
    return event if isinstance(event, Event) else None


async def is_unknown(stage: Stage, body: bytes) -> bool:
    """Whether no event came under its id: one that did is not looked at again."""
    event = event_of(body)
    return not isinstance(event, Event) or not await stage.api.rows(EVENT, event.event_id.replace("\0", ""))


async def assert_not_lost(stage: Stage, body: bytes, *, is_new: bool) -> None:
    """It is an event that has an end or waits, or a row of suspense."""
    event = event_of(body)
    if await stage.api.rows(SUSPENSE, hashlib.sha256(body).hexdigest()):
        return  # it was not understood; how deep a body may go depends on how deep the server stood
    assert event is not None
    event_id = event.event_id.replace("\0", "")
    ((outcome, due_us),) = await stage.api.rows(EVENT, event_id)
    assert (outcome in ENDINGS) == (due_us is None)
    names_nothing = event.vendor_ref is None and event.payment_ref is None and event.order_id not in stage.names
    if is_new and event.about_money and names_nothing:
        assert outcome == "suspense"
        assert await stage.api.rows(SUSPENSE, event_id)


def body_of(number: str, kind: str, thing: str, name: str) -> dict[str, Any]:
    """An event as Stripe sends it, about something that has this name."""
    about = {
        "id": name,
        "object": thing,
        "client_reference_id": name,
        "metadata": {"order_id": name, "account_id": name},
        "payment_intent": name,
        "payment_status": "paid",
        "status": "succeeded",
        "currency": "usd",
        "amount_total": 5_000,
        "amount": 5_000,
        "livemode": False,
    }
    return {"id": f"evt_{number}", "object": "event", "type": kind, "livemode": False, "data": {"object": about}}


@st.composite
def bodies(draw: st.DrawFn, names: tuple[str, ...]) -> bytes:
    """An event with fields changed, taken away or added anywhere; or cut off, or no event at all."""
    name = st.sampled_from((*names, *GHOSTS)) | TEXT
    kind, thing = draw(st.sampled_from(TYPES) | TEXT), draw(st.sampled_from(OBJECTS) | TEXT)
    whole = body_of(draw(st.uuids()).hex, kind, thing, draw(name))
    about = whole["data"]["object"]
    if draw(st.booleans()):
        del about["payment_intent"]
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.sampled_from([whole, whole["data"], about, about["metadata"]]))
        field = draw(st.sampled_from(sorted(place)) | TEXT) if place else draw(TEXT)
        if field not in ("data", "object", "metadata") and draw(st.booleans()):
            place.pop(field, None)
        elif field in ("data", "metadata") or place is whole["data"]:
            place[f"{field}_too"] = draw(VALUES)
        else:
            place[field] = draw(name | VALUES)
    body = json.dumps(draw(st.just(whole) | st.just(whole) | st.just(whole) | VALUES)).encode()
    return spoilt(draw, body)


def spoilt(draw: st.DrawFn, body: bytes) -> bytes:
    """The same, or what is left of it."""
    match draw(st.sampled_from(("whole",) * 6 + ("cut", "deep", "bytes", "twice"))):
        case "cut":
            return body[: draw(st.integers(0, len(body)))]
        case "deep":
            return body.replace(b'"data"', f'"deep":{draw(DEEP)},"data"'.encode())
        case "bytes":
            return draw(st.binary(max_size=40)) + body
        case "twice":
            return body.replace(b'"livemode"', b'"id":"evt_other","livemode"', 1)
        case _:
            return body


@st.composite
def signatures(draw: st.DrawFn, body: bytes, now_s: int) -> tuple[dict[str, str], bool]:
    """Headers, and whether they are what Stripe would send."""
    good = dict(signed(Call("", "", body, SIMULATED_WEBHOOK_SECRET), now_s))
    try:
        body.decode()
    except UnicodeDecodeError:
        return good, False  # what Stripe signs is text
    how = draw(
        st.sampled_from(("good",) * 6 + ("none", "other secret", "other body", "old", "early", "text", "rolled"))
    )
    match how:
        case "good":
            return good, True
        case "rolled":
            return {"Stripe-Signature": good["Stripe-Signature"].replace(",v1=", ",v1=00,v1=")}, True
        case "none":
            return {}, False
        case "other secret":
            return dict(signed(Call("", "", body, draw(st.sampled_from(("whsec_other", "")))), now_s)), False
        case "other body":
            return dict(signed(Call("", "", body + b" ", SIMULATED_WEBHOOK_SECRET), now_s)), False
        case "old" | "early":
            moment_s = now_s + (-1 if how == "old" else 1) * draw(st.integers(310, 10**9))
            return dict(signed(Call("", "", body, SIMULATED_WEBHOOK_SECRET), moment_s)), False
        case _:
            printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200)
            return {"Stripe-Signature": draw(printable)}, False
