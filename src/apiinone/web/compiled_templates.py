"""A template is compiled once and runs in every language: compiling holds up everything else in the process.

So nothing that depends on a language may be worked out while compiling. What a filter makes of a constant would be.
"""

from collections.abc import Callable
from types import CodeType
from typing import Any

from jinja2 import BytecodeCache, pass_context
from jinja2.bccache import Bucket
from jinja2.runtime import Context

Filter = Callable[..., Any]


class CompiledTemplates(BytecodeCache):
    """Code in memory, by the template's name and text."""

    def __init__(self) -> None:
        """Begin with none."""
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled of this text, if anything was."""
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        if bucket.code is not None:
            self._code[bucket.key, bucket.checksum] = bucket.code


def at_run(made: Filter) -> Filter:
    """A filter that waits for the page to be filled, even where it is given a constant."""

    @pass_context
    def waiting(_context: Context, *arguments: object) -> object:
        return made(*arguments)

    return waiting
