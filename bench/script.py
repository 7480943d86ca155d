"""How each script runs: alone or from run.py, on an event loop like the server's, and to an end."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable

import uvloop
from promises import PROMISES
from results import Findings, Result, Stopwatch, write

ROUNDS = 5
WITHIN_S = 420
Measure = Callable[[int], Awaitable[Findings]]


def run_script(bench: str, measure: Measure) -> None:
    """Measure, print, and keep the raw result. Raises TimeoutError where it does not come to an end."""
    parser = argparse.ArgumentParser(prog=f"bench/{bench}.py")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="fewer than usual: a try that keeps nothing")
    rounds: int = parser.parse_args().rounds
    watch = Stopwatch()
    result = watch.result(bench, uvloop.run(_within(measure, rounds)))
    print("\n".join(_lines(result)))
    if rounds >= ROUNDS:
        write(result)


async def _within(measure: Measure, rounds: int) -> Findings:
    async with asyncio.timeout(WITHIN_S):
        return await measure(rounds)


def _lines(result: Result) -> list[str]:
    limits = {promise.name: promise for promise in PROMISES}
    lines = [f"{result.bench}: load before {result.load_before}, took {result.took_s} s"]
    for figure in result.promised:
        promise = limits[figure.name]
        verdict = "kept" if promise.kept(figure.median) else "MISSED"
        lines.append(f"  {verdict:6} {figure.name}: {figure.shown}; {promise.bound} {promise.limit:g} {promise.unit}")
    lines += [f"         {figure.name}: {figure.shown}" for figure in result.beside]
    return [*lines, *(f"         {note}" for note in result.notes)]
