"""Every page that knows its visitor, in one table: what is not in it does not exist, and each says who may open it."""

from typing import Final

from apiinone.people.roles import ADMINS, EVERYBODY
from apiinone.web.account_pages import do_go_to_account, do_set_mode, show_account
from apiinone.web.admin.admin_routes import ADMIN
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
from apiinone.web.page_route import Member, PageId, PageRoute, Public, SignedIn
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
    PageRoute(method="GET", path="/sign-in", name="show_sign_in", authority=Public(show_sign_in), ids=()),
    PageRoute(method="POST", path="/sign-in", name="sign_in", authority=Public(do_sign_in), ids=()),
    PageRoute(method="GET", path="/sign-in/code", name="show_code", authority=Public(show_code), ids=()),
    PageRoute(method="POST", path="/sign-in/code", name="enter_code", authority=Public(do_code), ids=()),
    PageRoute(method="GET", path="/confirm-identity", name="show_identity", authority=SignedIn(show_identity), ids=()),
    PageRoute(method="POST", path="/confirm-identity", name="step_up", authority=SignedIn(do_identity), ids=()),
    PageRoute(method="POST", path="/sign-out", name="sign_out", authority=SignedIn(do_sign_out), ids=()),
    PageRoute(
        method="POST",
        path="/sign-out/everywhere",
        name="sign_out_everywhere",
        authority=SignedIn(do_sign_out_everywhere),
        ids=(),
    ),
    PageRoute(method="GET", path="/sign-up", name="show_sign_up", authority=Public(show_sign_up), ids=()),
    PageRoute(method="POST", path="/sign-up", name="sign_up", authority=Public(do_sign_up), ids=()),
    PageRoute(method="GET", path="/confirm", name="show_confirm", authority=Public(show_confirm), ids=()),
    PageRoute(method="POST", path="/confirm", name="confirm", authority=Public(do_confirm), ids=()),
    PageRoute(method="GET", path="/forgotten", name="show_forgotten", authority=Public(show_forgotten), ids=()),
    PageRoute(method="POST", path="/forgotten", name="ask_for_reset", authority=Public(do_forgotten), ids=()),
    PageRoute(
        method="GET", path="/new-password", name="show_new_password", authority=Public(show_new_password), ids=()
    ),
    PageRoute(method="POST", path="/new-password", name="set_password", authority=Public(do_new_password), ids=()),
)
OUTSIDE: Final = (
    PageRoute(method="GET", path="/sign-in/with", name="go_outside", authority=Public(go_outside), ids=()),
    PageRoute(method="GET", path="/sign-in/with/back", name="come_back", authority=Public(come_back), ids=()),
    PageRoute(
        method="GET",
        path="/account/security/identity",
        name="go_outside_to_add",
        authority=SignedIn(go_outside_to_add),
        ids=(),
    ),
    PageRoute(
        method="POST",
        path="/account/security/identity/end",
        name="drop_identities",
        authority=SignedIn(do_drop_identities),
        ids=(),
    ),
)
LETTERS: Final = (
    PageRoute(
        method="GET", path="/change-address", name="show_change_address", authority=Public(show_change_address), ids=()
    ),
    PageRoute(
        method="POST", path="/change-address", name="change_address", authority=Public(do_change_address), ids=()
    ),
    PageRoute(method="GET", path="/invitation", name="show_invitation", authority=Public(show_invitation), ids=()),
    PageRoute(method="POST", path="/invitation", name="sign_up_invited", authority=Public(do_sign_up_invited), ids=()),
    PageRoute(
        method="POST", path="/invitation/accept", name="accept_invitation", authority=SignedIn(do_accept), ids=()
    ),
)
MEMBERS: Final = (
    PageRoute(
        method="GET", path="/account/members", name="show_members", authority=Member(EVERYBODY, show_members), ids=()
    ),
    PageRoute(
        method="POST", path="/account/members/invite", name="invite", authority=Member(ADMINS, do_invite), ids=()
    ),
    PageRoute(
        method="POST",
        path="/account/members/withdraw",
        name="withdraw_invitation",
        authority=Member(ADMINS, do_withdraw),
        ids=(),
    ),
    PageRoute(
        method="POST",
        path="/account/members/leave",
        name="leave_account",
        authority=Member(EVERYBODY, do_leave_account),
        ids=(),
    ),
    PageRoute(
        method="POST",
        path="/account/members/{person_id}/role",
        name="change_role",
        authority=Member(ADMINS, do_change_role),
        ids=(PageId("person_id", "own_member"),),
    ),
    PageRoute(
        method="POST",
        path="/account/members/{person_id}/budgets",
        name="set_member_budgets",
        authority=Member(ADMINS, do_set_member_budgets),
        ids=(PageId("person_id", "own_member"),),
    ),
    PageRoute(
        method="POST",
        path="/account/members/{person_id}/remove",
        name="remove_member",
        authority=Member(ADMINS, do_remove),
        ids=(PageId("person_id", "own_member"),),
    ),
    PageRoute(
        method="POST", path="/account/name", name="rename_account", authority=Member(ADMINS, do_rename_account), ids=()
    ),
)
ACCOUNT: Final = (
    PageRoute(method="GET", path="/account/profile", name="show_profile", authority=SignedIn(show_profile), ids=()),
    PageRoute(method="POST", path="/account/profile", name="set_profile", authority=SignedIn(do_profile), ids=()),
    PageRoute(
        method="POST",
        path="/account/profile/address",
        name="ask_for_new_address",
        authority=SignedIn(do_ask_for_new_address),
        ids=(),
    ),
    PageRoute(method="GET", path="/account/leave", name="show_leave", authority=SignedIn(show_leave), ids=()),
    PageRoute(method="POST", path="/account/leave", name="leave", authority=SignedIn(do_leave), ids=()),
    PageRoute(
        method="GET", path="/account/export", name="download_export", authority=SignedIn(download_export), ids=()
    ),
    PageRoute(method="GET", path="/account", name="show_account", authority=SignedIn(show_account), ids=()),
    PageRoute(method="POST", path="/account/go-to", name="go_to_account", authority=SignedIn(do_go_to_account), ids=()),
    PageRoute(method="GET", path="/account/security", name="show_security", authority=SignedIn(show_security), ids=()),
    PageRoute(
        method="POST",
        path="/account/security/password",
        name="change_password",
        authority=SignedIn(do_change_password),
        ids=(),
    ),
    PageRoute(
        method="POST", path="/account/security/codes", name="begin_codes", authority=SignedIn(do_begin_codes), ids=()
    ),
    PageRoute(
        method="POST",
        path="/account/security/codes/confirm",
        name="confirm_codes",
        authority=SignedIn(do_confirm_codes),
        ids=(),
    ),
    PageRoute(
        method="POST", path="/account/security/codes/end", name="end_codes", authority=SignedIn(do_end_codes), ids=()
    ),
    PageRoute(
        method="POST",
        path="/account/security/recovery",
        name="remake_recovery_codes",
        authority=SignedIn(do_new_recovery_codes),
        ids=(),
    ),
    PageRoute(
        method="POST",
        path="/account/security/sessions/end",
        name="end_session",
        authority=SignedIn(do_end_session),
        ids=(),
    ),
    PageRoute(method="POST", path="/account/mode", name="set_mode", authority=SignedIn(do_set_mode), ids=()),
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
