"""A stream's hold grows slice by slice, as far as balance and budgets cover it and never beyond the task's price.

What is asked for is a level, so that asking again changes nothing. Where the whole of it is not covered, what there is
is held: the stream goes on for as long as that pays for it.
"""

from apiinone.ledger.budgets import Limits
from apiinone.ledger.hold_more import hold_more
from apiinone.ledger.ledger import Books
from apiinone.tasks.move_rows import Task


def grow_hold(books: Books, limits: Limits, task: Task, level: int) -> None:
    """Hold up to so much for the task; its row says what is held then."""
    hold, _ = books.open_holds[task.id]
    wanted = min(level, task.unit * task.units) - hold.amount
    left = limits.left_for(hold)
    amount = min(wanted, books.available(hold.owner), wanted if left is None else left)
    if amount > 0:
        hold_more(books, task.id, amount)
        limits.grew(hold, amount)
        task.held += amount
        task.changed = True
