"""Every page that knows its visitor, in one table: what is not in it does not exist, and each says who may open it."""

from typing import Final

from apiinone.people.roles import ADMINS, EVERYBODY
from apiinone.web.account_pages import do_go_to_account, do_set_mode, show_account
from apiinone.web.admin.admin_routes import ADMIN
from apiinone.web.admin.viewing import do_stop_viewing
from apiinone.web.billing.billing_routes import BILLING
from apiinone.web.console.routes import CONSOLE
from apiinone.web.invitation_pages import do_accept, do_sign_up_invited, show_invitation
from apiinone.web.leave_pages import do_leave, download_export, show_leave
from apiinone.web.member_pages import (
    do_change_role,
    do_invite,
    do_leave_account,
    do_remove,
    do_rename_account,
    do_set_member_budgets,
    do_withdraw,
    show_members,
)
from apiinone.web.outside_pages import come_back, do_drop_identities, go_outside, go_outside_to_add
from apiinone.web.page_route import Member, PageRoute, Public, SignedIn, get, post
from apiinone.web.profile_pages import (
    do_ask_for_new_address,
    do_change_address,
    do_profile,
    show_change_address,
    show_profile,
)
from apiinone.web.reset_pages import do_forgotten, do_new_password, show_forgotten, show_new_password
from apiinone.web.security_pages import (
    do_begin_codes,
    do_change_password,
    do_confirm_codes,
    do_end_codes,
    do_end_session,
    do_new_recovery_codes,
    show_security,
)
from apiinone.web.sign_in_pages import do_sign_in, do_sign_out, do_sign_out_everywhere, show_sign_in
from apiinone.web.sign_up_pages import do_confirm, do_sign_up, show_confirm, show_sign_up
from apiinone.web.step_up_pages import do_code, do_identity, show_code, show_identity
from apiinone.web.text_pages import WORDS

SIGNING_IN: Final = (
    get("/sign-in", Public(show_sign_in)),
    post("/sign-in", Public(do_sign_in)),
    get("/sign-in/code", Public(show_code)),
    post("/sign-in/code", Public(do_code)),
    get("/confirm-identity", SignedIn(show_identity)),
    post("/confirm-identity", SignedIn(do_identity)),
    post("/sign-out", SignedIn(do_sign_out), open_to_viewing=True),
    post("/sign-out/everywhere", SignedIn(do_sign_out_everywhere), open_to_viewing=True),
    get("/sign-up", Public(show_sign_up)),
    post("/sign-up", Public(do_sign_up)),
    get("/confirm", Public(show_confirm)),
    post("/confirm", Public(do_confirm)),
    get("/forgotten", Public(show_forgotten)),
    post("/forgotten", Public(do_forgotten)),
    get("/new-password", Public(show_new_password)),
    post("/new-password", Public(do_new_password)),
)
OUTSIDE: Final = (
    get("/sign-in/with", Public(go_outside)),
    get("/sign-in/with/back", Public(come_back)),
    get("/account/security/identity", SignedIn(go_outside_to_add)),
    post("/account/security/identity/end", SignedIn(do_drop_identities)),
)
LETTERS: Final = (
    get("/change-address", Public(show_change_address)),
    post("/change-address", Public(do_change_address)),
    get("/invitation", Public(show_invitation)),
    post("/invitation", Public(do_sign_up_invited)),
    post("/invitation/accept", SignedIn(do_accept)),
)
MEMBERS: Final = (
    get("/account/members", Member(EVERYBODY, show_members)),
    post("/account/members/invite", Member(ADMINS, do_invite)),
    post("/account/members/withdraw", Member(ADMINS, do_withdraw)),
    post("/account/members/leave", Member(EVERYBODY, do_leave_account)),
    post("/account/members/{person_id}/role", Member(ADMINS, do_change_role)),
    post("/account/members/{person_id}/budgets", Member(ADMINS, do_set_member_budgets)),
    post("/account/members/{person_id}/remove", Member(ADMINS, do_remove)),
    post("/account/name", Member(ADMINS, do_rename_account)),
)
ACCOUNT: Final = (
    get("/account/profile", SignedIn(show_profile)),
    post("/account/profile", SignedIn(do_profile)),
    post("/account/profile/address", SignedIn(do_ask_for_new_address)),
    get("/account/leave", SignedIn(show_leave)),
    post("/account/leave", SignedIn(do_leave)),
    get("/account/export", SignedIn(download_export)),
    get("/account", SignedIn(show_account)),
    post("/account/go-to", SignedIn(do_go_to_account)),
    get("/account/security", SignedIn(show_security)),
    post("/account/security/password", SignedIn(do_change_password)),
    post("/account/security/codes", SignedIn(do_begin_codes)),
    post("/account/security/codes/confirm", SignedIn(do_confirm_codes)),
    post("/account/security/codes/end", SignedIn(do_end_codes)),
    post("/account/security/recovery", SignedIn(do_new_recovery_codes)),
    post("/account/security/sessions/end", SignedIn(do_end_session)),
    post("/account/viewing/end", SignedIn(do_stop_viewing), open_to_viewing=True),
    post("/account/mode", SignedIn(do_set_mode), open_to_viewing=True),
)
ROUTES: Final[tuple[PageRoute, ...]] = (
    *SIGNING_IN,
    *OUTSIDE,
    *LETTERS,
    *ACCOUNT,
    *MEMBERS,
    *WORDS,
    *CONSOLE,
    *BILLING,
    *ADMIN,
)
