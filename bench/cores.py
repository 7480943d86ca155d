"""Two cores: what is measured has one to itself, everything that plays with it is on the other.

A disk has its interrupts served by one core, whoever wrote, and the time goes to whatever runs there. That core is the
other one, else each measurement would pay for the writes of the others too.
"""

import os
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path


def measured_core() -> set[int]:
    """Where the process under measurement runs."""
    return set(_by_interrupts()[:1])


def other_core() -> set[int]:
    """Where load generators, simulators and PostgreSQL run; the same one where there is only one."""
    return set(_by_interrupts()[-1:])


@contextmanager
def on(core: set[int]) -> Generator[None]:
    """Run this process, and what it starts meanwhile, on a core. Systems without such a choice run it anywhere."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, core)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@cache
def _by_interrupts() -> list[int]:
    """The usable cores; those first that have served the fewest interrupts of devices, of equal ones the last first."""
    served = Counter[int]()
    with suppress(OSError):
        heading, *lines = Path("/proc/interrupts").read_text().splitlines()
        cores = [int(name.removeprefix("CPU")) for name in heading.split()]
        for line in lines:
            number, _, counts = line.partition(":")
            if number.strip().isdigit():  # else no device's, such as the timers'
                served.update(dict(zip(cores, map(int, counts.split()[: len(cores)]), strict=True)))
    return sorted(_usable(), key=lambda core: (served[core], -core))


@cache
def _usable() -> set[int]:
    """As it was before `on` narrowed it."""
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))
