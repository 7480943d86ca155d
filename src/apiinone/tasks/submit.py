"""Accept tasks: one transaction places the holds and writes the tasks, for a whole batch of requests at once.

Order of decisions, the same for every request: authority (again, now under the locks), replay, quote, limits, budget,
hold. A request that is refused leaves nothing; its neighbours in the batch do not notice.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from apiinone.accounts.callers import Caller
from apiinone.accounts.key_rows import key_states
from apiinone.accounts.keys import refuse_ended
from apiinone.core.credits import Credits, shown
from apiinone.core.errors import (
    AuthenticationFailed,
    BadRequest,
    BudgetExceeded,
    Conflict,
    IdempotencyMismatch,
    InsufficientCredits,
    Overloaded,
    PriceAboveMax,
    RateLimited,
    Refusal,
)
from apiinone.db import Tx
from apiinone.ledger.budgets import Limits, load_limits, of_account, of_member, own_names, write_limits
from apiinone.ledger.grants import refill
from apiinone.ledger.ledger import Books, Hold, Insufficient
from apiinone.ledger.statements import load_books, write_books
from apiinone.switchboard.standing import Closed
from apiinone.tasks.submission import Place, Submission
from apiinone.tasks.submit_rows import (
    Promise,
    Remembered,
    load_promises,
    load_remembered,
    spend_promises,
    write_tasks,
)


class Created(Struct, frozen=True):
    """A new task, held and durable."""

    task_id: str
    held: Credits
    created_us: int
    price: Credits
    """The most that it can cost; more than is held only where the hold grows with the answer."""


class Replayed(Struct, frozen=True):
    """The same request again: the task it made the first time."""

    task_id: str


Outcome = Created | Replayed | Refusal


class SubmitRules(Struct, frozen=True):
    """The installation's limits that a submission meets."""

    open_tasks_max: int
    test_credits_per_day: Credits
    unknown_max_s: int
    closed: Closed | None = None
    """Why nothing new is accepted; None: it is. What is asked again still gets its answer."""


async def submit_batch(tx: Tx, submissions: Sequence[Submission], rules: SubmitRules) -> list[Outcome]:
    """Decide a batch in order of arrival and write what was accepted; one outcome for each submission."""
    books = await load_books(tx, {submission.owner for submission in submissions})
    desk = Desk(
        rules,
        books,
        await load_limits(tx, _lineages(submissions)),
        await key_states(tx, {submission.caller.key_id for submission in submissions}),
        await load_remembered(tx, {place for submission in submissions if (place := submission.place) is not None}),
        await load_promises(tx, {quote for submission in submissions if (quote := submission.quote_id) is not None}),
    )
    outcomes = [desk.decide(submission) for submission in submissions]
    accepted = [
        (submission, outcome.price, outcome.held)
        for submission, outcome in zip(submissions, outcomes, strict=True)
        if isinstance(outcome, Created)
    ]
    await write_books(tx, books)
    await write_limits(tx, desk.limits)
    if accepted:
        await write_tasks(tx, accepted, unknown_max_s=rules.unknown_max_s)
        await spend_promises(tx, [(s.quote_id, s.task_id) for s, _, _ in accepted if s.quote_id is not None])
    return outcomes


