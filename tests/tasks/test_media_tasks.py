"""Tasks of every modality from submit to stored files, on both databases, with the built-in engines at work."""

import base64
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apiinone.accounts.callers import Caller
from apiinone.db import Sql
from apiinone.tasks.task_view import TaskView, read_task
from assets.pictures import picture, png_header, png_of
from catalog.catalogue_for_tests import chosen, parsed
from catalog.pairwise import file_makers
from databases import sqlite_url
from whole_app import Running, working

PHOTO = "data:image/png;base64," + base64.b64encode(picture("PNG", (120, 90))).decode()
BROKEN = "data:image/png;base64," + base64.b64encode(png_of(png_header(9, 9), b"")).decode()
_MESSAGE = Sql("SELECT error_message FROM tasks WHERE id = $1")


@pytest.fixture
async def running(database_url: str, tmp_path: Path) -> AsyncIterator[Running]:
    async with working(database_url, tmp_path, drawing=True) as running:
        yield running


async def _task(running: Running, caller: Caller, name: str, fields: Mapping[str, Any], units: int = 1) -> str:
    choice = chosen(name)
    body = {"model": choice.sub_model.id, **parsed(name, **fields).fields}
    return await running.submit(
        running.workshop.submission(
            caller,
            endpoint=choice.entry.endpoint_name,
            model=choice.entry.id,
            sub_model=choice.sub_model.id,
            node=choice.entry.node,
            suffix=choice.entry.task_suffix,
            units=units,
            request_json=msgspec.json.encode(body).decode(),
        )
    )


async def _view(running: Running, caller: Caller, task_id: str) -> TaskView:
    view = await read_task(running.database, (caller.account_id, caller.mode), task_id)
    assert view is not None
    return view


@pytest.mark.slow
async def test_every_models_example_ends_in_success_as_it_stands(sqlite_path: Path, tmp_path: Path) -> None:
    """As with a test key on an installation that reaches no other server."""
    async with working(sqlite_url(sqlite_path), tmp_path, drawing=True) as running:
        caller = await running.workshop.tenant(mode="test")
        ids: dict[str, str] = {}
        for entry in file_makers():
            example = {name: value for name, value in entry.example.items() if name != "model"}
            ids[entry.id] = await _task(running, caller, str(entry.example["model"]), example)
        seen = await running.ended(*ids.values(), within_s=200)
        ended = {model: task.state for model, task in zip(ids, seen, strict=True)}
        assert ended == dict.fromkeys(ids, "succeeded")


@pytest.mark.slow
async def test_tasks_of_every_modality_end_with_stored_files(running: Running) -> None:
    caller = await running.workshop.tenant(mode="test")
    wanted: dict[str, tuple[dict[str, Any], str, tuple[int | None, int | None], int | None]] = {
        "seedance-1-5-pro": ({"resolution": "480p", "duration": "4"}, "video/mp4", (854, 480), 4000),
        "grok-imagine/image-to-video": ({"image_urls": [PHOTO]}, "video/mp4", (640, 480), 6000),
        "minimax-music": ({"bitrate": 64_000, "sample_rate": 16_000}, "audio/mpeg", (None, None), 24_000),
        "elevenlabs-v3": ({"dialogue": [{"text": "Hello there."}]}, "audio/mpeg", (None, None), 1130),
        "bg-remover": ({"image": PHOTO}, "image/png", (120, 90), None),
        "image-upscale": ({"image": PHOTO}, "image/png", (480, 360), None),
        "vectorize": ({"image": PHOTO}, "image/svg+xml", (120, 90), None),
        "face-swap": ({"image": PHOTO, "face_image": PHOTO, "output_format": "webp"}, "image/webp", (120, 90), None),
        "recraft-v4": ({}, "image/png", (1024, 1024), None),
    }
    ids = {name: await _task(running, caller, name, fields) for name, (fields, *_) in wanted.items()}
    await running.ended(*ids.values(), within_s=100)
    for name, (_, content_type, sides, duration_ms) in wanted.items():
        view = await _view(running, caller, ids[name])
        assert (name, view.state, len(view.outputs)) == (name, "succeeded", 1)
        (output,) = view.outputs
        assert (output.content_type, (output.width, output.height)) == (content_type, sides)
        assert output.duration_ms == (None if duration_ms is None else pytest.approx(duration_ms, abs=100))
    await running.workshop.assert_sound()


@pytest.mark.slow
async def test_a_song_comes_in_two_takes(running: Running) -> None:
    caller = await running.workshop.tenant(mode="test")
    task_id = await _task(running, caller, "suno", {"prompt": "a calm lullaby"}, units=2)
    await running.ended(task_id, within_s=60)
    view = await _view(running, caller, task_id)
    assert [output.content_type for output in view.outputs] == ["audio/mpeg"] * 2
    assert view.outputs[0].sha256 != view.outputs[1].sha256


@pytest.mark.parametrize(
    ("image", "words"), [(BROKEN, "decoded|whole"), ("https://127.0.0.1/a.png", "may not be asked")]
)
async def test_an_input_that_cannot_be_used_ends_the_task_without_charge_and_names_the_field(
    running: Running, image: str, words: str
) -> None:
    caller = await running.workshop.tenant(mode="test")
    before = await running.workshop.balance(caller)
    task_id = await _task(running, caller, "bg-remover", {"image": image})
    (seen,) = await running.ended(task_id)
    assert (seen.state, seen.error_type, seen.captured) == ("failed", "bad_request", 0)
    (message,) = await running.workshop.row(_MESSAGE, task_id)
    assert message.startswith("'image' ")
    assert any(word in message for word in words.split("|"))
    assert await running.workshop.balance(caller) == before
