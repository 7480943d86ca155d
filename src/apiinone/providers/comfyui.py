"""ComfyUI on a machine of the operator's own: a graph of nodes is queued, its history is asked for, files are opened.

Facts: Comfy-Org/docs "comms_routes". Unconfirmed: the fields of `status` in every version.

What is drawn is a graph that the operator exports ("API format") and puts, as one text, into the constant `workflow`
of an offer. A text in it that is `{{name}}` and nothing else stands for the order's field of this name. Besides those
there are `{{outputs}}`, `{{width}}` and `{{height}}` of a field `size`, and `{{seed}}`, which where no field gives it
follows from the attempt: a graph that was just drawn is not drawn anew. A file stands as base64, for nodes that load
such.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Final, cast
from urllib.parse import urlencode

from msgspec import Raw, Struct

from apiinone.core.exchange import Auth, Request, Response
from apiinone.providers.provider import (
    Accepted,
    Canceled,
    Finished,
    Linked,
    Order,
    PollReply,
    Reference,
    Running,
    SubmitReply,
    Unclear,
)
from apiinone.providers.reading import decoded, refusal_where_free, rejected
from apiinone.providers.transports import Polled

BASE_URL: Final = ""
"""No host: it stands where the operator says."""
SUBMIT_TIMEOUT_S: Final = 60.0
POLL_INTERVAL_S: Final = 1.0
WORKFLOW: Final = "workflow"


class ComfyUI(Polled):
    """The adapter. Pure: it describes requests and reads answers."""

    name = "comfyui"
    credential_names: tuple[str, ...] = ("COMFYUI_API_KEY",)
    """For a proxy in front of it: the server itself asks for none."""
    credential_optional = True
    auth: Auth = "bearer_if_any"
    submit_per_s_max = 10.0
    """Our choice: the server queues what it is sent."""
    concurrent_max = 4
    """Our choice; orders are answered at once."""
    poll_interval_s = POLL_INTERVAL_S
    poll_path = "/history/{id}"

    def __init__(self, base_url: str) -> None:
        """Take where the server stands. Raises ValueError for what is no URL."""
        super().__init__(base_url)

    def submit(self, order: Order) -> Request:
        """``POST /prompt`` with the offer's graph, filled in. What is no graph is sent empty, and refused there."""
        values = _values(order)
        graph = decoded(str(order.fields.get(WORKFLOW, "")).encode(errors="replace"), dict[str, object]) or {}
        return Request(
            method="POST",
            url=f"{self._url}/prompt",
            auth=self.auth,
            json={"prompt": _filled(graph, values), "client_id": order.attempt_id},
            timeout_s=SUBMIT_TIMEOUT_S,
        )

    def read_submit(self, response: Response) -> SubmitReply:
        """An id means that the graph is queued. A refused graph is the operator's matter, not the client's."""
        if response.status == 400:  # noqa: PLR2004 - the status itself
            return rejected("provider_error")
        if response.status != 200:  # noqa: PLR2004 - the status itself
            return refusal_where_free(response)
        queued = decoded(response.body, _Queued)
        reference = self.reference(queued.prompt_id) if queued else None
        return Unclear("an answer without an id") if reference is None else Accepted(reference, POLL_INTERVAL_S)

    def read_state(self, response: Response) -> PollReply:
        """An empty history means that it is not done yet."""
        history = decoded(response.body, dict[str, _Entry])
        if history is None:
            return Unclear("unreadable answer")
        if not history:
            return Running(POLL_INTERVAL_S)
        (entry, *_) = history.values()
        if entry.status.status_str == "error":
            return Canceled() if _interrupted(entry) else rejected("provider_error")
        if not entry.status.completed:
            return Running(POLL_INTERVAL_S)
        found = [file for node in entry.outputs.values() for file in _files(node) if file.type == "output"]
        outputs = tuple(Linked(self._view(file), authorized=True, auth=self.auth) for file in found)
        return Finished(outputs) if outputs else rejected("provider_error")

    def cancel(self, reference: Reference) -> Request | None:
        """Takes it out of the queue; what is being drawn is finished, since an interruption names no job."""
        body = {"delete": [reference.upstream_id]}
        return Request(method="POST", url=f"{self._url}/queue", auth=self.auth, json=body)

    def _view(self, file: "_File") -> str:
        named = {"filename": file.filename, "subfolder": file.subfolder, "type": file.type}
        return f"{self._url}/view?{urlencode(named)}"


class _Queued(Struct):
    prompt_id: str = ""


class _Status(Struct):
    status_str: str = ""
    completed: bool = False
    messages: Raw = Raw(b"null")


class _File(Struct):
    filename: str
    subfolder: str = ""
    type: str = ""


class _Entry(Struct):
    status: _Status
    outputs: dict[str, dict[str, Raw]] = {}


def _files(node: Mapping[str, Raw]) -> list[_File]:
    """All files that a node names, under whatever name: images, gifs, audio. Other lists are passed over."""
    lists = (decoded(value, tuple[_File, ...]) for value in node.values())
    return [file for files in lists if files is not None for file in files]


def _interrupted(entry: _Entry) -> bool:
    messages = decoded(entry.status.messages, tuple[tuple[str, Raw], ...]) or ()
    return any(kind == "execution_interrupted" for kind, _ in messages)


def _values(order: Order) -> dict[str, object]:
    """What can stand in a graph, by name."""
    seed = int.from_bytes(hashlib.sha256(order.attempt_id.encode()).digest()[:4])
    size = _SIZE.fullmatch(str(order.fields.get("size", "")))
    sides: dict[str, object] = {"width": int(size[1]), "height": int(size[2])} if size else {}
    files = {name: base64.b64encode(several[0].data).decode() for name, several in order.files.items() if several}
    return {"seed": seed, "outputs": order.outputs, **sides, **order.fields, **files}


def _filled(part: object, values: Mapping[str, object]) -> object:
    """The graph with the values in their places; a name that nothing stands for stays as it is."""
    match part:
        case str() if (named := _PLACE.fullmatch(part)) is not None:
            return values.get(named[1], part)
        case dict():
            inner = cast("Mapping[str, object]", part)
            return {key: _filled(value, values) for key, value in inner.items()}
        case list():
            return [_filled(value, values) for value in cast("list[object]", part)]
        case _:
            return part


_PLACE: Final = re.compile(r"\{\{([A-Za-z][A-Za-z0-9_]{0,63})\}\}")
_SIZE: Final = re.compile(r"([1-9][0-9]{1,4})[x*]([1-9][0-9]{1,4})")
