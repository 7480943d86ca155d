"""The catalogue's data, and the prices that are set over it."""

from collections.abc import Iterator

from apiinone.catalog.check import check
from apiinone.catalog.running import RunningCatalogue
from apiinone.catalog.set_prices import Unfit
from apiinone.cli.checks.finding import Finding, error, ok, warning


def catalogue_findings(running: RunningCatalogue) -> Iterator[Finding]:
    """Whether the data holds together, and which set prices are not used or do not cover a vendor's cost."""
    listed = check(running.listed)
    if not listed:
        yield ok("catalogue", f"{len(running.now.entries)} models, version {running.now.version}")
    for one in listed:
        make = error if one.severity == "error" else warning
        yield make("catalogue", f"{one.model}: {one.where}: {one.what}", "correct the overlay's file")
    for one in running.unfit:
        says = f"{one.priced.model}: {one.figure} is not used: {one.why}"
        yield warning("set prices", says, f"take it back: {_way_back(one)}")
    for one in check(running.now):
        if one not in listed:
            fix = "set another price, or say that it is meant: apiinone switches list-price … --below-cost"
            yield warning("set prices", f"{one.model}: {one.where}: {one.what}", fix)


def _way_back(one: Unfit) -> str:
    route = f" --operation {one.priced.operation}" if one.priced.operation else ""
    return f"apiinone switches list-price {one.priced.model} '{one.figure}'{route} --reason …"
