"""Accounts and keys as rows: opened, found, rotated, revoked, suspended."""

import asyncio
import secrets

import pytest

from apiinone.accounts.account_rows import (
    Action,
    account_by_email,
    accounts,
    agree,
    open_account,
    set_suspended,
)
from apiinone.accounts.callers import CACHE_S, Callers
from apiinone.accounts.key_rows import NewKey, key_by_id, keys_of, make_key, revoke_key, rotate_key
from apiinone.accounts.keys import KeyRules, new_secret, secret_hash, written
from apiinone.core.credits import whole
from apiinone.core.errors import AuthenticationFailed, BadRequest, Conflict, NotFound, PermissionDenied
from apiinone.db import Sql, Tx
from clocks import ClockForTests
from workshop import PRICE, Workshop

PEPPER = b"pepper"
ADDRESS = "192.0.2.1"
DUMP = Sql("SELECT secret_hash, name, rules FROM keys")


async def opened(workshop: Workshop, email: str) -> str:
    account_id = workshop.ids.new()

    async def work(tx: Tx) -> None:
        await open_account(tx, account_id=account_id, email=email, lot_id=workshop.ids.new(), test_credits=whole(1))

    await workshop.database.transact(work)
    return account_id


class Door:
    """A key in the database and everything to call with it."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.clock = ClockForTests()
        self.callers = Callers(workshop.database, self.clock, PEPPER)
        self.secret = new_secret(secrets.token_bytes)
        self.key_id = workshop.ids.new()

    async def make(self, **changes: object) -> "Door":
        account_id = await opened(self.workshop, f"{self.key_id}@example.com")
        hashed = secret_hash(PEPPER, self.secret)

        async def work(tx: Tx) -> None:
            await make_key(tx, NewKey(self.key_id, account_id, "live", hashed, **changes))  # pyright: ignore[reportArgumentType]

        await self.workshop.database.transact(work)
        return self

    @property
    def header(self) -> str:
        return f"Bearer {written('live', self.key_id, self.secret)}"

    async def knock(self, address: str = ADDRESS) -> str:
        return (await self.callers.identify(self.header, address)).key_id


@pytest.mark.parametrize("email", ["a@example.com", " A@Example.COM ", "ü.x+tag@sub.exämple.org", "a@b.c"])
async def test_an_address_is_kept_in_lower_case_and_found_in_any(workshop: Workshop, email: str) -> None:
    account_id = await opened(workshop, email)
    found = await workshop.database.read(lambda tx: account_by_email(tx, email.upper()))
    assert found is not None
    assert (found.id, found.email, found.state) == (account_id, email.strip().lower(), "active")


@pytest.mark.parametrize(
    "email", ["", "a", "@example.com", "a@", "a@b", "a@.", "a b@example.com", "a@exa\x00mple.com", "x" * 250 + "@b.cd"]
)
async def test_what_is_no_address_opens_no_account(workshop: Workshop, email: str) -> None:
    with pytest.raises(BadRequest) as refused:
        await opened(workshop, email)
    assert refused.value.param == "/email"
    assert await workshop.database.read(accounts) == []


async def test_an_address_opens_one_account_even_when_asked_at_once(workshop: Workshop) -> None:
    emails = ["a@example.com", "A@example.com"] * 3
    outcomes = await asyncio.gather(*[opened(workshop, email) for email in emails], return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict"] * 5 + ["str"]
    assert len(await workshop.database.read(accounts)) == 1
    await workshop.assert_sound()


async def test_accounts_are_listed_in_pages_oldest_first(workshop: Workshop) -> None:
    ids = [await opened(workshop, f"{number}@example.com") for number in range(4)]
    listed = await workshop.database.read(accounts)
    assert [account.id for account in listed] == ids
    rest = await workshop.database.read(lambda tx: accounts(tx, after=ids[1]))
    assert [account.id for account in rest] == ids[2:]


async def test_a_new_account_has_nothing_live_and_its_days_worth_of_test_credits(workshop: Workshop) -> None:
    caller = await workshop.tenant(mode="test")
    assert await workshop.balance(caller) == (100 * PRICE, 0)
    live = await workshop.tenant()
    assert await workshop.balance(live) == (0, 0)


async def test_a_revoked_key_is_refused_within_a_second_everywhere(workshop: Workshop) -> None:
    door = await Door(workshop).make()
    assert await door.knock() == door.key_id
    await workshop.database.transact(lambda tx: revoke_key(tx, door.key_id))
    door.clock.pass_s(CACHE_S)
    with pytest.raises(AuthenticationFailed):
        await door.knock()
    assert CACHE_S <= 1.0
    with pytest.raises(NotFound):
        await workshop.database.transact(lambda tx: revoke_key(tx, door.key_id))


async def test_a_key_ends_when_it_says(workshop: Workshop) -> None:
    door = Door(workshop)
    await door.make(expires_us=door.clock.now_us() + 500_000)
    assert await door.knock() == door.key_id
    door.clock.pass_s(0.5)
    with pytest.raises(AuthenticationFailed):
        await door.knock()


async def test_a_suspended_account_is_refused_and_may_go_on_later(workshop: Workshop) -> None:
    door = await Door(workshop).make()
    account_id = (await door.callers.identify(door.header, ADDRESS)).account_id
    for suspended in (True, False):
        action = Action(workshop.ids.new(), "operator", "suspend", account_id, "a test")
        await workshop.database.transact(
            lambda tx, action=action, suspended=suspended: set_suspended(tx, account_id, action, suspended=suspended)
        )
        door.clock.pass_s(CACHE_S)
        if suspended:
            with pytest.raises(PermissionDenied):
                await door.knock()
        else:
            assert await door.knock() == door.key_id


async def test_a_key_bound_to_addresses_is_refused_from_others(workshop: Workshop) -> None:
    door = await Door(workshop).make(rules=KeyRules(ip_ranges=("192.0.2.0/24",)))
    assert await door.knock() == door.key_id
    with pytest.raises(PermissionDenied):
        await door.knock("198.51.100.1")


async def test_an_unknown_key_is_refused_and_may_be_made_later(workshop: Workshop) -> None:
    door = Door(workshop)
    with pytest.raises(AuthenticationFailed):
        await door.knock()
    await door.make()
    door.clock.pass_s(CACHE_S)
    assert await door.knock() == door.key_id


async def test_use_is_noted_for_good_keys_only(workshop: Workshop) -> None:
    door = await Door(workshop).make()
    await door.knock()
    with pytest.raises(AuthenticationFailed):
        await door.callers.identify(f"Bearer {written('live', door.key_id, 'guess')}", ADDRESS)
    assert door.callers.take_used() == {door.key_id: door.clock.now_us()}
    assert door.callers.take_used() == {}


async def test_both_keys_work_during_the_overlap_and_the_new_one_beyond(workshop: Workshop) -> None:
    door = await Door(workshop).make(rules=KeyRules(models=("recraft-v4",)), name="ours")
    new_id = workshop.ids.new()
    await workshop.database.transact(
        lambda tx: rotate_key(tx, door.key_id, new_id=new_id, secret_hash=b"new", overlap_us=60_000_000)
    )
    old, new = [await workshop.database.read(lambda tx, one=one: key_by_id(tx, one)) for one in (door.key_id, new_id)]
    assert old is not None
    assert new is not None
    assert (new.lineage_id, new.rules, new.name, new.mode) == (old.lineage_id, old.rules, "ours", "live")
    assert (old.expires_us is not None, new.expires_us) == (True, None)
    account_id = old.account_id
    assert [one.id for one in await workshop.database.read(lambda tx: keys_of(tx, account_id))] == [old.id, new.id]


async def test_a_key_is_rotated_once(workshop: Workshop) -> None:
    """Its successor would end with the overlap; whoever asks twice means the successor."""
    door = await Door(workshop).make()

    async def rotate(tx: Tx) -> None:
        await rotate_key(tx, door.key_id, new_id=workshop.ids.new(), secret_hash=b"new", overlap_us=60_000_000)

    await workshop.database.transact(rotate)
    with pytest.raises(Conflict):
        await workshop.database.transact(rotate)


async def test_a_revoked_or_unknown_key_has_no_successor(workshop: Workshop) -> None:
    door = await Door(workshop).make()
    await workshop.database.transact(lambda tx: revoke_key(tx, door.key_id))
    for key_id in (door.key_id, "nobody"):
        with pytest.raises(NotFound):
            await workshop.database.transact(
                lambda tx, key_id=key_id: rotate_key(tx, key_id, new_id="n", secret_hash=b"", overlap_us=0)
            )


async def test_no_key_is_made_for_an_account_that_is_not_there(workshop: Workshop) -> None:
    with pytest.raises(NotFound):
        await workshop.database.transact(lambda tx: make_key(tx, NewKey("key", "nobody", "live", b"hash")))


async def test_the_secret_stands_nowhere_in_the_row(workshop: Workshop) -> None:
    door = await Door(workshop).make()
    rows = await workshop.rows(DUMP)
    assert door.secret not in str([tuple(row) for row in rows])


async def test_what_an_installation_agreed_on_stays(workshop: Workshop) -> None:
    agreed = [await workshop.database.transact(lambda tx, text=text: agree(tx, "fact", text)) for text in ("a", "b")]
    assert agreed == ["a", "a"]
