"""The life of an order: one table, read whole. `docs/orders.md` is drawn from it."""

from typing import Literal, get_args

OrderState = Literal["created", "paid", "expired", "failed", "disputed", "refunded", "charged_back"]
OrderEvent = Literal[
    "paid",
    "expired",
    "failed",
    "refunded_in_part",
    "refunded_whole",
    "disputed",
    "dispute_won",
    "dispute_lost",
]

ORDER_EVENTS: dict[OrderEvent, str] = {
    "paid": "the vendor, or an operator who saw the money, says that the whole amount has come",
    "expired": "nobody paid in time",
    "failed": "the vendor says that nobody will pay",
    "refunded_in_part": "a part of the amount has gone back",
    "refunded_whole": "the whole amount has gone back",
    "disputed": "the payer's bank asks for the money; the lot is frozen",
    "dispute_won": "the money stays; the lot is free again",
    "dispute_lost": "the bank took the money; what was spent of it is owed",
}
ORDER_MOVES: dict[tuple[OrderState, OrderEvent], OrderState] = {
    ("created", "paid"): "paid",
    ("created", "expired"): "expired",
    ("created", "failed"): "failed",
    ("expired", "paid"): "paid",
    ("failed", "paid"): "paid",
    ("paid", "refunded_in_part"): "paid",
    ("paid", "refunded_whole"): "refunded",
    ("paid", "disputed"): "disputed",
    ("disputed", "refunded_in_part"): "disputed",
    ("disputed", "refunded_whole"): "refunded",
    ("disputed", "dispute_won"): "paid",
    ("disputed", "dispute_lost"): "charged_back",
}
UNPAID: frozenset[OrderState] = frozenset({"created", "expired", "failed"})


def next_order_state(state: OrderState, event: OrderEvent) -> OrderState | None:
    """Where the event leads; None where the table has no such move: then nothing changes."""
    return ORDER_MOVES.get((state, event))


def drawing() -> str:
    """The table as a Mermaid state diagram, for `docs/orders.md`."""
    lines = ["stateDiagram-v2", "    [*] --> created"]
    lines += [f"    {source} --> {target}: {event}" for (source, event), target in ORDER_MOVES.items()]
    ends = [state for state in get_args(OrderState) if all(source != state for source, _ in ORDER_MOVES)]
    return "\n".join([*lines, *(f"    {state} --> [*]" for state in ends)]) + "\n"
