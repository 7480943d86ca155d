"""A request for a task that is well formed and priced, on its way to the one transaction that accepts or refuses it."""

from msgspec import Struct

from apiinone.accounts.callers import Caller
from apiinone.catalog.own_prices import LIST
from apiinone.core.credits import Credits
from apiinone.ledger.ledger import Mode, Owner
from apiinone.tasks.moves import NewAttempt
from apiinone.tasks.whose_keys import WhoseKeys
from apiinone.webhooks.outbox import Address

Place = tuple[str, Mode, str, str]
"""Where an idempotency key counts: account, mode, route, key."""


class Direct(Struct, frozen=True):
    """Who answers a call (`direct.py`), by the name of its process, and by which attempt."""

    holder: str
    attempt: NewAttempt
    first_hold: Credits | None = None
    """What is held at first, where the hold grows with the answer (`chat_slices.py`); None: the whole price."""


class Submission(Struct, frozen=True):
    """One request that is well formed and priced; ids and hashes are made before."""

    task_id: str
    caller: Caller
    request_id: str
    route: str
    endpoint: str
    model: str
    sub_model: str
    node: int
    suffix: str
    scenario: str | None
    unit: Credits
    units: int
    request_json: str
    body_hash: bytes
    catalogue_version: str
    deadline_s: int
    result_ttl_s: int
    metadata: dict[str, str]
    max_credits: Credits | None
    quote_id: str | None
    idempotency_key: str | None
    direct: Direct | None = None
    """For a call that this process answers at once; None: a task for workers."""
    operation: str = ""
    """Which further create route made it, such as `music/extend`; empty: the endpoint's own."""
    callback: Address | None = None
    """Where its end is to be told."""
    whose_keys: WhoseKeys = "house"
    own_unit: Credits | None = None
    """The price of one output that the account's own key makes; None where none of its keys may be used."""

    price_percent: int = LIST
    """What the account pays of the list, which `unit` was worked out by."""

    @property
    def owner(self) -> Owner:
        """Whose money it is."""
        return (self.caller.account_id, self.caller.mode)

    @property
    def total(self) -> Credits:
        """What it costs: unit price times units."""
        return Credits(self.unit * self.units)

    @property
    def own_total(self) -> int | None:
        """What it costs where the account's own key makes it; None where none of its keys may be used."""
        return None if self.own_unit is None else self.own_unit * self.units

    @property
    def place(self) -> Place | None:
        """Where an idempotency key is remembered; None without one."""
        if self.idempotency_key is None:
            return None
        return (self.caller.account_id, self.caller.mode, self.route, self.idempotency_key)
