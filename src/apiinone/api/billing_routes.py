"""The routes of buying: packs, orders, vouchers; and where payments call back."""

from typing import Final

from apiinone.api.orders import (
    OrderBody,
    OrderPage,
    OrdersQuery,
    ShopPage,
    VoucherBody,
    create_order,
    list_orders,
    list_packs,
    redeem_voucher,
    show_order,
)
from apiinone.api.payment_callback import BODY_BYTES_MAX, Noted, hear_payment
from apiinone.api.queries import NoQuery
from apiinone.api.route import ByKey, ByPaymentSignature, ForeignBody, Json, Listed, NoBody, PathId, Route, TypedBody
from apiinone.core.errors import (
    Conflict,
    IdempotencyMismatch,
    NotFound,
    ProviderFailed,
    ProviderNotConfigured,
)

OWN_ORDER: Final = (PathId("order_id", "own_order"),)
BILLING_ROUTES: Final[tuple[Route, ...]] = (
    Route(
        method="GET",
        path="/api/v1/billing/packs",
        name="list_packs",
        about="What credits cost here, and how they can be paid.",
        authority=ByKey("billing.read", list_packs),
        ids=(),
        query=NoQuery,
        headers=(),
        body=NoBody(),
        answers=Json((ShopPage,)),
        refusals=(),
    ),
    Route(
        method="POST",
        path="/api/v1/billing/orders",
        name="create_order",
        about="Order credits: the answer says where they are paid. They come once the payment is confirmed.",
        authority=ByKey("billing.write", create_order),
        ids=(),
        query=NoQuery,
        headers=("Idempotency-Key",),
        body=TypedBody(OrderBody),
        answers=Json((OrderPage,)),
        refusals=(Conflict, IdempotencyMismatch, NotFound, ProviderFailed, ProviderNotConfigured),
    ),
    Route(
        method="GET",
        path="/api/v1/billing/orders",
        name="list_orders",
        about="The account's orders, newest first.",
        authority=ByKey("billing.read", list_orders),
        ids=(),
        query=OrdersQuery,
        headers=(),
        body=NoBody(),
        answers=Listed(OrderPage),
        refusals=(),
    ),
    Route(
        method="GET",
        path="/api/v1/billing/orders/{order_id}",
        name="show_order",
        about="An order as it stands.",
        authority=ByKey("billing.read", show_order),
        ids=OWN_ORDER,
        query=NoQuery,
        headers=(),
        body=NoBody(),
        answers=Json((OrderPage,)),
        refusals=(),
    ),
    Route(
        method="POST",
        path="/api/v1/billing/vouchers/redeem",
        name="redeem_voucher",
        about="Credit a voucher's code to the account.",
        authority=ByKey("billing.write", redeem_voucher),
        ids=(),
        query=NoQuery,
        headers=(),
        body=TypedBody(VoucherBody),
        answers=Json((OrderPage,)),
        refusals=(NotFound,),
    ),
    Route(
        method="POST",
        path="/api/v1/payments/{method}/callback",
        name="hear_payment",
        about="Where a method of payment calls back; without its secret there is no such route.",
        authority=ByPaymentSignature(hear_payment),
        ids=(PathId("method", "payment_method"),),
        query=NoQuery,
        headers=(),
        body=ForeignBody(BODY_BYTES_MAX),
        answers=Json((Noted,)),
        refusals=(),
    ),
)
