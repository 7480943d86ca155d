"""The catalogue of this installation: as its files make it, and as its servers run it."""

from pathlib import Path

from apiinone.catalog.load import Catalogue, load_catalogue
from apiinone.catalog.running import RunningCatalogue, running_catalogue
from apiinone.catalog.set_prices import SetPrices
from apiinone.cli.opening import reading, sqlite_file
from apiinone.settings import Settings
from apiinone.switchboard.board_rows import read_standing


async def running_here(settings: Settings) -> RunningCatalogue:
    """With the prices that are set now. Raises CatalogueInvalid, DatabaseUnavailable."""
    running = running_catalogue(catalogue_here(settings))
    running.follow(await _set_prices(settings))
    return running


def catalogue_here(settings: Settings) -> Catalogue:
    """The packaged files with the overlay. Raises CatalogueInvalid."""
    return load_catalogue(Path(settings.catalogue_overlay) if settings.catalogue_overlay else None)


async def _set_prices(settings: Settings) -> SetPrices:
    """Nothing is set where the embedded database has not been made yet: looking makes none."""
    path = sqlite_file(settings)
    if path is not None and not path.exists():
        return {}
    async with reading(settings) as database:
        return (await database.read(read_standing)).list_prices
