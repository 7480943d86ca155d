"""`apiinone keys`: what clients send, made and ended."""

from typing import Literal

import click
from msgspec import Struct

from apiinone.accounts.account_rows import refuse_unknown_account
from apiinone.accounts.key_rows import keys_of
from apiinone.accounts.keys import SCOPES, USUAL_SCOPES, Key, KeyRules, Mode, Scope
from apiinone.cli.arguments import Amount, now
from apiinone.cli.opening import carry_out, reading, settings_now
from apiinone.cli.printing import json_option, moment, print_fields, print_json, print_table, say
from apiinone.control.key_commands import MadeKey, MakeKey, RevokeKey, RotateKey
from apiinone.core.clock import iso
from apiinone.core.credits import Credits
from apiinone.db import Tx
from apiinone.ledger.budgets import Period

State = Literal["active", "expired", "revoked"]


class ShownKey(Struct, frozen=True):
    """A key as `--json` prints it; never its secret."""

    key_id: str
    name: str
    mode: Mode
    state: State
    rules: KeyRules
    lineage_id: str
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None


class Asked(Struct, frozen=True):
    """What a new key may do, as it was asked for."""

    scope: tuple[Scope, ...]
    model: tuple[str, ...]
    endpoint: tuple[str, ...]
    ip: tuple[str, ...]
    requests_per_minute: int | None
    open_tasks: int | None

    def rules(self) -> KeyRules:
        """The same as rules: what was not given is no limit."""
        return KeyRules(
            scopes=self.scope or USUAL_SCOPES,
            models=self.model or None,
            endpoints=self.endpoint or None,
            ip_ranges=self.ip or None,
            requests_per_minute_max=self.requests_per_minute,
            open_tasks_max=self.open_tasks,
        )


@click.group(short_help="Make, list, rotate and revoke keys.")
def keys() -> None:
    """Keys are what clients send. Live keys spend credits and call vendors; test keys do neither."""


@keys.command()
@click.option("--account", "account_id", required=True, help="The account that it spends for.")
@click.option("--live/--test", "live", default=True, show_default=True, help="What kind of key.")
@click.option("--name", default="", help="What it is for, to tell it from others.")
@click.option("--scope", multiple=True, type=click.Choice(SCOPES), help="What it may do; default: all but buying.")
@click.option("--model", multiple=True, help="A model it may use; default: all.")
@click.option("--endpoint", multiple=True, help="An endpoint it may use, such as images; default: all.")
@click.option("--ip", multiple=True, help="An address or range it may be used from; default: anywhere.")
@click.option("--expires-days", type=click.IntRange(min=1), help="After how many days it ends.")
@click.option("--budget", type=Amount(), help="Credits it may spend in a budget period.")
@click.option("--budget-period", type=click.Choice(("day", "month", "total")), default="month", show_default=True)
@click.option("--requests-per-minute", type=click.IntRange(min=1), help="Requests it may send a minute.")
@click.option("--open-tasks", type=click.IntRange(min=1), help="Tasks it may have open at once.")
@json_option
def create(  # noqa: PLR0913 - one parameter for each option
    account_id: str,
    *,
    live: bool,
    name: str,
    scope: tuple[Scope, ...],
    model: tuple[str, ...],
    endpoint: tuple[str, ...],
    ip: tuple[str, ...],
    expires_days: int | None,
    budget: Credits | None,
    budget_period: Period,
    requests_per_minute: int | None,
    open_tasks: int | None,
    as_json: bool,
) -> None:
    """Make a key and show it, this once."""
    asked = Asked(scope, model, endpoint, ip, requests_per_minute, open_tasks)
    mode: Mode = "live" if live else "test"
    command = MakeKey(account_id, mode, name, asked.rules(), expires_days, budget, budget_period)
    _show(now(carry_out(settings_now(), command)), as_json=as_json)


@keys.command("list")
@click.option("--account", "account_id", required=True)
@json_option
def list_keys(account_id: str, *, as_json: bool) -> None:
    """List an account's keys, oldest first."""
    found = now(_keys(account_id))
    if as_json:
        print_json({"keys": [key for key, _ in found]})
        return
    rows = [(key.key_id, key.mode, key.state, key.name, key.expires_at, key.last_used_at) for key, _ in found]
    print_table(("key", "mode", "state", "name", "expires", "last used"), rows)


@keys.command()
@click.argument("key_id")
@click.option("--overlap-hours", type=click.IntRange(min=0), default=24, show_default=True)
@json_option
def rotate(key_id: str, overlap_hours: int, *, as_json: bool) -> None:
    """Put a new key in an old one's place; the old one works on for the overlap. They share budget and limits."""
    _show(now(carry_out(settings_now(), RotateKey(key_id, overlap_hours * 3600))), as_json=as_json)


@keys.command()
@click.argument("key_id")
@json_option
def revoke(key_id: str, *, as_json: bool) -> None:
    """End a key at once."""
    revoked = now(carry_out(settings_now(), RevokeKey(key_id)))
    if as_json:
        print_json(revoked)
        return
    print_fields((("revoked", revoked.key_id),))


async def _keys(account_id: str) -> list[tuple[ShownKey, Key]]:
    async def look(tx: Tx) -> list[tuple[ShownKey, Key]]:
        await refuse_unknown_account(tx, account_id)
        return [(_shown(key, tx.now_us), key) for key in await keys_of(tx, account_id)]

    async with reading(settings_now()) as database:
        return await database.read(look)


def _shown(key: Key, now_us: int) -> ShownKey:
    return ShownKey(
        key.id,
        key.name,
        key.mode,
        _state(key, now_us),
        key.rules,
        key.lineage_id,
        iso(key.created_us),
        moment(key.expires_us),
        moment(key.revoked_us),
        moment(key.last_used_us),
    )


def _state(key: Key, now_us: int) -> State:
    if key.revoked_us is not None:
        return "revoked"
    return "expired" if key.expires_us is not None and key.expires_us <= now_us else "active"


def _show(made: MadeKey, *, as_json: bool) -> None:
    if as_json:
        print_json(made)
    else:
        print_fields((("key id", made.key_id), ("mode", made.mode), ("key", made.key)))
    say("keep the key now: it is not stored and cannot be shown again")
