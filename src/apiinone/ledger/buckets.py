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
