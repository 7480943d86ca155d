"""Every model makes, in test mode, a real file of the kind, size, length and format that each parameter asks for."""

from collections.abc import AsyncIterator, Mapping

import pytest

from apiinone.app import SANDBOX_TARGETS
from apiinone.assets.inputs import is_data_url
from apiinone.assets.media import MIB, MediaLimits
from apiinone.assets.sniff import examine
from apiinone.catalog.entry import Choice, Entry
from apiinone.catalog.rendering import Clip, Edited, Picture, Track, edited_sides, fitted, rendering
from apiinone.catalog.sizes import read_ratio
from apiinone.outbound import Fetched, FetchFailed, FetchFault
from apiinone.sandbox import Sandbox, SandboxLimits
from apiinone.tasks.make_local import LocalMaker
from apiinone.tasks.maker import CannotMake, UnusableInput
from assets.pictures import PNG_MAGIC, animated, chunk, picture, png_bomb, png_header
from catalog.catalogue_for_tests import chosen, parsed
from catalog.least_files import all_files, all_shown, least_files
from catalog.pairwise import PHOTO, Fields, file_makers, pairwise
from tasks import decoded

MODELS = {entry.id: entry for entry in file_makers()}
SIDES = (120, 90)


class Web:
    """The one server there is."""

    def __init__(self, files: Mapping[str, bytes | FetchFault] | None = None) -> None:
        self.files = files or {PHOTO: picture("PNG", SIDES)}
        self.asked: list[str] = []

    async def fetch(self, url: str, *, hosts: tuple[str, ...], bytes_max: int, timeout_s: float) -> Fetched:
        assert hosts == (), "any public address, and no other"
        assert bytes_max > 0
        assert timeout_s > 0
        self.asked.append(url)
        file = self.files[url]
        if isinstance(file, str):
            raise FetchFailed(file)
        return Fetched(file, "text/html")


@pytest.fixture(scope="module")
def limits() -> SandboxLimits:
    return SandboxLimits()


@pytest.fixture
async def sandbox(limits: SandboxLimits) -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(SANDBOX_TARGETS, limits)
    yield sandbox
    await sandbox.aclose()


@pytest.mark.parametrize("entry", MODELS.values(), ids=list(MODELS))
def test_what_is_asked_for_by_any_two_parameters_is_what_is_described(entry: Entry) -> None:
    for sub_model, fields in pairwise(entry):
        found = rendering(chosen(sub_model), fields)
        match found:
            case Picture():
                assert found.count == fields.get("num_images", 1)
                assert found.format == {"jpg": "jpeg"}.get(str(fields.get("output_format")), found.format)
            case Clip():
                _assert_clip(found, fields)
            case Track():
                assert found.sample_rate_hz == fields.get("sample_rate", 44_100)
                assert found.bitrate == fields.get("bitrate", found.bitrate)
            case Edited():
                assert found.field == "image"


def _assert_clip(found: Clip, fields: Fields) -> None:
    assert found.duration_s == int(str(fields.get("duration", "6")))
    if "resolution" in fields:
        assert min(found.width, found.height) == int(str(fields["resolution"])[:-1])
    if "mode" in fields:
        assert min(found.width, found.height) == {"std": 720, "pro": 1080}[str(fields["mode"])]
    ratio = read_ratio(str(fields.get("aspect_ratio", "16:9")))
    assert found.width / found.height == pytest.approx(float(ratio), rel=0.005)
    for flag in ("sound", "generateAudio"):
        assert found.sound == fields.get(flag, found.sound)
    assert found.steady == bool(fields.get("fixedLens"))


def test_whatever_any_model_can_be_asked_for_is_in_a_file_that_is_made_here() -> None:
    made = all_shown(file for name in MODELS for file in least_files()[name])
    assert all_shown(all_files()) <= made


