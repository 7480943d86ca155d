"""Members: invited by who may, as what they may give; and somebody always owns the account."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import apiinone.people.members
from apiinone.accounts.key_rows import NewKey, key_by_id, make_key, rotate_key
from apiinone.core.errors import NotFound
from apiinone.db import Tx
from apiinone.people.confirm import LinkOver
from apiinone.people.member_rows import members_of, owners_of, role_in
from apiinone.people.members import (
    Acting,
    Done,
    IsMember,
    LastOwner,
    NotYours,
    OtherAddress,
    accept,
    change_role,
    invitation,
    invite,
    remove,
    withdraw_invitation,
)
from apiinone.people.roles import ADMINS, MONEY, ROLES, Role, at_most
from apiinone.people.session_rows import Found
from apiinone.people.sign_in import SignedIn
from apiinone.people.sign_up import LetterSent, NotOpen
from apiinone.people.sign_up_invited import sign_up_invited
from people.office_for_tests import OfficeForTests

WEEK_S = 7 * 24 * 3600


class Team:
    """An account with its owner, and whom they took in."""

    def __init__(self, office: OfficeForTests, owner: SignedIn, found: Found) -> None:
        assert found.membership is not None
        self.office = office
        self.owner = owner
        self.account_id = found.membership.account_id
        self.acting = Acting(self.account_id, found.membership.title, owner.person, "owner")

    async def invited(self, email: str, role: Role, acting: Acting | None = None) -> str:
        """The token of an invitation."""
        assert isinstance(await invite(self.office.office, acting or self.acting, email, role), LetterSent)
        return await self.office.link()

    async def member(self, email: str, role: Role) -> tuple[SignedIn, Acting]:
        """Somebody who was invited, signed up by the invitation and is signed in."""
        token = await self.invited(email, role)
        outcome = await sign_up_invited(self.office.office, token, email, "en", self.office.tried())
        assert isinstance(outcome, SignedIn), outcome
        return outcome, Acting(self.account_id, "", outcome.person, role)

    async def role(self, signed_in: SignedIn) -> Role | None:
        return await self.office.database.read(lambda tx: role_in(tx, self.account_id, signed_in.person.id))

    async def key_of(self, signed_in: SignedIn) -> str:
        """A key that they made."""
        key_id = self.office.ids.new()
        key = NewKey(key_id, self.account_id, "test", b"hash", made_by=signed_in.person.id)
        await self.office.database.transact(lambda tx: make_key(tx, key))
        return key_id

    async def is_revoked(self, key_id: str) -> bool:
        key = await self.office.database.read(lambda tx: key_by_id(tx, key_id))
        assert key is not None
        return key.revoked_us is not None


async def team_of(office: OfficeForTests) -> Team:
    owner = await office.member()
    found = await office.session(owner)
    assert found is not None
    return Team(office, owner, found)


@pytest.fixture
async def team(office: OfficeForTests) -> Team:
    return await team_of(office)


@pytest.fixture
async def small_team(small_office: OfficeForTests) -> Team:
    return await team_of(small_office)


async def test_an_invitation_is_good_once_and_for_a_week(team: Team) -> None:
    token = await team.invited("bob@example.com", "developer")
    tries = [sign_up_invited(team.office.office, token, f"Bob {n}", "en", team.office.tried()) for n in range(3)]
    outcomes = await asyncio.gather(*tries)
    assert sorted(type(one).__name__ for one in outcomes) == ["LinkOver", "LinkOver", "SignedIn"]
    late = await team.invited("carol@example.com", "developer")
    team.office.database.let_pass(WEEK_S + 1)
    assert await invitation(team.office.office, late) is None
    outcome = await sign_up_invited(team.office.office, late, "Carol", "en", team.office.tried())
    assert isinstance(outcome, LinkOver)


async def test_an_invitation_is_for_the_address_it_was_sent_to(team: Team) -> None:
    token = await team.invited("bob@example.com", "developer")
    stranger = await team.office.member("stranger@example.com")
    office = team.office.office
    assert await accept(office, stranger.person, "s", token) == OtherAddress("bob@example.com")
    bob = await team.office.member("bob@example.com")
    assert await accept(office, bob.person, "s", token) == Done()
    assert await team.role(bob) == "developer"
    assert await accept(office, bob.person, "s", token) == LinkOver()


async def test_of_an_invitation_only_the_newest_counts_and_it_can_be_withdrawn(team: Team) -> None:
    office = team.office.office
    older = await team.invited("bob@example.com", "viewer")
    newer = await team.invited("bob@example.com", "developer")
    assert [await invitation(office, one) is None for one in (older, newer)] == [True, False]
    await withdraw_invitation(office, team.acting, "bob@example.com")
    assert await invitation(office, newer) is None
    with pytest.raises(NotFound):
        await withdraw_invitation(office, team.acting, "bob@example.com")


async def test_an_invitation_ends_with_its_inviters_right_to_make_it(team: Team) -> None:
    admin, acting = await team.member("admin@example.com", "admin")
    token = await team.invited("bob@example.com", "admin", acting)
    assert await change_role(team.office.office, team.acting, admin.person.id, "viewer") == Done()
    assert await invitation(team.office.office, token) is None
    outcome = await sign_up_invited(team.office.office, token, "Bob", "en", team.office.tried())
    assert isinstance(outcome, LinkOver)


async def test_whoever_belongs_to_the_account_is_not_invited_again(team: Team) -> None:
    await team.member("bob@example.com", "developer")
    assert await invite(team.office.office, team.acting, " Bob@example.com", "viewer") == IsMember()


@pytest.mark.parametrize("role", ROLES)
async def test_nobody_gives_takes_or_changes_a_role_above_their_own(small_team: Team, role: Role) -> None:
    team, office = small_team, small_team.office.office
    _, acting = await team.member(f"{role}@example.com", role)
    for given_role in ROLES:
        may = role in ADMINS and at_most(given_role, role)
        other, _ = await team.member(f"other{given_role}@example.com", given_role)
        outcome = await invite(office, acting, f"new{given_role}@example.com", given_role)
        assert isinstance(outcome, LetterSent if may else NotYours), given_role
        await team.office.letters()
        assert (await change_role(office, acting, other.person.id, "viewer") == Done()) == may, given_role
        await change_role(office, team.acting, other.person.id, given_role)
        assert (await remove(office, acting, other.person.id) == Done()) == may, given_role
        raised = await change_role(office, acting, acting.person.id, "owner")
        assert (raised == Done()) == (role == "owner")


async def test_the_last_owner_stays_an_owner(team: Team) -> None:
    office, owner = team.office.office, team.owner
    await team.member("bob@example.com", "admin")
    assert await change_role(office, team.acting, owner.person.id, "admin") == LastOwner()
    assert await remove(office, team.acting, owner.person.id) == LastOwner()


async def test_of_two_owners_who_remove_each_other_at_once_one_stays(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slowly(tx: Tx, account_id: str) -> list[str]:
        found = await owners_of(tx, account_id)
        if team.office.database.engine == "postgresql":  # on SQLite one transaction waits for the other as it is
            await asyncio.sleep(0.2)
        return found

    monkeypatch.setattr(apiinone.people.members, "owners_of", slowly)
    office = team.office.office
    second, acting = await team.member("carol@example.com", "owner")
    outcomes = await asyncio.gather(
        remove(office, team.acting, second.person.id),
        remove(office, acting, team.owner.person.id),
        return_exceptions=True,
    )
    members = await team.office.database.read(lambda tx: members_of(tx, team.account_id))
    assert sum(member.role == "owner" for member in members) == 1, outcomes


async def test_who_is_removed_loses_sessions_and_keys_there_and_nothing_elsewhere(team: Team) -> None:
    bob, _ = await team.member("bob@example.com", "developer")
    key = await team.key_of(bob)
    rotated = team.office.ids.new()
    await team.office.database.transact(
        lambda tx: rotate_key(tx, key, new_id=rotated, secret_hash=b"hash", overlap_us=10**9)
    )
    owners_key = await team.key_of(team.owner)
    carol = await team.office.member("carol@example.com")
    assert await remove(team.office.office, team.acting, bob.person.id) == Done()
    assert await team.office.session(bob) is None
    assert await team.office.session(carol) is not None
    assert [await team.is_revoked(one) for one in (key, rotated, owners_key)] == [True, True, False]
    again = await team.office.sign_in("bob@example.com")
    found = await team.office.session(again)
    assert found is not None
    assert found.membership is None


async def test_a_changed_role_ends_the_sessions_that_had_the_other(team: Team) -> None:
    bob, _ = await team.member("bob@example.com", "developer")
    assert await change_role(team.office.office, team.acting, bob.person.id, "viewer") == Done()
    assert await team.office.session(bob) is None
    assert await team.role(bob) == "viewer"


async def test_one_may_leave_whatever_one_is(team: Team) -> None:
    viewer, acting = await team.member("viewer@example.com", "viewer")
    assert await remove(team.office.office, acting, viewer.person.id) == Done()
    assert await team.role(viewer) is None


async def test_who_does_not_belong_to_an_account_does_nothing_to_it(team: Team) -> None:
    stranger = await team.office.member("stranger@example.com")
    office, bob = team.office.office, (await team.member("bob@example.com", "viewer"))[0]
    acting = Acting(team.account_id, "", stranger.person, "owner")
    assert await invite(office, acting, "x@example.com", "viewer") == NotYours()
    for outcome in (change_role(office, acting, bob.person.id, "admin"), remove(office, acting, bob.person.id)):
        with pytest.raises(NotFound):
            await outcome
    with pytest.raises(NotFound):
        await remove(office, team.acting, stranger.person.id)


async def test_by_invitation_people_sign_up_where_it_is_not_open_and_nobody_where_it_is_closed(
    small_team: Team,
) -> None:
    team = small_team
    token = await team.invited("bob@example.com", "developer")
    for policy, kind in (("closed", NotOpen), ("invited", SignedIn)):
        object.__setattr__(team.office.office, "sign_up", policy)
        outcome: Any = await sign_up_invited(team.office.office, token, "Bob", "en", team.office.tried())
        assert isinstance(outcome, kind), policy


async def test_who_was_invited_and_is_new_here_gets_no_account_of_their_own(team: Team) -> None:
    before = await team.office.count_accounts()
    await team.member("bob@example.com", "developer")
    assert await team.office.count_accounts() == before


@given(st.sampled_from(ROLES), st.sampled_from(ROLES))
def test_roles_are_in_one_order(first: Role, second: Role) -> None:
    assert at_most(first, second) or at_most(second, first)
    assert (at_most(first, second) and at_most(second, first)) == (first == second)


def test_nobody_gives_a_right_to_money_that_they_have_not() -> None:
    rank = ("balance", "sees", "pays").index
    for giver in ADMINS:
        assert all(rank(MONEY[role]) <= rank(MONEY[giver]) for role in ROLES if at_most(role, giver))
