"""An open hold grows: more is set aside for the same task, which still ends in one settlement."""

from msgspec.structs import replace

from apiinone.ledger.ledger import Books


def hold_more(books: Books, hold_id: str, amount: int) -> None:
    """Set so much more aside, from the lots that expire first. Each growth has an entry of its own.

    Raises KeyError for a hold that is not open and ValueError where the balance does not cover it: defects of the
    caller.
    """
    hold, slices = books.open_holds[hold_id]
    if not 0 < amount <= books.available(hold.owner):
        raise ValueError("a hold grows by what is available")
    grown = replace(hold, amount=hold.amount + amount)
    books.set_aside(grown, slices, amount, key=growth_key(hold_id, len(slices)))
    books.grown.append(grown)


def growth_key(hold_id: str, slice_no: int) -> str:
    """The key of the entry that brought this slice and those after it; the first slices came with the hold itself."""
    return f"hold:{hold_id}:{slice_no}"
