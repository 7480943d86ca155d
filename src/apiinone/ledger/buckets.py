"""The kinds of entries, and from which bucket to which each moves its amount."""

from typing import Literal

Kind = Literal["grant", "hold", "capture", "release", "expire", "freeze", "thaw", "return", "owe", "repay"]
BUCKETS: dict[Kind, tuple[str, str]] = {
    "grant": ("issued", "available"),
    "hold": ("available", "held"),
    "capture": ("held", "revenue"),
    "release": ("held", "available"),
    "expire": ("available", "expired"),
    "freeze": ("available", "frozen"),
    "thaw": ("frozen", "available"),
    "return": ("frozen", "returned"),
    "owe": ("debt", "returned"),
    "repay": ("available", "debt"),
}
"""`frozen` waits for a refund or a dispute to end; `returned` went back with its money. `debt` is below zero by what
the owner has spent of money that was taken back."""

OWN_BUCKETS = ("available", "held", "frozen", "debt")
"""The columns of a balance, in this order."""


def _moved(source: str, target: str) -> tuple[int, int, int, int]:
    available, held, frozen, debt = ((target == own) - (source == own) for own in OWN_BUCKETS)
    return available, held, frozen, -debt


MOVED: dict[Kind, tuple[int, int, int, int]] = {kind: _moved(*buckets) for kind, buckets in BUCKETS.items()}
"""By how many times an entry's amount it changes what is available, held, frozen and owed."""
