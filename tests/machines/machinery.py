"""State machines on a real database: each example opens accounts of its own in one database."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from apiinone.core.clock import SystemClock
from apiinone.db import open_database
from later import LaterDatabase

T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, T]], T]
BOUNDED = settings(
    max_examples=30,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


class OnDatabase(RuleBasedStateMachine):
    """What every machine has: a database, and a way to run what is awaited."""

    database: LaterDatabase
    runner: "asyncio.Runner"

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end in the machine's event loop."""
        return self.runner.run(work)


def drive_machine(machine: type[OnDatabase], database_url: str, bounds: settings = BOUNDED) -> None:
    """Play a machine's examples on a database."""
    with asyncio.Runner() as runner:
        database = LaterDatabase(runner.run(open_database(database_url, SystemClock())))

        class Bound(machine):
            pass

        Bound.database, Bound.runner = database, runner
        Bound.__name__ = machine.__name__
        try:
            run_state_machine_as_test(Bound, settings=bounds)  # pyright: ignore[reportUnknownMemberType]
        finally:
            runner.run(database.close())
