"""No state, fault, reason or type of error is without words for those who read a page."""

from typing import Final, get_args

import pytest

from apiinone.accounts.adjustment_rows import State as AdjustmentState
from apiinone.accounts.keys import Mode
from apiinone.control.provider_health import GOOD, REVOKED
from apiinone.core.errors import TASK_ERROR_STATUS, BadRequest, refusals
from apiinone.ledger.buckets import Kind as EntryKind
from apiinone.ledger.budgets import Period
from apiinone.payments.back_rows import DisputeState, RefundState
from apiinone.payments.lifecycle import OrderState
from apiinone.payments.method import Reason
from apiinone.payments.suspense import Resolution
from apiinone.providers.provider import Fault
from apiinone.tasks.breaker import Trouble
from apiinone.tasks.lifecycle import AttemptState, TaskState
from apiinone.web.admin.account_admin import STATES
from apiinone.web.code_names import KINDS, REFUSALS, code_name, refusal_told
from apiinone.webhooks.schedule import DeliveryState

CODES: Final = {
    "task": get_args(TaskState),
    "attempt": get_args(AttemptState),
    "fault": get_args(Fault),
    "credential": (GOOD, REVOKED, *get_args(Trouble)),
    "delivery": get_args(DeliveryState),
    "order": get_args(OrderState),
    "refund": get_args(RefundState),
    "dispute": get_args(DisputeState),
    "suspense": get_args(Reason),
    "resolution": get_args(Resolution),
    "adjustment": get_args(AdjustmentState),
    "account": STATES,
    "entry": get_args(EntryKind),
    "method": ("stripe", "voucher", "manual"),
    "mode": get_args(Mode),
    "period": get_args(Period),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_code_has_words_and_no_words_are_of_no_code(kind: str) -> None:
    assert KINDS[kind].keys() == set(CODES[kind])


def test_every_type_of_error_has_words() -> None:
    assert REFUSALS.keys() == {refusal.type for refusal in refusals()} | TASK_ERROR_STATUS.keys()


def test_a_code_that_is_newer_than_this_process_is_shown_as_it_is() -> None:
    assert code_name("paused", "task", str.upper) == "paused"
    assert code_name("queued", "task", str.upper) == "QUEUED"


def test_a_refusal_is_told_by_its_kind_in_other_languages_and_by_its_own_sentence_in_each() -> None:
    refusal = BadRequest("There is no such voucher.")
    assert refusal_told(refusal, "en", str.upper) == "There is no such voucher."
    assert refusal_told(refusal, "es", str.upper) == "THE REQUEST IS NOT AS IT MUST BE. There is no such voucher."
