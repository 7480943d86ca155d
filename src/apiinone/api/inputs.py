"""Files in the body itself, judged before anything is priced: what is no input is refused, and its field named."""

import asyncio
from collections.abc import Mapping, Sequence

from apiinone.assets.inputs import is_data_url, judge_data_url, refusal_sentence
from apiinone.assets.media import Unacceptable
from apiinone.catalog.entry import Entry
from apiinone.catalog.media_inputs import MediaInput, media_inputs
from apiinone.core.errors import BadRequest

THREAD_CHARACTERS = 64 * 1024
"""From here on, the files are judged beside the event loop, which they would hold up."""


async def judge_inputs(entry: Entry, fields: Mapping[str, object]) -> None:
    """Refuse `data:` URLs that are not what their fields take. Raises BadRequest with the field's JSON pointer.

    Files behind https URLs are fetched and judged when the task is worked on.
    """
    here = [one for one in media_inputs(entry.media, fields) if is_data_url(one.url)]
    if sum(len(one.url) for one in here) < THREAD_CHARACTERS:
        _judge(here)
    else:
        await asyncio.to_thread(_judge, here)


def _judge(inputs: Sequence[MediaInput]) -> None:
    for one in inputs:
        try:
            judge_data_url(one.url, one.of)
        except Unacceptable as refused:
            raise BadRequest(refusal_sentence(one.pointer, one.of, refused), param=one.pointer) from None
