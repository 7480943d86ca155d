"""The limits of chats."""

from msgspec import Struct


class ChatRules(Struct, frozen=True):
    """Limits of chats."""

    unread_s_max: float = 30.0
    """How long in all a client may hold a stream up by not reading it."""
    waiting_bytes_max: int = 256 * 1024
    """How much of a stream may wait for its reader."""
    answer_bytes_max: int = 16 * 1024 * 1024
    """The longest answer that is read."""
    note_every_s: float = 1.0
    """How often what is owed so far is written down: the most that is lost with this process."""
    say_again_s: tuple[float, ...] = (0.05, 0.2, 0.5, 1.0, 2.0)
    """How long to wait before a move that could not be written down is tried again."""
    stop_s: float = 2.0
    """How long answers under way may still take when the process is told to stop."""
