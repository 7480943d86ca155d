"""Counts of this process since it started, for /metrics. No account, key or address is ever counted by."""


class Counts:
    """How many requests of each route ended with which status."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.requests: dict[tuple[str, int], int] = {}

    def answered(self, route: str, status: int) -> None:
        """Count one."""
        place = (route, status)
        self.requests[place] = self.requests.get(place, 0) + 1
