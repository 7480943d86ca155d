"""Letters about money: who gets them, once, and what they say."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from api.served_api import Api, served_api
from apiinone.core.credits import whole
from apiinone.db import Sql, Tx
from apiinone.mail.letter import Letter
from apiinone.payments.alerts import Alerts, raise_alerts, set_alerts
from apiinone.payments.notices import Facts, NoticeKind, notify
from apiinone.people.member_rows import add_member
from apiinone.people.roles import PAYERS, ROLES
from apiinone.telling_payers import KINDS, STALE_US, PayersTold
from apiinone.web.languages import Languages
from apiinone.web.letters import TemplateLetters
from apiinone.web.static_files import StaticFiles
from apiinone.web.templates_of_pages import Templates
from databases import sqlite_url
from web.browsing import Browser, letters, somebody
from web.buying import account_of, bought

PERSON = Sql("SELECT id FROM people WHERE email = $1")
AGE = Sql("UPDATE payment_notices SET created_us = created_us - $1")
UNCONFIRM = Sql("UPDATE people SET verified_us = NULL WHERE email = $1")


@pytest.fixture
async def site(sqlite_path: Path, tmp_path: Path) -> AsyncGenerator[Api]:
    async with served_api(sqlite_url(sqlite_path), tmp_path, working=False) as api:
        yield api


@pytest.fixture
async def ada(site: Api) -> Browser:
    return await somebody(site, "ada@example.com")


async def told(site: Api, address: str = "https://one.example") -> list[Letter]:
    words = TemplateLetters(lambda: Templates(StaticFiles(), Languages()))
    duty = PayersTold(site.app.database, site.app.mailing.outbox, words, lambda: address)
    await duty.go_through()
    return await letters(site)


async def test_members_who_may_pay_are_told_and_nobody_else(site: Api, ada: Browser) -> None:
    account_id = await account_of(ada)
    for role in ROLES[1:]:
        await somebody(site, f"{role}@example.com")

    async def join(tx: Tx) -> None:
        for role in ROLES[1:]:
            row = await tx.row(PERSON, f"{role}@example.com")
            assert row is not None
            await add_member(tx, account_id, row[0], role)

    await site.app.database.transact(join)
    await bought(ada)
    to = {one.to for one in await told(site)}
    payers = {"ada@example.com" if role == "owner" else f"{role}@example.com" for role in PAYERS}
    assert to == payers
    await site.app.database.transact(lambda tx: tx.run(UNCONFIRM, "billing@example.com"))
    await bought(ada)
    assert {one.to for one in await told(site)} == payers - {"billing@example.com"}


async def test_each_is_told_once_and_with_a_link_to_its_page(site: Api, ada: Browser) -> None:
    order = await bought(ada)
    assert await told(site, "") == []
    (letter,) = await told(site)
    assert letter.subject == "1,000 credits have come to ada"
    assert "10.00 USD" in letter.text
    assert f"https://one.example/billing/orders/{order.id}" in letter.text
    assert await told(site) == []


async def test_an_alert_becomes_a_letter(site: Api, ada: Browser) -> None:
    account_id = await account_of(ada)

    async def fall(tx: Tx) -> None:
        await set_alerts(tx, account_id, Alerts(whole(500), None, None, None))
        for _ in range(2):
            await raise_alerts(tx, site.app.ids)

    await site.app.database.transact(fall)
    (letter,) = await told(site)
    assert letter.kind == "balance_low"
    assert "fewer than 500 live credits are left: 0" in letter.text


async def test_what_is_days_old_is_no_news(site: Api, ada: Browser) -> None:
    await bought(ada)
    await site.app.database.transact(lambda tx: tx.run(AGE, STALE_US))
    assert await told(site) == []


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_has_its_words(site: Api, ada: Browser, kind: NoticeKind) -> None:
    order = await bought(ada)
    await told(site)
    facts: Facts = {"order_id": order.id, "number": 1, "amount_minor": 1000, "threshold": "5", "credits": "4"}
    await site.app.database.transact(lambda tx: notify(tx, site.app.ids, order.account_id, kind, facts))
    (letter,) = await told(site)
    assert letter.kind == KINDS[kind]
    assert len(letter.subject) > 10
    assert "https://one.example/" in letter.text
    assert not {"{{", "%("} & set(letter.text.split())
