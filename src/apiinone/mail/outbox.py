"""The outbox: letters are put in by the transaction that causes them, and taken out once they are sent.

A letter may hold a link that lets its reader in, so what it says is sealed while it waits, and gone once it is sent.
"""

from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from apiinone.core.clock import US_PER_S
from apiinone.core.ids import Ids
from apiinone.db import Database, Sql, Tx
from apiinone.mail.letter import Letter
from apiinone.sealing import Seal, Unsealable

LEASE_US = 120 * US_PER_S
"""How long a letter is left to the process that took it; longer than a try may last."""
KEEP_US = 2 * 24 * 3600 * US_PER_S
"""How long it is tried; no link in it is good for longer, but for an invitation."""
FIRST_PAUSE_S = 30
PAUSE_S_MAX = 3600

_PUT = Sql(
    "INSERT INTO mails (id, kind, recipient, sealed, due_us, tries, created_us) VALUES ($1, $2, $3, $4, $5, 0, $5)"
)
_ANYTHING = Sql("SELECT 1 FROM mails WHERE due_us <= $1 LIMIT 1")
_DUE = Sql(
    "SELECT id, kind, recipient, sealed, tries + 1, created_us FROM mails WHERE due_us <= $1 ORDER BY due_us LIMIT $2"
    " FOR UPDATE SKIP LOCKED"
)
_TAKE = Sql("UPDATE mails SET tries = $1, due_us = $2 WHERE id = $3")
_DELAY = Sql("UPDATE mails SET due_us = $1, fault = $2 WHERE id = $3 AND tries = $4")
_DROP = Sql("DELETE FROM mails WHERE id = $1 AND tries = $2")
_DROP_TO = Sql("DELETE FROM mails WHERE recipient = $1")
_WAITING = Sql("SELECT count(*), coalesce(sum(CASE WHEN fault IS NULL THEN 0 ELSE 1 END), 0) FROM mails")


class Taken(Struct, frozen=True):
    """A letter that this process may send now. `letter` is None where its seal does not open."""

    id: str
    try_no: int
    created_us: int
    letter: Letter | None


class _Said(Struct, frozen=True):
    """What is sealed."""

    subject: str
    text: str


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Said).decode


class Outbox:
    """Puts letters in and takes them out."""

    def __init__(self, key: bytes, ids: Ids, randomness: Callable[[int], bytes]) -> None:
        """Take the key that what letters say is sealed with."""
        self._seal = Seal(key, randomness)
        self._ids = ids

    async def put(self, tx: Tx, letter: Letter) -> None:
        """Have a letter sent if this transaction is committed."""
        mail_id = self._ids.new()
        sealed = self._seal.close(_encode(_Said(letter.subject, letter.text)), _place(mail_id))
        await tx.run(_PUT, mail_id, letter.kind, letter.to, sealed, tx.now_us)

    async def take(self, tx: Tx, count_max: int) -> list[Taken]:
        """Take what is due, for as long as the lease."""
        rows = await tx.rows(_DUE, tx.now_us, count_max)
        await tx.many(_TAKE, [(row[4], tx.now_us + LEASE_US, row[0]) for row in rows])
        return [Taken(row[0], row[4], row[5], self._opened(row[0], row[1], row[2], bytes(row[3]))) for row in rows]

    def _opened(self, mail_id: str, kind: str, recipient: str, sealed: bytes) -> Letter | None:
        try:
            said = _decode(self._seal.open(sealed, _place(mail_id)))
        except Unsealable:
            return None
        return Letter(kind, recipient, said.subject, said.text)


async def anything_due(database: Database) -> bool:
    """Whether taking might find something: a read, so that an idle process never writes."""
    return bool(await database.rows_now(_ANYTHING))


async def note_sent(tx: Tx, taken: Sequence[Taken]) -> None:
    """Forget letters that need no further try, as this process last knew them."""
    await tx.many(_DROP, [(one.id, one.try_no) for one in taken])


async def note_delayed(tx: Tx, taken: Sequence[tuple[Taken, str]]) -> None:
    """Have letters tried again later: (letter, reason)."""
    await tx.many(_DELAY, [(tx.now_us + pause_us(one.try_no), reason, one.id, one.try_no) for one, reason in taken])


async def drop_mail_to(tx: Tx, recipient: str) -> int:
    """Forget what waits for this address; how many."""
    return await tx.run(_DROP_TO, recipient)


async def waiting(tx: Tx) -> tuple[int, int]:
    """How many letters wait, and how many of them failed at least once."""
    row = await tx.row(_WAITING)
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


def pause_us(try_no: int) -> int:
    """How long to wait after this try: half a minute, doubled each time, at most an hour."""
    return min(FIRST_PAUSE_S << min(try_no - 1, 10), PAUSE_S_MAX) * US_PER_S


def _place(mail_id: str) -> str:
    return f"mail/{mail_id}"
