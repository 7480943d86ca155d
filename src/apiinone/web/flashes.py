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
    "profile_saved": marked("Saved."),
    "address_changed": marked("Your address is the new one from now on."),
    "invited": marked("The invitation is on its way."),
    "withdrawn": marked("The invitation opens nothing any more."),
    "joined": marked("You belong to this account now."),
    "role_changed": marked("The role is changed. Their sessions here are ended."),
    "removed": marked("They belong to this account no more."),
    "left": marked("You have left the account."),
    "account_renamed": marked("The account is renamed."),
    "erased": marked("Your person is deleted. Whatever your account held is being cleared."),
    "endpoint_registered": marked("The endpoint is registered. It is told of every end from now on."),
    "endpoint_deleted": marked("The endpoint is deleted, and what still waited for it with it."),
    "identity_added": marked("You can sign in with it from now on."),
    "identity_dropped": marked("It signs nobody in any more."),
    "set_a_password_first": marked("Set a password first, or nobody could sign in as you."),
    "operators_need_codes": marked("Operators sign in with a code as well. Set one up first."),
    "done_and_written_down": marked("Done, and written down with your name."),
    "waits_for_second_operator": marked("That is above the ceiling: it waits for a second operator."),
    "switched_everywhere": marked("Switched. Every process follows within a second."),
}
