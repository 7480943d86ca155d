"""What a task's page tells of what it went through."""

from msgspec.structs import replace

from apiinone.core.credits import Credits, whole
from apiinone.tasks.receipt import AttemptOnReceipt, HoldOnReceipt, Receipt, SettlementOnReceipt, TaskOnReceipt
from apiinone.web.console.task_steps import steps_of
from apiinone.webhooks.outbox import DeliveryOnReceipt

TASK = TaskOnReceipt(
    id="0" * 26,
    mode="live",
    node=78,
    suffix="recraft",
    key_id="1" * 26,
    request_id="req_1",
    endpoint="images",
    operation="",
    model="recraft-v4",
    sub_model="recraft-v4-text-to-image",
    state="failed",
    unit=whole(10),
    units=1,
    price_version="v",
    created_us=1,
    finished_us=5,
    whose_keys="house",
    own_unit=None,
)
ATTEMPT = AttemptOnReceipt(
    attempt_no=1,
    state="rejected",
    provider="recraft",
    upstream_model="recraftv4",
    chosen_because="it is the first",
    upstream_id=None,
    fault="bad_credential",
    message=None,
    created_us=2,
    sent_us=3,
    accepted_us=None,
    ended_us=4,
    late_state=None,
    own_key=0,
    credential_id=None,
)
RECEIPT = Receipt(
    TASK,
    HoldOnReceipt(whole(10), None, 1, ()),
    (ATTEMPT,),
    SettlementOnReceipt("release", Credits(0), whole(10), 5),
    (),
    (),
)


def told(receipt: Receipt) -> list[tuple[str, str]]:
    return [(step.title, step.detail) for step in steps_of(receipt, str)]


def test_a_task_is_told_from_its_acceptance_to_its_money() -> None:
    assert told(RECEIPT) == [
        ("Accepted", "10 credits are held for it."),
        ("Try 1: recraftv4 at recraft", "it is the first"),
        ("Try 1: refused", "trouble at the provider"),
        ("Failed", "0 credits charged, 10 given back."),
    ]


def test_what_the_operators_credentials_were_refused_for_is_no_members_affair() -> None:
    assert not any("refuses the key" in detail for _, detail in told(RECEIPT))
    own = replace(RECEIPT, attempts=(replace(ATTEMPT, own_key=1),))
    assert ("Try 1: refused", "the provider refuses the key") in told(own)


def test_a_task_that_has_not_ended_is_under_way() -> None:
    open_ = replace(RECEIPT, task=replace(TASK, state="running", finished_us=None), settlement=None)
    assert told(open_)[-1] == ("Under way", "This page follows it.")


def test_a_callback_is_told_with_the_answer_or_the_fault_of_its_last_try() -> None:
    waiting = DeliveryOnReceipt("d", "task.succeeded", "waiting", 0, None, None, 6, None)
    delivered = replace(waiting, state="delivered", last_status=200, last_tried_us=7)
    failed = replace(waiting, state="failed", last_fault="timeout", last_tried_us=8)
    receipt = replace(RECEIPT, deliveries=(waiting, delivered, failed))
    assert [detail for _, detail in told(receipt)[-3:]] == ["Waiting", "Delivered: HTTP 200", "Not delivered: timeout"]
