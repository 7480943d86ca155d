"""Prices of the list, set while the product runs; every process follows within a second."""

from collections.abc import Mapping
from typing import ClassVar

from apiinone.accounts.account_rows import Action, record
from apiinone.catalog.check_money import prices_wrong
from apiinone.catalog.entry import Entry
from apiinone.catalog.load import Catalogue
from apiinone.catalog.price_rules import exact
from apiinone.catalog.set_prices import CREDITS_MAX, Priced, SetPrice, priced_in, repriced, sold_below_cost
from apiinone.control.desk import Command, Desk
from apiinone.control.switch_commands import Switched
from apiinone.core.credits import Credits, shown
from apiinone.core.errors import BadRequest, NotFound
from apiinone.db import Tx
from apiinone.switchboard.board_rows import begin, list_prices_of, set_list_prices


class SetListPrices(Command[Switched], frozen=True, tag="switches.list_prices"):
    """Put amounts in the place of the catalogue's, by the figure's name, in micro-credits; None: the catalogue's again.

    `model`: a version of a model; with `operation`, the model whose further route that is. What is not named stays as
    it stands. `below_cost`: it is meant where a vendor's offer then costs more than it brings. Accepted tasks stay at
    their price. Raises NotFound, BadRequest (`/below_cost` where only that word is missing), Conflict.
    """

    answer: ClassVar[type[Switched]] = Switched
    model: str
    figures: dict[str, int | None]
    reason: str
    operation: str = ""
    below_cost: bool = False

    async def run(self, desk: Desk) -> Switched:
        """Do it, with a row in the operators' log for each amount that changes."""
        for amount in self.figures.values():
            if amount is not None and not 0 < amount <= CREDITS_MAX:
                most = shown(CREDITS_MAX)
                raise BadRequest(f"an amount is more than nothing and at most {most} credits", param="/figures")
        priced, entry = _found(desk.running.listed, self.model, self.operation)
        ids = {figure: desk.ids.new() for figure in self.figures}
        version = desk.ids.new()

        async def work(tx: Tx) -> list[Action]:
            await begin(tx, version)
            before = await list_prices_of(tx, priced)
            after = self._after(priced, entry, before)
            subject = " ".join(filter(None, (priced.model, priced.operation)))
            done = [
                Action(ids[figure], desk.actor, f"price: {change}", subject, self.reason)
                for figure in self.figures
                if (change := _change(figure, _own(entry, priced), before, after))
            ]
            if not done:
                raise BadRequest("nothing would change: these are the amounts already", param="/figures")
            for action in done:
                await record(tx, action)
            await set_list_prices(tx, version, priced, after)
            return done

        done = await desk.database.transact(work)
        await desk.reread_switches()
        return Switched(done[0].subject, "; ".join(action.action.removeprefix("price: ") for action in done))

    def _after(self, priced: Priced, entry: Entry | None, before: Mapping[str, SetPrice]) -> dict[str, SetPrice]:
        """All that is set afterwards. Raises NotFound, BadRequest."""
        own = _own(entry, priced)
        after = {name: price.amount for name, price in before.items()}
        for name, amount in self.figures.items():
            if amount is None or amount == own.get(name):
                if name not in own and name not in before:
                    raise _no_such_figure(priced, own)
                after.pop(name, None)
            elif name not in own:
                raise _no_such_figure(priced, own)
            else:
                after[name] = Credits(amount)
        used = {name: SetPrice(amount) for name, amount in after.items() if name in own}
        loses = entry is not None and self._loses(entry, priced, used)
        return {name: SetPrice(amount, below_cost=loses and name in own) for name, amount in after.items()}

    def _loses(self, entry: Entry, priced: Priced, used: Mapping[str, SetPrice]) -> bool:
        """Whether an offer sells below its cost at these amounts. Raises BadRequest unless that is said to be meant."""
        candidate = repriced(entry, priced, used)
        before = set(prices_wrong(entry))
        for wrong in prices_wrong(candidate):
            if wrong not in before:
                raise BadRequest(f"the model cannot be sold so: {wrong[1]}", param="/figures")
        found = sold_below_cost(candidate, priced) if used else ()
        if found and not self.below_cost:
            offer, why = found[0]
            more = f", and {len(found) - 1} more" if len(found) > 1 else ""
            named = f"{offer.provider} {offer.upstream_model}{more}"
            raise BadRequest(f"below cost: {named}: {why}", param="/below_cost")
        return bool(found)


def _found(listed: Catalogue, model: str, operation: str) -> tuple[Priced, Entry | None]:
    """What is meant, and the model it belongs to; None: the catalogue has lost it. Raises BadRequest."""
    choice = listed.remembered(model)
    if choice is None:
        return Priced(model, operation), None
    entry = choice.entry
    if operation:
        return Priced(entry.id, operation), entry
    if len(entry.sub_models) > 1 and model not in (choice.sub_model.id, *choice.sub_model.aliases):
        versions = ", ".join(sub.id for sub in entry.sub_models)
        raise BadRequest(f"name the version: {versions}", param="/model")
    return Priced(choice.sub_model.id), entry


def _own(entry: Entry | None, priced: Priced) -> Mapping[str, Credits]:
    """The catalogue's own amounts of what is priced, by the figure's name."""
    known = () if entry is None else dict(priced_in(entry)).get(priced, ())
    return {figure.name: exact(figure.amount) for figure in known}


def _change(
    name: str, own: Mapping[str, Credits], before: Mapping[str, SetPrice], after: Mapping[str, SetPrice]
) -> str:
    """What changes of an amount, in words; empty: nothing."""
    if before.get(name) == after.get(name):
        return ""
    return f"{name} from {_words(own, before, name)} to {_words(own, after, name)}"


def _words(own: Mapping[str, Credits], prices: Mapping[str, SetPrice], name: str) -> str:
    price = prices.get(name)
    if price is None:
        return f"{shown(own[name])} credits (catalogue)" if name in own else "nothing (not in the catalogue)"
    return f"{shown(price.amount)} credits{', below cost' if price.below_cost else ''}"


def _no_such_figure(priced: Priced, own: Mapping[str, Credits]) -> NotFound:
    named = ", ".join(own) or "none"
    return NotFound(f"{priced.model} has no such amount; it has: {named}", param="/figures")
