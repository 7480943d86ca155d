"""Voucher codes: 100 random bits in letters that are hard to confuse, kept as an HMAC only."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

from apiinone.payments.by_hand import ByHand
from apiinone.payments.method import Standing

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's 32 letters: without I, L, O and U."""
CODE_LETTERS: Final = 20
"""Five bits each."""
GROUP: Final = 5
CODE_LENGTH_MAX: Final = 64
_READ_AS: Final = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


class Voucher(ByHand):
    """A code that somebody was given is worth its credits."""

    name = "voucher"
    title = "Voucher"
    refund_words = "A voucher was not paid for: there is nothing to send back."


def new_code(randomness: Callable[[int], bytes]) -> str:
    """A new code as its holder sees it, once."""
    bits = int.from_bytes(randomness(CODE_LETTERS * 5 // 8 + 1), "big")
    letters = "".join(ALPHABET[bits >> 5 * place & 31] for place in range(CODE_LETTERS))
    return "-".join(letters[start : start + GROUP] for start in range(0, CODE_LETTERS, GROUP))


def code_hash(pepper: bytes, code: str) -> bytes | None:
    """What is stored of a code, however it was typed; None for what cannot be one."""
    if len(code) > CODE_LENGTH_MAX:
        return None
    letters = code.upper().translate(_READ_AS)
    if len(letters) != CODE_LETTERS or not set(letters) <= set(ALPHABET):
        return None
    return hmac.digest(pepper, f"voucher:{letters}".encode(), hashlib.sha256)


def redeemed(order_id: str, account_id: str, *, currency: str, use: str) -> Standing:
    """A voucher's order is paid by the code itself: nothing is asked of the payer."""
    return Standing(order_id, account_id, None, use, "paid", currency, 0, livemode=True)
