"""What further routes ask of the song that they work on, beyond the schema of their fields."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from apiinone.accounts.callers import Caller
from apiinone.api.context import Context
from apiinone.api.task_ids import read_take_id, written, written_take
from apiinone.api.task_references import made_with, own_made
from apiinone.catalog.common_fields import HTTPS_URL
from apiinone.catalog.entry import Choice, Entry
from apiinone.catalog.load import Catalogue
from apiinone.catalog.schema import Parsed
from apiinone.core.errors import BadRequest, NotFound
from apiinone.tasks.task_view import TaskView

INDEX: Final = "extend_audio_index"
AUDIO: Final = "audio_id"
_URL: Final = re.compile(HTTPS_URL)


async def refuse_unfit(context: Context, caller: Caller, parsed: Parsed, works_on: Mapping[str, TaskView]) -> None:
    """Raise BadRequest for a song of another model or a take that it does not have, NotFound for others' takes."""
    for field, view in works_on.items():
        _refuse_foreign_model(context.catalogue, parsed.choice.entry, view, field)
        _refuse_missing_take(parsed.fields.get(INDEX), view, INDEX)
    audio = parsed.fields.get(AUDIO)
    if isinstance(audio, str) and works_on:
        _refuse_other_take(audio, works_on.values())
    elif isinstance(audio, str) and not _URL.fullmatch(audio):
        await _refuse_foreign_take(context, caller, parsed.choice.entry, audio)


def version_of(catalogue: Catalogue, entry: Entry, works_on: Mapping[str, TaskView]) -> Choice:
    """The version that made the song, where there is one; else the model's default."""
    for view in works_on.values():
        choice = made_with(catalogue, view)
        if choice is not None and choice.entry is entry:
            return choice
    return Choice(entry, entry.default_sub_model)


def _refuse_foreign_model(catalogue: Catalogue, entry: Entry, view: TaskView, field: str) -> None:
    choice = made_with(catalogue, view)
    if choice is None or choice.entry.id != entry.id:
        raise BadRequest(f"The task that '{field}' names is no song of {entry.title}.", param=f"/{field}")


def _refuse_missing_take(index: object, view: TaskView, field: str) -> None:
    if isinstance(index, int) and index not in {output.output_no for output in view.outputs}:
        raise BadRequest(f"The song has {len(view.outputs)} take(s), counted from 0.", param=f"/{field}")


def _refuse_other_take(audio: str, songs: Iterable[TaskView]) -> None:
    takes = {
        written_take(written(song.node, song.id, song.suffix), output.output_no)
        for song in songs
        for output in song.outputs
    }
    if audio not in takes:
        raise NotFound(f"'{AUDIO}' names no take of this song.", param=f"/{AUDIO}")


async def _refuse_foreign_take(context: Context, caller: Caller, entry: Entry, audio: str) -> None:
    take = read_take_id(audio)
    if take is None:
        sentence = f"'{AUDIO}' must be an https URL, or the id of a take of a song of yours."
        raise BadRequest(sentence, param=f"/{AUDIO}")
    view = await own_made(context, caller, take.task_id, AUDIO, "audio")
    _refuse_foreign_model(context.catalogue, entry, view, AUDIO)
    if take.output_no not in {output.output_no for output in view.outputs}:
        raise NotFound("The song has no such take.", param=f"/{AUDIO}")
