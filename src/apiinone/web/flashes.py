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
    "identity_added": marked("You can sign in with it from now on."),
    "identity_dropped": marked("It signs nobody in any more."),
    "set_a_password_first": marked("Set a password first, or nobody could sign in as you."),
    "operators_need_codes": marked("Operators sign in with a code as well. Set one up first."),
}