@pytest.mark.slow
@pytest.mark.parametrize("entry", MODELS.values(), ids=list(MODELS))
async def test_every_model_makes_files_that_other_programs_read_as_what_was_asked_for(
    entry: Entry, sandbox: Sandbox
) -> None:
    for file in least_files()[entry.id]:
        choice = chosen(file.sub_model)
        made = await LocalMaker(sandbox, Web()).make(choice, file.fields, 1)
        assert len(made) == 1
        _assert_file(made[0].data, choice, file.fields)


def _assert_file(data: bytes, choice: Choice, fields: Fields, operation: str = "") -> None:
    found = rendering(choice, fields, operation)
    media = examine(data, MediaLimits(found.kind))
    match found:
        case Picture(kind="vector") | Edited(kind="vector"):
            assert data.startswith(b"<svg")
        case Picture():
            assert decoded.picture(data) == decoded.Seen(found.format, found.width, found.height)
        case Edited():
            assert decoded.picture(data) == decoded.Seen(found.format, *edited_sides(found, SIDES))
        case Clip():
            clip = fitted(found, SIDES) if found.like_start else found
            seen = decoded.film(data)
            assert "mp4" in seen.format
            assert (seen.width, seen.height, seen.sounds) == (clip.width, clip.height, clip.sound)
            assert seen.duration_s == pytest.approx(clip.duration_s, abs=0.1)
            assert seen.frames == clip.duration_s * clip.fps
            assert seen.moves
            assert (media.width, media.height) == (clip.width, clip.height)
            assert (media.duration_ms or 0) / 1000 == pytest.approx(clip.duration_s, abs=0.1)
        case Track():
            seen = decoded.sound(data)
            assert (seen.format, seen.rate_hz, seen.channels) == ("mp3", found.sample_rate_hz, found.channels)
            assert seen.duration_s == pytest.approx(found.duration_s, abs=0.1)
            assert seen.loudest > 3000
            assert (media.duration_ms or 0) / 1000 == pytest.approx(found.duration_s, abs=0.1)


@pytest.mark.slow
async def test_takes_differ_and_the_same_request_gives_the_same_bytes(sandbox: Sandbox) -> None:
    maker, choice = LocalMaker(sandbox, Web()), chosen("suno")
    fields = parsed("suno", prompt="a sad ballad").fields
    first, second = await maker.make(choice, fields, 2)
    assert first != second
    assert await maker.make(choice, fields, 1) == (first,)
    clip = parsed("seedance-1-5-pro", resolution="480p", duration="4", generateAudio=True).fields
    assert await maker.make(chosen("seedance-1-5-pro"), clip, 1) == await maker.make(
        chosen("seedance-1-5-pro"), clip, 1
    )


@pytest.mark.slow
async def test_the_further_routes_of_a_song_make_what_they_promise(sandbox: Sandbox) -> None:
    maker, choice = LocalMaker(sandbox, Web()), chosen("suno")
    cover = await maker.make(choice, {"task_id": "n35abc_suno"}, 1, operation="music/cover/generate")
    assert decoded.picture(cover[0].data) == decoded.Seen("png", 1024, 1024)
    other = await maker.make(choice, {"task_id": "n35abd_suno"}, 1, operation="music/cover/generate")
    assert other != cover
    fields: Fields = {"origin_task_id": "n35abc_suno", "extend_audio_index": 0, "extensionStartTime": 6}
    longer = await maker.make(choice, fields, 1, operation="music/extend")
    _assert_file(longer[0].data, choice, fields, "music/extend")


@pytest.mark.slow
async def test_speech_is_as_long_as_its_text_and_each_name_has_a_voice_of_its_own(sandbox: Sandbox) -> None:
    async def said(*lines: tuple[str, str]) -> bytes:
        dialogue = [{"text": text, "voice": voice} for voice, text in lines]
        fields = parsed("elevenlabs-v3", dialogue=dialogue).fields
        return (await LocalMaker(sandbox, Web()).make(chosen("elevenlabs-v3"), fields, 1))[0].data

    short, long = await said(("a", "Good day.")), await said(("a", "Good day. " * 4))
    assert decoded.sound(long).duration_s > 2.5 * decoded.sound(short).duration_s
    assert await said(("b", "Good day.")) != short


