"""`apiinone backup`: a copy of the embedded database."""

from pathlib import Path

import click

from apiinone.cli.arguments import now
from apiinone.cli.copying import copy_database
from apiinone.cli.opening import reading, settings_now, sqlite_file
from apiinone.cli.printing import json_option, print_fields, print_json, say
from apiinone.core.errors import Conflict
from apiinone.installation import FILE
from apiinone.settings import Settings


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
def backup(file: Path, *, as_json: bool) -> None:
    """Copy the embedded database to FILE, whole and as of one moment, also while a server runs."""
    settings = settings_now()
    now(_copied(settings, file))
    if as_json:
        print_json({"file": str(file), "bytes": file.stat().st_size})
    else:
        print_fields((("file", str(file)), ("bytes", file.stat().st_size)))
    secret = "APIINONE_SECRET_KEY" if settings.secret_key else str(settings.data_path / FILE)
    say(f"keep {secret} with it, without which no key works, and the outputs in {settings.storage}")


async def _copied(settings: Settings, file: Path) -> None:
    path = sqlite_file(settings)
    if path is None:
        raise Conflict("this copies the embedded database; for PostgreSQL use pg_dump, or its continuous archiving")
    async with reading(settings):
        copy_database(path, file)
