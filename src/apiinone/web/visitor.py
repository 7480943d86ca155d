"""Who looks at a page, as handlers and templates see them."""

from msgspec import Struct

from apiinone.ledger.ledger import Owner
from apiinone.people.member_rows import Membership
from apiinone.people.person_rows import Person
from apiinone.people.roles import DEVELOPERS, Role
from apiinone.people.session_rows import Found, Mode, Session
from apiinone.people.viewing import Viewed


class SignedInAs(Struct, frozen=True):
    """Somebody who is signed in."""

    session: Session
    person: Person


class MemberHere(Struct, frozen=True):
    """Somebody who is signed in and looks at an account that they belong to."""

    session: Session
    person: Person
    membership: Membership

    @property
    def account_id(self) -> str:
        """The account; every query of a page carries it."""
        return self.membership.account_id

    @property
    def role(self) -> Role:
        """What they are there."""
        return self.membership.role

    @property
    def mode(self) -> Mode:
        """What the switch says."""
        return self.session.mode

    @property
    def may_develop(self) -> bool:
        """Whether keys, models and callbacks are theirs to use."""
        return self.role in DEVELOPERS

    @property
    def owner(self) -> Owner:
        """Whose objects the page shows: the account's, in the mode of the switch."""
        return (self.account_id, self.mode)


class Visitor(Struct, frozen=True):
    """Whoever it is. `found` None: somebody who is not signed in."""

    language: str
    csrf: str
    """What every form carries."""
    found: Found | None = None
    flash: str = ""
    """The code of something to say once."""
    viewed: Viewed | None = None
    """What an operator looks at: `member` is them as its viewer then, and nothing can be changed."""

    @property
    def signed_in(self) -> SignedInAs | None:
        """Who is signed in; nobody is while a code is due."""
        if self.found is None or self.found.session.totp_due:
            return None
        return SignedInAs(self.found.session, self.found.person)

    @property
    def member(self) -> MemberHere | None:
        """Who is signed in and at an account."""
        if self.found is None or self.found.session.totp_due:
            return None
        membership = self.found.membership if self.viewed is None else self.viewed.membership
        return None if membership is None else MemberHere(self.found.session, self.found.person, membership)

    @property
    def drawn_for(self) -> str:
        """What decides how a page is drawn: who, in which account, as what, in which mode and language.

        A part that was drawn for somebody else has no place in it.
        """
        here, member = self.signed_in, self.member
        person = "" if here is None else here.person.id
        place = ("", "", "") if member is None else (member.account_id, member.role, member.mode)
        return " ".join((person, *place, self.language))
