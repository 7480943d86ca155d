"""GET /tasks/{task_id}/events: a task's events as they happen (server-sent events, WHATWG HTML 9.2).

A stream is one small object: pieces are put into it by whoever looks at tasks, and written to the socket by a task that
lives only while there is something to write. The request itself only waits for the client to go away.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from msgspec import Struct

from apiinone.accounts.callers import Caller
from apiinone.api.answer import Answer, Pushed, encode
from apiinone.api.call import Call
from apiinone.api.context import Context
from apiinone.api.house import House
from apiinone.api.look_at_task import own_task
from apiinone.api.task_page import TaskPage, task_page
from apiinone.core.clock import iso
from apiinone.core.errors import BadRequest
from apiinone.ledger.ledger import Owner
from apiinone.tasks.lifecycle import stage_of
from apiinone.tasks.milestones import MilestoneType, Progress, milestones
from apiinone.tasks.task_view import read_task

LAST_EVENT_ID: Final = b"last-event-id"
DIGITS_MAX: Final = 9
WAITING_MAX: Final = 16
"""Pieces that a client has not taken yet; one that is further behind is sent away and may resume."""
EVENT_STREAM: Final = b"text/event-stream; charset=utf-8"
HEADERS: Final = ((b"x-accel-buffering", b"no"),)
NOTHING_LEFT: Final = 204
"""A client that has had the last event is told not to come again: this status stops an EventSource."""
_BEAT: Final = b": \n\n"
_HELLO: Final = b"retry: 2000\n\n"


class EventPage(Struct, frozen=True):
    """The `data` of an event: what happened, when, and the task as it stands when this is sent."""

    type: MilestoneType
    timestamp: str
    data: TaskPage


class StagePage(Struct, frozen=True):
    """The `data` of a notice without a number: the task's stage now."""

    type: str
    timestamp: str
    stage: str


async def stream_events(house: House, call: Call, caller: Caller) -> Answer | Pushed:
    """The task's events after `Last-Event-ID`, and those to come until its end."""
    last = _last_number(call)
    view = await own_task(house, call, caller)
    happened = len(milestones(Progress(view.id, view.state, view.created_us, view.started_us, view.finished_us)))
    if last > happened:
        raise BadRequest("Last-Event-ID is the number of an event that has not happened.", param="Last-Event-ID")
    if view.final and last == happened:
        return Answer(NOTHING_LEFT, b"")
    stream = EventStream(house.context, caller, view.id, last)
    house.context.watchers.enter(stream)
    return Pushed(200, stream, HEADERS, EVENT_STREAM)


class EventStream:
    """One client's stream of one task's events."""

    __slots__ = ("_context", "_last", "_owner", "_stage", "_waiting", "_write", "_writing", "key_id", "seen", "task_id")

    def __init__(self, context: Context, caller: Caller, task_id: str, last: int) -> None:
        """Take whose it is and the number of the last event that the client has."""
        self._context = context
        self._owner: Owner = caller.owner
        self._last = last
        self._stage = ""
        self._waiting: list[bytes | None] = [_HELLO]
        self._write: Callable[[bytes | None], Awaitable[None]] | None = None
        self._writing: asyncio.Task[None] | None = None
        self.key_id = caller.key_id
        self.task_id = task_id
        self.seen: Progress | None = None

    def begin(self, write: Callable[[bytes | None], Awaitable[None]]) -> None:
        """Write what is waiting, and whatever comes; None is the end."""
        self._write = write
        self._go_on()

    def close(self) -> None:
        """The client is gone, or has had everything."""
        self._context.watchers.leave(self)
        if self._writing is not None:
            self._writing.cancel()

    async def tell(self, progress: Progress) -> None:
        """Send what has happened since."""
        new = [milestone for milestone in milestones(progress) if milestone.number > self._last]
        stage = stage_of(progress.state)
        if new:
            context, now_us = self._context, self._context.clock.now_us()
            view = await read_task(context.database, self._owner, self.task_id)
            if view is None:
                self.end()
                return
            page = task_page(view, context.links, now_us)
            for milestone in new:
                event = EventPage(milestone.type, iso(milestone.at_us), page)
                self._push(b"id: %d\nevent: %b\ndata: %b\n\n" % (milestone.number, event.type.encode(), encode(event)))
                self._last = milestone.number
        elif stage != self._stage and not progress.final:
            notice = StagePage("task.stage", iso(self._context.clock.now_us()), stage)
            self._push(b"event: task.stage\ndata: %b\n\n" % encode(notice))
        self._stage = stage
        if progress.final:
            self.end()

    def beat(self) -> None:
        """A comment, so that nobody on the way takes the connection for dead; not where others still wait."""
        if self._writing is None:
            self._push(_BEAT)

    def end(self) -> None:
        """Send what is waiting, and close."""
        self._context.watchers.leave(self)
        self._waiting.append(None)
        self._go_on()

    def _push(self, piece: bytes) -> None:
        if len(self._waiting) >= WAITING_MAX:
            self.end()
            return
        self._waiting.append(piece)
        self._go_on()

    def _go_on(self) -> None:
        if self._write is not None and self._writing is None and self._waiting:
            self._writing = asyncio.create_task(self._write_all(self._write))

    async def _write_all(self, write: Callable[[bytes | None], Awaitable[None]]) -> None:
        try:
            while self._waiting:
                pieces, self._waiting = self._waiting, []
                whole = b"".join([piece for piece in pieces if piece is not None])
                if whole:
                    await write(whole)
                if None in pieces:
                    await write(None)
                    return
        finally:
            self._writing = None


def _last_number(call: Call) -> int:
    """The number of the last event that the client has had; 0: none. Raises BadRequest."""
    text = call.headers.get(LAST_EVENT_ID, b"0")
    if not text.isdigit() or len(text) > DIGITS_MAX:
        raise BadRequest("Last-Event-ID is not the number of an event.", param="Last-Event-ID")
    return int(text)
