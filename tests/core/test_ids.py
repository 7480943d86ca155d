import base64

from hypothesis import given
from hypothesis import strategies as st

from apiinone.core.clock import US_PER_S, SystemClock
from apiinone.core.ids import ID_LENGTH, Ids, id_floor, is_id
from clocks import ClockForTests

MOMENTS = st.integers(0, 4_000_000_000 * US_PER_S)


@given(MOMENTS, MOMENTS)
def test_ids_sort_by_the_time_they_were_made(earlier_us: int, later_us: int) -> None:
    first, second = (Ids(ClockForTests(moment)).new() for moment in sorted((earlier_us, later_us)))
    assert first < second or abs(earlier_us - later_us) <= 1


@given(MOMENTS)
def test_the_floor_of_a_moment_is_below_every_id_made_since_and_above_those_before(moment_us: int) -> None:
    assert id_floor(moment_us) <= Ids(ClockForTests(moment_us)).new()
    if moment_us >= 1000:
        assert Ids(ClockForTests(moment_us - 1000)).new() < id_floor(moment_us)


def test_a_hundred_thousand_ids_made_at_once_are_all_different() -> None:
    ids = Ids(ClockForTests())
    assert len({ids.new() for _ in range(100_000)}) == 100_000


def test_an_id_is_a_uuid_of_version_7_in_26_characters() -> None:
    text = Ids(SystemClock()).new()
    assert len(text) == ID_LENGTH
    assert is_id(text)
    number = int.from_bytes(base64.b32hexdecode(text.upper() + "======"), "big")
    assert (number.bit_length() <= 128, number >> 76 & 0xF, number >> 62 & 0x3) == (True, 7, 2)


def test_every_character_that_may_differ_does_and_no_other() -> None:
    clock = ClockForTests()
    ids = [Ids(clock).new() for _ in range(4000)]
    seen = [len(set(characters)) for characters in zip(*ids, strict=True)]
    assert seen == [1] * 13 + [16] + [32] * 11 + [8]  # 62 random bits: 4, 55 and 3


def test_ids_with_the_same_clock_and_randomness_are_the_same() -> None:
    def randomness(count: int) -> bytes:
        return bytes(number % 256 for number in range(count))

    runs = [[ids.new() for _ in range(1000)] for ids in (Ids(ClockForTests(), randomness) for _ in range(2))]
    assert runs[0] == runs[1]


@given(st.text(max_size=30))
def test_what_is_no_id_is_recognised(text: str) -> None:
    if is_id(text):
        assert len(text) == ID_LENGTH
        assert text.isascii()
        assert text == text.lower()
