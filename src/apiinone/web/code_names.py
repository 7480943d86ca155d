"""What states, faults and reasons are called on pages: one table for each kind of code.

The API says the codes themselves in every language. `tests/web/test_code_names.py` sees that no code is without a name.
"""

from collections.abc import Callable, Mapping
from typing import Final

from apiinone.accounts.adjustment_rows import State as AdjustmentState
from apiinone.accounts.keys import Mode
from apiinone.core.errors import Refusal
from apiinone.ledger.buckets import Kind as EntryKind
from apiinone.ledger.budgets import Period
from apiinone.payments.back_rows import DisputeState, RefundState
from apiinone.payments.lifecycle import OrderState
from apiinone.payments.method import Reason
from apiinone.payments.suspense import Resolution
from apiinone.providers.provider import Fault
from apiinone.tasks.lifecycle import AttemptState, TaskState
from apiinone.web.languages import ENGLISH, marked
from apiinone.webhooks.schedule import DeliveryState

TASK_STATES: Final[Mapping[TaskState, str]] = {
    "queued": marked("queued"),
    "submitting": marked("being sent"),
    "running": marked("at work"),
    "storing": marked("being stored"),
    "unknown": marked("outcome unknown"),
    "succeeded": marked("Succeeded"),
    "failed": marked("Failed"),
    "canceled": marked("Cancelled"),
}
ATTEMPT_STATES: Final[Mapping[AttemptState, str]] = {
    "planned": marked("about to be sent"),
    "sending": marked("being sent"),
    "accepted": marked("at work"),
    "unknown": marked("no answer yet; being looked after"),
    "finished": marked("done"),
    "rejected": marked("refused"),
    "canceled": marked("cancelled"),
    "dropped": marked("given up"),
}
FAULTS: Final[Mapping[Fault, str]] = {
    "content_policy": marked("against the rules on content"),
    "bad_request": marked("the request cannot be carried out"),
    "throttled": marked("asked too often"),
    "no_balance": marked("no balance at the provider"),
    "bad_credential": marked("the provider refuses the key"),
    "provider_error": marked("trouble at the provider"),
    "output_unavailable": marked("the result cannot be fetched"),
}
CREDENTIAL_STATES: Final[Mapping[str, str]] = {
    "good": marked("good"),
    "revoked": marked("revoked"),
    "throttled": marked("asked too often"),
    "no_balance": marked("no balance at the provider"),
    "bad_key": marked("the provider refuses the key"),
    "errors": marked("errors in a row"),
}
"""Good, revoked, or its trouble."""
DELIVERY_STATES: Final[Mapping[DeliveryState, str]] = {
    "waiting": marked("Waiting"),
    "delivered": marked("Delivered"),
    "gone": marked("Receiver gone"),
    "failed": marked("Not delivered"),
    "dropped": marked("Dropped"),
}
ORDER_STATES: Final[Mapping[OrderState, str]] = {
    "created": marked("Waiting for payment"),
    "paid": marked("Paid"),
    "expired": marked("Expired"),
    "failed": marked("Not paid"),
    "disputed": marked("Disputed"),
    "refunded": marked("Refunded"),
    "charged_back": marked("Charged back"),
}
REFUND_STATES: Final[Mapping[RefundState, str]] = {
    "asked": marked("Asked for"),
    "sent": marked("Under way"),
    "succeeded": marked("Sent back"),
    "failed": marked("Failed"),
}
DISPUTE_STATES: Final[Mapping[DisputeState, str]] = {
    "open": marked("Open"),
    "won": marked("Decided for us"),
    "lost": marked("Decided for the bank"),
}
SUSPENSE_REASONS: Final[Mapping[Reason, str]] = {
    "unknown_order": marked("It names no order of ours."),
    "other_method": marked("Its order was opened for another method."),
    "other_account": marked("It names another account than its order."),
    "other_amount": marked("Another amount was paid than was asked."),
    "other_currency": marked("Another currency was paid than was asked."),
    "other_livemode": marked("Play money for an order of real money, or the reverse."),
    "other_payment": marked("Its order was paid by another payment already."),
    "unreadable": marked("It was signed as it must be and cannot be understood."),
    "unconfirmed": marked("The vendor could not be asked about it for days."),
    "reversed_loss": marked("A refund or a lost dispute was undone after its credits were taken back."),
}
RESOLUTIONS: Final[Mapping[Resolution, str]] = {
    "credited": marked("credits were given"),
    "returned": marked("sent back"),
    "dismissed": marked("nothing was to be done"),
}
ADJUSTMENT_STATES: Final[Mapping[AdjustmentState, str]] = {
    "waiting": marked("waits"),
    "done": marked("done"),
    "refused": marked("refused"),
}
ACCOUNT_STATES: Final[Mapping[str, str]] = {"active": marked("active"), "suspended": marked("suspended")}
ENTRY_KINDS: Final[Mapping[EntryKind, str]] = {
    "grant": marked("Granted"),
    "hold": marked("Held for a task"),
    "capture": marked("Charged"),
    "release": marked("Given back"),
    "expire": marked("Expired"),
    "freeze": marked("Frozen for a refund or dispute"),
    "thaw": marked("Free again"),
    "return": marked("Gone back with its money"),
    "owe": marked("Owed: it was spent before its money went back"),
    "repay": marked("Repaid a debt"),
}
METHODS: Final[Mapping[str, str]] = {
    "stripe": marked("Card or wallet"),
    "manual": marked("Bank transfer"),
    "voucher": marked("Voucher"),
}
MODES: Final[Mapping[Mode, str]] = {"live": marked("Live"), "test": marked("Test")}
PERIODS: Final[Mapping[Period, str]] = {
    "day": marked("each day"),
    "month": marked("each month"),
    "total": marked("in all"),
}
REFUSALS: Final[Mapping[str, str]] = {
    "bad_request": marked("The request is not as it must be."),
    "authentication_error": marked("The key is missing or is not good."),
    "insufficient_credits": marked("There are not enough credits for it."),
    "price_above_max": marked("It costs more than the most that was named."),
    "budget_exceeded": marked("A budget does not cover it."),
    "permission_denied": marked("The key, or the role in this account, does not cover it."),
    "not_found": marked("It is not there."),
    "method_not_allowed": marked("This address takes no such request."),
    "conflict": marked("It does not fit how things stand now."),
    "idempotency_in_progress": marked("The same request is being worked on already."),
    "payload_too_large": marked("It is too large."),
    "unsupported_media_type": marked("It is of a kind that is not taken here."),
    "range_not_satisfiable": marked("The file has no such part."),
    "idempotency_mismatch": marked("Another request was sent under the same name before."),
    "rate_limit_error": marked("That was too much at once. Wait a moment."),
    "server_error": marked("Something went wrong on our side."),
    "provider_error": marked("The provider could not do it."),
    "provider_not_configured": marked("No provider of this model is set up here."),
    "overloaded": marked("The server is busy. Try again shortly."),
    "database_unavailable": marked("The database does not answer. Try again shortly."),
    "content_policy": marked("It is against the rules on content."),
    "provider_timeout": marked("The provider did not finish in time."),
    "output_unavailable": marked("The result could not be fetched from the provider."),
}
"""What a page says of a type of error before the API's own sentence, which is English."""
KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "task": {**TASK_STATES},
    "attempt": {**ATTEMPT_STATES},
    "fault": {**FAULTS},
    "credential": {**CREDENTIAL_STATES},
    "delivery": {**DELIVERY_STATES},
    "order": {**ORDER_STATES},
    "refund": {**REFUND_STATES},
    "dispute": {**DISPUTE_STATES},
    "suspense": {**SUSPENSE_REASONS},
    "resolution": {**RESOLUTIONS},
    "adjustment": {**ADJUSTMENT_STATES},
    "account": {**ACCOUNT_STATES},
    "entry": {**ENTRY_KINDS},
    "method": {**METHODS},
    "mode": {**MODES},
    "period": {**PERIODS},
}
"""By the names that templates call them: `{{ one.state | named('task') }}`."""


def code_name(code: str, kind: str, say: Callable[[str], str]) -> str:
    """What a code of this kind is called; the code itself where a newer process wrote one that is not known here."""
    name = KINDS[kind].get(code)
    return code if name is None else say(name)


def refusal_told(refusal: Refusal, language: str, say: Callable[[str], str]) -> str:
    """Why a form was refused: its own English sentence, in other languages after what kind of refusal it is."""
    kind = REFUSALS.get(refusal.type)
    return refusal.message if kind is None or language == ENGLISH else f"{say(kind)} {refusal.message}"
