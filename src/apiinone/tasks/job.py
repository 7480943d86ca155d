"""A claimed task, as a worker keeps it in memory until it ends or is handed back."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from apiinone.accounts.keys import Mode
from apiinone.catalog.load import Catalogue
from apiinone.catalog.offer import Offer
from apiinone.ledger.ledger import Owner
from apiinone.providers.provider import Finished, Reference
from apiinone.tasks.lifecycle import AttemptState, TaskState
from apiinone.tasks.moves import Move, NewAttempt, What
from apiinone.tasks.routing import Tried
from apiinone.tasks.whose_keys import WhoseKeys

Fields = Mapping[str, object]
_decode_fields = msgspec.json.Decoder(dict[str, object]).decode


class Found(Struct, frozen=True):
    """The offer that an attempt was planned on, as the catalogue was then."""

    attempt_id: str
    catalogue: Catalogue
    offer: Offer


class Job(Struct):
    """What a worker knows of a task it holds. `fence` is its claim's number: every move carries it."""

    id: str
    account_id: str
    mode: Mode
    state: TaskState
    fence: int
    claims: int
    sub_model: str
    units: int
    scenario: str | None
    attempts: int
    attempt_id: str | None
    created_us: int
    deadline_us: int
    cancel_requested_us: int | None
    request: str
    operation: str = ""
    """Which further create route made the task; empty: the endpoint's own."""
    node: int = 0
    whose_keys: WhoseKeys = "house"
    attempt_state: AttemptState | None = None
    provider: str | None = None
    upstream_model: str | None = None
    credential_id: str | None = None
    """With which the attempt was sent; None: not yet, or before credentials had ids."""
    own_key: bool = False
    """Whether the attempt is made with the account's own key."""
    tried: list[Tried] = []
    """The ways of this task's attempts so far."""
    unsent: int = 0
    """Attempts that were given up before anything was sent; they do not count as tries."""
    reference: Reference | None = None
    finished: Finished | None = None
    """Outputs that the vendor has made and that could not be copied yet."""
    output_hosts: tuple[str, ...] = ()
    """Where outputs may be copied from; empty: any public address."""
    copies: int = 0
    """How often copying failed."""
    quiet_polls: int = 0
    """Polls in a row that said nothing certain; they slow the next one down."""

    has_turn: bool = False
    """Whether the vendor's calendar of questions knows this task."""
    asked_s: float | None = None
    """When the question whose answer is being read was asked, on the monotonic clock."""
    running_us: int | None = None
    """When the vendor last said that it was still at work, or took the order."""
    done_us: int | None = None
    """When the vendor was done, as far as is known."""
    to_stop: bool = False
    """Whether the client wants it stopped, and the vendor has not been told by this holder."""
    held: bool = True
    """False once another worker has the task."""
    in_doubt: bool = False
    """Whether a worker died with it, and it was not worked on since by one that lived on (`blame.py`)."""
    blamed: bool = False
    """Whether it is blamed should this worker die now."""
    stood_back: bool = False
    """Whether it has let others go first."""
    unsaid: What | None = None
    """What happened and could not be written down, because the database did not answer."""
    read: Fields | None = None
    """The fields of `request`, once somebody has asked for them."""
    found: Found | None = None
    """The offer of its newest attempt, where this worker planned it and no vendor has taken the order."""

    @property
    def owner(self) -> Owner:
        """Whose task it is."""
        return (self.account_id, self.mode)

    def fields(self) -> Fields:
        """The request's fields, with defaults, as they were accepted."""
        if self.read is None:
            fields = _decode_fields(self.request)
            fields.pop("model", None)
            self.read = fields
        return self.read

    def accepted(self, reference: Reference) -> None:
        """A vendor works on it, perhaps for long: keep what its questions need, and nothing that can be had again."""
        self.reference, self.attempt_state = reference, "accepted"
        self.read = self.found = None

    def plan(self, attempt: NewAttempt) -> None:
        """Go on with a new attempt, written down and not sent."""
        self.state = "submitting"
        self.attempts += 1
        self.attempt_id, self.attempt_state = attempt.id, "planned"
        self.provider, self.upstream_model = attempt.provider, attempt.upstream_model
        self.own_key, self.credential_id = attempt.own_key, None
        self.tried.append((attempt.provider, attempt.upstream_model, attempt.own_key))
        self.reference = self.finished = None
        self.running_us = self.done_us = None
        self.copies = self.quiet_polls = 0

    def move(self, what: What) -> Move:
        """Something that this worker says happened."""
        return Move(self.id, self.owner, what, self.fence)
