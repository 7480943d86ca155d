"""Take due deliveries for a process, for as long as a lease, and write down how each try went.

Accounts take turns, and within an account its hosts: each pair of them is a lane of its own in the index, so that what
waits for a dead host is never read on the way to another.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from apiinone.core.clock import US_PER_S
from apiinone.db import Database, Sql, Tx
from apiinone.ledger.ledger import Mode, Owner
from apiinone.webhooks.schedule import EventType, judged, next_delivery_state, pause_us

ACCOUNTS_PER_ROUND_MAX = 32
HOSTS_PER_ROUND_MAX = 8

_ANYTHING = Sql("SELECT 1 FROM deliveries WHERE due_us <= $1 LIMIT 1")
_ACCOUNTS = Sql(
    "WITH RECURSIVE due(account_id) AS ("
    " SELECT min(account_id) FROM deliveries WHERE due_us IS NOT NULL AND account_id > $1"
    " UNION ALL SELECT (SELECT min(account_id) FROM deliveries WHERE due_us IS NOT NULL"
    " AND account_id > due.account_id) FROM due WHERE due.account_id IS NOT NULL)"
    " SELECT account_id FROM due WHERE account_id IS NOT NULL LIMIT $2"
)
_HOSTS = Sql(
    "WITH RECURSIVE due(host) AS ("
    " SELECT min(host) FROM deliveries WHERE account_id = $1 AND due_us IS NOT NULL AND host > $2"
    " UNION ALL SELECT (SELECT min(host) FROM deliveries WHERE account_id = $1 AND due_us IS NOT NULL"
    " AND host > due.host) FROM due WHERE due.host IS NOT NULL)"
    " SELECT host FROM due WHERE host IS NOT NULL LIMIT $3"
)
_DUE = Sql(
    "SELECT id, task_id, mode, type, url, claims + 1, tries, tries_before, created_us FROM deliveries"
    " WHERE account_id = $1 AND host = $2 AND due_us <= $3 ORDER BY due_us LIMIT $4 FOR UPDATE SKIP LOCKED"
)
_TAKE = Sql("UPDATE deliveries SET claims = $1, due_us = $2 WHERE id = $3")
_NOTE = Sql(
    "UPDATE deliveries SET state = $1, due_us = $2, tries = $3, last_status = $4, last_fault = $5, last_tried_us = $6"
    " WHERE id = $7 AND claims = $8"
)
_NEW_TRY = Sql(
    "INSERT INTO delivery_tries (delivery_id, claim_no, tried_us, took_us, status, fault)"
    " SELECT $1::text, $2::bigint, $3::bigint, $4::bigint, $5::bigint, $6::text"
    " FROM deliveries WHERE id = $1 ON CONFLICT DO NOTHING"
)


class Due(Struct, frozen=True):
    """A delivery that this process has taken. `claim_no` is the claim's number: only its holder moves the delivery."""

    account_id: str
    host: str
    id: str
    task_id: str
    mode: Mode
    type: EventType
    url: str
    claim_no: int
    tries: int
    tries_before: int
    created_us: int

    @property
    def owner(self) -> Owner:
        """Whose task it tells of."""
        return (self.account_id, self.mode)

    @property
    def lane(self) -> "Lane":
        """Whose delivery it is, and to which host."""
        return (self.account_id, self.host)


Lane = tuple[str, str]
"""Account and host."""


class Room(Struct, frozen=True):
    """How much may be taken beside what is under way, and where to begin."""

    whole: int
    per_account_max: int
    per_host_max: int
    of_account: Mapping[str, int]
    """Under way, by account."""
    of_host: Mapping[str, int]
    """Under way, by host."""
    lanes: Mapping[Lane, int]
    """What is free in lanes whose last try failed."""
    lease_s: float
    after_account: str
    after_host: Mapping[str, str]
    """By account: after which of its hosts its turn goes on."""

    def free(self, lane: Lane, taken_of_host: Mapping[str, int]) -> int:
        """How many more the lane may take."""
        host = lane[1]
        free = self.per_host_max - self.of_host.get(host, 0) - taken_of_host.get(host, 0)
        return min(free, self.lanes.get(lane, free))


