"""The catalogue of a running process: what its files say, with the prices that operators have set since."""

from collections.abc import Callable
from dataclasses import dataclass

from apiinone.catalog.load import Catalogue
from apiinone.catalog.set_prices import SetPrices, Unfit, with_set_prices

Finish = Callable[[Catalogue], Catalogue]
"""What this process makes of every catalogue before it is used, such as keeping models from live keys."""


@dataclass(slots=True)
class RunningCatalogue:
    """Where a process looks what the catalogue is now. Whoever needs two facts of one moment takes `now` once."""

    listed: Catalogue
    """As the files say."""
    now: Catalogue
    finish: Finish
    unfit: tuple[Unfit, ...] = ()
    """Set prices that are not used, because the files have changed."""

    def follow(self, prices: SetPrices) -> None:
        """Be the catalogue with these prices from now on."""
        found = with_set_prices(self.listed, prices)
        self.now, self.unfit = self.finish(found.catalogue), found.unfit


def running_catalogue(listed: Catalogue, finish: Finish = lambda found: found) -> RunningCatalogue:
    """One that no price has been set in yet."""
    return RunningCatalogue(listed, finish(listed), finish)
