"""`apiinone credentials`: what providers are asked with, sealed in the database. A secret is never an argument."""

import sys

import click
from msgspec import Struct

from apiinone.cli.arguments import now
from apiinone.cli.opening import carry_out, reading, settings_now
from apiinone.cli.printing import json_option, moment, print_fields, print_json, print_table, say
from apiinone.control.credential_commands import AddCredential, ResealCredentials, RevokeCredential
from apiinone.core.clock import US_PER_S, iso
from apiinone.core.errors import BadRequest
from apiinone.core.secret import SECRET_CHARACTERS_MAX
from apiinone.credentials.sealed_rows import AlarmRow, SealedRow, house_rows, read_alarms
from apiinone.db import Tx


class ShownCredential(Struct, frozen=True):
    """A credential as `--json` prints it; never its secret. `state`: `good`, `revoked` or what is wrong with it."""

    credential_id: str
    provider: str
    name: str
    state: str
    nodes: list[int]
    submits_per_s_max: float | None
    concurrent_max: int | None
    secret_kept: bool
    created_at: str
    revoked_at: str | None


@click.group(short_help="Store, list and revoke credentials of providers.")
def credentials() -> None:
    """Credentials are what providers are asked with. These are the house's; accounts bring their own by the API."""


@credentials.command()
@click.argument("provider")
@click.option("--name", default="", help="What it is, to tell it from others.")
@click.option("--node", "nodes", multiple=True, type=click.IntRange(min=1), help="A node that uses it; default: all.")
@click.option("--submits-per-s", type=click.FloatRange(min=0, min_open=True), help="Orders a second with it.")
@click.option("--concurrent", type=click.IntRange(min=1), help="Orders at once with it.")
@json_option
def add(  # noqa: PLR0913 - one parameter for each option
    provider: str,
    *,
    name: str,
    nodes: tuple[int, ...],
    submits_per_s: float | None,
    concurrent: int | None,
    as_json: bool,
) -> None:
    """Store a credential for PROVIDER. The secret is asked for, or read from the standard input."""
    command = AddCredential(provider, _secret(), name, nodes, submits_per_s, concurrent)
    stored = now(carry_out(settings_now(), command))
    if as_json:
        print_json(stored)
        return
    print_fields((("credential", stored.credential_id), ("provider", stored.provider)))


@credentials.command("list")
@json_option
def list_credentials(*, as_json: bool) -> None:
    """List the house's stored credentials, oldest first."""
    found = now(_found())
    if as_json:
        print_json({"credentials": found})
        return
    rows = [(one.credential_id, one.provider, one.state, one.name, one.created_at) for one in found]
    print_table(("credential", "provider", "state", "name", "created"), rows)


@credentials.command()
@click.argument("credential_id")
@click.option("--reason", required=True, help="Why; it is written down.")
@click.option("--now", "at_once", is_flag=True, help="Destroy the secret now: what is under way is lost sight of.")
@json_option
def revoke(credential_id: str, *, reason: str, at_once: bool, as_json: bool) -> None:
    """Have a credential take no more orders. What is under way may be asked about with it for a day."""
    revoked = now(carry_out(settings_now(), RevokeCredential(credential_id, reason, at_once)))
    if as_json:
        print_json(revoked)
        return
    print_fields((("revoked", revoked.credential_id),))


@credentials.command("rotate-key")
@json_option
def rotate_key(*, as_json: bool) -> None:
    """Seal every stored secret under the present key.

    Set APIINONE_CREDENTIALS_KEY to the new key, APIINONE_CREDENTIALS_KEY_BEFORE to the old one (none: the one derived
    from the installation's secret), start every process anew, run this, and unset the old one.
    """
    resealed = now(carry_out(settings_now(), ResealCredentials()))
    if as_json:
        print_json(resealed)
        return
    print_fields((("sealed anew", str(resealed.sealed_anew)),))


def _secret() -> str:
    """From a prompt that shows nothing, or the first line of a pipe."""
    if sys.stdin.isatty():
        text: str = click.prompt("secret", hide_input=True, err=True)
    else:
        text = sys.stdin.readline(SECRET_CHARACTERS_MAX + 2)
    if not text.strip():
        raise BadRequest("there is no secret on the standard input", param="/secret")
    say("the secret is sealed and cannot be shown again")
    return text.strip()


async def _found() -> list[ShownCredential]:
    async def look(tx: Tx) -> tuple[list[SealedRow], list[AlarmRow]]:
        return await house_rows(tx), await read_alarms(tx)

    async with reading(settings_now()) as database:
        rows, alarms = await database.read(look)
    troubles = {alarm.credential_id: alarm.trouble for alarm in alarms}
    return [_shown(row, troubles) for row in rows]


def _shown(row: SealedRow, troubles: dict[str, str]) -> ShownCredential:
    return ShownCredential(
        row.id,
        row.provider,
        row.name,
        troubles.get(row.id, "good") if row.revoked_us is None else "revoked",
        [int(part) for part in row.nodes.split(",") if part],
        None if row.submit_gap_us is None else US_PER_S / row.submit_gap_us,
        row.concurrent_max,
        row.sealed is not None,
        iso(row.created_us),
        moment(row.revoked_us),
    )