class Desk(Struct):
    """What a batch is decided on, as it stands after the decisions before."""

    rules: SubmitRules
    books: Books
    limits: Limits
    key_states: dict[str, tuple[int | None, int | None, str]]
    remembered: dict[Place, Remembered]
    promises: dict[str, Promise]

    def decide(self, submission: Submission) -> Outcome:
        """Place the hold, or say why not; only a placed hold changes anything."""
        try:
            self._refuse_ended_key(submission)
            replay = self._replay(submission)
            return replay if replay is not None else self._hold(submission)
        except Refusal as refusal:
            return refusal

    def _refuse_ended_key(self, submission: Submission) -> None:
        state = self.key_states.get(submission.caller.key_id)
        if state is None:
            raise AuthenticationFailed("this key is not valid")
        refuse_ended(*state, self.books.now_us)

    def _replay(self, submission: Submission) -> Replayed | None:
        place = submission.place
        remembered = None if place is None else self.remembered.get(place)
        if remembered is None:
            return None
        if remembered.body_hash != submission.body_hash:
            raise IdempotencyMismatch("this Idempotency-Key came with another body before", param="Idempotency-Key")
        return Replayed(remembered.task_id)

    def _hold(self, submission: Submission) -> Created:
        caller, closed = submission.caller, self.rules.closed
        if closed is not None:
            raise Overloaded(closed.sentence, retry_after_s=closed.retry_after_s)
        price = self._price(submission)
        if submission.max_credits is not None and price > submission.max_credits:
            raise PriceAboveMax(f"this costs {shown(price)} credits, more than max_credits", param="/max_credits")
        first = None if submission.direct is None else submission.direct.first_hold
        amount = price if first is None else min(first, price)
        self._refuse_too_many_open(caller)
        if caller.mode == "test":
            level = self.rules.test_credits_per_day
            lot_id = submission.task_id  # ids of lots and of tasks never meet
            refill(self.books, submission.owner, lot_id=lot_id, level=level)
        self._refuse_over_budget(caller, amount)
        hold = self._counted(submission, amount)
        held = self.books.hold(hold)
        if isinstance(held, Insufficient):
            raise InsufficientCredits(_too_little(amount, held))
        self.limits.placed(hold)
        if submission.quote_id is not None:
            self.promises[submission.quote_id] = self.promises[submission.quote_id].spent_on(submission.task_id)
        place = submission.place
        if place is not None:
            self.remembered[place] = Remembered(submission.body_hash, submission.task_id)
        return Created(submission.task_id, amount, self.books.now_us, price)

    def _refuse_over_budget(self, caller: Caller, amount: Credits) -> None:
        if not self.limits.budgets:  # of nobody who is at hand
            return
        left = self.limits.left(caller.lineage_id)
        if left is not None and left < amount:
            raise BudgetExceeded(f"this costs {shown(amount)} credits; the key's budget has {shown(left)} left")
        for whose, title in _own_budgets(caller):
            own = self.limits.own_left(whose)
            if own is not None and own < amount:
                raise BudgetExceeded(f"this costs {shown(amount)} credits; {title} has {shown(own)} left")

    def _counted(self, submission: Submission, amount: Credits) -> Hold:
        """The hold, with the periods of all budgets that it counts in."""
        caller = submission.caller
        account_day, member = self._own_days(caller) if self.limits.budgets else (None, None)
        return Hold(
            submission.task_id,
            submission.owner,
            caller.key_id,
            caller.lineage_id,
            amount,
            self.limits.period_of(caller.lineage_id),
            submission.request_id,
            account_day,
            member,
        )

    def _own_days(self, caller: Caller) -> tuple[str | None, tuple[str, str] | None]:
        days = [self.limits.own_day(whose, self.books.now_us) for whose, _ in _own_budgets(caller)]
        account_day, member_day = (*days, None, None)[:2]
        member = None if caller.member_id is None or member_day is None else (caller.member_id, member_day)
        return account_day, member

    def _refuse_too_many_open(self, caller: Caller) -> None:
        most = caller.rules.open_tasks_max
        most = self.rules.open_tasks_max if most is None else most
        if self.limits.open_holds(caller.lineage_id) >= most:
            raise RateLimited(f"this key has {most} open tasks, as many as it may have at once", retry_after_s=1)

    def _price(self, submission: Submission) -> Credits:
        if submission.quote_id is None:
            return submission.total
        promise = self.promises.get(submission.quote_id)
        if promise is None or promise.owner != submission.owner:
            raise BadRequest("there is no such quote", param="/quote_id")
        for broken, sentence in _QUOTE_RULES:
            if broken(promise, submission, self.books.now_us):
                raise Conflict(sentence, param="/quote_id")
        return Credits(promise.unit * promise.units)


def _lineages(submissions: Sequence[Submission]) -> set[str]:
    """Whose budgets count: the keys' and, for what is live, the accounts' own and the members'."""
    callers = {(one.caller.key_id, one.caller.member_id): one.caller for one in submissions}.values()
    own = {whose for caller in callers for whose, _ in _own_budgets(caller)}
    return {caller.lineage_id for caller in callers} | {name for whose in own for name in own_names(whose)}


def _own_budgets(caller: Caller) -> tuple[tuple[str, str], ...]:
    """Whose budgets beside the key's count what a caller spends, the account's first, and how a refusal calls them."""
    if caller.mode == "test":
        return ()
    account = (of_account(caller.account_id), "the account's own budget")
    if caller.member_id is None:
        return (account,)
    member = "the budget of the member who is signed in, or made this key,"
    return account, (of_member(caller.account_id, caller.member_id), member)


def _too_little(amount: Credits, refused: Insufficient) -> str:
    if refused.debt:
        owed = f"this account owes {shown(refused.debt)} credits: a payment for credits it has spent was taken back"
        return f"{owed}; buy credits: they repay that first"
    return f"this costs {shown(amount)} credits; {shown(refused.available)} are available"


_QUOTE_RULES: tuple[tuple[Callable[[Promise, Submission, int], bool], str], ...] = (
    (lambda promise, _, __: promise.used_by is not None, "this quote was used before"),
    (lambda promise, _, now_us: promise.expires_us <= now_us, "this quote has expired"),
    (lambda promise, submission, _: promise.body_hash != submission.body_hash, "this quote is for another body"),
    (
        lambda promise, submission, _: promise.price_version != submission.catalogue_version,
        "prices have changed since this quote; ask for a new one",
    ),
    (
        lambda promise, submission, _: promise.price_percent != submission.price_percent,
        "this account's own prices have changed since this quote; ask for a new one",
    ),
    (
        lambda promise, submission, _: promise.own_keys != (submission.whose_keys, submission.own_total),
        "this account's own provider keys, or what they cost, have changed since this quote; ask for a new one",
    ),
)
