"""Arguments that several commands take, read and checked where they come in."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import click

from apiinone.core.credits import Credits, parse

T = TypeVar("T")
MODE = click.Choice(("live", "test"))


class Amount(click.ParamType[Credits]):
    """Exact decimal credits."""

    name = "credits"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Credits:
        """The amount in micro-credits."""
        try:
            return parse(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Nodes(click.ParamType[tuple[int, ...]]):
    """Numbers of nodes, separated by commas."""

    name = "nodes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """The numbers."""
        if isinstance(value, tuple):
            return value  # pyright: ignore[reportUnknownVariableType] - converted before
        parts = [part.strip() for part in str(value).split(",")]
        if not all(part.isascii() and part.isdigit() for part in parts):
            self.fail("numbers of nodes, separated by commas: 78,48", param, ctx)
        return tuple(int(part) for part in parts)


def now(work: Coroutine[Any, Any, T]) -> T:
    """Run an asynchronous command to its end."""
    return asyncio.run(work)
