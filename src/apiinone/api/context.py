"""What the API is given by the composition root: everything a route may use, and the limits it keeps."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from msgspec import Struct

from apiinone.accounts.callers import Callers
from apiinone.accounts.limits import RequestRates
from apiinone.api.output_links import OutputLinks
from apiinone.assets.storage import Storage
from apiinone.catalog.load import Catalogue
from apiinone.catalog.running import RunningCatalogue
from apiinone.catalog.schema import Bodies
from apiinone.core.clock import Clock
from apiinone.core.ids import Ids
from apiinone.core.secret import Secret
from apiinone.credentials.seals import Seals
from apiinone.db import Database
from apiinone.payments.cashier import Cashier
from apiinone.payments.hear import Ear
from apiinone.providers.provider import Remote
from apiinone.switchboard.standing import Board
from apiinone.tasks import moves, submit
from apiinone.tasks.calls import Calls
from apiinone.tasks.keyring import Keyring
from apiinone.tasks.moves import Move
from apiinone.tasks.policy import NO_POLICY, Policy
from apiinone.tasks.poll_lag import PollLag
from apiinone.tasks.submission import Submission
from apiinone.tasks.waiters import Waiters
from apiinone.tasks.watchers import Watchers
from apiinone.webhooks.vault import Vault


class ApiRules(Struct, frozen=True):
    """Limits and addresses of this installation, as the API keeps them."""

    deadline_s: int
    """A task's deadline where the request names none."""
    result_ttl_s: int
    """How long outputs are kept where the request does not say."""
    requests_per_minute_max: int
    """Requests a minute of a key that names no limit of its own."""
    body_bytes_max: int
    face_swap_accepted: bool = False
    """Whether the operator has accepted the terms of face swaps, which are off in live mode otherwise."""
    own_key_fee_percent: int = 10
    """What work with an account's own provider key costs, of the price."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or ranges whose X-Forwarded-For is believed; empty: the header is ignored."""
    callback_hosts: frozenset[str] = frozenset()
    """``host:port`` names on private networks that may be called back."""
    metrics_token: Secret | None = None
    """Bearer token for /metrics; None: the route is off."""


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that routes work with."""

    database: Database
    running: RunningCatalogue
    """The catalogue, which operators' prices change while the process runs."""
    bodies: Bodies
    callers: Callers
    rates: RequestRates
    submit: Callable[[Submission], Awaitable[submit.Outcome]]
    """Has one submission decided in the next batch."""
    apply: Callable[[Move], Awaitable[moves.Outcome]]
    """Has one move made in the next batch."""
    waiters: Waiters
    watchers: Watchers
    vault: Vault
    storage: Storage
    links: OutputLinks
    clock: Clock
    ids: Ids
    calls: Calls
    """Calls that this process answers at once."""
    keyring: Keyring
    """The providers' credentials that this process holds."""
    reread_credentials: Callable[[], Awaitable[None]]
    """Has the keyring take what has just been stored."""
    seals: Seals
    remotes: Mapping[str, Remote]
    """Every provider's adapter, by name."""
    hint: Callable[[str], Awaitable[None]]
    """`Database.hint`."""
    cashier: Cashier
    """Takes money in."""
    ear: Ear
    """Hears the callbacks of payments."""
    rules: ApiRules
    webhooks: Mapping[str, tuple[Remote, Secret]] = field(default_factory=dict[str, tuple[Remote, Secret]])
    """By provider: the adapter, and the secret that the vendor signs its callbacks with."""
    gauges: Mapping[str, Callable[[], float]] = field(default_factory=dict[str, Callable[[], float]])
    """Further figures of this process for /metrics, by what they count, such as `submissions_waiting`."""
    delivery_tries: Mapping[str, int] = field(default_factory=dict[str, int])
    """How this process's deliveries went, by status class or fault."""
    poll_lags: Mapping[str, PollLag] = field(default_factory=dict[str, PollLag])
    """By provider: how long after the vendor was done this process's worker had its tasks done."""
    board: Board = field(default_factory=Board)
    """What operators have switched."""
    policy: Policy = NO_POLICY
    """The operator's rules for what is asked."""
    deliver: Callable[[], None] = lambda: None
    """Tells the deliverer that something may be due."""
    stopping: Callable[[], bool] = lambda: False
    """Whether the process is about to end: /readyz says so, so that no new client is sent here."""

    @property
    def catalogue(self) -> Catalogue:
        """The models and prices of this moment. What prices a request reads it once."""
        return self.running.now
