"""What an audit can find: each kind of breach with what it means."""

from typing import Literal

from msgspec import Struct

BreachKind = Literal[
    "balance_missing",
    "entries_gap",
    "chain_broken",
    "entry_malformed",
    "overdrawn",
    "balance_differs",
    "lots_differ",
    "lot_not_whole",
    "lot_differs",
    "lot_missing",
    "lot_without_grant",
    "hold_without_entry",
    "entry_without_hold",
    "hold_differs",
    "slices_differ",
    "settlement_not_whole",
    "settlement_without_entry",
    "entry_without_settlement",
    "settlement_differs",
    "held_differs",
    "budget_differs",
    "load_differs",
    "usage_differs",
    "task_without_hold",
    "hold_without_task",
    "task_differs",
    "ended_without_settlement",
    "settled_without_end",
    "captured_differs",
    "outputs_missing",
    "order_without_lot",
    "lot_without_order",
    "order_differs",
    "refund_differs",
    "voucher_differs",
    "number_gap",
]

BREACHES: dict[BreachKind, str] = {
    "balance_missing": "an owner has money rows and no balance",
    "entries_gap": "an owner's entries are not numbered 1, 2, 3 … up to the number in the balance",
    "chain_broken": "an entry, or the end of the chain in the balance, is not what was hashed",
    "entry_malformed": "an entry's buckets are not those of its kind",
    "overdrawn": "entries take more from a bucket than it held",
    "balance_differs": "a balance is not the sum of its entries",
    "lots_differ": "a balance is not the sum of its lots",
    "lot_not_whole": "a lot's parts do not add up to what was granted",
    "lot_differs": "a lot's parts are not what entries, holds and settlements made of it",
    "lot_missing": "an entry or a slice names a lot that does not exist",
    "lot_without_grant": "a lot that no grant brought",
    "hold_without_entry": "a hold that no entry placed",
    "entry_without_hold": "an entry placed a hold that does not exist",
    "hold_differs": "a hold and the entry that placed it disagree",
    "slices_differ": "a hold is not the sum of its slices",
    "settlement_not_whole": "captured and released do not add up to the hold",
    "settlement_without_entry": "a settlement whose capture or release was never entered",
    "entry_without_settlement": "a capture or release was entered that no settlement knows",
    "settlement_differs": "a settlement and its entries disagree about the amount",
    "held_differs": "what is held is not the sum of the open holds",
    "budget_differs": "a budget's used amount is not the sum of its holds",
    "load_differs": "a key's count of open holds is not the number of its open holds",
    "usage_differs": "the daily totals of use are not the sum of the settlements",
    "task_without_hold": "a task that holds nothing",
    "hold_without_task": "an open hold whose task does not exist or has another owner",
    "task_differs": "a task and its hold disagree about owner, amount or end",
    "ended_without_settlement": "an ended task whose hold is still open",
    "settled_without_end": "a task that goes on though its hold was settled",
    "captured_differs": "a task and its settlement disagree about what was captured",
    "outputs_missing": "more was captured than the kept outputs cost",
    "order_without_lot": "a paid order that brought no credits",
    "lot_without_order": "credits that no order brought, though their lot says so",
    "order_differs": "an order and its lot, or its disputes, disagree",
    "refund_differs": "an order's refunded money or frozen credits are not those of its refunds",
    "voucher_differs": "a voucher was redeemed without an order",
    "number_gap": "numbers of orders or documents leave one out",
}
"""Every kind, in words for an operator."""


class Breach(Struct, frozen=True):
    """One thing that is wrong. `subject` is the id of the row it concerns; amounts in `what` are micro-credits."""

    kind: BreachKind
    account_id: str
    mode: str
    subject: str
    what: str
