"""What members of an account may do. Pure: a table that can be read whole."""

from collections.abc import Mapping
from typing import Final, Literal, get_args

Role = Literal["owner", "admin", "developer", "billing", "viewer"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
"""From the one that may most to the one that may least."""
EVERYBODY: Final = frozenset(ROLES)
OWNERS: Final[frozenset[Role]] = frozenset({"owner"})
ADMINS: Final[frozenset[Role]] = frozenset({"owner", "admin"})
"""Who manages members and settings."""
DEVELOPERS: Final[frozenset[Role]] = frozenset({"owner", "admin", "developer"})
"""Who makes keys, runs models and looks after callbacks."""
MoneyRight = Literal["pays", "sees", "balance"]
MONEY: Final[Mapping[Role, MoneyRight]] = {
    "owner": "pays",
    "admin": "pays",
    "developer": "sees",
    "billing": "pays",
    "viewer": "balance",
}
"""Who buys and decides how money is spent; who reads orders, documents and the ledger; who is shown the balance."""
PAYERS: Final[frozenset[Role]] = frozenset(role for role in ROLES if MONEY[role] == "pays")
MONEY_READERS: Final[frozenset[Role]] = frozenset(role for role in ROLES if MONEY[role] != "balance")


def sets_budget(role: Role, giver: Role) -> bool:
    """Whether somebody with the role `giver` decides what a member with the role may spend."""
    return giver == "owner" or (giver in ADMINS and role not in ADMINS)


def at_most(role: Role, giver: Role) -> bool:
    """Whether somebody with the role `giver` may give the role: their own, or one that may less."""
    return ROLES.index(role) >= ROLES.index(giver)
