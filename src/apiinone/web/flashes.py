"""What a page says once, after something was done: by code, because a cookie carries it and anybody can write one."""

from collections.abc import Mapping
from typing import Final

from apiinone.web.languages import marked

FLASHES: Final[Mapping[str, str]] = {
    "signed_in": marked("You are signed in."),
    "signed_out": marked("You are signed out."),
    "signed_out_everywhere": marked("You are signed out on all devices."),
    "confirmed": marked("Your address is confirmed. Welcome!"),
    "password_set": marked("Your new password is in force. Sign in with it."),
    "password_changed": marked("Your new password is in force. All other devices are signed out."),
    "codes_ended": marked("You sign in without codes from now on."),
    "session_ended": marked("That browser is signed out."),
    "key_revoked": marked("The key is revoked. Requests with it are refused from now on."),
    "key_has_successor": marked("This key was rotated before. Rotate its successor."),
    "task_cancelled": marked("The task is cancelled, and what was held is given back."),
    "cancel_asked": marked("The provider may be at work on it. It was asked to stop, and the result decides."),
    "task_had_ended": marked("The task had ended already."),
    "task_not_ended": marked("A task can be deleted once it has ended. Cancel it first."),
    "task_deleted": marked("Request and outputs are deleted. What was paid stays on record."),
    "redelivered": marked("It is sent anew, under the same webhook-id."),
    "not_redelivered": marked("It cannot be sent anew: its task was deleted, or it was tried too often."),
    "voucher_redeemed": marked("The voucher is redeemed."),
    "top_up_set": marked("Automatic top-up is on."),
    "top_up_ended": marked("Automatic top-up is off. Nothing is bought without you."),
    "alerts_set": marked("Your alerts are set."),
    "budgets_set": marked("The budgets are set. They count what is held from now on."),
    "card_forgotten": marked("The card is not charged any more."),
    "operators_need_codes": marked("Operators sign in with a code as well. Set one up first."),
    "done_and_written_down": marked("Done, and written down with your name."),
    "went_to_suspense": marked("It does not fit the order: it stands in suspense now, and nothing was credited."),
    "refund_by_hand": marked("The credits are frozen. Send the money, then confirm that it was sent."),
    "refund_not_yet": marked("The refund was asked for; the vendor has not said yet how it ended."),
    "refund_failed": marked("The vendor did not send it back. The credits are free again."),
    "waits_for_second_operator": marked("That is above the ceiling: it waits for a second operator."),
    "switched_everywhere": marked("Switched. Every process follows within a second."),
}
