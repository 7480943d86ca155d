"""Money of an account that tests of pages need: orders by bank transfer, paid as an operator says."""

import secrets

from apiinone.db import Sql, Tx
from apiinone.payments.cashier import Wish
from apiinone.payments.documents import documents_of
from apiinone.payments.manual import statement
from apiinone.payments.order_rows import Order
from apiinone.payments.packs import terms_of_pack
from apiinone.people.hashes import Hashes
from apiinone.people.sign_in import SESSION
from web.browsing import Browser

ACCOUNT = Sql("SELECT account_id FROM sessions WHERE id = $1")


async def account_of(browser: Browser) -> str:
    """The account that the browser's session is at."""
    app = browser.site.app
    (token,) = [value for name, value in browser.cookies.items() if "session" in name]
    session_id = Hashes(app.secret.key("people"), secrets.token_bytes).of(SESSION, token)

    async def look(tx: Tx) -> str:
        row = await tx.row(ACCOUNT, session_id)
        assert row is not None
        return str(row[0])

    return await app.database.read(look)


async def transfer(browser: Browser, pack: str = "starter") -> Order:
    """An order that waits for its transfer."""
    cashier = browser.site.app.payments.cashier
    wish = Wish(await account_of(browser), "manual", terms_of_pack(cashier.billing, pack), "a test")
    return (await cashier.order(wish)).order


async def bought(browser: Browser, pack: str = "starter") -> Order:
    """An order that was paid."""
    cashier, order = browser.site.app.payments.cashier, await transfer(browser, pack)
    standing = statement(
        order.id, payment_ref=f"bank {order.number}", currency="usd", amount_minor=order.amount_minor, account_id=None
    )
    settled = await cashier.settle("manual", order.id, standing)
    assert settled.order is not None
    return settled.order


async def own_order(browser: Browser) -> str:
    return (await bought(browser)).id


async def own_document(browser: Browser) -> str:
    order = await bought(browser)
    found = await browser.site.app.database.read(lambda tx: documents_of(tx, order.account_id, before=None, limit=1))
    return found[0].id
