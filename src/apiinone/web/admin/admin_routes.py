"""Every page for operators. Whoever is none finds nothing here; who is shows a code first (hazard 46)."""

from collections.abc import Awaitable, Callable
from typing import Final

from apiinone.web.admin.account_admin import (
    do_account_state,
    do_adjust,
    do_decide,
    do_set_price,
    show_account,
    show_accounts,
    show_adjustments,
)
from apiinone.web.admin.model_admin import (
    do_drop_price,
    do_set_prices,
    do_switch_model,
    do_switch_offer,
    show_model,
    show_models,
)
from apiinone.web.admin.order_admin import (
    do_confirm_payment,
    do_confirm_refund,
    do_refund,
    show_order,
    show_orders,
)
from apiinone.web.admin.overview_page import show_overview, show_workers
from apiinone.web.admin.provider_admin import show_providers
from apiinone.web.admin.reports import show_log, show_margins
from apiinone.web.admin.site_admin import do_set_text, do_switch_site, show_site, show_text
from apiinone.web.admin.suspense_admin import do_resolve, show_suspense
from apiinone.web.admin.task_admin import do_settle, show_task, show_tasks
from apiinone.web.admin.viewing import do_view
from apiinone.web.admin.voucher_admin import do_make_vouchers, do_revoke_voucher, show_vouchers
from apiinone.web.forms import BODY_BYTES_MAX
from apiinone.web.page_route import Operator, PageCall, PageReply, PageRoute, Rooms, get, post
from apiinone.web.visitor import SignedInAs

Handle = Callable[[Rooms, PageCall, SignedInAs], Awaitable[PageReply]]
ROOT: Final = "/admin"
TEXT_FORM_BYTES_MAX: Final = 1024 * 1024
"""A text of the site as a form writes it: most characters beyond letters take three bytes, and some nine or more."""
KINDS: Final = {
    "account_id": "account",
    "adjustment_id": "adjustment",
    "model": "model",
    "order_id": "order",
    "refund_id": "refund",
    "suspense_id": "suspense",
    "voucher_id": "voucher",
    "task_id": "task",
    "text": "text",
}
"""What the names in paths mean: of any account, because operators look at all of them."""


def _show(path: str, handle: Handle) -> PageRoute:
    return get(path, Operator(handle), KINDS)


def _do(path: str, handle: Handle) -> PageRoute:
    size = TEXT_FORM_BYTES_MAX if "{text}" in path else BODY_BYTES_MAX
    return post(path, Operator(handle), KINDS, form_bytes_max=size)


ADMIN: Final[tuple[PageRoute, ...]] = (
    _show(ROOT, show_overview),
    _show(f"{ROOT}/accounts", show_accounts),
    _show(f"{ROOT}/accounts/{{account_id}}", show_account),
    _do(f"{ROOT}/accounts/{{account_id}}/state", do_account_state),
    _do(f"{ROOT}/accounts/{{account_id}}/adjust", do_adjust),
    _do(f"{ROOT}/accounts/{{account_id}}/price", do_set_price),
    _do(f"{ROOT}/accounts/{{account_id}}/view", do_view),
    _show(f"{ROOT}/adjustments", show_adjustments),
    _do(f"{ROOT}/adjustments/{{adjustment_id}}", do_decide),
    _show(f"{ROOT}/orders", show_orders),
    _show(f"{ROOT}/orders/{{order_id}}", show_order),
    _do(f"{ROOT}/orders/{{order_id}}/confirm", do_confirm_payment),
    _do(f"{ROOT}/orders/{{order_id}}/refund", do_refund),
    _do(f"{ROOT}/orders/{{order_id}}/refunds/{{refund_id}}", do_confirm_refund),
    _show(f"{ROOT}/suspense", show_suspense),
    _do(f"{ROOT}/suspense/{{suspense_id}}", do_resolve),
    _show(f"{ROOT}/vouchers", show_vouchers),
    _do(f"{ROOT}/vouchers", do_make_vouchers),
    _do(f"{ROOT}/vouchers/{{voucher_id}}/revoke", do_revoke_voucher),
    _show(f"{ROOT}/models", show_models),
    _show(f"{ROOT}/models/{{model}}", show_model),
    _do(f"{ROOT}/models/{{model}}/switch", do_switch_model),
    _do(f"{ROOT}/models/{{model}}/offer", do_switch_offer),
    _do(f"{ROOT}/models/{{model}}/price", do_set_prices),
    _do(f"{ROOT}/unfit-prices", do_drop_price),
    _show(f"{ROOT}/providers", show_providers),
    _show(f"{ROOT}/workers", show_workers),
    _show(f"{ROOT}/tasks", show_tasks),
    _show(f"{ROOT}/tasks/{{task_id}}", show_task),
    _do(f"{ROOT}/tasks/{{task_id}}/settle", do_settle),
    _show(f"{ROOT}/margins", show_margins),
    _show(f"{ROOT}/site", show_site),
    _do(f"{ROOT}/site/switch", do_switch_site),
    _show(f"{ROOT}/texts/{{text}}", show_text),
    _do(f"{ROOT}/texts/{{text}}", do_set_text),
    _show(f"{ROOT}/log", show_log),
)