async def test_only_what_an_engine_needs_is_fetched(sandbox: Sandbox) -> None:
    web = Web()
    fields = parsed("flux-2", input_urls=[PHOTO], resolution="1K").fields
    await LocalMaker(sandbox, web).make(chosen("flux-2"), fields, 1)
    assert web.asked == []
    await LocalMaker(sandbox, web).make(chosen("bg-remover"), {"image": PHOTO}, 1)
    assert web.asked == [PHOTO]
    assert not is_data_url(PHOTO)


@pytest.mark.parametrize(
    ("file", "words", "retryable"),
    [
        ("not_found", "nothing at its address", True),
        ("address_refused", "may not be asked", False),
        ("too_large", "more bytes", False),
        (b"", "empty", False),
        (b"<html>not here</html>", "not a PNG, JPEG or WebP", False),
        (b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', "not a PNG, JPEG or WebP", False),
        (picture("PNG")[:-9], "not whole", False),
        (animated("WEBP"), "not a PNG, JPEG or WebP", False),
        (png_bomb(4097), "pixels", False),
    ],
)
async def test_an_input_that_is_not_what_it_should_be_is_refused_with_its_field(
    sandbox: Sandbox,
    file: bytes | FetchFault,
    words: str,
    retryable: bool,  # noqa: FBT001 - a row of the table
) -> None:
    web = Web({"https://a.example/scene": picture("JPEG"), "https://a.example/face": file})
    fields: Fields = {
        "image": "https://a.example/scene",
        "face_image": "https://a.example/face",
        "target_index": 0,
        "output_format": "png",
    }
    with pytest.raises(UnusableInput, match=r"^'face_image' ") as caught:
        await LocalMaker(sandbox, web).make(chosen("face-swap"), fields, 1)
    assert words in str(caught.value)
    assert caught.value.retryable == retryable


async def test_a_picture_whose_header_lies_is_refused_when_it_is_decoded(sandbox: Sandbox) -> None:
    garbage = PNG_MAGIC + png_header(40, 30) + chunk(b"IDAT", bytes(range(200))) + chunk(b"IEND", b"")
    web = Web({PHOTO: garbage})
    for name in ("image-upscale", "vectorize", "bg-remover"):
        with pytest.raises(UnusableInput, match=r"^'image' is not taken: it cannot be decoded"):
            await LocalMaker(sandbox, web).make(chosen(name), {"image": PHOTO}, 1)
    fields = parsed("grok-imagine/image-to-video", image_urls=[PHOTO]).fields
    with pytest.raises(UnusableInput, match=r"^'image_urls/0' is not taken"):
        await LocalMaker(sandbox, web).make(chosen("grok-imagine/image-to-video"), fields, 1)


@pytest.mark.parametrize("limits", [SandboxLimits(cpu_s=0.2), SandboxLimits(memory_bytes_max=48 * MIB)])
async def test_what_takes_too_much_fails_and_nothing_else_does(sandbox: Sandbox) -> None:
    maker = LocalMaker(sandbox, Web({PHOTO: picture("PNG", (1024, 1024))}))
    with pytest.raises(CannotMake):
        await maker.make(chosen("image-upscale"), {"image": PHOTO}, 1)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["image-upscale", "bg-remover", "vectorize"])
async def test_the_largest_picture_that_is_taken_fits_into_the_sandbox(sandbox: Sandbox, name: str) -> None:
    web = Web({PHOTO: picture("JPEG", (4096, 4096))})
    made = await LocalMaker(sandbox, web).make(chosen(name), {"image": PHOTO}, 1)
    assert examine(made[0].data, MediaLimits(rendering(chosen(name), {"image": PHOTO}).kind)).width == 4096
