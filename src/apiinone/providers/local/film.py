"""Films: a scene of the design engine, or a picture from outside, under a moving camera and light; with a tune."""

from collections.abc import Iterator

from PIL import Image, ImageOps

from apiinone.providers.local.brief import Brief
from apiinone.providers.local.draw import dice_of, draw
from apiinone.providers.local.film_file import Film, write_film
from apiinone.providers.local.media_briefs import FILM_S_MAX, FilmBrief, Made, Result
from apiinone.providers.local.motion import ROOM, Shot, shots
from apiinone.providers.local.photo import answered, decoded, mapped, resized
from apiinone.providers.local.song import play
from apiinone.providers.local.sound_file import Samples

FRAMES_MAX = 8 * FILM_S_MAX
FRAME_PIXELS_MAX = 2560 * 1440
SCENE_SIDE_MAX = 1600
"""The scene is drawn once, this large at most, and frames are cut from it: what moves is not looked at closely."""
GLOW_PART = 0.7
GLOW = (255, 244, 214)
GLOW_STRENGTH = 0.34
FALLING = [round((255 - value) ** 2 / 255) for value in range(256)]
"""From Pillow's gradient, dark in the middle, to a light that is strongest there."""
SAMPLE_RATE_HZ = 44_100


def film(brief: FilmBrief) -> Result:
    """One film. Raises ValueError where it has too many frames or pixels."""
    count = round(brief.duration_s * brief.fps)
    if not 0 < count <= FRAMES_MAX or brief.width * brief.height > FRAME_PIXELS_MAX:
        raise ValueError("too many frames or pixels")
    return answered(lambda: _shot(brief, count))


def _shot(brief: FilmBrief, count: int) -> Made:
    scene = _scene(brief)
    course = shots(count, dice_of(f"camera {brief.prompt}", brief.seed), steady=brief.steady)
    shape = Film(brief.format, brief.width, brief.height, brief.fps, count)
    return write_film(_frames(scene, course, (brief.width, brief.height)), shape, _tune(brief))


def _scene(brief: FilmBrief) -> Image.Image:
    """What is seen, larger than a frame where the sides allow, in the ratio of a frame."""
    scale = min(ROOM, SCENE_SIDE_MAX / max(brief.width, brief.height))
    size = max(64, round(brief.width * scale)), max(64, round(brief.height * scale))
    if brief.picture:
        return ImageOps.fit(decoded(brief.picture), size, Image.Resampling.BICUBIC)
    return decoded(draw(Brief(brief.prompt, *size, "png", brief.seed)).data)


def _frames(scene: Image.Image, course: list[Shot], size: tuple[int, int]) -> Iterator[Image.Image]:
    side = round(min(size) * GLOW_PART)
    glow = resized(mapped(Image.radial_gradient("L"), FALLING), (side, side))
    width, height = scene.size
    for shot in course:
        left, top, right, bottom = shot.box
        seen = (left * width, top * height, right * width, bottom * height)
        frame = resized(scene, size, seen, fine=False)
        mask = mapped(glow, _dimmed(shot.strength))
        at = round(shot.light[0] * size[0] - side / 2), round(shot.light[1] * size[1] - side / 2)
        frame.paste(GLOW, (*at, at[0] + side, at[1] + side), mask)
        yield frame


def _dimmed(strength: float) -> list[int]:
    return [round(value * strength * GLOW_STRENGTH) for value in range(256)]


def _tune(brief: FilmBrief) -> Samples | None:
    """A tune to the film, of its length; None where it is silent."""
    return play(brief.prompt, brief.seed, SAMPLE_RATE_HZ, brief.duration_s) if brief.sound else None
