"""The local provider at work: what a request asks for becomes briefs, and a child process makes the files.

The catalogue says what a right answer looks like (`rendering`); here that becomes a brief for the engine that makes it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final, assert_never, cast

from msgspec import Struct

from apiinone.assets.ingest import Fetcher
from apiinone.catalog.entry import Choice
from apiinone.catalog.rendering import (
    CHARACTER_S,
    LINE_S,
    Clip,
    Edited,
    Picture,
    Track,
    edited_sides,
    fitted,
    rendering,
    spoken_lines,
)
from apiinone.providers.local.brief import TARGET, Brief, Drawing
from apiinone.providers.local.media_briefs import (
    FACE_SWAP_TARGET,
    FILM_TARGET,
    REMOVE_BG_TARGET,
    SONG_TARGET,
    SPEECH_TARGET,
    UPSCALE_TARGET,
    VECTORIZE_TARGET,
    EditBrief,
    FilmBrief,
    Line,
    Made,
    PixelFormat,
    Result,
    SongBrief,
    Sound,
    SpeechBrief,
    SwapBrief,
    Undecodable,
)
from apiinone.providers.provider import Inline
from apiinone.sandbox import Sandbox, SandboxFailed
from apiinone.tasks.maker import CannotMake, UnusableInput
from apiinone.tasks.read_inputs import InputReader

MAKE_TIMEOUT_S: Final = 30.0
SEED_FIELD: Final = "seed"
SONG_FIELDS: Final = ("prompt", "gpt_description_prompt", "style", "title")
"""Fields whose words say how a song is to be, in the order in which they count."""
PICTURE_FIELDS: Final = ("prompt",)
COVER_FIELD: Final = "task_id"
"""What a cover is drawn for where no words are given: each song has its own."""
FACE_FIELD: Final = "face_image"
PLACE_FIELD: Final = "target_index"
FACE_SWAP: Final = "face-swap"
EDIT_TARGETS: Final[Mapping[str, str]] = {
    "remove-bg": REMOVE_BG_TARGET,
    "upscale": UPSCALE_TARGET,
    "vectorize": VECTORIZE_TARGET,
}
"""The engine of each tool that works on one picture, by its endpoint."""
COULD_NOT: Final = "the built-in provider could not make this"


class LocalMaker:
    """Makes files in test mode."""

    def __init__(self, sandbox: Sandbox, fetcher: Fetcher) -> None:
        """Take the sandbox whose table holds the engines, and what fetches the files that requests name."""
        self._sandbox = sandbox
        self._inputs = InputReader(fetcher)

    async def make(
        self, choice: Choice, fields: Mapping[str, object], outputs: int, operation: str = ""
    ) -> tuple[Inline, ...]:
        """So many files of what is asked for, each with a seed of its own. `operation`: a further route of a model.

        Raises CannotMake, UnusableInput, Overloaded.
        """
        shape = rendering(choice, fields, operation)
        seeds = [_seed(fields, _words(choice, fields), number) for number in range(outputs)]
        match shape:
            case Picture():
                return tuple([await self._drawn(choice, fields, shape, seed) for seed in seeds])
            case Clip():
                return await self._filmed(choice, fields, shape, seeds)
            case Track():
                return tuple([await self._sounded(choice, fields, shape, seed) for seed in seeds])
            case Edited():
                return (await self._edited(choice, fields, shape),) * outputs
            case _:
                assert_never(shape)

    async def _drawn(self, choice: Choice, fields: Mapping[str, object], shape: Picture, seed: int) -> Inline:
        brief = Brief(_words(choice, fields), shape.width, shape.height, shape.format, seed)
        try:
            drawing = await self._sandbox.call(TARGET, brief, Drawing, timeout_s=MAKE_TIMEOUT_S)
        except SandboxFailed as error:
            raise CannotMake(COULD_NOT) from error
        return Inline(drawing.data)

    async def _filmed(
        self, choice: Choice, fields: Mapping[str, object], shape: Clip, seeds: Sequence[int]
    ) -> tuple[Inline, ...]:
        start = await self._inputs.picture(choice.entry, fields, shape.start) if shape.start else None
        if start is not None and shape.like_start:
            shape = fitted(shape, (start.width, start.height))
        briefs = [
            FilmBrief(
                prompt=_words(choice, fields),
                width=shape.width,
                height=shape.height,
                duration_s=shape.duration_s,
                fps=shape.fps,
                sound=shape.sound,
                seed=seed,
                picture=b"" if start is None else start.data,
                steady=shape.steady,
                format=shape.format,
            )
            for seed in seeds
        ]
        pointers = () if start is None else (start.pointer,)
        return tuple([await self._made(FILM_TARGET, brief, pointers) for brief in briefs])

    async def _sounded(self, choice: Choice, fields: Mapping[str, object], shape: Track, seed: int) -> Inline:
        channels = 2 if shape.channels == 2 else 1  # noqa: PLR2004 - two ears
        sound = Sound(shape.format, shape.duration_s, shape.sample_rate_hz, shape.bitrate, channels)
        if not shape.spoken:
            return await self._made(SONG_TARGET, SongBrief(_words(choice, fields), sound, seed))
        lines = tuple([Line(voice, text) for voice, text in spoken_lines(fields, shape.spoken)])
        return await self._made(SPEECH_TARGET, SpeechBrief(lines, LINE_S, CHARACTER_S, sound))

    async def _edited(self, choice: Choice, fields: Mapping[str, object], shape: Edited) -> Inline:
        entry = choice.entry
        picture = await self._inputs.picture(entry, fields, shape.field)
        format_: PixelFormat = "png" if shape.format == "svg" else shape.format
        if entry.endpoint_name == FACE_SWAP:
            face = await self._inputs.picture(entry, fields, FACE_FIELD)
            place = cast("int", fields.get(PLACE_FIELD, 0))
            brief = SwapBrief(picture.data, face.data, place, format_)
            return await self._made(FACE_SWAP_TARGET, brief, (picture.pointer, face.pointer))
        width, height = edited_sides(shape, (picture.width, picture.height))
        target = EDIT_TARGETS[entry.endpoint_name]
        return await self._made(target, EditBrief(picture.data, width, height, format_), (picture.pointer,))

    async def _made(self, target: str, brief: Struct, pointers: tuple[str, ...] = ()) -> Inline:
        """What the engine makes. `pointers` say where the body names the brief's inputs."""
        try:
            result = await self._sandbox.call(target, brief, Result, timeout_s=MAKE_TIMEOUT_S)
        except SandboxFailed as error:
            raise CannotMake(COULD_NOT) from error
        match result.outcome:
            case Made(data):
                return Inline(data)
            case Undecodable(which):
                raise UnusableInput(f"'{pointers[which].removeprefix('/')}' is not taken: it cannot be decoded.")
            case _:
                assert_never(result.outcome)


def _words(choice: Choice, fields: Mapping[str, object]) -> str:
    """What is to be seen or heard: the request's own words, of shots the first, else the model's name."""
    shots = cast("Sequence[Mapping[str, object]]", fields.get("multi_prompt", ()))
    names = PICTURE_FIELDS if choice.entry.track is None else SONG_FIELDS
    said = [str(fields[name]) for name in names if fields.get(name)]
    return " ".join(said or [str(shot.get("prompt", "")) for shot in shots[:1]]) or choice.entry.title


def _seed(fields: Mapping[str, object], words: str, number: int) -> int:
    asked = fields.get(SEED_FIELD)
    if isinstance(asked, int) and asked >= 0:
        return asked + number
    text = words + str(fields.get(COVER_FIELD, ""))
    return int.from_bytes(hashlib.sha256(text.encode(errors="replace")).digest()[:4], "big") + number
