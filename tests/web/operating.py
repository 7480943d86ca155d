"""Somebody who runs the installation, with a browser."""

from api.served_api import Api
from apiinone.db import Sql, Tx
from web.browsing import Browser, somebody

MAKE_OPERATOR = Sql(
    "UPDATE people SET operator = 1, totp_confirmed_us = 1, totp_sealed = $1, totp_step = 1 WHERE email = $2"
)
STEP_UP = Sql("UPDATE sessions SET stepped_up_us = $1 WHERE person_id = (SELECT id FROM people WHERE email = $2)")
PERSON = Sql("SELECT id FROM people WHERE email = $1")


class OperatorsBrowser(Browser):
    """A browser that has just shown a code; `id` is who uses it."""

    id: str = ""


async def operator(site: Api, email: str) -> OperatorsBrowser:
    """An operator who is signed in and has shown a code."""
    plain = await somebody(site, email)
    browser = OperatorsBrowser(site)
    browser.cookies, browser.csrf = plain.cookies, plain.csrf

    async def change(tx: Tx) -> str:
        await tx.run(MAKE_OPERATOR, b"x", email)
        await tx.run(STEP_UP, tx.now_us, email)
        row = await tx.row(PERSON, email)
        assert row is not None
        return str(row[0])

    browser.id = await site.app.database.transact(change)
    return browser
