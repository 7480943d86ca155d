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
    "operators_need_codes": marked("Operators sign in with a code as well. Set one up first."),
}
