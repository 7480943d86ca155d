"""Players seek: one range of an output's bytes at a time."""

import pytest

from api.served_api import PNG, Api
from api.test_outputs import _made  # pyright: ignore[reportPrivateUsage]
from apiinone.api.byte_ranges import OutOfRange, Whole, range_asked
from apiinone.assets.storage import Part

TAG = b'"abc"'


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        (b"", Whole()),
        (b"bytes=0-0", Part(0, 1)),
        (b"bytes=0-", Part(0, 100)),
        (b"Bytes= 10-19 ", Part(10, 20)),
        (b"bytes=90-1000", Part(90, 100)),
        (b"bytes=99-99", Part(99, 100)),
        (b"bytes=100-", OutOfRange()),
        (b"bytes=100-200", OutOfRange()),
        (b"bytes=-1", Part(99, 100)),
        (b"bytes=-1000", Part(0, 100)),
        (b"bytes=-0", OutOfRange()),
        (b"bytes=5-4", Whole()),
        (b"bytes=-", Whole()),
        (b"bytes=0-1,5-6", Whole()),
        (b"bytes=a-b", Whole()),
        (b"pages=0-1", Whole()),
        (b"bytes=" + b"9" * 30 + b"-", Whole()),
    ],
)
def test_one_range_is_taken_and_other_forms_are_passed_over(header: bytes, asked: object) -> None:
    assert range_asked(header, b"", TAG, 100) == asked


def test_a_range_meant_for_another_version_is_passed_over() -> None:
    assert range_asked(b"bytes=0-1", b'"other"', TAG, 100) == Whole()
    assert range_asked(b"bytes=0-1", TAG, TAG, 100) == Part(0, 2)


async def test_a_part_of_an_output_is_served_as_a_part(api: Api) -> None:
    _, _, path = await _made(api)
    whole = await api.get(path)
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = await api.get(path, Range="bytes=4-9", If_Range=whole.headers["ETag"])
    assert (part.status, part.body) == (206, PNG[4:10])
    assert part.headers["Content-Range"] == f"bytes 4-9/{len(PNG)}"
    assert part.headers["Content-Length"] == "6"
    assert part.headers["Content-Type"] == "image/png"
    end = await api.get(path, Range="bytes=-5")
    assert (end.status, end.body) == (206, PNG[-5:])


async def test_a_range_beyond_the_end_is_refused_with_the_length(api: Api) -> None:
    _, _, path = await _made(api)
    got = await api.get(path, Range=f"bytes={len(PNG)}-")
    assert got.refused == (416, "range_not_satisfiable", "Range")
    assert got.headers["Content-Range"] == f"bytes */{len(PNG)}"
