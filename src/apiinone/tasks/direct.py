"""Calls that answer at once: chat, and timed lyrics. Each is a task that no worker can take.

It is held, settled, listed, budgeted, audited and deleted like any task. What differs: the process that accepted it
answers it, under a name of its own (`presence.py`), and the hold, the task and its attempt are one transaction, because
what follows is the socket. While open it has no due time, which is how it is told from a worker's task.

How it ends, in this order:
- The provider's own count came: that is charged, exactly, never above the hold.
- The count is missing, and the whole answer came or something of it had reached the client: our own count of what was
  said is charged, marked `estimated`.
- Otherwise, at the deadline or where the provider broke off or refused: the hold is given back.

Whoever ends it for a process that died goes by what that process had written down: before anything reaches a client,
and then once a second, it notes what would be owed. No note: nothing had reached the client, the hold is given back at
once. With a note: that is charged, marked `estimated`; what was said after it is the operator's loss.
"""

from msgspec import Struct

from apiinone.core.credits import Credits

GRACE_S = 5
"""A call's own process ends it at its deadline, and so much later everybody does."""


class Tokens(Struct, frozen=True):
    """What a chat used; `completion` includes `reasoning`. `estimated`: by our own count, the provider's is missing."""

    prompt: int
    completion: int
    reasoning: int
    estimated: bool


class Note(Struct, frozen=True):
    """What is written down of a chat: its use, how it ended (None: it did not, or not yet), and what is owed for it."""

    tokens: Tokens
    finish_reason: str | None
    owed: Credits
