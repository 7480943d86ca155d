"""An exchange, and how it can end badly: in words of our own, without any address, header or foreign text."""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from apiinone.addresses import Address


class Exchange(Struct, frozen=True):
    """A request, judged and ready to be written. `permitted`: the operator allows this host by name."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    address: Address
    permitted: bool
    headers: Mapping[str, str]
    timeout_s: float
    body_bytes_max: int
    body: bytes = b""
    idle_s: float | None = None
    """The longest silence; None: the whole time."""
    status_only: bool = False
    """Only the status counts: whatever is wrong with what follows it, or too much of it, is not read."""


NotSentReason = Literal[
    "address_refused",
    "name_not_resolved",
    "connection_refused",
    "connect_timeout",
    "tls_failed",
    "credential_missing",
    "unencodable",
]


class NotSent(Exception):
    """Certainly nothing of the request reached the vendor: no byte of it was written to any connection."""

    def __init__(self, reason: NotSentReason) -> None:
        """Take the reason."""
        super().__init__(f"not sent: {reason}")
        self.reason: NotSentReason = reason


LostReason = Literal["reset", "timeout", "truncated", "too_large", "malformed"]


class Lost(Exception):
    """The request, or a part of it, may have reached the vendor, and no whole answer came back."""

    def __init__(self, reason: LostReason) -> None:
        """Take the reason."""
        super().__init__(f"answer lost: {reason}")
        self.reason: LostReason = reason


FetchFault = Literal[
    "address_refused",
    "unreachable",
    "timeout",
    "truncated",
    "too_large",
    "malformed",
    "too_many_redirects",
    "expired",
    "not_found",
    "throttled",
    "server_error",
    "unexpected_status",
]

FETCH_RETRYABLE: Final[dict[FetchFault, bool]] = {
    "address_refused": False,
    "unreachable": True,
    "timeout": True,
    "truncated": True,
    "too_large": False,
    "malformed": True,
    "too_many_redirects": False,
    "expired": False,
    "not_found": True,  # a store may lag behind the answer that names the file
    "throttled": True,
    "server_error": True,
    "unexpected_status": False,
}
"""Whether asking the same address again may help."""


class FetchFailed(Exception):
    """A file could not be copied from the address that was given."""

    def __init__(self, reason: FetchFault) -> None:
        """Take the reason; whether another try may help follows from it."""
        super().__init__(f"fetch failed: {reason}")
        self.reason: FetchFault = reason
        self.retryable = FETCH_RETRYABLE[reason]


class Fetched(Struct, frozen=True):
    """A whole file and the type that its server gave it: lower case, without parameters, empty where none was given."""

    data: bytes
    content_type: str
