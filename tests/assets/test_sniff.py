import contextlib
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiinone.assets.media import Expected, MediaLimits, Refused, Unacceptable
from apiinone.assets.sniff import examine
from assets.pictures import (
    PNG_MAGIC,
    animated,
    chunk,
    picture,
    png_bomb,
    png_header,
    png_of,
    progressive_jpeg,
    webp,
    webp_with_metadata,
)

RASTER = MediaLimits("raster")
VECTOR = MediaLimits("vector")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"/>'
PNG = picture("PNG")
JPEG = picture("JPEG")
WEBP = webp(lossless=False)


def refusal(data: bytes, limits: MediaLimits = RASTER) -> Refused:
    with pytest.raises(Unacceptable) as caught:
        examine(data, limits)
    return caught.value.reason


@pytest.mark.parametrize(
    ("data", "content_type", "extension"),
    [
        (PNG, "image/png", "png"),
        (picture("PNG", mode="RGBA"), "image/png", "png"),
        (picture("PNG", mode="P"), "image/png", "png"),
        (picture("PNG", mode="1"), "image/png", "png"),
        (JPEG, "image/jpeg", "jpg"),
        (picture("JPEG", mode="L"), "image/jpeg", "jpg"),
        (progressive_jpeg(), "image/jpeg", "jpg"),
        (WEBP, "image/webp", "webp"),
        (webp(lossless=True), "image/webp", "webp"),
        (webp(mode="RGBA", lossless=False), "image/webp", "webp"),
        (webp_with_metadata(), "image/webp", "webp"),
    ],
)
def test_type_size_and_hash_come_from_the_bytes(data: bytes, content_type: str, extension: str) -> None:
    media = examine(data, RASTER)
    assert (media.content_type, media.extension) == (content_type, extension)
    assert (media.width, media.height) == (40, 30)
    assert (media.bytes, media.sha256) == (len(data), sha256(data).hexdigest())


@pytest.mark.parametrize(
    "data",
    [
        SVG,
        b'\xef\xbb\xbf <?xml version="1.0"?>\n<!-- made by a program -->\n' + SVG,
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">' + SVG,
        b'<svg:svg xmlns:svg="http://www.w3.org/2000/svg" width="40" height="30"></svg:svg>',
    ],
)
def test_a_drawing_is_known_by_its_first_tag(data: bytes) -> None:
    media = examine(data, VECTOR)
    assert (media.content_type, media.extension, media.width, media.height) == ("image/svg+xml", "svg", 40, 30)


