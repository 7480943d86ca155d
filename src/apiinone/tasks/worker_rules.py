"""How much a worker takes on, and how long its word counts."""

from msgspec import Struct

HEARTBEAT_SHARE = 0.2
HOLDER_SHARE = 0.6
DATABASE_SHARE = 0.8
"""Of the lease: a heartbeat's distance; how long the holder itself believes in it; how long the others do."""


class WorkerRules(Struct, frozen=True):
    """How much a worker takes on, and how long its word counts."""

    nodes: tuple[int, ...]
    lease_s: float = 15.0
    """Within this time of a worker's last sign of life its tasks have another holder, the search for them included."""
    jobs_max: int = 20_000
    steps_max: int = 256
    claim_max: int = 256
    busy_claim_max: int = 32
    busy_pause_s: float = 0.1
    """Requests come first: while they keep this process busy, a claim takes so few, and so seldom."""
    busy_look_s: float = 0.02
    """How soon it is seen that they do so no longer."""
    poll_s: float = 1.0
    stop_s: float = 3.0
    after_error_s: float = 1.0
