"""Every page about money beside the balance, and who may open it: `people/roles.py` says who pays and who reads."""

from typing import Final

from apiinone.people.roles import MONEY_READERS, PAYERS
from apiinone.web.billing.buy_pages import do_buy, do_redeem
from apiinone.web.billing.document_pages import export_orders, keep_document, show_document, show_documents
from apiinone.web.billing.order_pages import go_and_pay, show_order, show_orders
from apiinone.web.billing.plan_pages import (
    do_end_top_up,
    do_forget_card,
    do_set_alerts,
    do_set_budgets,
    do_set_top_up,
    show_plan,
)
from apiinone.web.page_route import Member, PageId, PageRoute

_ORDER: Final = (PageId("order_id", "own_order"),)
_DOCUMENT: Final = (PageId("document_id", "own_document"),)

BILLING: Final[tuple[PageRoute, ...]] = (
    PageRoute(method="POST", path="/billing/buy", name="buy", authority=Member(PAYERS, do_buy), ids=()),
    PageRoute(method="POST", path="/billing/redeem", name="redeem", authority=Member(PAYERS, do_redeem), ids=()),
    PageRoute(
        method="GET", path="/billing/orders", name="orders", authority=Member(MONEY_READERS, show_orders), ids=()
    ),
    PageRoute(
        method="GET",
        path="/billing/orders/export.csv",
        name="export_orders",
        authority=Member(MONEY_READERS, export_orders),
        ids=(),
    ),
    PageRoute(
        method="GET",
        path="/billing/orders/{order_id}",
        name="order",
        authority=Member(MONEY_READERS, show_order),
        ids=_ORDER,
    ),
    PageRoute(
        method="GET",
        path="/billing/orders/{order_id}/pay",
        name="go_and_pay",
        authority=Member(PAYERS, go_and_pay),
        ids=_ORDER,
    ),
    PageRoute(
        method="GET",
        path="/billing/documents",
        name="documents",
        authority=Member(MONEY_READERS, show_documents),
        ids=(),
    ),
    PageRoute(
        method="GET",
        path="/billing/documents/{document_id}",
        name="document",
        authority=Member(MONEY_READERS, show_document),
        ids=_DOCUMENT,
    ),
    PageRoute(
        method="GET",
        path="/billing/documents/{document_id}/pdf",
        name="document_pdf",
        authority=Member(MONEY_READERS, keep_document),
        ids=_DOCUMENT,
    ),
    PageRoute(method="GET", path="/billing/plan", name="plan", authority=Member(MONEY_READERS, show_plan), ids=()),
    PageRoute(
        method="POST", path="/billing/plan/top-up", name="set_top_up", authority=Member(PAYERS, do_set_top_up), ids=()
    ),
    PageRoute(
        method="POST",
        path="/billing/plan/top-up/end",
        name="end_top_up",
        authority=Member(PAYERS, do_end_top_up),
        ids=(),
    ),
    PageRoute(
        method="POST", path="/billing/plan/alerts", name="set_alerts", authority=Member(PAYERS, do_set_alerts), ids=()
    ),
    PageRoute(
        method="POST",
        path="/billing/plan/budgets",
        name="set_budgets",
        authority=Member(PAYERS, do_set_budgets),
        ids=(),
    ),
    PageRoute(
        method="POST", path="/billing/plan/card", name="forget_card", authority=Member(PAYERS, do_forget_card), ids=()
    ),
)
