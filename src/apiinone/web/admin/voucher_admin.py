"""/admin/vouchers: codes are made and shown this once, listed without them, revoked."""

from typing import Final

from msgspec import Struct

from apiinone.control.payment_commands import MakeVouchers, RevokeVoucher
from apiinone.core.credits import parse
from apiinone.core.errors import BadRequest, Conflict
from apiinone.db import Tx
from apiinone.payments.voucher_rows import VoucherRow, voucher_rows
from apiinone.web.admin.admin_page import Problem, admin_page, carried_out, problem_of
from apiinone.web.page_route import PageCall, PageReply, Rooms, SeeOther
from apiinone.web.visitor import SignedInAs

VOUCHERS: Final = "/admin/vouchers"
ROWS_MAX: Final = 200
DIGITS_MAX: Final = 9


class MakeForm(Struct, frozen=True):
    """Codes of one kind."""

    count: str = "1"
    credits: str = ""
    uses_max: str = "1"
    per_account_max: str = "1"
    expires_days: str = ""
    credits_days: str = ""
    reason: str = ""

    def command(self) -> MakeVouchers:
        """What is to be done. Raises BadRequest naming the field."""
        try:
            worth = parse(self.credits.strip())
        except ValueError:
            raise BadRequest("Credits are a number above 0 with at most six decimals.", param="credits") from None
        return MakeVouchers(
            _count("count", self.count),
            worth,
            self.reason,
            _count("uses_max", self.uses_max),
            _count("per_account_max", self.per_account_max),
            _count("expires_days", self.expires_days) if self.expires_days.strip() else None,
            _count("credits_days", self.credits_days) if self.credits_days.strip() else None,
        )


class RevokeForm(Struct, frozen=True):
    """Why."""

    reason: str = ""


async def show_vouchers(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """The newest, without their codes, which nobody knows."""
    del call, here
    return await _vouchers(rooms)


async def do_make_vouchers(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Make them and show the codes, this once."""
    form = call.form(MakeForm)
    try:
        made = await carried_out(rooms, here, form.command())
    except (BadRequest, Conflict) as refusal:
        return await _vouchers(rooms, problem_of(refusal, call, "make"))
    return admin_page(rooms, "made_vouchers", {"codes": made.codes, "worth": form.credits})


async def do_revoke_voucher(rooms: Rooms, call: PageCall, here: SignedInAs) -> PageReply:
    """Nobody may redeem it any more; what was redeemed stays. Raises NotFound."""
    voucher_id = call.ids["voucher_id"]
    try:
        await carried_out(rooms, here, RevokeVoucher(voucher_id, call.form(RevokeForm).reason))
    except (BadRequest, Conflict) as refusal:
        return await _vouchers(rooms, problem_of(refusal, call, voucher_id))
    return SeeOther(VOUCHERS, "done_and_written_down")


async def _vouchers(rooms: Rooms, problem: Problem | None = None) -> PageReply:
    async def look(tx: Tx) -> list[VoucherRow]:
        return await voucher_rows(tx, ROWS_MAX)

    found = await rooms.house.context.database.read(look)
    return admin_page(rooms, "vouchers", {"vouchers": found, "rows_max": ROWS_MAX}, problem)


def _count(field: str, text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX):
        raise BadRequest("This is a whole number.", param=field)
    return int(text)
