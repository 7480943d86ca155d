"""Black Forest Labs (FLUX): an order is answered with an address to ask, and with its cost.

Facts: the vendor's API description (its copy of May 2026), its pages on errors and on making images, its own skill
files of February 2026, and litellm 1.109.1 where it talks to this vendor; what none of them says is marked unconfirmed.

No call is asked for, though the vendor makes them: its answer to an order with a `webhook_url` names no `polling_url`
(API description), and nothing says that the general address knows the jobs of every region. A call would also be signed
only with a secret that stands in the order, and an adapter knows none.
"""

from collections.abc import Mapping, Sequence
from typing import Final, cast
from urllib.parse import quote

from msgspec import Raw, Struct

from apiinone.core.exchange import InHeader, Request, Response
from apiinone.providers.pixel_sides import pixel_sides
from apiinone.providers.provider import Accepted, Finished, Order, PollReply, Rejected, Running, SubmitReply, Unclear
from apiinone.providers.reading import decoded, fault_in, linked, made_nothing, refusal, rejected
from apiinone.providers.transports import Polled

BASE_URL: Final = "https://api.bfl.ai/v1"
SUBMIT_TIMEOUT_S: Final = 60.0
POLL_INTERVAL_S: Final = 1.5
"""litellm's."""
MICRO_USD_PER_CREDIT: Final = 10_000
"""A credit of the vendor is one US cent (skill files)."""
CREDITS_MAX: Final = 10**6
SIDES: Final[Mapping[str, int]] = {"1K": 1024, "2K": 2048}
"""The side of a square of each class: one megapixel, and the four that are the most (skill files)."""


class BlackForestLabs(Polled):
    """The adapter. Pure: it describes requests and reads answers."""

    name = "bfl"
    auth = InHeader("x-key")
    credential_names: tuple[str, ...] = ("BFL_API_KEY",)
    extra_hosts = ("*.bfl.ai",)
    """The address to ask may be on another host than the one that took the order."""
    submit_per_s_max = 5.0
    """Our choice: the vendor limits tasks in flight, not orders a second."""
    concurrent_max = 24
    """Tasks in flight (skill files)."""
    poll_interval_s = POLL_INTERVAL_S
    poll_path = "/get_result?id={id}"

    def __init__(self, base_url: str = BASE_URL) -> None:
        """Take where the API stands. Raises ValueError for what is no URL."""
        super().__init__(base_url)

    def submit(self, order: Order) -> Request:
        """``POST /{model}``: ratio and class as pixels, the list of pictures as one field each."""
        return Request(
            method="POST",
            url=f"{self._url}/{quote(order.upstream_model, safe='.-_')}",
            auth=self.auth,
            json=_body(order.fields),
            timeout_s=SUBMIT_TIMEOUT_S,
        )

    def read_submit(self, response: Response) -> SubmitReply:
        """The job, the address to ask and what it costs; or a refusal, by status and words; or `Unclear`."""
        if response.status // 100 != 2:  # noqa: PLR2004 - any success
            return refusal(response)
        task = decoded(response.body, _Task)
        reference = self.reference(task.id, decoded(task.polling_url, str)) if task else None
        if task is None or reference is None:
            return Unclear("an answer without an id")
        return Accepted(reference, POLL_INTERVAL_S, _cost_micro_usd(task.cost))

    def read_state(self, response: Response) -> PollReply:
        """The job's state. A word that we do not know counts as still at work; our own deadline ends the wait.

        `Task not found` says that the id is unknown there, or too old; since a job that we hold an id of was accepted,
        that is no end. Whether a moderated job is charged is unconfirmed.
        """
        told = decoded(response.body, _State)
        if told is None:
            return Unclear("unreadable answer")
        match told.status:
            case "Ready":
                return _result(told)
            case "Request Moderated" | "Content Moderated":
                return rejected("content_policy")
            case "Error":
                return made_nothing(fault_in(bytes(told.details) + bytes(told.result)))
            case "Task not found":
                return Unclear("the vendor does not find the job")
            case _:
                return Running(POLL_INTERVAL_S)


_NULL: Final = Raw(b"null")


class _Task(Struct):
    """What must be right is typed; the rest is read apart, so that a strange value there does not cost the id."""

    id: str = ""
    polling_url: Raw = _NULL
    cost: Raw = _NULL


class _State(Struct):
    status: str
    result: Raw = _NULL
    details: Raw = _NULL


class _Sample(Struct):
    sample: str


def _body(fields: Mapping[str, object]) -> dict[str, object]:
    """What is not ours to convert goes as it is."""
    body = dict(fields)
    ratio, side = str(body.get("aspect_ratio", "")), SIDES.get(str(body.get("resolution", "")))
    sides = None if side is None else pixel_sides(ratio, side)
    if sides is not None:
        del body["aspect_ratio"], body["resolution"]
        body["width"], body["height"] = sides
    pictures = body.pop("input_images", None) or ()
    for number, picture in enumerate(cast("Sequence[object]", pictures), start=1):
        body["input_image" if number == 1 else f"input_image_{number}"] = picture
    return body


def _cost_micro_usd(cost: Raw) -> int | None:
    cents = decoded(cost, float)
    return round(cents * MICRO_USD_PER_CREDIT) if cents is not None and 0 <= cents <= CREDITS_MAX else None


def _result(told: _State) -> Finished | Rejected | Unclear:
    result = decoded(told.result, _Sample)
    output = linked(result.sample) if result else None
    return Unclear("done, without a readable output") if output is None else Finished((output,))
