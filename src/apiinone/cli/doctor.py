"""`apiinone doctor`: what is configured, what is missing, how to put it right."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import suppress

import click

from apiinone.catalog.running import running_catalogue
from apiinone.cli.arguments import now
from apiinone.cli.checks.catalogue import catalogue_findings
from apiinone.cli.checks.credentials import Stored, stored_credentials
from apiinone.cli.checks.database import database_findings, storage_finding
from apiinone.cli.checks.engines import engine_finding
from apiinone.cli.checks.finding import Finding, error, ok
from apiinone.cli.checks.host import host_findings
from apiinone.cli.checks.providers import entrance_findings, provider_findings
from apiinone.cli.opening import make_folders
from apiinone.cli.printing import json_option, plain, print_json
from apiinone.cli.running_here import catalogue_here, running_here
from apiinone.core.errors import DatabaseUnavailable
from apiinone.settings import CONFIG_FILE, Settings, SettingsError, WhatIsSet, environment, read_what_is_set

TIMEOUT_S = 30.0
_MARKS = {"ok": ("ok", "green"), "warning": ("look", "yellow"), "error": ("WRONG", "red")}


@click.command()
@json_option
def doctor(*, as_json: bool) -> int:
    """Say what is configured, what is missing, and how to put it right. Exit status 1 where something is wrong."""
    said = read_what_is_set(environment())
    found = [*_settings(said), *now(_findings(said.settings))]
    sound = not any(one.severity == "error" for one in found)
    if as_json:
        print_json({"ok": sound, "settings_file": environment().get(CONFIG_FILE), "findings": found})
    else:
        _show(found)
    return 0 if sound else 1


async def _findings(settings: Settings) -> list[Finding]:
    make_folders(settings)
    running = running_catalogue(catalogue_here(settings))
    found = list(host_findings(settings))
    try:
        async with asyncio.timeout(TIMEOUT_S):
            found += [finding async for finding in database_findings(settings)]
            found.append(await storage_finding(settings))
    except TimeoutError:
        found.append(error("database", f"no answer within {TIMEOUT_S:.0f} s", "see whether it runs and can be reached"))
    found.append(engine_finding())
    stored = Stored({}, [])
    with suppress(DatabaseUnavailable, SettingsError):  # which is said above
        running = await running_here(settings)
        stored = await stored_credentials(settings)
    found += provider_findings(settings, environment(), running, stored.good)
    found += stored.findings
    found += catalogue_findings(running)
    return [*found, *entrance_findings(settings, environment())]


def _settings(said: WhatIsSet) -> Iterator[Finding]:
    yield ok("settings", f"{', '.join(said.named) or 'none'} set; the others have their defaults")
    for fault in said.faults:
        yield error("settings", fault, "see docs/settings.md; what follows is told as if it were not set")


def _show(found: list[Finding]) -> None:
    width = max(len(one.about) for one in found)
    for one in found:
        word, colour = _MARKS[one.severity]
        mark = click.style(word.ljust(6), fg=colour) if sys.stdout.isatty() else word.ljust(6)
        click.echo(f"{mark}{one.about.ljust(width)}  {plain(one.says)}")
        if one.fix:
            click.echo(f"{' ' * (6 + width)}  -> {plain(one.fix)}")
