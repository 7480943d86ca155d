"""All commands, in one table: whoever gives them, and over whatever wire, these are the ones there are."""

from apiinone.control.account_commands import OpenAccount, Suspend
from apiinone.control.adjustment_commands import AdjustCredits, DecideAdjustment
from apiinone.control.budget_commands import SetBudgets
from apiinone.control.credential_commands import AddCredential, ResealCredentials, RevokeCredential
from apiinone.control.key_commands import MakeKey, RevokeKey, RotateKey
from apiinone.control.money_commands import GrantCredits, SettleTask
from apiinone.control.operator_commands import EndOperator, MakeOperator
from apiinone.control.payment_commands import (
    ConfirmPayment,
    ConfirmRefund,
    MakeVouchers,
    RefundOrder,
    ResolveSuspense,
    RevokeVoucher,
)
from apiinone.control.price_commands import SetListPrices
from apiinone.control.switch_commands import SetAccountPrice, SetText, SwitchHouse, SwitchModel, SwitchOffer

AnyCommand = (
    OpenAccount
    | Suspend
    | MakeKey
    | RotateKey
    | RevokeKey
    | GrantCredits
    | SettleTask
    | AddCredential
    | RevokeCredential
    | ResealCredentials
    | ConfirmPayment
    | RefundOrder
    | ConfirmRefund
    | MakeVouchers
    | RevokeVoucher
    | ResolveSuspense
    | MakeOperator
    | EndOperator
    | SetBudgets
    | AdjustCredits
    | DecideAdjustment
    | SwitchModel
    | SwitchOffer
    | SwitchHouse
    | SetText
    | SetAccountPrice
    | SetListPrices
)