@pytest.mark.parametrize(
    ("data", "expected", "reason"),
    [
        (b"", "raster", "empty"),
        (b"", "vector", "empty"),
        (b"not found", "raster", "unknown_type"),
        (b"<!DOCTYPE html><html><svg></svg></html>", "vector", "unknown_type"),
        (b'<html xmlns:svg="x"><body/></html>', "vector", "unknown_type"),
        (b"<svgx/>", "vector", "unknown_type"),
        (b'{"error": "expired"}', "raster", "unknown_type"),
        (picture("GIF"), "raster", "wrong_type"),
        (animated("GIF"), "raster", "wrong_type"),
        (animated("PNG"), "raster", "wrong_type"),
        (animated("WEBP"), "raster", "wrong_type"),
        (b"%PDF-1.7 ...", "raster", "wrong_type"),
        (b"BM" + bytes(60), "raster", "wrong_type"),
        (b"\x00\x00\x00\x20ftypavif" + bytes(60), "raster", "wrong_type"),
        (SVG, "raster", "wrong_type"),
        (PNG, "vector", "wrong_type"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "vector", "broken"),
        (b"<svg ", "vector", "broken"),
    ],
)
def test_only_the_expected_kinds_are_taken(data: bytes, expected: Expected, reason: Refused) -> None:
    assert refusal(data, MediaLimits(expected)) == reason


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(PNG_MAGIC + b"<html><script>alert(1)</script></html>" * 9, id="html behind png magic"),
        pytest.param(b"\xff\xd8\xff<html><script>alert(1)</script></html>\xff\xd9", id="html behind jpeg magic"),
        pytest.param(b"RIFF\x20\x00\x00\x00WEBP<script>alert(1)</script>..", id="html behind webp magic"),
        pytest.param(PNG + SVG, id="svg after the end of a png"),
        pytest.param(PNG + PNG[8:], id="a second png after the first"),
        pytest.param(JPEG + b"<html></html>", id="html after the end of a jpeg"),
        pytest.param(WEBP + b"PK\x03\x04" * 4, id="archive after the end of a webp"),
        pytest.param(PNG.replace(b"IDAT", b"IDAX", 1), id="png without data"),
        pytest.param(PNG_MAGIC + PNG[33:], id="png without header"),
        pytest.param(PNG[:20] + b"\x7f" + PNG[21:], id="png header with a wrong checksum"),
        pytest.param(PNG[:60] + bytes([PNG[60] ^ 1]) + PNG[61:], id="png data with a wrong checksum"),
        pytest.param(png_of(png_header(0, 30), bytes(90)), id="png of no width"),
        pytest.param(png_of(png_header(4000, 4000), bytes(90)), id="png header that promises more than is there"),
        pytest.param(png_of(png_header(40, 30, 3), bytes(9000)), id="png of three bits"),
        pytest.param(PNG[:33] + chunk(b"tEXt", b"x") * 20_001 + PNG[33:], id="png of too many chunks"),
        pytest.param(JPEG.replace(b"\xff\xc0", b"\xff\xc3"), id="lossless jpeg frame"),
        pytest.param(JPEG.replace(b"\x00\x1e\x00\x28", b"\x1f\x40\x1f\x40"), id="jpeg frame that promises more"),
        pytest.param(WEBP[:23] + b"\x00\x00\x00" + WEBP[26:], id="webp without start code"),
        pytest.param(webp_with_metadata().replace(b"\x27\x00\x00\x1d", b"\x28\x00\x00\x1d"), id="webp of two sizes"),
    ],
)
def test_what_only_pretends_to_be_a_picture_is_broken(data: bytes) -> None:
    assert refusal(data) == "broken"


@pytest.mark.parametrize("data", [PNG, JPEG, progressive_jpeg(), WEBP, webp(lossless=True), webp_with_metadata()])
def test_a_picture_cut_off_anywhere_is_refused(data: bytes) -> None:
    for length in range(len(data)):
        refusal(data[:length])


def test_a_bomb_is_refused_by_its_header() -> None:
    assert refusal(png_bomb(8193)) == "too_many_pixels"
    assert refusal(png_of(png_header(16385, 1), bytes(16385 * 3 + 1))) == "too_many_pixels"
    assert refusal(b'<svg width="100001" height="10"/>', VECTOR) == "too_many_pixels"


def test_a_drawing_may_be_nominally_large() -> None:
    assert examine(b'<svg width="100000" height="100000"/>', VECTOR).width == 100_000


def test_limits_are_exact() -> None:
    width, height = 40, 30
    assert examine(PNG, MediaLimits("raster", len(PNG), width * height, width)).bytes == len(PNG)
    assert refusal(PNG, MediaLimits("raster", bytes_max=len(PNG) - 1)) == "too_large"
    assert refusal(PNG, MediaLimits("raster", pixels_max=width * height - 1)) == "too_many_pixels"
    assert refusal(PNG, MediaLimits("raster", side_px_max=width - 1)) == "too_many_pixels"


STARTS = [b"", PNG_MAGIC, PNG[:33], b"\xff\xd8\xff", JPEG[:40], b"RIFF", WEBP[:20], b"<svg ", b"<?xml ", b"<!--"]


@given(st.sampled_from(STARTS), st.binary(max_size=300), st.sampled_from(["raster", "vector"]))
def test_no_bytes_do_anything_but_be_refused(start: bytes, rest: bytes, expected: Expected) -> None:
    with contextlib.suppress(Unacceptable):
        examine(start + rest, MediaLimits(expected))


@settings(max_examples=300)
@given(st.sampled_from([PNG, JPEG, WEBP, webp_with_metadata()]), st.integers(0, 4000), st.integers(0, 255))
def test_no_changed_byte_does_anything_but_change_the_verdict(data: bytes, at: int, byte: int) -> None:
    at %= len(data)
    with contextlib.suppress(Unacceptable):
        examine(data[:at] + bytes([byte]) + data[at + 1 :], RASTER)
