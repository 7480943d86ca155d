"""MiniMax: a Hailuo clip is a task whose file is looked up when it is done; a song comes with the answer.

Facts: the published description of the v1 API (video, files), clients of `music_generation`, and the vendor's page of
error codes. Most refusals come with HTTP 200 and `base_resp.status_code`.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from msgspec import Raw, Struct

from apiinone.core.exchange import Request, Response
from apiinone.providers.provider import (
    Accepted,
    Fault,
    Finished,
    Inline,
    Order,
    Output,
    PollReply,
    Reference,
    Running,
    SubmitReply,
    Unclear,
)
from apiinone.providers.reading import decoded, is_upstream_id, linked, made_nothing, refusal, rejected, retry_after_s
from apiinone.providers.transports import TURNED_AWAY_POLL_S, Polled

BASE_URL: Final = "https://api.minimax.io/v1"
"""The international site; China is api.minimaxi.com, with keys of its own."""
CLIP_TIMEOUT_S: Final = 60.0
SONG_TIMEOUT_S: Final = 600.0
"""The answer comes when the song is made, which may take minutes."""
SONG_BYTES_MAX: Final = 64 * 1024 * 1024
"""Hexadecimal, where the operator's offer asks for that: a song of five minutes and 256 kbit/s is 20 MB."""
POLL_INTERVAL_S: Final = 10.0
"""What the vendor's examples wait."""
OK: Final = 200
SERVER_ERROR: Final = 500
DONE: Final = 2
"""A song's `data.status` when it is whole; 1 is a part of a stream."""

CODES: Final[Mapping[int, Fault]] = {
    1002: "throttled",
    1004: "bad_credential",
    1008: "no_balance",
    1026: "content_policy",
    1027: "content_policy",
    1039: "throttled",
    1041: "throttled",
    1042: "bad_request",
    2013: "bad_request",
    2049: "bad_credential",
}
"""What `base_resp.status_code` means (error codes; 2049 is what clients saw). Not here are the vendor's own troubles
(1000, 1001, 1024, 1033), which leave it open what became of the order."""


class MiniMax(Polled):
    """The adapter. Pure: it describes requests and reads answers."""

    name = "minimax"
    credential_names: tuple[str, ...] = ("MINIMAX_API_KEY",)
    submit_per_s_max = 0.08
    """Five clips a minute, as a client's notes say (unconfirmed)."""
    concurrent_max = 10
    """Our choice."""
    poll_interval_s = POLL_INTERVAL_S
    poll_path = "/query/video_generation?task_id={id}"

    def __init__(self, base_url: str = BASE_URL) -> None:
        """Take where the API stands. Raises ValueError for what is no URL."""
        super().__init__(base_url)

    def submit(self, order: Order) -> Request:
        """``POST /music_generation`` for models that make songs, else ``POST /video_generation``.

        Callbacks are not asked for: the vendor has no signature for them, and wants a challenge answered first.
        """
        is_song = order.upstream_model.startswith("music")
        return Request(
            method="POST",
            url=f"{self._url}/{'music_generation' if is_song else 'video_generation'}",
            auth="bearer",
            json={**order.fields, "model": order.upstream_model},
            timeout_s=SONG_TIMEOUT_S if is_song else CLIP_TIMEOUT_S,
            body_bytes_max=SONG_BYTES_MAX,
        )

    def read_submit(self, response: Response) -> SubmitReply:
        """A task's id, or the song, or a refusal by the vendor's code; else `Unclear`."""
        answer = decoded(response.body, _Answer)
        if answer is None:
            return Unclear("unreadable answer") if response.status == OK else refusal(response)
        reference = self.reference(_text(answer.task_id))
        if reference is not None:
            return Accepted(reference, POLL_INTERVAL_S)
        song = _song(answer) if response.status == OK else None
        if song is not None:
            return Finished((song,))
        fault = CODES.get(answer.code())
        if fault is not None and response.status < SERVER_ERROR:
            return rejected(fault, retry_after_s(response.headers))
        return refusal(response) if response.status != OK else Unclear("an answer without a result")

    def read_state(self, response: Response) -> PollReply:
        """The task's state, or the file that it made; done, the task only names its file, which is asked for next.

        A word that we do not know counts as still at work; our own deadline ends the wait.
        """
        answer = decoded(response.body, _Answer)
        if answer is None:
            return Unclear("unreadable answer")
        if (file := decoded(answer.file, _File)) is not None:
            output = linked(_text(file.download_url))
            return Unclear("a file without a readable address") if output is None else Finished((output,))
        code = answer.code()
        match _text(answer.status).lower():
            case "success":
                return self._done(answer)
            case "fail":
                return made_nothing(CODES.get(code))
            case "" if CODES.get(code) == "throttled":
                return Running(TURNED_AWAY_POLL_S)
            case "":
                return Unclear("an answer without a state")
            case _:
                return Running(POLL_INTERVAL_S)

    def _done(self, answer: "_Answer") -> Running | Unclear:
        """Where the file is asked for, from now on."""
        file_id, task_id = _text(answer.file_id), _text(answer.task_id)
        if not is_upstream_id(file_id):
            return Unclear("done, without a file")
        address = f"{self._url}/files/retrieve?file_id={quote(file_id, safe='')}"
        return Running(0.0, Reference(task_id if is_upstream_id(task_id) else file_id, address))


_NULL: Final = Raw(b"null")


class _Said(Struct):
    status_code: int = 0


class _Music(Struct):
    audio: str = ""
    status: int = DONE


class _File(Struct):
    download_url: Raw = _NULL


class _Answer(Struct):
    """Each part is read apart, so that a strange value in one does not cost the others."""

    task_id: Raw = _NULL
    status: Raw = _NULL
    file_id: Raw = _NULL
    file: Raw = _NULL
    data: Raw = _NULL
    base_resp: Raw = _NULL

    def code(self) -> int:
        """The vendor's code; 0: all is well, or nothing was said."""
        return (decoded(self.base_resp, _Said) or _Said()).status_code


def _text(value: Raw) -> str:
    """A text, or the digits of a number: ids come as both."""
    found = decoded(value, str | int)  # pyright: ignore[reportArgumentType]  # a union is a type to msgspec
    return "" if found is None else str(found)


def _song(answer: _Answer) -> Output | None:
    music = decoded(answer.data, _Music)
    if music is None or not music.audio or music.status != DONE or answer.code():
        return None
    if _HEXADECIMAL.fullmatch(music.audio):
        return Inline(bytes.fromhex(music.audio))
    return linked(music.audio)


_HEXADECIMAL: Final = re.compile(r"([0-9a-fA-F]{2})+")
