import asyncio
import socket
import time
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from aiohttp import ClientSession
from starlette.types import Receive, Scope, Send

from apiinone.app import open_app
from apiinone.cli import listening
from apiinone.cli.internal import answering_inside
from apiinone.cli.listening import LeavesSignals, answering, listen
from apiinone.core.errors import Conflict
from apiinone.settings import Settings
from databases import sqlite_url
from scripted_worker import until
from serving import HOST


def test_small_parts_of_an_answer_leave_at_once_whatever_the_event_loop() -> None:
    with listen(HOST, 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_an_internal_address_that_is_taken_is_told_in_words(sqlite_path: Path, tmp_path: Path) -> None:
    with listen(HOST, 0) as taken:
        port = taken.getsockname()[1]
        settings = Settings(
            database_url=sqlite_url(sqlite_path), data_dir=str(tmp_path), internal_listen=f"{HOST}:{port}"
        )
        async with open_app(settings, {}) as app:
            with pytest.raises(Conflict, match=f"port {port} is taken; choose another one with APIINONE_INTERNAL_L"):
                async with answering_inside(app):
                    raise AssertionError("it answers")


async def nothing(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def test_a_server_that_nobody_asks_is_not_woken_to_see_whether_it_is_to_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    woken: list[int] = []
    tick = LeavesSignals.on_tick

    async def noted(server: LeavesSignals, counter: int) -> bool:
        woken.append(counter)
        return await tick(server, counter)

    monkeypatch.setattr(LeavesSignals, "on_tick", noted)
    monkeypatch.setattr(listening, "DATE_EVERY_S", 3600.0)
    with listen(HOST, 0) as listener:
        async with answering(nothing, listener):
            await asyncio.sleep(0.3)
    assert len(woken) == 2  # when it began and when it was told to stop


async def test_the_date_of_responses_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "DATE_EVERY_S", 0.01)
    began_s, later_s = time.time(), [0.0]
    monkeypatch.setattr(time, "time", lambda: began_s + later_s[0])
    with listen(HOST, 0) as listener:
        async with answering(nothing, listener), ClientSession() as session:

            async def date_s() -> float:
                async with session.get(f"http://{HOST}:{listener.getsockname()[1]}/") as answer:
                    return parsedate_to_datetime(answer.headers["Date"]).timestamp()

            first_s = await date_s()
            later_s[0] = 3600.0

            async def an_hour_later() -> bool:
                return await date_s() == first_s + 3600

            await until(an_hour_later)
