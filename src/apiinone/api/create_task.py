"""Every create route: a task, held and durable, or a refusal and nothing held."""

from typing import Final, assert_never

from apiinone.accounts.callers import Caller
from apiinone.api.answer import Answer, Header, success
from apiinone.api.call import Call
from apiinone.api.creation import read_creation, submission_of
from apiinone.api.house import House
from apiinone.api.look_at_task import wait_for_task
from apiinone.api.request_headers import preference_applied, preferred_wait_s
from apiinone.api.task_ids import written
from apiinone.api.task_page import POLL_FIRST_S, NewTask, retry_after, task_page
from apiinone.catalog.endpoints import CreateRoute
from apiinone.core.clock import iso
from apiinone.core.credits import shown
from apiinone.core.errors import NotFound, Refusal
from apiinone.tasks.submission import Submission
from apiinone.tasks.submit import Created, Replayed
from apiinone.tasks.worker import HINT

_REPLAYED: Final[Header] = (b"idempotent-replayed", b"true")
_FIRST_LOOK: Final[Header] = (b"retry-after", b"%d" % POLL_FIRST_S)


async def create_task(house: House, call: Call, caller: Caller, made_by: CreateRoute) -> Answer:
    """Accept the task, and wait for its end where the client prefers that."""
    wait_s = preferred_wait_s(call)
    creation = await read_creation(house.context, call, caller, made_by)
    submission = submission_of(house.context, call, caller, creation)
    outcome = await house.context.submit(submission)
    match outcome:
        case Created(task_id=task_id, created_us=created_us):
            house.hints.soon(HINT)
            if wait_s:
                return await _as_it_stands(house, call, caller, task_id)
            return success(_new_task(submission, created_us), (_FIRST_LOOK,))
        case Replayed(task_id):
            return await _as_it_stands(house, call, caller, task_id, headers=(_REPLAYED,))
        case Refusal():
            raise outcome
        case _:
            assert_never(outcome)


async def _as_it_stands(
    house: House, call: Call, caller: Caller, task_id: str, headers: tuple[Header, ...] = ()
) -> Answer:
    """The whole task, freshly read, after waiting for its end if asked to."""
    wait_s = preferred_wait_s(call)
    view = await wait_for_task(house, call, caller, task_id, wait_s)
    if view is None:
        raise NotFound("The task that this Idempotency-Key made is no longer kept.", param="Idempotency-Key")
    page = task_page(view, house.context.links, house.context.clock.now_us(), with_credits=True)
    return success(page, (*headers, *preference_applied(wait_s), *retry_after(page)))


def _new_task(submission: Submission, created_us: int) -> NewTask:
    return NewTask(
        task_id=written(submission.node, submission.task_id, submission.suffix),
        status="IN_PROGRESS",
        model=submission.sub_model,
        mode=submission.caller.mode,
        credits=shown(submission.total),
        poll_after_s=POLL_FIRST_S,
        created_at=iso(created_us),
    )
