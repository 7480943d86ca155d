"""Clients that hang up, or do not read: the answer is heard to its end all the same, and charged once."""

import asyncio
import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from api.served_api import Api, Tenant, served_api, statement
from databases import sqlite_url

STATES = statement("SELECT state, captured_micro FROM tasks")
RECORD = statement("SELECT completion_tokens, estimated, finish_reason FROM chat_records")
ENDED_WITHIN_S = 15.0


def _send(api: Api, tenant: Tenant, text: str, scenario: str, *, streams: bool = True) -> socket.socket:
    """A request on a socket of its own, whose receive buffer is small."""
    body = json.dumps(
        {"model": "gemini", "messages": [{"role": "user", "content": text}], "stream": streams, "max_tokens": 65_536}
    )
    place = urlsplit(api.url)
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    opened.connect((place.hostname, place.port))
    head = (
        f"POST /api/v1/chat/completions HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {tenant.key}\r\n"
        f"Content-Type: application/json\r\nX-Test-Scenario: {scenario}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    opened.sendall(head.encode() + body.encode())
    return opened


async def _ended(api: Api) -> int:
    """What was captured, once the only chat has ended."""
    async with asyncio.timeout(ENDED_WITHIN_S):
        while True:
            rows = await api.rows(STATES)
            if rows and rows[0][0] in ("succeeded", "failed"):
                assert len(rows) == 1
                return int(rows[0][1])
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("streams", [True, False])
async def test_a_client_that_hangs_up_pays_for_the_whole_answer_and_no_more(api: Api, *, streams: bool) -> None:
    tenant = await api.tenant(balance=50)
    client = _send(api, tenant, "Why is the sky blue?", "delay=1.5", streams=streams)
    await asyncio.sleep(0.7)
    client.close()
    captured = await _ended(api)
    ((completion, estimated, reason),) = await api.rows(RECORD)
    assert (estimated, reason) == (0, "stop")
    assert captured == 90 * 5 + 450 * completion
    await api.assert_sound()


async def test_a_client_that_does_not_read_is_cut_off_and_the_answer_is_charged(
    sqlite_path: Path, tmp_path: Path
) -> None:
    async with served_api(sqlite_url(sqlite_path), tmp_path, chat_unread_s_max=0.5) as api:
        tenant = await api.tenant(balance=50)
        client = _send(api, tenant, "Answer in 40000 words.", "delay=0")
        captured = await _ended(api)
        ((completion, estimated, reason),) = await api.rows(RECORD)
        assert (completion > 50_000, estimated, reason) == (True, 0, "stop")
        assert captured == 90 * 6 + 450 * completion
        await asyncio.sleep(1.0)
        assert api.app.calls.chats.underway == 0
        got = await asyncio.to_thread(_read_all, client)
        assert b"[DONE]" not in got
        await api.assert_sound()


def _read_all(client: socket.socket) -> bytes:
    """What still comes; the server has closed the connection."""
    client.settimeout(5)
    pieces: list[bytes] = []
    with client:
        while piece := client.recv(65_536):
            pieces.append(piece)
    return b"".join(pieces)
