"""The demonstration's account and key: made once, kept in its folder, used again by the next run."""

import os
from pathlib import Path

import msgspec
from msgspec import Struct

from apiinone.accounts.account_rows import account_by_email
from apiinone.accounts.keys import Mode
from apiinone.control.account_commands import OpenAccount
from apiinone.control.desk import Desk
from apiinone.control.key_commands import MakeKey
from apiinone.db import Tx

EMAIL = "demo@example.com"
NAME = "demo"


class OwnKey(Struct, frozen=True):
    """The account and its key."""

    account_id: str
    key: str


def kept_key(folder: Path, mode: Mode) -> OwnKey | None:
    """The key that an earlier run has kept; None where there is none that can be read."""
    try:
        return msgspec.json.decode(_path(folder, mode).read_bytes(), type=OwnKey)
    except (OSError, msgspec.MsgspecError):
        return None


async def make_own_key(desk: Desk, folder: Path, mode: Mode) -> OwnKey:
    """Make a key, and the account where it is new, and keep it (mode 0600). Raises Refusal, OSError."""
    account_id = await _account(desk)
    made = await MakeKey(account_id, mode, NAME).run(desk)
    own = OwnKey(account_id, made.key)
    path = _path(folder, mode)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode(own))
    return own


async def _account(desk: Desk) -> str:
    async def look(tx: Tx) -> str | None:
        found = await account_by_email(tx, EMAIL)
        return None if found is None else found.id

    return await desk.database.read(look) or (await OpenAccount(EMAIL).run(desk)).account_id


def _path(folder: Path, mode: Mode) -> Path:
    return folder / f"{mode}-key.json"
