"""Who decides what a member may spend, and when that ends."""

import pytest

from apiinone.core.credits import whole
from apiinone.core.errors import NotFound
from apiinone.db import Sql
from apiinone.ledger.budgets import OwnBudgets
from apiinone.people.leave import Erased, leave
from apiinone.people.member_budgets import members_with_budgets, set_member_budgets
from apiinone.people.members import Done, NotYours, remove
from apiinone.people.roles import ROLES, Role, sets_budget
from people.office_for_tests import OfficeForTests
from people.test_members import Team, team_of

BUDGETS = Sql("SELECT lineage_id FROM budgets ORDER BY lineage_id")
STEP_UP = Sql("UPDATE sessions SET stepped_up_us = seen_us WHERE person_id = $1")
TEN = (whole(10), whole(10))


@pytest.fixture
async def team(small_office: OfficeForTests) -> Team:
    return await team_of(small_office)


async def sets(team: Team, actor_id: str | None, person_id: str) -> type[Done | NotYours]:
    account_id = team.account_id
    return type(
        await team.office.database.transact(lambda tx: set_member_budgets(tx, account_id, actor_id, person_id, TEN))
    )


async def limits(team: Team) -> dict[str, OwnBudgets]:
    found = await team.office.database.read(lambda tx: members_with_budgets(tx, team.account_id))
    return {member.email: budgets for member, budgets in found}


def test_owners_decide_about_everybody_and_admins_about_who_may_less_than_they() -> None:
    decided: dict[Role, list[Role]] = {giver: [role for role in ROLES if sets_budget(role, giver)] for giver in ROLES}
    below = ["developer", "billing", "viewer"]
    assert decided == {"owner": list(ROLES), "admin": below, "developer": [], "billing": [], "viewer": []}


async def test_nobody_but_an_owner_raises_a_budget_of_their_own(team: Team) -> None:
    admin, _ = await team.member("admin@example.com", "admin")
    bob, _ = await team.member("bob@example.com", "developer")
    owner = team.owner.person.id
    assert await sets(team, admin.person.id, bob.person.id) is Done
    for actor, person in ((admin, admin.person.id), (admin, owner), (bob, bob.person.id)):
        assert await sets(team, actor.person.id, person) is NotYours
    assert await sets(team, owner, admin.person.id) is Done
    assert await sets(team, None, owner) is Done
    assert {email for email, one in (await limits(team)).items() if one.day is not None} == {
        "admin@example.com",
        "bob@example.com",
        "ada@example.com",
    }


async def test_who_does_not_belong_to_the_account_has_no_budget_there_and_sets_none(team: Team) -> None:
    stranger = await team.office.member("stranger@example.com")
    for actor, person in ((team.owner.person.id, stranger.person.id), (stranger.person.id, team.owner.person.id)):
        with pytest.raises(NotFound):
            await sets(team, actor, person)


async def test_a_budget_ends_with_the_membership(team: Team) -> None:
    bob, _ = await team.member("bob@example.com", "developer")
    assert await sets(team, team.owner.person.id, bob.person.id) is Done
    assert len(await team.office.database.read(lambda tx: tx.rows(BUDGETS))) == 2
    assert await remove(team.office.office, team.acting, bob.person.id) == Done()
    assert await team.office.database.read(lambda tx: tx.rows(BUDGETS)) == []
    carol, _ = await team.member("carol@example.com", "developer")
    assert await sets(team, team.owner.person.id, carol.person.id) is Done
    await team.office.database.transact(lambda tx: tx.run(STEP_UP, carol.person.id))
    found = await team.office.session(carol)
    assert found is not None
    assert isinstance(await leave(team.office.office, found), Erased)
    assert await team.office.database.read(lambda tx: tx.rows(BUDGETS)) == []
