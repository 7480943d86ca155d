"""Bodies that work, for every paid route there is: a route without one here fails the tests that walk the table."""

from collections.abc import Mapping
from typing import Final

from apiinone.catalog.endpoints import CreateRoute
from apiinone.catalog.load import Catalogue

Body = dict[str, object]
SONG: Final = "the id of a finished song"
"""Stands in the bodies below where a song of the caller's is needed."""
FURTHER: Final[Mapping[str, Body]] = {
    "music/extend": {"origin_task_id": SONG, "extend_audio_index": 1},
    "music/cover/generate": {"task_id": SONG},
    "music/timestamped-lyrics": {"task_id": SONG, "audio_id": f"{SONG}-0"},
    "music/upload-cover/generate": {"audio_id": "https://example.com/a.mp3"},
}


def bodies_for(made_by: CreateRoute, catalogue: Catalogue, *, song: str) -> list[Body]:
    """One for each model of an endpoint; one for a further route, working on that song."""
    if not made_by.operation:
        return [dict(entry.example) for entry in catalogue.on(made_by.endpoint_name)]
    further = FURTHER[made_by.operation].items()
    return [{name: value.replace(SONG, song) if isinstance(value, str) else value for name, value in further}]
