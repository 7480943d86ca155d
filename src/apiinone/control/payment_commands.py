"""What operators do about money that comes in: confirm, refund, make vouchers, decide about suspense."""

from typing import ClassVar, Literal

from msgspec import Struct

from apiinone.accounts.account_rows import Action, record
from apiinone.control.desk import Command, Desk
from apiinone.control.key_commands import DAYS_MAX
from apiinone.core.clock import US_PER_DAY
from apiinone.core.credits import Credits, whole
from apiinone.core.errors import BadRequest, NotFound
from apiinone.db import Tx
from apiinone.payments.manual import statement
from apiinone.payments.order_rows import Order, order_by_id
from apiinone.payments.packs import CREDITS_MAX
from apiinone.payments.refunding import Wanted
from apiinone.payments.suspense import Credit, Resolution, resolve
from apiinone.payments.voucher import code_hash, new_code
from apiinone.payments.voucher_rows import VoucherRow, add_vouchers, revoke_voucher

VOUCHERS_MAX = 1000
REFERENCE_LENGTH_MAX = 200


class OrderNow(Struct, frozen=True):
    """An order after a command, and what became of it: `credited`, `nothing` new, or `suspense`."""

    order_id: str
    state: str
    outcome: str


class RefundNow(Struct, frozen=True):
    """A refund as it stands: `asked` (to be made by hand), `sent`, `succeeded` or `failed`."""

    refund_id: str
    order_id: str
    amount_minor: int
    credits: Credits
    state: str


class MadeVouchers(Struct, frozen=True):
    """New codes; they are shown here and never again."""

    codes: tuple[str, ...]
    voucher_ids: tuple[str, ...]


class RevokedVoucher(Struct, frozen=True):
    """A voucher that nobody can redeem any more."""

    voucher_id: str


class ResolvedSuspense(Struct, frozen=True):
    """A row of suspense that was decided."""

    suspense_id: str
    resolved_as: Resolution
    lot_id: str | None


class ConfirmPayment(Command[OrderNow], frozen=True, tag="orders.confirm"):
    """Say that money came in for an order paid by bank transfer. Raises NotFound, BadRequest.

    What was paid is named, so that another amount or currency than the order's goes to suspense.
    """

    answer: ClassVar[type[OrderNow]] = OrderNow
    order_id: str
    amount_minor: int
    currency: str
    payment_ref: str
    reason: str

    async def run(self, desk: Desk) -> OrderNow:
        """Credit it, once for each reference of the bank's."""
        if not 0 < len(self.payment_ref.strip()) <= REFERENCE_LENGTH_MAX:
            raise BadRequest("name the payment as the bank's statement does", param="/payment_ref")
        action = Action(desk.ids.new(), desk.actor, "orders.confirm", self.order_id, self.reason)

        async def note(tx: Tx) -> Order:
            order = await order_by_id(tx, self.order_id)
            if order is None:
                raise NotFound("there is no such order")
            await record(tx, action)
            return order

        order = await desk.database.transact(note)
        paid = (self.currency.strip().lower(), self.amount_minor)
        standing = statement(
            self.order_id, payment_ref=self.payment_ref.strip(), currency=paid[0], amount_minor=paid[1], account_id=None
        )
        settled = await desk.cashier.settle("manual", self.order_id, standing)
        state = order.state if settled.order is None else settled.order.state
        return OrderNow(self.order_id, state, settled.outcome)


class RefundOrder(Command[RefundNow], frozen=True, tag="orders.refund"):
    """Send money of an order back, as far as its credits are unused. Raises NotFound, Conflict, BadRequest."""

    answer: ClassVar[type[RefundNow]] = RefundNow
    order_id: str
    reason: str
    amount_minor: int | None = None

    async def run(self, desk: Desk) -> RefundNow:
        """Freeze the credits and ask the vendor."""
        action = Action(desk.ids.new(), desk.actor, "orders.refund", self.order_id, self.reason)
        row = await desk.refunder.refund(Wanted(self.order_id, self.amount_minor), action)
        return RefundNow(row.id, row.order_id, row.amount_minor, row.credits, row.state)


