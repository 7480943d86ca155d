"""Objects in circles: nothing frees them but the garbage collector, which stops everything else while it looks."""

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def circles() -> Generator[list[str]]:
    """The names of the product's objects that were left in circles by what runs in the block; full when it is over."""
    found: list[str] = []
    gc.collect()
    before, enabled = gc.get_debug(), gc.isenabled()
    gc.disable()
    try:
        yield found
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        found += [name for thing in gc.garbage if (name := _name(thing)).startswith("apiinone.")]
    finally:
        gc.set_debug(before)
        gc.garbage.clear()
        if enabled:
            gc.enable()


def _name(thing: object) -> str:
    described = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{getattr(described, '__module__', '')}.{getattr(described, '__qualname__', '')}"
