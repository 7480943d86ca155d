"""The protocol that every provider keeps.

A `Remote` provider describes: it turns an order into a request and a response into a reply, and does nothing else;
one sender (`outbound`) performs. A `Local` provider computes, in a child process, and may be asked again after a crash.
Neither sees a client, a setting, a clock or a secret.
"""

from collections.abc import Mapping
from typing import Literal, Protocol

from msgspec import Struct

from apiinone.core.exchange import Auth, File, Request, Response

Fault = Literal[
    "content_policy",
    "bad_request",
    "throttled",
    "no_balance",
    "bad_credential",
    "provider_error",
    "output_unavailable",
]
"""Why a vendor refused. `throttled`, `no_balance` and `bad_credential` concern the operator, not the client."""


class Origin(Struct, frozen=True):
    """What the vendor made earlier and an order works on, by the vendor's own names."""

    upstream_id: str
    outputs: tuple[str, ...]
    """Of each output its name; empty where the vendor tells none."""


class Order(Struct, frozen=True):
    """What to make: one attempt of one task on one offer. `fields` are already the upstream's own names and forms."""

    attempt_id: str
    upstream_model: str
    fields: Mapping[str, object]
    outputs: int
    """How many outputs the client pays for."""
    webhook_url: str | None = None
    """Where the vendor may call us when it is done; None where callbacks are not configured."""
    files: Mapping[str, tuple[File, ...]] = {}
    """The inputs whose bytes travel with the request, by the upstream's name of their field."""
    operation: str = ""
    """The further create route that asks, such as `music/extend`; empty: the endpoint's own."""
    origin: Origin | None = None
    """The earlier work that it goes on from, where the offer names the field that says which."""


class Reference(Struct, frozen=True):
    """What a vendor gave us to ask again: its own id and, for some, the address to ask."""

    upstream_id: str
    poll_url: str | None = None


class Inline(Struct, frozen=True):
    """An output whose bytes came with the answer."""

    data: bytes


class Linked(Struct, frozen=True):
    """An output to be copied from an address that the vendor gave; vetted like any foreign address."""

    url: str
    authorized: bool = False
    """Whether the vendor gives it only to our credential; then it must be on the vendor's own `hosts`."""
    auth: Auth = "bearer"
    """How the credential is shown then."""
    upstream_id: str = ""
    """The vendor's own name of it, for orders that go on from it; empty: none."""


Output = Inline | Linked


class Accepted(Struct, frozen=True):
    """The vendor took the order and will be asked again."""

    reference: Reference
    poll_after_s: float
    cost_micro_usd: int | None = None
    """The vendor's own charge, where it is told with the order already."""


class Running(Struct, frozen=True):
    """Still at work."""

    poll_after_s: float
    reference: Reference | None = None
    """Where to ask from now on, for vendors that keep the state in one place and the result in another; None: as
    before. It is not stored: after a crash the first place is asked again and leads here once more."""


class Finished(Struct, frozen=True):
    """Done: the outputs, perhaps fewer than ordered, and the vendor's own charge in millionths of a US dollar."""

    outputs: tuple[Output, ...]
    cost_micro_usd: int | None = None
    done_us: int | None = None
    """When the vendor was done, microseconds since 1970, where it tells."""


class Rejected(Struct, frozen=True):
    """Certainly not made nor charged by the vendor. `message` is for the client: no host, key or foreign text in it."""

    fault: Fault
    message: str
    retryable: bool
    retry_after_s: float | None = None


class Canceled(Struct, frozen=True):
    """The vendor confirms that it stopped and will not charge."""


class Unclear(Struct, frozen=True):
    """The answer does not say whether the order was accepted. Never resent; asked about where the vendor allows it."""

    reason: str


class LostOrder(Struct, frozen=True):
    """An order whose answer was lost, and when it was sent."""

    upstream_model: str
    fields: Mapping[str, object]
    sent_s: int


class Candidates(Struct, frozen=True):
    """Every job at the vendor that may be the lost order's, perhaps none. Which of them we know is not said here."""

    references: tuple[Reference, ...]


SubmitReply = Accepted | Finished | Rejected | Unclear
PollReply = Running | Finished | Rejected | Canceled | Unclear
"""A poll that is `Unclear` changes nothing: the task is asked about again later (poll errors never end a task)."""
FindReply = Candidates | Unclear
"""A search that is `Unclear` says nothing about the order."""


class Remote(Protocol):
    """A vendor reached by HTTP. All methods are pure."""

    name: str
    hosts: tuple[str, ...]
    """The only hosts that requests with our credential may go to; ``*.host`` stands for all below one, by https."""
    output_hosts: tuple[str, ...]
    """Hosts that results may be copied from; empty: any public address."""
    credential_names: tuple[str, ...]
    """Environment names of the credential, the vendor's own first."""
    credential_optional: bool
    """Whether it can be reached without one: a server of the operator's own."""
    submit_per_s_max: float
    concurrent_max: int
    poll_interval_s: float
    questions_per_s_max: float
    """Over all jobs; beyond it each is asked about less often."""
    questions_at_once_max: int
    webhook_secret_name: str | None

    def submit(self, order: Order) -> Request:
        """Describe the one paid request."""
        ...

    def read_submit(self, response: Response) -> SubmitReply:
        """Understand the answer to `submit`."""
        ...

    def poll(self, reference: Reference) -> Request:
        """Describe the question how an accepted order stands. Free and repeatable."""
        ...

    def read_poll(self, response: Response) -> PollReply:
        """Understand the answer to `poll`."""
        ...

    def cancel(self, reference: Reference) -> Request | None:
        """Describe a cancellation, or None where the vendor has none."""
        ...

    def find(self, lost: LostOrder) -> Request | None:
        """Describe the question which jobs may be this lost order's, or None where the vendor lists no jobs."""
        ...

    def read_find(self, response: Response, lost: LostOrder) -> FindReply:
        """Understand the answer to `find`: all jobs that may be it, or `Unclear` where some may be missing."""
        ...

    def read_webhook(self, headers: Mapping[str, str], body: bytes, secret: str, now_s: int) -> str | None:
        """The upstream id that a signed callback speaks of, or None where it is not signed as it must be."""
        ...