class ConfirmRefund(Command[RefundNow], frozen=True, tag="orders.refund_sent"):
    """Say that the money of a refund was sent by hand. Raises NotFound, Conflict."""

    answer: ClassVar[type[RefundNow]] = RefundNow
    refund_id: str
    reason: str

    async def run(self, desk: Desk) -> RefundNow:
        """Take the credits out."""
        action = Action(desk.ids.new(), desk.actor, "orders.refund_sent", self.refund_id, self.reason)
        row = await desk.refunder.confirm(self.refund_id, action)
        return RefundNow(row.id, row.order_id, row.amount_minor, row.credits, row.state)


class MakeVouchers(Command[MadeVouchers], frozen=True, tag="vouchers.create"):
    """Make codes of one kind. Raises BadRequest for bounds that cannot be."""

    answer: ClassVar[type[MadeVouchers]] = MadeVouchers
    count: int
    credits: Credits
    reason: str
    uses_max: int = 1
    per_account_max: int = 1
    expires_days: int | None = None
    credits_days: int | None = None

    async def run(self, desk: Desk) -> MadeVouchers:
        """Make them."""
        _refuse_odd(self)
        made = [(desk.ids.new(), new_code(desk.randomness)) for _ in range(self.count)]
        action = Action(desk.ids.new(), desk.actor, "vouchers.create", made[0][0], self.reason)

        async def work(tx: Tx) -> None:
            expires_us = None if self.expires_days is None else tx.now_us + self.expires_days * US_PER_DAY
            kind = (self.credits, self.uses_max, self.per_account_max, 0, self.credits_days, expires_us, None)
            rows = [
                VoucherRow(voucher_id, code_hash(desk.pepper, code) or b"", *kind, desk.actor, tx.now_us)
                for voucher_id, code in made
            ]
            await add_vouchers(tx, rows)
            await record(tx, action)

        await desk.database.transact(work)
        return MadeVouchers(tuple(code for _, code in made), tuple(voucher_id for voucher_id, _ in made))


class RevokeVoucher(Command[RevokedVoucher], frozen=True, tag="vouchers.revoke"):
    """End a voucher; what was redeemed stays. Raises NotFound."""

    answer: ClassVar[type[RevokedVoucher]] = RevokedVoucher
    voucher_id: str
    reason: str

    async def run(self, desk: Desk) -> RevokedVoucher:
        """End it."""
        action = Action(desk.ids.new(), desk.actor, "vouchers.revoke", self.voucher_id, self.reason)

        async def work(tx: Tx) -> None:
            await revoke_voucher(tx, self.voucher_id)
            await record(tx, action)

        await desk.database.transact(work)
        return RevokedVoucher(self.voucher_id)


class ResolveSuspense(Command[ResolvedSuspense], frozen=True, tag="suspense.resolve"):
    """Decide about money that fits nothing. Raises NotFound, Conflict, BadRequest."""

    answer: ClassVar[type[ResolvedSuspense]] = ResolvedSuspense
    suspense_id: str
    how: Literal["credited", "returned", "dismissed"]
    reason: str
    account_id: str | None = None
    amount: Credits | None = None

    async def run(self, desk: Desk) -> ResolvedSuspense:
        """Write the decision down; credited money is a grant."""
        action = Action(desk.ids.new(), desk.actor, "suspense.resolve", self.suspense_id, self.reason)
        credit = None
        if self.account_id is not None and self.amount is not None:
            credit = Credit(self.account_id, self.amount, desk.ids.new())

        async def work(tx: Tx) -> ResolvedSuspense:
            row = await resolve(tx, self.suspense_id, self.how, action, credit)
            return ResolvedSuspense(row.id, self.how, row.lot_id)

        return await desk.database.transact(work)


def _refuse_odd(wanted: MakeVouchers) -> None:
    bounds = (
        ("count", wanted.count, VOUCHERS_MAX),
        ("credits", wanted.credits, whole(CREDITS_MAX)),
        ("uses_max", wanted.uses_max, 1_000_000),
        ("per_account_max", wanted.per_account_max, 1_000),
        ("expires_days", wanted.expires_days or 1, DAYS_MAX),
        ("credits_days", wanted.credits_days or 1, DAYS_MAX),
    )
    for name, value, most in bounds:
        if not 0 < value <= most:
            raise BadRequest(f"this is between 1 and {most}", param=f"/{name}")
