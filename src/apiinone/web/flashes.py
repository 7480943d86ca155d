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
    "operators_need_codes": marked("Operators sign in with a code as well. Set one up first."),
    "done_and_written_down": marked("Done, and written down with your name."),
    "waits_for_second_operator": marked("That is above the ceiling: it waits for a second operator."),
    "switched_everywhere": marked("Switched. Every process follows within a second."),
}
