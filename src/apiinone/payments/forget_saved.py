"""Forget a saved way to pay: first its vendor takes it away, then we do. What fails leaves it, to be tried again.

If we die between the two, it stands here and cannot be charged any more; forgetting it again finds that out.
"""

from typing import Final, Literal, assert_never

from apiinone.core.errors import NotFound, ProviderFailed
from apiinone.core.exchange import Request, Response
from apiinone.outbound import Lost, NotSent
from apiinone.payments.cashier import Cashier, Till
from apiinone.payments.method import Detached, NotOffered, Unclear
from apiinone.payments.top_up_rows import SavedRow, remove_saved, saved_of

_NO_ANSWER: Final = "The card could not be taken away at the vendor: it does not answer as it should. Try again later."


async def forget_saved(cashier: Cashier, account_id: str, saved_id: str) -> None:
    """Take it away, and the automatic top-up that it pays. Raises NotFound, ProviderFailed.

    Where this installation has no credential of the vendor any more, nobody can charge it from here, and forgetting
    it is all that is left to do.
    """
    saved = await cashier.database.read(lambda tx: saved_of(tx, account_id))
    found = next((one for one in saved if one.id == saved_id), None)
    if found is None:
        raise NotFound("There is no such saved card.")
    till = cashier.tills.get(found.method)
    if till is not None and till.ready and await take_away(cashier, till, found) != "gone":
        raise ProviderFailed(_NO_ANSWER)
    await cashier.database.transact(lambda tx: remove_saved(tx, account_id, saved_id))


async def take_away(cashier: Cashier, till: Till, saved: SavedRow) -> Literal["gone", "not gone", "nobody there"]:
    """Have its vendor take it away from the account, and say what came of it."""
    asking = till.method.detach(saved.seen)
    match asking:
        case Request():
            response = await cashier.send(till, asking)
        case NotOffered():
            return "gone"
        case _:
            assert_never(asking)
    reply = till.method.read_detach(response) if isinstance(response, Response) else response
    match reply:
        case Detached():
            return "gone"
        case Unclear():
            return "not gone"
        case NotSent() | Lost():
            return "nobody there"
        case _:
            assert_never(reply)
