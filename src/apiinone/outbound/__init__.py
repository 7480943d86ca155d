"""The only HTTP client: it performs what providers describe, fetches media, and guards every address it is given."""

from apiinone.outbound.outcomes import Fetched, FetchFailed, FetchFault, Lost, LostReason, NotSent, NotSentReason
from apiinone.outbound.sender import Outbound

__all__ = [
    "FetchFailed",
    "FetchFault",
    "Fetched",
    "Lost",
    "LostReason",
    "NotSent",
    "NotSentReason",
    "Outbound",
]
