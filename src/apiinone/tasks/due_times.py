"""When each task that a worker holds is due: small records in a heap, of which the newest for a task counts."""

import heapq
from collections.abc import Iterator


class DueTimes:
    """Times on one clock, in seconds."""

    def __init__(self) -> None:
        """Start with nothing due."""
        self._heap: list[tuple[float, str]] = []
        self._at: dict[str, float] = {}

    def put(self, task_id: str, due_s: float) -> None:
        """Have a task due then, whatever was said of it before."""
        self._at[task_id] = due_s
        heapq.heappush(self._heap, (due_s, task_id))

    def first_s(self) -> float:
        """When something may be due next; infinite where nothing is."""
        return self._heap[0][0] if self._heap else float("inf")

    def due(self, now_s: float) -> Iterator[str]:
        """Take out the tasks that are due, the longest due first, as far as the reader goes."""
        while self._heap and self._heap[0][0] <= now_s:
            due_s, task_id = heapq.heappop(self._heap)
            if self._at.get(task_id) == due_s:
                del self._at[task_id]
                yield task_id

    def clear(self) -> None:
        """Forget all of them."""
        self._heap.clear()
        self._at.clear()
