"""Two cores: what is measured has one to itself, everything that plays with it is on the other."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache


def measured_core() -> set[int]:
    """Where the process under measurement runs."""
    return set(sorted(_usable())[-1:])


def other_core() -> set[int]:
    """Where load generators, simulators and PostgreSQL run; the same one where there is only one."""
    return set(sorted(_usable())[:1])


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
def _usable() -> set[int]:
    """As it was before `on` narrowed it."""
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))
