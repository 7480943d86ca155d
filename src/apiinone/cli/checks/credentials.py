"""Stored credentials: whether they can be opened, and which of them a running process was refused with."""

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from apiinone.cli.checks.finding import Finding, error, ok, warning
from apiinone.cli.opening import reading
from apiinone.connect import seals_of
from apiinone.core.clock import iso
from apiinone.credentials.sealed_rows import AlarmRow, SealedRow, house_rows, read_alarms
from apiinone.credentials.seals import Seals, place_of
from apiinone.db import Tx
from apiinone.own_secret import own_secret
from apiinone.sealing import Unsealable
from apiinone.settings import Settings
from apiinone.tasks.keyring import FROM_ENVIRONMENT

_FIXES = {
    "bad_key": "replace it: `apiinone credentials add`, then `apiinone credentials revoke`, or set the variable anew",
    "no_balance": "top the account up at the vendor; it is tried again by itself",
}


class Stored(Struct, frozen=True):
    """The house's credentials that take orders, by provider, and what is to be said of them."""

    good: dict[str, int]
    findings: list[Finding]


async def stored_credentials(settings: Settings) -> Stored:
    """Look at the database. Raises DatabaseUnavailable, SettingsError."""

    async def look(tx: Tx) -> tuple[list[SealedRow], list[AlarmRow]]:
        return await house_rows(tx), await read_alarms(tx)

    async with reading(settings) as database:
        rows, alarms = await database.read(look)
    good = [row for row in rows if row.revoked_us is None]
    sealed = _sealed(good, seals_of(settings, own_secret(settings))) if good else ()
    counted = dict(Counter(row.provider for row in good))
    return Stored(counted, [*sealed, *_alarms(alarms, {row.id for row in rows})])


def _sealed(good: list[SealedRow], seals: Seals) -> Iterator[Finding]:
    """What is to be said of one or more."""
    closed = [row.id for row in good if not _opens(row, seals)]
    behind = sum(row.seal_key != seals.present for row in good) - len(closed)
    for credential_id in closed:
        fix = "set APIINONE_CREDENTIALS_KEY_BEFORE to the key that sealed it, or revoke it"
        yield error("credentials", f"{credential_id} cannot be opened with this installation's keys", fix)
    if behind > 0:
        yield warning("credentials", f"{behind} are sealed under an older key", "apiinone credentials rotate-key")
    if not closed:
        yield ok("credentials", f"{len(good)} stored, sealed")


def _alarms(alarms: list[AlarmRow], house: set[str]) -> Iterator[Finding]:
    own = 0
    for alarm in alarms:
        if not alarm.credential_id.startswith(FROM_ENVIRONMENT) and alarm.credential_id not in house:
            own += 1
            continue
        says = f"{alarm.credential_id} has been refused since {iso(alarm.since_us)}: {alarm.trouble}"
        yield error(alarm.provider, says, _FIXES.get(alarm.trouble, "see the log"))
    if own:
        yield ok("own keys", f"{own} keys that accounts brought are refused by their vendors")


def _opens(row: SealedRow, seals: Seals) -> bool:
    try:
        seals.open(bytes(row.sealed or b""), row.seal_key, place_of(None, row.provider, row.id))
    except (Unsealable, ValueError):
        return False
    return True
