"""What is made ready for the first page leaves the process to the first requests."""

from collections.abc import Iterator

from apiinone.cli.making_ready import BEGINS_AFTER_S, REST, make_ready
from clocks import ClockForTests


async def test_it_begins_after_the_first_requests_and_rests_after_each_step() -> None:
    clock = ClockForTests()
    done: list[str] = []
    rests: list[tuple[float, list[str]]] = []

    def steps() -> Iterator[str]:
        for name, took_s in (("short", 0.5), ("long", 2.0)):
            clock.pass_s(took_s)
            done.append(name)
            yield name

    async def rest(seconds: float) -> None:
        rests.append((seconds, list(done)))

    await make_ready(steps(), clock, rest)
    assert rests == [(BEGINS_AFTER_S, []), (0.5 * REST, ["short"]), (2.0 * REST, ["short", "long"])]
