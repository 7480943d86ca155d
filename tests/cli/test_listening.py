import socket
from pathlib import Path

import pytest

from apiinone.app import open_app
from apiinone.cli.internal import answering_inside
from apiinone.cli.listening import listen
from apiinone.core.errors import Conflict
from apiinone.settings import Settings
from databases import sqlite_url
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
