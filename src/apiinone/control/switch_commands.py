"""Switching models, offers and the installation itself while it runs; every process follows within a second."""

from collections.abc import Awaitable, Callable
from typing import ClassVar, Final, get_args

from msgspec import Struct

from apiinone.accounts.account_rows import Action, account_by_id, record
from apiinone.catalog.own_prices import PERCENT_MAX
from apiinone.control.desk import Command, Desk
from apiinone.core.errors import BadRequest, NotFound
from apiinone.db import Tx
from apiinone.switchboard.board_rows import (
    OFF,
    ON,
    begin,
    offer_switch_of,
    set_house,
    set_model,
    set_offer,
    set_price,
    set_text,
)
from apiinone.switchboard.standing import HouseSwitch, OfferName, OfferSwitch, PriceOf, SignUp, TextName

PRIORITY_MAX: Final = 1_000
TEXT_CHARACTERS_MAX: Final = 100_000
Change = Callable[[Tx, str], Awaitable[None]]
"""What is changed, given the version that stands for the change."""


class Switched(Struct, frozen=True):
    """What was switched, and how it stands now."""

    subject: str
    stands: str


class SwitchModel(Command[Switched], frozen=True, tag="switches.model"):
    """Keep a model, or one version of it, from live keys; or let them have it.

    Test keys can use it in both cases, and accepted tasks go on. Raises NotFound, BadRequest without a reason.
    """

    answer: ClassVar[type[Switched]] = Switched
    model: str
    live: bool
    reason: str

    async def run(self, desk: Desk) -> Switched:
        """Do it, for every version where the model itself is named."""
        choice = desk.catalogue.resolve(self.model)
        if choice is None:
            raise NotFound("there is no such model")
        whole = self.model in (choice.entry.id, choice.entry.slug, *choice.entry.aliases)
        names = [sub.id for sub in choice.entry.sub_models] if whole else [choice.sub_model.id]

        async def change(tx: Tx, version: str) -> None:
            for name in names:
                await set_model(tx, version, name, live=self.live)

        stands = "live" if self.live else "test only"
        subject = choice.entry.id if whole else names[0]
        return await _switch(desk, Switched(subject, stands), self.reason, change)


class SwitchOffer(Command[Switched], frozen=True, tag="switches.offer"):
    """Have nothing new go by an offer, or give it another priority; neither: as the catalogue says.

    What was sent is asked about as before. Raises NotFound, BadRequest.
    """

    answer: ClassVar[type[Switched]] = Switched
    offer: OfferName
    reason: str
    off: bool = False
    priority: int | None = None

    async def run(self, desk: Desk) -> Switched:
        """Do it."""
        name, switch = self.offer, OfferSwitch(self.off, self.priority)
        choice = desk.catalogue.resolve(name.sub_model)
        place = (name.provider, name.upstream_model, name.operation)
        offers = () if choice is None or choice.sub_model.id != name.sub_model else choice.sub_model.offers
        if not any((one.provider, one.upstream_model, one.operation) == place for one in offers):
            raise NotFound("there is no such offer")
        if self.priority is not None and not 0 <= self.priority <= PRIORITY_MAX:
            raise BadRequest(f"a priority is between 0 and {PRIORITY_MAX}; smaller is tried first", param="/priority")

        subject, id_ = " ".join(filter(None, (name.sub_model, *place))), desk.ids.new()

        async def work(tx: Tx) -> None:
            await begin(tx, id_)
            said = f"switch: {_said(switch)}, before: {_said(await offer_switch_of(tx, name))}"
            await record(tx, Action(id_, desk.actor, said, subject, self.reason))
            await set_offer(tx, id_, name, switch)

        await desk.database.transact(work)
        await desk.reread_switches()
        return Switched(subject, _said(switch))


class SwitchHouse(Command[Switched], frozen=True, tag="switches.house"):
    """Turn `drain` or `maintenance` on or off, or say who may sign up (empty: as the setting says).

    Raises BadRequest for what such a switch does not take, or without a reason.
    """

    answer: ClassVar[type[Switched]] = Switched
    name: HouseSwitch
    value: str
    reason: str

    async def run(self, desk: Desk) -> Switched:
        """Turn it."""
        takes = ("", *get_args(SignUp)) if self.name == "sign_up" else (ON, OFF)
        if self.value not in takes:
            raise BadRequest(f"{self.name} is one of: {', '.join(filter(None, takes))}", param="/value")

        async def change(tx: Tx, version: str) -> None:
            await set_house(tx, version, self.name, self.value)

        stands = self.value or "as the setting says"
        return await _switch(desk, Switched(self.name, stands), self.reason, change)


class SetAccountPrice(Command[Switched], frozen=True, tag="switches.price"):
    """Have an account pay so many percent of the list for a model (empty: for all it has no other price of).

    None: the list's price again. What was accepted is paid as it was quoted. Raises NotFound, BadRequest, Conflict.
    """

    answer: ClassVar[type[Switched]] = Switched
    account_id: str
    model: str
    percent: int | None
    reason: str

    async def run(self, desk: Desk) -> Switched:
        """Do it."""
        if self.percent is not None and not 1 <= self.percent <= PERCENT_MAX:
            raise BadRequest(f"a price is between 1 and {PERCENT_MAX} percent of the list's", param="/percent")
        entry = desk.catalogue.entry(self.model) if self.model else None
        if self.model and entry is None:
            raise NotFound("there is no such model")
        of = PriceOf(self.account_id, "" if entry is None else entry.id)

        async def change(tx: Tx, version: str) -> None:
            account = await account_by_id(tx, self.account_id)
            if account is None or account.closed_us is not None:
                raise NotFound("there is no such account")
            await set_price(tx, version, of, self.percent)

        price = "list price" if self.percent is None else f"{self.percent} % of the list"
        stands = f"{of.model or 'all models'} at {price}"
        return await _switch(desk, Switched(self.account_id, stands), self.reason, change)


class SetText(Command[Switched], frozen=True, tag="switches.text"):
    """Put a text of the site in place, as Markdown; an empty one takes it away. Raises BadRequest."""

    answer: ClassVar[type[Switched]] = Switched
    name: TextName
    markdown: str
    reason: str

    async def run(self, desk: Desk) -> Switched:
        """Put it there."""
        markdown = self.markdown.replace("\r\n", "\n").strip()
        if len(markdown) > TEXT_CHARACTERS_MAX or "\0" in markdown:
            sentence = f"a text has at most {TEXT_CHARACTERS_MAX} characters, and none of them is NUL"
            raise BadRequest(sentence, param="/markdown")

        async def change(tx: Tx, version: str) -> None:
            await set_text(tx, version, self.name, markdown)

        stands = f"{len(markdown)} characters" if markdown else "none"
        return await _switch(desk, Switched(f"text {self.name}", stands), self.reason, change)


def _said(switch: OfferSwitch) -> str:
    """How an offer stands, in words; where no priority is told, it is the catalogue's."""
    return ("off" if switch.off else "on") + ("" if switch.priority is None else f", priority {switch.priority}")


async def _switch(desk: Desk, switched: Switched, reason: str, change: Change) -> Switched:
    """Make the change and write down who made it, in one transaction; then have this process follow at once."""
    action = Action(desk.ids.new(), desk.actor, f"switch: {switched.stands}", switched.subject, reason)

    async def work(tx: Tx) -> None:
        await record(tx, action)
        await change(tx, action.id)

    await desk.database.transact(work)
    await desk.reread_switches()
    return switched
