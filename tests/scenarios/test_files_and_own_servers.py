"""Inputs whose bytes travel with the order, outputs that only our key opens, and servers of the operator's own."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest

from apiinone.core.exchange import File, Request
from apiinone.core.secret import Secret
from apiinone.outbound.encoding import encoded
from apiinone.providers.google import Google
from apiinone.providers.openai import OpenAI
from apiinone.simulators.options import SIMULATED_KEY
from apiinone.tasks.read_inputs import InputReader
from databases import sqlite_url
from providers.catalogue_orders import ordered
from providers.own_offers import OWN_OFFERS, WORKFLOW_OFFERS
from scenarios.live import CREDITS, live
from whole_app import PNG

DATA_URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
FILE = File(PNG, "image/png")


def body_hash(request: Request) -> str:
    """Of the bytes on the wire."""
    return hashlib.sha256(encoded(request, Secret(SIMULATED_KEY), 0)[0]).hexdigest()


async def test_pictures_to_edit_arrive_at_openai_byte_for_byte(sqlite_path: Path, tmp_path: Path) -> None:
    fields = {"prompt": "a hill", "input_urls": [DATA_URL, DATA_URL]}
    expected = OpenAI("http://127.0.0.1:9/v1").submit(ordered("openai", "gpt-image-2", fields, files=(FILE, FILE)))
    async with live(sqlite_url(sqlite_path), tmp_path, "openai") as running:
        task_id = await running.create({"model": "gpt-image-2", **fields})
        await running.delivered(task_id)
        seen = await running.seen("openai")
        (attempt,) = await running.attempts(task_id)
        assert await running.balance() == (CREDITS - 10, 0)
    assert seen.submits_by_body == {body_hash(expected): 1}
    assert (attempt.ended, attempt.cost) == (("openai", "finished"), seen.charged_micro_usd)


async def test_pictures_given_arrive_at_google_inside_the_content(sqlite_path: Path, tmp_path: Path) -> None:
    name, fields = "gemini-3.1-flash-image", {"prompt": "a hill", "input_urls": [DATA_URL]}
    expected = Google("http://127.0.0.1:9/v1beta").submit(ordered("google", name, fields, files=(FILE,)))
    async with live(sqlite_url(sqlite_path), tmp_path, "google") as running:
        await running.delivered(await running.create({"model": name, **fields}))
        seen = await running.seen("google")
    assert seen.submits_by_body == {body_hash(expected): 1}


async def test_files_are_read_once_however_long_a_task_waits_for_its_turn(
    sqlite_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    files = InputReader.files

    async def counted(reader: InputReader, *given: Any) -> tuple[File, ...]:
        read.append(given)
        return await files(reader, *given)

    monkeypatch.setattr(InputReader, "files", counted)
    slow = {"openai": 2.0}
    async with live(sqlite_url(sqlite_path), tmp_path, "openai", provider_submits_per_s_max=slow) as running:
        body = {"model": "gpt-image-2", "prompt": "a hill", "input_urls": [DATA_URL]}
        tasks = [await running.create(body) for _ in range(4)]
        for task_id in tasks:
            await running.delivered(task_id)
    assert len(read) == len(tasks)


async def test_an_input_that_is_no_picture_reaches_no_vendor(sqlite_path: Path, tmp_path: Path) -> None:
    broken = f"data:image/png;base64,{base64.b64encode(PNG[:20]).decode()}"
    async with live(sqlite_url(sqlite_path), tmp_path, "openai") as running:
        refused = await running.api.create(
            running.tenant.key, {"model": "gpt-image-2", "prompt": "a hill", "input_urls": [broken]}
        )
        if refused.status < 400:
            assert (await running.failed(refused.data["id"]))[1] in {400, 422}
        assert (await running.seen("openai")).submits == 0
        assert await running.balance() == (CREDITS, 0)


async def test_a_task_is_made_by_the_operators_own_server(sqlite_path: Path, tmp_path: Path) -> None:
    overlay = _overlay(tmp_path, OWN_OFFERS)
    async with live(sqlite_url(sqlite_path), tmp_path, "openai-compatible", catalogue_overlay=overlay) as running:
        task_id = await running.create({"model": "flux-2", "prompt": "a hill"})
        await running.delivered(task_id)
        assert (await running.attempts(task_id))[0].ended == ("openai-compatible", "finished")
        flex = {"model": "flux-2", "prompt": "a hill", "type": "flex"}
        refused = await running.api.create(running.tenant.key, flex)
        assert refused.refused[:2] == (503, "provider_not_configured")


async def test_a_graph_is_drawn_by_the_operators_comfyui_and_its_file_is_opened(
    sqlite_path: Path, tmp_path: Path
) -> None:
    overlay = _overlay(tmp_path, WORKFLOW_OFFERS)
    async with live(sqlite_url(sqlite_path), tmp_path, "comfyui", catalogue_overlay=overlay) as running:
        got = await running.delivered(await running.create({"model": "flux-2", "prompt": "a hill"}))
        seen = await running.seen("comfyui")
    assert got.headers["Content-Type"] == "image/png"
    assert (seen.submits, seen.outputs) == (1, 1)


def _overlay(folder: Path, offers: str) -> str:
    (folder / "overlay" / "offers").mkdir(parents=True)
    (folder / "overlay" / "offers" / "own.yaml").write_text(offers)
    return str(folder / "overlay")
