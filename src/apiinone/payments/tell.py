"""Posts notices to the addresses that accounts named: signed like callbacks, again where nobody took them."""

from dataclasses import dataclass
from typing import Final

from apiinone.core.clock import US_PER_S, Clock, iso
from apiinone.core.randomness import RandomPool
from apiinone.db import Database, Tx, Work
from apiinone.outbound import Lost, NotSent, Outbound
from apiinone.payments.notices import Notice, forget_notices, note_try, take_notices
from apiinone.webhooks.schedule import judged, pause_us
from apiinone.webhooks.signing import signed_headers
from apiinone.webhooks.vault import Vault

BITE_MAX: Final = 20
TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Teller:
    """Posts what is due."""

    database: Database
    outbound: Outbound
    vault: Vault
    clock: Clock
    randomness: RandomPool

    async def tell_due(self) -> int:
        """Post what is due, each once for each lease; how many."""
        taken = await self.database.transact(lambda tx: take_notices(tx, BITE_MAX))
        for notice in taken:
            again_us = await self._tell(notice)
            await self.database.transact(_noting(notice.id, again_us))
        return len(taken)

    async def forget(self) -> int:
        """Drop what is old."""
        return await self.database.transact(lambda tx: forget_notices(tx, BITE_MAX))

    async def _tell(self, notice: Notice) -> int | None:
        """After how many microseconds to try again; None: never."""
        head = f'{{"type":"{notice.kind}","timestamp":"{iso(notice.created_us)}","data":'
        body = f"{head}{notice.facts}}}".encode()
        secrets = [good.secret for good in await self.vault.good((notice.account_id, "live"))]
        headers = signed_headers(secrets, f"evt_{notice.id}", self.clock.now_us() // US_PER_S, body)
        headers["Content-Type"] = "application/json"
        status: int | None = None
        try:
            status = await self.outbound.post(notice.url, body, headers, https_only=True, timeout_s=TIMEOUT_S)
        except (NotSent, Lost):
            status = None
        tries = notice.tries + 1
        return pause_us(tries, self.randomness(1)[0] / 255) if judged(status, tries) == "try_again" else None


def _noting(notice_id: str, pause: int | None) -> Work[None]:
    async def work(tx: Tx) -> None:
        await note_try(tx, notice_id, None if pause is None else tx.now_us + pause)

    return work
