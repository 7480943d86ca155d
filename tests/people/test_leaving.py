"""Leaving: no row and no file names whoever left, or holds what they asked for; the money still adds up."""

from collections.abc import Mapping
from pathlib import Path

from api.served_api import BODY, served_api
from apiinone.accounts.account_rows import account_by_id
from apiinone.db import Database, Row, Sql
from apiinone.people.leave import Erased, NotJustNow, StillNeeded, leave
from apiinone.people.members import Done, change_role
from apiinone.people.session_rows import Found
from apiinone.people.sign_in import SignedIn
from apiinone.schema import metadata
from apiinone.tasks.clear_closed import clear_closed
from people.office_for_tests import OfficeForTests
from people.test_members import team_of
from web.browsing import somebody

CANARY = "canary-7d1f"
HELD = (
    Sql(
        "INSERT INTO webhook_endpoints (id, account_id, mode, url, host, events, name, created_us)"
        " VALUES ($2, $1, 'live', $2, $2, 'task.failed', $2, 1)"
    ),
    Sql("INSERT INTO alert_addresses (account_id, url) VALUES ($1, $2)"),
    Sql(
        "INSERT INTO saved_methods (id, account_id, method, customer_ref, vendor_ref, label, created_us)"
        " VALUES ('one', $1, 'stripe', 'cus_1', 'pm_1', $2, 1)"
    ),
)
"""What an account may hold beside its tasks and keys: account, and a text that names its owner."""


async def found_of(office: OfficeForTests, signed_in: SignedIn) -> Found:
    found = await office.session(signed_in)
    assert found is not None
    return found


async def test_somebody_alone_is_erased_and_their_account_closed_with_its_keys(office: OfficeForTests) -> None:
    team = await team_of(office)
    key = await team.key_of(team.owner)
    found = await found_of(office, team.owner)
    assert await leave(office.office, found) == Erased((team.account_id,))
    assert await office.person() is None
    account = await office.database.read(lambda tx: account_by_id(tx, team.account_id))
    assert account is not None
    assert (account.state, account.name, "ada" in account.email) == ("suspended", "", False)
    assert await team.is_revoked(key)
    assert (await office.member()).person.id != team.owner.person.id


async def test_an_account_with_others_needs_an_owner_before_the_last_one_leaves(office: OfficeForTests) -> None:
    team = await team_of(office)
    bob, _ = await team.member("bob@example.com", "developer")
    key = await team.key_of(team.owner)
    found = await found_of(office, team.owner)
    assert await leave(office.office, found) == StillNeeded("Ada")
    assert await office.person() is not None
    assert await change_role(office.office, team.acting, bob.person.id, "owner") == Done()
    assert await leave(office.office, found) == Erased(())
    account = await office.database.read(lambda tx: account_by_id(tx, team.account_id))
    assert account is not None
    assert (account.state, "ada" in account.email) == ("active", False)
    assert await team.is_revoked(key)


async def test_nobody_leaves_by_a_session_that_was_left_open(office: OfficeForTests) -> None:
    signed_in = await office.member()
    office.database.let_pass(3600)
    assert await leave(office.office, await found_of(office, signed_in)) == NotJustNow()


async def test_nothing_of_who_left_is_in_any_row_or_file(database_url: str, tmp_path: Path) -> None:
    async with served_api(database_url, tmp_path) as site:
        email = f"{CANARY}@example.com"
        browser = await somebody(site, email)
        (row,) = await site.app.database.rows(Sql("SELECT account_id, person_id FROM members"))
        tenant = await site.tenant(of=None, balance=0)
        await site.change(Sql("UPDATE keys SET account_id = $1, name = $2, made_by = $3"), row[0], CANARY, row[1])
        body = {**BODY, "prompt": f"a {CANARY}", "metadata": {"note": CANARY}}
        task = await site.task(tenant.key, body, Idempotency_Key=CANARY)
        await site.ended(tenant.key, task)
        assert len(files_below(tmp_path)) == 1
        for held in HELD:
            await site.change(held, row[0], CANARY)
        assert any(CANARY in repr(rows) for rows in (await dump(site.app.database)).values())
        assert (await browser.post("/account/leave", email="another@example.com")).status == 422
        assert (await browser.post("/account/leave", email=f" {email.upper()} ")).location == "/sign-in"
        while await site.app.database.transact(clear_closed):
            pass
        await site.app.sweeper.expire_outputs()
        found = await dump(site.app.database)
        assert {name for name, rows in found.items() if CANARY in repr(rows)} == set()
        assert {name for name, rows in found.items() if row[1] in repr(rows)} <= {"keys"}
        assert files_below(tmp_path) == []
        assert found["entries"]
        assert found["outputs"] == []
        await site.assert_sound()


def files_below(folder: Path) -> list[Path]:
    """The files that were made for tasks."""
    return [path for path in folder.rglob("outputs/**/*") if path.is_file()]


async def dump(database: Database) -> Mapping[str, list[Row]]:
    """Every row of every table."""
    return {name: await database.rows(Sql(f"SELECT * FROM {name}")) for name in metadata.tables}  # pyright: ignore[reportArgumentType] # noqa: S608 - names of our own tables
