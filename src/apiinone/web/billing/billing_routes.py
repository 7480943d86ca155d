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
from apiinone.web.page_route import Member, PageRoute, get, post

BILLING: Final[tuple[PageRoute, ...]] = (
    post("/billing/buy", Member(PAYERS, do_buy)),
    post("/billing/redeem", Member(PAYERS, do_redeem)),
    get("/billing/orders", Member(MONEY_READERS, show_orders)),
    get("/billing/orders/export.csv", Member(MONEY_READERS, export_orders)),
    get("/billing/orders/{order_id}", Member(MONEY_READERS, show_order)),
    get("/billing/orders/{order_id}/pay", Member(PAYERS, go_and_pay)),
    get("/billing/documents", Member(MONEY_READERS, show_documents)),
    get("/billing/documents/{document_id}", Member(MONEY_READERS, show_document)),
    get("/billing/documents/{document_id}/pdf", Member(MONEY_READERS, keep_document)),
    get("/billing/plan", Member(MONEY_READERS, show_plan)),
    post("/billing/plan/top-up", Member(PAYERS, do_set_top_up)),
    post("/billing/plan/top-up/end", Member(PAYERS, do_end_top_up)),
    post("/billing/plan/alerts", Member(PAYERS, do_set_alerts)),
    post("/billing/plan/budgets", Member(PAYERS, do_set_budgets)),
    post("/billing/plan/card", Member(PAYERS, do_forget_card)),
)
