"""The way of a client through the API: a key, a price, two tasks, their files, their receipts, and then the books."""

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from apiinone.accounts.keys import Mode
from apiinone.control.desk import Desk
from apiinone.control.money_commands import GrantCredits
from apiinone.core.credits import whole
from apiinone.core.errors import Refusal
from apiinone.demo.client import Balance, Client, Output, Quote, Receipt, TaskNow, Wish
from apiinone.demo.key import OwnKey, kept_key, make_own_key
from apiinone.demo.screen import Row, Screen, credits_shown
from apiinone.outbound import Outbound
from apiinone.payments.cashier import Wish as Purchase
from apiinone.payments.packs import terms_of_pack
from apiinone.tasks.audit import audit

PROMPT = "A minimalist line art illustration of a mountain landscape, clean design"
SIZE = "1024x1024"
WISHES = tuple(Wish(model, PROMPT, SIZE) for model in ("recraft-v4-text-to-image", "recraft-v4-text-to-vector"))
"""The example that the product began with, as pixels and as a drawing."""
EXTENSIONS: Mapping[str, str] = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/svg+xml": "svg"}
KIB = 1024
TEST_CREDITS = 1_000
LOOK_EVERY_S = 0.25
"""Oftener than a client needs to, so that one can see it move."""


class Stage(Struct, frozen=True):
    """Where the demonstration takes place."""

    url: str
    folder: Path
    """Where pictures and the key are kept; it exists."""
    place: str
    """Where the data is, for people."""
    mode: Mode
    vendors: tuple[str, ...]
    """Providers whose credential is set."""
    stays: bool
    """Whether the server goes on, so that there is something to try."""


class Made(Struct, frozen=True):
    """One wish that came true."""

    path: Path
    receipt: Receipt
    quote: Quote


