"""Alibaba Model Studio (DashScope): a task for each clip, asked about by its id.

Facts: the vendor's Python SDK 2.0.2 (paths, header, shapes of answers), its API reference of Wan 2.1 to 2.6 and its
pages of task management and error codes; ComfyUI's Wan nodes (fields of each model). Pictures are not asked for here:
no model of the catalogue is one of this vendor's.
"""

import re
from typing import Final

from msgspec import Raw, Struct

from apiinone.core.exchange import Request, Response
from apiinone.providers.provider import (
    Accepted,
    Canceled,
    Fault,
    Finished,
    Order,
    PollReply,
    Reference,
    Running,
    SubmitReply,
    Unclear,
)
from apiinone.providers.reading import decoded, linked, made_nothing, refusal, rejected, retry_after_s
from apiinone.providers.transports import POLL_TIMEOUT_S, Polled

BASE_URL: Final = "https://dashscope-intl.aliyuncs.com/api/v1"
"""Singapore. Model, host and key are of one region; the vendor's newer hosts carry the workspace in their name."""
VIDEO_PATH: Final = "/services/aigc/video-generation/video-synthesis"
SUBMIT_TIMEOUT_S: Final = 60.0
POLL_INTERVAL_S: Final = 15.0
"""The step that the vendor's examples wait; an account has 20 questions a second (task management)."""
OK: Final = 200
SERVER_ERROR: Final = 500

CODES: Final[tuple[tuple[Fault, re.Pattern[str]], ...]] = (
    ("content_policy", re.compile("DataInspection|^IPInfringementSuspect|data_inspection_failed")),
    ("no_balance", re.compile("^(Arrearage|CommodityNotPurchased)|BillOverdue|FreeTierOnly")),
    ("throttled", re.compile("^(Throttling|LimitRequests)")),
    ("bad_credential", re.compile("^InvalidApiKey|AccessDenied")),
    ("bad_request", re.compile("^(InvalidParameter|InvalidURL|InvalidFile|BadRequest|UnsupportedOperation)")),
)
"""What the vendor's codes mean, first match first; they come with suffixes (error codes; confirmed are Arrearage and
InvalidParameter, the others are the names that the vendor's SDKs and clients know). Out of money is an HTTP 400."""


class DashScope(Polled):
    """The adapter. Pure: it describes requests and reads answers."""

    name = "dashscope"
    credential_names: tuple[str, ...] = ("DASHSCOPE_API_KEY",)
    submit_per_s_max = 2.0
    """Our choice: the limits depend on model and account and were not read."""
    concurrent_max = 10
    """Our choice, likewise."""
    poll_interval_s = POLL_INTERVAL_S
    poll_path = "/tasks/{id}"

    def __init__(self, base_url: str = BASE_URL) -> None:
        """Take where the API stands. Raises ValueError for what is no URL."""
        super().__init__(base_url)

    def submit(self, order: Order) -> Request:
        """``POST …/video-synthesis``; the fields are its `input` and `parameters`. The header makes it a task."""
        return Request(
            method="POST",
            url=f"{self._url}{VIDEO_PATH}",
            auth="bearer",
            json={**order.fields, "model": order.upstream_model},
            headers={"X-DashScope-Async": "enable"},
            timeout_s=SUBMIT_TIMEOUT_S,
        )

    def read_submit(self, response: Response) -> SubmitReply:
        """A task's id, whatever else the answer says; or a refusal by the vendor's code, be it with HTTP 200.

        A 5xx, and a code with HTTP 200 that we do not know, leave it open whether a task was made.
        """
        answer = decoded(response.body, _Answer)
        reference = self.reference(answer.task().task_id) if answer is not None else None
        if reference is not None:
            return Accepted(reference, POLL_INTERVAL_S)
        fault = _fault(answer.code) if answer is not None else None
        if fault is not None and response.status < SERVER_ERROR:
            return rejected(fault, retry_after_s(response.headers))
        return refusal(response) if response.status != OK else Unclear("an answer without an id")

    def read_state(self, response: Response) -> PollReply:
        """The task's state. A word that we do not know counts as still at work; our own deadline ends the wait.

        `UNKNOWN` is a task that is older than a day or not ours (task management). We ask long before that, so it says
        nothing that could end a paid task.
        """
        answer = decoded(response.body, _Answer)
        task = answer.task() if answer is not None else _Task()
        match (decoded(task.task_status, str) or "").upper():
            case "SUCCEEDED":
                output = linked(decoded(task.video_url, str) or "")
                return Unclear("done, without a readable output") if output is None else Finished((output,))
            case "FAILED":
                return made_nothing(_fault(task.code))
            case "CANCELED" | "CANCELLED":
                return Canceled()
            case "" | "UNKNOWN":
                return Unclear("an answer without a state")
            case _:
                return Running(POLL_INTERVAL_S)

    def cancel(self, reference: Reference) -> Request:
        """``POST /tasks/{id}/cancel``, which the vendor grants only while the task is pending."""
        url = f"{self._address(reference)}/cancel"
        return Request(method="POST", url=url, auth=self.auth, timeout_s=POLL_TIMEOUT_S)


_NULL: Final = Raw(b"null")


class _Task(Struct):
    """What must be right is typed; the rest is read apart, so that a strange value there does not cost the id."""

    task_id: str = ""
    task_status: Raw = _NULL
    video_url: Raw = _NULL
    code: Raw = _NULL


class _Answer(Struct):
    """The charge is not told: `usage` counts seconds, but no answer about a task names its model."""

    output: Raw = _NULL
    code: Raw = _NULL

    def task(self) -> _Task:
        """The task; one without an id where the answer tells of none."""
        return decoded(self.output, _Task) or _Task()


def _fault(code: Raw) -> Fault | None:
    text = decoded(code, str) or ""
    return next((fault for fault, pattern in CODES if pattern.search(text)), None)
