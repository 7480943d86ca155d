"""/admin/models: which models live keys may use and at which prices, which offers take orders, and in which order."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from apiinone.catalog.entry import Entry, SubModel
from apiinone.catalog.offer import Offer
from apiinone.catalog.set_prices import Priced
from apiinone.control.switch_commands import SwitchModel, SwitchOffer
from apiinone.core.errors import BadRequest, Conflict, NotFound
from apiinone.switchboard.standing import OfferName, OfferSwitch
from apiinone.web.admin.admin_page import Problem, admin_page, carried_out, problem_of
from apiinone.web.admin.price_forms import PriceForm, price_form, prices_seen
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther
from apiinone.web.visitor import SignedInAs

SWITCHED: Final = "switched_everywhere"
PRIORITY_DIGITS_MAX: Final = 4


class ModelForm(Struct, frozen=True):
    """Keep a model, or a version of it, from live keys, or let them have it."""

    model: str = ""
    live: str = ""
    reason: str = ""

    def command(self, entry: Entry) -> SwitchModel:
        """What is to be done. Raises BadRequest naming the field."""
        if self.live not in ("on", "off"):
            raise BadRequest("A model is on or off for live keys.", param="live")
        if self.model not in (entry.id, *(sub.id for sub in entry.sub_models)):
            raise BadRequest("This is no version of the model.", param="model")
        return SwitchModel(self.model, self.live == "on", self.reason)


class OfferForm(Struct, frozen=True):
    """Switch an offer off or on, and give it a priority (empty: the catalogue's)."""

    sub_model: str = ""
    provider: str = ""
    upstream_model: str = ""
    operation: str = ""
    orders: str = ""
    priority: str = ""
    back: str = ""
    """Given: its priority is the catalogue's again, whatever else is sent."""
    reason: str = ""

    def command(self) -> SwitchOffer:
        """What is to be done. Raises BadRequest naming the field."""
        text = "" if self.back else self.priority.strip()
        if text and not (text.isascii() and text.isdigit() and len(text) <= PRIORITY_DIGITS_MAX):
            raise BadRequest("A priority is a whole number; smaller is tried first.", param="priority")
        if self.orders not in ("on", "off"):
            raise BadRequest("An offer is on or off.", param="orders")
        name = OfferName(self.sub_model, self.provider, self.upstream_model, self.operation)
        return SwitchOffer(name, self.reason, self.orders == "off", int(text) if text else None)


class OfferSeen(Struct, frozen=True):
    """An offer as the catalogue has it, and how it is switched."""

    offer: Offer
    switch: OfferSwitch
    set: bool
    """Whether the house has a credential for its provider."""
    form: str
    """What tells its form from the others of the page."""


class SubModelSeen(Struct, frozen=True):
    """A version of a model with its offers, in the order in which they are tried."""

    sub: SubModel
    off: bool
    offers: tuple[OfferSeen, ...]


async def show_models(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Every model: whether live keys can use it, and how many of its offers can be asked; prices that fit none."""
    del call, here
    return _models(rooms)


def _models(rooms: Rooms, problem: Problem | None = None) -> PageReply:
    summaries = {one.id: one for one in rooms.house.pages.summaries()}
    entries = rooms.house.context.catalogue.entries
    rows = [(summaries[entry.id], _seen(rooms, entry)) for entry in entries if entry.id in summaries]
    unfit = [(price_form(one.priced, one.figure), one) for one in rooms.house.context.running.unfit]
    return admin_page(rooms, "models", {"rows": rows, "unfit": unfit}, problem)


async def show_model(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """One model with all offers."""
    del here
    return _model(rooms, call)


async def do_switch_model(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Switch the model, or a version of it."""
    form, entry = call.form(ModelForm), _entry(rooms, call)
    try:
        await carried_out(rooms, here, form.command(entry))
    except (BadRequest, Conflict) as refusal:
        return _model(rooms, call, problem_of(refusal, call, form.model))
    return SeeOther(f"/admin/models/{entry.id}", SWITCHED)


async def do_switch_offer(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Switch one of its offers."""
    form, entry = call.form(OfferForm), _entry(rooms, call)
    name = _form_name(form.sub_model, form.provider, form.upstream_model, form.operation)
    try:
        await carried_out(rooms, here, form.command())
    except (BadRequest, Conflict) as refusal:
        return _model(rooms, call, problem_of(refusal, call, name))
    return SeeOther(f"/admin/models/{entry.id}", SWITCHED)


async def do_set_prices(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Set amounts of one of its prices, or take them back."""
    form, entry = call.form(PriceForm), _entry(rooms, call)
    try:
        await carried_out(rooms, here, form.command(entry))
    except (BadRequest, Conflict) as refusal:
        return _model(rooms, call, problem_of(refusal, call, price_form(form.priced)))
    return SeeOther(f"/admin/models/{entry.id}", SWITCHED)


async def do_drop_price(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Take back an amount that the catalogue has no use for. Raises NotFound."""
    form = call.form(PriceForm)
    try:
        await carried_out(rooms, here, replace(form, back="yes").for_any())
    except (BadRequest, Conflict) as refusal:
        return _models(rooms, problem_of(refusal, call, price_form(form.priced, form.figure[0] if form.figure else "")))
    return SeeOther("/admin/models", SWITCHED)


def _model(rooms: Rooms, call: PageCall, problem: Problem | None = None) -> PageReply:
    entry = _entry(rooms, call)
    listed = rooms.house.context.running.listed.entry(entry.id) or entry
    prices = {one.priced: one for one in prices_seen(entry, listed, call.fields if problem else {})}
    facts: Mapping[str, object] = {
        "entry": entry,
        "subs": _seen(rooms, entry),
        "prices": {sub.id: prices[Priced(sub.id)] for sub in entry.sub_models},
        "routes": [one for one in prices.values() if one.priced.operation],
    }
    return admin_page(rooms, "model", facts, problem)


def _entry(rooms: Rooms, call: PageCall) -> Entry:
    entry = rooms.house.context.catalogue.entry(call.ids["model"])
    if entry is None:
        raise NotFound("There is no such model.")
    return entry


def _seen(rooms: Rooms, entry: Entry) -> tuple[SubModelSeen, ...]:
    context = rooms.house.context
    standing = context.board.now
    reached = context.keyring.providers() | context.calls.chat_providers

    def offer_seen(sub: SubModel, offer: Offer) -> OfferSeen:
        name = OfferName(sub.id, offer.provider, offer.upstream_model, offer.operation)
        switch = standing.offers.get(name, OfferSwitch())
        form = _form_name(sub.id, offer.provider, offer.upstream_model, offer.operation)
        return OfferSeen(offer, switch, offer.provider in reached, form)

    def once(sub: SubModel) -> tuple[OfferSeen, ...]:
        """Offers of one name are switched together, so the first of them stands for all."""
        found = {one.form: one for one in reversed([offer_seen(sub, offer) for offer in sub.offers])}
        return tuple(sorted(found.values(), key=lambda one: standing.priority(sub.id, one.offer)))

    return tuple(SubModelSeen(sub, sub.id in standing.models_off, once(sub)) for sub in entry.sub_models)


def _form_name(*parts: str) -> str:
    return "-".join("".join(c if c.isalnum() else "_" for c in part) for part in parts if part)