class NotMade(Struct, frozen=True):
    """One that did not, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Journey:
    """One run. `desk` opens the account and makes the key; everything else goes through the API, over HTTP."""

    stage: Stage
    desk: Desk
    screen: Screen

    async def walk(self) -> bool:
        """Walk it. True where both were made and every balance is what its rows make it. Raises CallFailed, Refusal."""
        outbound = Outbound(
            allowed_private=frozenset({urlsplit(self.stage.url).netloc}), connections_max=8, user_agent="apiinone-demo"
        )
        try:
            return await self._walk(outbound)
        finally:
            await outbound.aclose()

    async def _walk(self, outbound: Outbound) -> bool:
        own, client = await self._key(outbound)
        self._show_place(own)
        quotes = [await client.quote(wish) for wish in WISHES]
        await self._fund(own, await client.balance(), quotes)
        before = (await client.balance()).available
        self.screen.field("balance", credits_shown(before))
        made = await self._make(client, quotes)
        for one in made:
            if isinstance(one, Made):
                self._show_receipt(one)
        sound = await self._show_books(before, (await client.balance()).available)
        self._show_next(own)
        if self.stage.stays:
            await self._show_shop(own)
        return sound and all(isinstance(one, Made) for one in made)

    async def _key(self, outbound: Outbound) -> tuple[OwnKey, Client]:
        """The key of an earlier run where it still works, else a new one."""
        kept = kept_key(self.stage.folder, self.stage.mode)
        if kept is not None and await Client(outbound, self.stage.url, kept.key).works():
            return kept, Client(outbound, self.stage.url, kept.key)
        own = await make_own_key(self.desk, self.stage.folder, self.stage.mode)
        return own, Client(outbound, self.stage.url, own.key)

    async def _fund(self, own: OwnKey, balance: Balance, quotes: Sequence[Quote]) -> None:
        """Give the demo's own account what this costs, and what is shown at its end to be tried, where it has less.

        The first test credits given by hand take the place of the daily ones, so they are as many as last for long.
        """
        needed = sum((quote.credits for quote in quotes), quotes[0].credits)
        if balance.available < needed:
            count = max(needed, TEST_CREDITS) if self.stage.mode == "test" else needed - balance.available
            amount = whole(math.ceil(count))
            await GrantCredits(own.account_id, self.stage.mode, amount, "for the demo").run(self.desk)

    async def _make(self, client: Client, quotes: Sequence[Quote]) -> list[Made | NotMade]:
        self.screen.title(f'"{PROMPT}", {SIZE}')
        with self.screen.progress() as rows:
            making = [
                self._make_one(client, wish, quote, rows.row(wish.model))
                for wish, quote in zip(WISHES, quotes, strict=True)
            ]
            return await asyncio.gather(*making)

    async def _make_one(self, client: Client, wish: Wish, quote: Quote, row: Row) -> Made | NotMade:
        began_s = time.monotonic()
        accepted = await client.create(wish, quote)
        task = await self._ended(client, accepted.task_id, row)
        if task.status != "SUCCESS" or not task.outputs:
            why = task.status if task.error is None else task.error.message
            self.screen.failed(wish.model, why)
            return NotMade(why)
        output = task.outputs[0]
        path = await self._save(client, wish, output)
        took = f"{time.monotonic() - began_s:.1f} s"
        size = f"{output.width} x {output.height}"
        self.screen.made(wish.model, (took, size, f"{-(-output.bytes // KIB)} KiB"))
        return Made(path, await client.receipt(accepted.task_id), quote)

    async def _ended(self, client: Client, task_id: str, row: Row) -> TaskNow:
        while True:
            task = await client.task(task_id)
            row.stage(task.stage)
            if task.status != "IN_PROGRESS":
                return task
            await asyncio.sleep(LOOK_EVERY_S)

    async def _save(self, client: Client, wish: Wish, output: Output) -> Path:
        path = self.stage.folder / f"{wish.model}.{EXTENSIONS.get(output.content_type, 'bin')}"
        path.write_bytes(await client.output(output))
        return path

    def _show_place(self, own: OwnKey) -> None:
        self.screen.title("API in One")
        self.screen.field("server", self.stage.url, self.stage.place)
        if self.stage.mode == "test":
            self.screen.field("key", _short(own.key), "a test key: nothing is spent, no vendor is called")
        else:
            where = " or ".join(self.stage.vendors)
            self.screen.field("key", _short(own.key), f"a live key: made at {where}, which charges you for it")

    def _show_receipt(self, made: Made) -> None:
        receipt, settlement = made.receipt, made.receipt.settlement
        self.screen.title(receipt.model)
        self.screen.field("file", _shown(made.path))
        self.screen.field("task", receipt.task_id)
        version = f"price list {made.quote.price_version}"
        self.screen.field("quote", credits_shown(made.quote.credits), version)
        self.screen.field("hold", credits_shown(receipt.hold.credits), _clock(receipt.hold.created_at))
        for attempt in receipt.attempts:
            outcome = f"{attempt.attempt_no}. {attempt.provider}, {attempt.outcome}"
            self.screen.field("attempt", outcome, f"{_clock(attempt.created_at)}  {attempt.chosen_because}")
        if settlement is not None:
            self.screen.field(settlement.kind, credits_shown(settlement.captured), _clock(settlement.created_at))

    async def _show_books(self, before: Decimal, after: Decimal) -> bool:
        report = await audit(self.desk.database)
        self.screen.title("Books")
        self.screen.field("balance", f"{before:f} -> {credits_shown(after)}")
        found = "nothing wrong" if report.ok else f"{report.breaches_total} breaches: see `apiinone audit`"
        self.screen.field("audit", found, f"{report.entries} entries of {report.owners} balances worked out again")
        return report.ok

    def _show_next(self, own: OwnKey) -> None:
        running = "" if self.stage.stays else ", while it runs: without DEMO_EXIT"
        charged = "" if self.stage.mode == "test" else "; the vendor charges you for it"
        self.screen.title(f"Try it yourself{running}{charged}")
        self.screen.to_copy(f"KEY={own.key}")
        self.screen.to_copy(f"curl -s {self.stage.url}/api/v1/images/generations \\")
        self.screen.to_copy('  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\')
        self.screen.to_copy('  -H "Prefer: wait=20" -d \'{"model": "recraft-v4", "prompt": "a quiet harbour"}\'')
        self.screen.words(f"\nIn a browser, with the same key: {self.stage.url}/playground")
        if self.stage.mode == "test" and self.stage.vendors:
            where = " and ".join(self.stage.vendors)
            self.screen.words(f"\nA credential for {where} is set. Live keys have the same models made there:")
            self.screen.to_copy("apiinone demo --live   # the vendor charges you for it")

    async def _show_shop(self, own: OwnKey) -> None:
        """A page where credits can be bought with play money, if there is a simulated vendor for it."""
        cashier = self.desk.cashier
        if cashier.tills["stripe"].livemode or not cashier.tills["stripe"].ready:
            return
        terms = cashier.billing.packs[0]
        try:
            wish = Purchase(own.account_id, "stripe", terms_of_pack(cashier.billing, terms.id), "demo", self.stage.url)
            order = (await cashier.order(wish)).order
        except Refusal:  # too many that nobody paid: the rest of the demo does not hang on it
            return
        self.screen.words(f"\nBuy {terms.title} with a test card, while this runs: {order.pay_url}")
        self.screen.to_copy(f"apiinone credits balance --account {own.account_id} --mode live")


def _short(key: str) -> str:
    return f"{key[: len('aio_test_') + 8]}..."


def _shown(path: Path) -> str:
    """Relative to where the user is, if it is below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _clock(moment: str) -> str:
    """The time of day of a moment, to the millisecond."""
    return moment.partition("T")[2].rstrip("Z")
