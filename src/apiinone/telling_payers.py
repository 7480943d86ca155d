"""Letters about money: what an account is to be told becomes a letter to each of its members who may pay."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from apiinone.core.clock import US_PER_S
from apiinone.core.credits import shown
from apiinone.db import Database, Tx
from apiinone.mail.letter import Letter
from apiinone.mail.outbox import Outbox
from apiinone.payments.document_drawing import money
from apiinone.payments.notices import Notice, NoticeKind, mark_mailed, unmailed
from apiinone.payments.order_rows import order_by_id
from apiinone.people.member_rows import payers_of
from apiinone.people.office import LetterKind, Letters
from apiinone.tasks.duties import FAST_S, Duty
from apiinone.web.languages import Languages
from apiinone.web.letters import TemplateLetters
from apiinone.web.static_files import StaticFiles
from apiinone.web.templates_of_pages import Templates

EVERY_S: Final = FAST_S * 5
BITE_MAX: Final = 20
STALE_US: Final = 2 * 24 * 3600 * US_PER_S
"""What nobody could be told for so long is no news any more; letters themselves are tried as long."""
KINDS: Final[Mapping[NoticeKind, LetterKind]] = {
    "balance.low": "balance_low",
    "spending.day": "spending_day",
    "spending.month": "spending_month",
    "order.paid": "order_paid",
    "order.disputed": "order_disputed",
    "top_up.failed": "top_up_failed",
    "top_up.ceiling": "top_up_ceiling",
}
_facts = msgspec.json.Decoder(dict[str, str | int]).decode


@dataclass(frozen=True, slots=True)
class PayersTold:
    """Puts the letters in."""

    database: Database
    outbox: Outbox
    letters: Letters
    address: Callable[[], str]
    """Where people reach us; empty in a process that knows of no such place, which then leaves it to others."""

    async def go_through(self) -> int:
        """Write what was not written yet, once whichever process is faster; how many."""
        if not self.address() or not await self.database.read(lambda tx: unmailed(tx, 1)):
            return 0
        return await self.database.transact(self._write_due)

    async def _write_due(self, tx: Tx) -> int:
        count = 0
        for notice in await unmailed(tx, BITE_MAX):
            if await mark_mailed(tx, notice.id):
                count += 1
                if notice.created_us > tx.now_us - STALE_US:
                    await self._write(tx, notice)
        return count

    async def _write(self, tx: Tx, notice: Notice) -> None:
        kind, facts = KINDS[notice.kind], await _said(tx, notice)
        for payer in await payers_of(tx, notice.account_id):
            about = {"name": payer.name, "account": payer.account, "base_url": self.address(), **facts}
            subject, text = self.letters.write(kind, payer.language, about)
            await self.outbox.put(tx, Letter(kind, payer.email, subject, text))


def payers_told(database: Database, outbox: Outbox, address: Callable[[], str]) -> Duty:
    """The duty; templates are read with the first letter."""
    languages = Languages()
    letters = TemplateLetters(lambda: Templates(StaticFiles(), languages))
    return Duty("letters about money", EVERY_S, PayersTold(database, outbox, letters, address).go_through)


async def _said(tx: Tx, notice: Notice) -> Mapping[str, str]:
    """The notice's facts as a letter says them."""
    facts = _facts(notice.facts)
    said = {"threshold": "", "credits": "", "order": "", "number": "", "sum": ""}
    said |= {name: str(fact) for name, fact in facts.items() if name in ("threshold", "credits", "number")}
    order = await order_by_id(tx, str(facts.get("order_id", "")))
    if order is not None:
        said |= {"order": order.id, "number": str(order.number), "credits": f"{shown(order.granted):,}"}
        said["sum"] = money(order.amount_minor, order.currency) if order.amount_minor else ""
    return said