class Taken(Struct, frozen=True):
    """What was taken, and where the next round begins; "" once every account had its turn."""

    deliveries: list[Due]
    after_account: str
    after_host: dict[str, str]


class Tried(Struct, frozen=True):
    """How one try went: a status, or a fault of ours or the way's. `chance` in 0…1 moves the next try a little."""

    due: Due
    status: int | None
    fault: str | None
    tried_us: int
    took_us: int
    chance: float


async def anything_due(database: Database) -> bool:
    """Whether a claim might find something: a read, so that an idle process never writes."""
    return bool(await database.rows_now(_ANYTHING))


async def take_due(tx: Tx, room: Room) -> Taken:
    """Take due deliveries, account by account and host by host; nobody else takes them before the lease is over."""
    accounts = [row[0] for row in await tx.rows(_ACCOUNTS, room.after_account, ACCOUNTS_PER_ROUND_MAX)]
    found: list[Due] = []
    after_host: dict[str, str] = dict(room.after_host)
    last = room.after_account
    taken_of_host: dict[str, int] = {}
    for account_id in accounts:
        left = room.whole - len(found)
        if left <= 0:
            break
        share = max(1, room.whole // len(accounts))
        most = min(left, share, room.per_account_max - room.of_account.get(account_id, 0))
        found += await _of_account(tx, account_id, most, room, (after_host, taken_of_host))
        last = account_id
    else:
        last = last if len(accounts) == ACCOUNTS_PER_ROUND_MAX else ""
    until_us = tx.now_us + int(room.lease_s * US_PER_S)
    if found:
        await tx.many(_TAKE, [(due.claim_no, until_us, due.id) for due in found])
    return Taken(found, last, after_host)


async def note_tries(tx: Tx, tries: Sequence[Tried]) -> None:
    """Write down how tries went. One whose claim is over leaves its record and moves nothing."""
    await tx.many(_NEW_TRY, [_row(tried) for tried in tries])
    await tx.many(_NOTE, [_note(tried, tx.now_us) for tried in tries])


async def _of_account(
    tx: Tx, account_id: str, most: int, room: Room, so_far: tuple[dict[str, str], dict[str, int]]
) -> list[Due]:
    after_host, taken_of_host = so_far
    found: list[Due] = []
    begins = after_host.pop(account_id, "")
    hosts = [row[0] for row in await tx.rows(_HOSTS, account_id, begins, HOSTS_PER_ROUND_MAX)] if most > 0 else []
    for host in hosts:
        wanted = min(most - len(found), room.free((account_id, host), taken_of_host))
        if wanted > 0:
            rows = await tx.rows(_DUE, account_id, host, tx.now_us, wanted)
            found += [Due(account_id, host, *row) for row in rows]
            taken_of_host[host] = taken_of_host.get(host, 0) + len(rows)
    if len(hosts) == HOSTS_PER_ROUND_MAX:
        after_host[account_id] = hosts[-1]
    return found


def _row(tried: Tried) -> tuple[str | int | None, ...]:
    return (tried.due.id, tried.due.claim_no, tried.tried_us, tried.took_us, tried.status, tried.fault)


def _note(tried: Tried, now_us: int) -> tuple[str | int | None, ...]:
    due = tried.due
    tries = due.tries + 1
    in_round = tries - due.tries_before
    event = judged(tried.status, in_round)
    state = next_delivery_state("waiting", event)
    due_us = now_us + pause_us(in_round, tried.chance) if state == "waiting" else None
    return (state, due_us, tries, tried.status, tried.fault, tried.tried_us, due.id, due.claim_no)
