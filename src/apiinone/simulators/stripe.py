"""Stripe as its official SDK expects it (stripe 16.1.0): Checkout Sessions, payments, refunds, disputes, events.

Whatever is paid here is play money. Beside the vendor's routes, `POST /_sim/disputes` has a payment disputed and
`POST /_sim/disputes/{id}` decides it; cards on the payment page play the other cases.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from apiinone.simulators.faults import AFTER, BEFORE, FaultName, Stage, json
from apiinone.simulators.options import Options
from apiinone.simulators.stand_in import Asked, StandIn
from apiinone.simulators.stripe_books import Books, Intent, Session, Shown, Thing
from apiinone.simulators.stripe_events import Events
from apiinone.simulators.stripe_money import CARDS, Money
from apiinone.simulators.stripe_pages import back_to_shop, challenge_page, over_page, pay_page
from apiinone.simulators.stripe_requests import Form, card_declined, error, missing, of_payment, read_fields
from apiinone.simulators.wire import Wires

_Work = Callable[[Asked, Form], Response]
_Look = Callable[[Asked], Awaitable[Response]]
_Answer = Callable[[Request], Awaitable[Response]]
SANDBOX: Final = "sk_test_"
"""Before a key of play money."""
LEAST: Final = 50
"""The smallest amount that is taken."""
REPLAYED_MAX: Final = 5000
DAY_S: Final = 24 * 3600
REFUSALS: Final[frozenset[FaultName]] = frozenset({"bad_key", "throttled"})
EVENT_FAULTS: Final[frozenset[FaultName]] = frozenset({"webhook_lost", "webhook_twice", "webhook_forged"})
FAULTS: Final[Mapping[Stage, frozenset[FaultName]]] = {
    "submit": BEFORE | AFTER | REFUSALS,
    "poll": BEFORE | AFTER | REFUSALS,
    "output": EVENT_FAULTS,
}
"""`submit` is every POST of the API, `poll` every GET, `output` every event."""


class StripeSimulator(StandIn):
    """One simulated account."""

    def __init__(self, wires: Wires, options: Options) -> None:
        """Start with empty books."""
        super().__init__(wires, options, FAULTS)
        self._books = Books()
        self._events = Events(self.controls)
        self._money = Money(self._books, self._events, options)
        if options.callback_url:
            self._events.add_endpoint(options.callback_url, options.webhook_secret)
        self._replays: OrderedDict[str, tuple[bytes, bytes, int]] = OrderedDict()

    def routes(self) -> Sequence[BaseRoute]:
        """The vendor's routes, the page to pay on, and what only a simulator has."""
        posts = {
            "/v1/checkout/sessions": self._open,
            "/v1/checkout/sessions/{id}/expire": self._expire,
            "/v1/payment_intents": self._charge,
            "/v1/refunds": self._refund,
            "/v1/payment_methods/{id}/detach": self._detach,
            "/v1/webhook_endpoints": self._endpoint,
        }
        gets = {
            "/v1/checkout/sessions/{id}": self._session,
            "/v1/payment_intents/{id}": self._intent,
            "/v1/payment_intents": self._intents,
            "/v1/refunds": self._refunds,
            "/v1/disputes": self._disputes,
            "/v1/events": self._all_events,
        }
        return [
            *(Route(path, self._posted(work), methods=["POST"]) for path, work in posts.items()),
            *(Route(path, self._got(work), methods=["GET"]) for path, work in gets.items()),
            Route("/pay/{id}", self._page, methods=["GET", "POST"]),
            Route("/_sim/disputes", self._begin_dispute, methods=["POST"]),
            Route("/_sim/disputes/{id}", self._decide, methods=["POST"]),
        ]

    def admit(self, asked: Asked) -> None:
        """Check the key. Raises Refused."""
        if asked.fault == "throttled":
            raise error(429, "rate_limit_error", "Too many requests.", "rate_limit")
        if asked.fault == "bad_key" or _key(asked) not in (self.options.key, SANDBOX + self.options.key):
            raise error(401, "invalid_request_error", "Invalid API Key provided.")

    async def aclose(self) -> None:
        """Tell nobody any more."""
        await self._events.aclose()
        await super().aclose()

    def _posted(self, work: _Work) -> _Answer:
        async def answer(request: Request) -> Response:
            return await self.ordered(request, self._once(work))

        return answer

    def _got(self, work: _Work) -> _Answer:
        async def answer(request: Request) -> Response:
            return await self.questioned(
                request, lambda asked: _done(work(asked, read_fields(asked.request.url.query)))
            )

        return answer

    def _once(self, work: _Work) -> _Look:
        """Idempotency keys: the same request has the first answer, another one under the same key is refused."""

        async def look(asked: Asked) -> Response:
            key = asked.request.headers.get("idempotency-key", "")
            kept = self._replays.get(key)
            if kept is not None:
                if kept[0] != asked.body:
                    raise error(400, "idempotency_error", "Keys for idempotent requests can only be used once.")
                return Response(kept[1], kept[2], {"Idempotent-Replayed": "true"}, media_type="application/json")
            answer = work(asked, read_fields(asked.body.decode(errors="replace")))
            if key:
                self._replays[key] = (asked.body, bytes(answer.body), answer.status_code)
                if len(self._replays) > REPLAYED_MAX:
                    self._replays.popitem(last=False)
            return answer

        return look

    def _open(self, asked: Asked, form: Form) -> Response:
        item = "line_items[0][price_data]"
        if form.needed("mode") != "payment":
            raise error(400, "invalid_request_error", "Only mode payment is simulated.")
        session = Session(
            amount_total=form.count(f"{item}[unit_amount]", LEAST) * form.count("line_items[0][quantity]", 1),
            currency=form.needed(f"{item}[currency]"),
            livemode=_live(asked),
            success_url=form.needed("success_url"),
            cancel_url=form.text("cancel_url") or "",
            expires_at=form.count("expires_at"),
            url="",
            words=form.needed(f"{item}[product_data][name]"),
            client_reference_id=form.text("client_reference_id"),
            metadata=form.under("metadata"),
            intent_metadata=form.under("payment_intent_data[metadata]"),
            saves=form.text("payment_intent_data[setup_future_usage]") == "off_session",
            customer=form.text("customer"),
        )
        for name in ("customer_creation", "adaptive_pricing[enabled]"):
            form.text(name)
        form.end()
        if not session.created < session.expires_at <= session.created + DAY_S:
            raise error(400, "invalid_request_error", "The `expires_at` timestamp must be within 24 hours.")
        session.url = f"{asked.root}pay/{session.id}"
        self._books.add(session)
        self.accept(asked, micro_usd=None)
        return json(self._books.shown(session))

    def _expire(self, asked: Asked, form: Form) -> Response:
        form.end()
        session = self._found_session(asked)
        if session.status != "open":
            raise error(400, "invalid_request_error", "Only open sessions can be expired.")
        self._money.expire(session)
        return json(self._books.shown(session))

    def _charge(self, asked: Asked, form: Form) -> Response:
        intent = Intent(form.count("amount", LEAST), form.needed("currency"), _live(asked), form.under("metadata"))
        intent.customer, intent.payment_method = form.needed("customer"), form.needed("payment_method")
        expand = form.items("expand")
        for name in ("off_session", "confirm", "description"):
            form.text(name)
        form.end()
        card = self._books.card(intent.payment_method)
        if card is not None and card.customer != intent.customer:
            raise error(400, "invalid_request_error", "The payment method does not belong to the customer.")
        self._books.add(intent)
        self.accept(asked, micro_usd=None)
        if not self._money.charge(intent):
            raise card_declined(self._books.shown(intent), self._money.why_declined(intent))
        return json(self._books.shown(intent, expand))

    def _refund(self, asked: Asked, form: Form) -> Response:
        intent = self._books.intent(form.needed("payment_intent"))
        charge = self._books.charge(None if intent is None else intent.latest_charge)
        if charge is None:
            raise missing("payment_intent")
        amount = form.count("amount", 1)
        metadata = form.under("metadata")
        form.end()
        if amount > charge.amount - charge.amount_refunded:
            raise error(400, "invalid_request_error", "Refund amount is greater than unrefunded amount on charge.")
        self.accept(asked, micro_usd=None)
        return json(self._books.shown(self._money.refund(charge, amount, metadata)))

    def _detach(self, asked: Asked, form: Form) -> Response:
        form.end()
        card = self._books.card(str(asked.request.path_params["id"]))
        if card is None or card.customer is None:
            raise error(400, "invalid_request_error", "The payment method is not attached to a customer.")
        card.customer = None
        return json(self._books.shown(card))

    def _endpoint(self, asked: Asked, form: Form) -> Response:
        del asked
        url = form.needed("url")
        form.items("enabled_events")
        form.end()
        endpoint = self._events.add_endpoint(url, self.options.webhook_secret)
        if endpoint is None:
            raise error(400, "invalid_request_error", "A simulator calls nobody beyond this machine.")
        shown: Shown = {"id": endpoint.id, "object": "webhook_endpoint", "url": url, "secret": endpoint.secret}
        return json(shown | {"status": "enabled", "livemode": False, "enabled_events": ["*"]})

    def _session(self, asked: Asked, query: Form) -> Response:
        expand = query.items("expand")
        query.end()
        return json(self._books.shown(self._found_session(asked), expand))

    def _intent(self, asked: Asked, query: Form) -> Response:
        intent = self._books.intent(str(asked.request.path_params["id"]))
        if intent is None:
            raise missing("intent")
        expand = query.items("expand")
        query.end()
        return json(self._books.shown(intent, expand))

    def _intents(self, asked: Asked, query: Form) -> Response:
        customer, since = query.text("customer"), query.text("created[gte]") or "0"
        expand = tuple(path.removeprefix("data.") for path in query.items("expand"))
        query.text("limit")
        query.end()
        own = [one for one in self._books.intents() if customer in (None, one.customer) and one.created >= int(since)]
        return json(self._books.listed([self._books.shown(one, expand) for one in own], asked.request.url.path))

    def _refunds(self, asked: Asked, query: Form) -> Response:
        return self._listed(asked, self._books.refunds_of(of_payment(query)))

    def _disputes(self, asked: Asked, query: Form) -> Response:
        return self._listed(asked, self._books.disputes_of(of_payment(query)))

    def _listed(self, asked: Asked, things: Sequence[Thing]) -> Response:
        return json(self._books.listed([self._books.shown(one) for one in things], asked.request.url.path))

    def _all_events(self, asked: Asked, query: Form) -> Response:
        query.text("limit")
        query.end()
        return json(self._books.listed(self._events.newest()[:100], asked.request.url.path))

    async def _page(self, request: Request) -> Response:
        session = self._books.session(str(request.path_params["id"]))
        if session is None or session.status != "open":
            return Response("no such page", 404) if session is None else over_page(session)
        if request.method == "GET":
            return pay_page(session)
        form = read_fields((await request.body()).decode(errors="replace"))
        number, challenge = form.text("card") or "", form.text("challenge")
        if number not in CARDS or challenge == "fail":
            return pay_page(session, "Your bank did not confirm the payment." if challenge else "Choose a card.")
        match self._money.pay(session, number, challenged=challenge == "complete"):
            case "declined":
                return pay_page(session, "Your card was declined. Choose another one.")
            case "challenge":
                return challenge_page(session)
            case _:
                return back_to_shop(session)

    async def _begin_dispute(self, request: Request) -> Response:
        form = read_fields((await request.body()).decode(errors="replace"))
        intent = self._books.intent(form.needed("payment_intent"))
        charge = self._books.charge(None if intent is None else intent.latest_charge)
        if charge is None:
            raise missing("payment_intent")
        amount = form.text("amount")
        return json(self._books.shown(self._money.dispute(charge, charge.amount if amount is None else int(amount))))

    async def _decide(self, request: Request) -> Response:
        form = read_fields((await request.body()).decode(errors="replace"))
        dispute = self._books.dispute(str(request.path_params["id"]))
        if dispute is None:
            raise missing("dispute")
        self._money.decide(dispute, form.needed("status"))
        return json(self._books.shown(dispute))

    def _found_session(self, asked: Asked) -> Session:
        session = self._books.session(str(asked.request.path_params["id"]))
        if session is None:
            raise missing("session")
        return session


def _key(asked: Asked) -> str:
    return asked.request.headers.get("authorization", "").removeprefix("Bearer ")


def _live(asked: Asked) -> bool:
    return not _key(asked).startswith(SANDBOX)


async def _done(answer: Response) -> Response:
    return answer
