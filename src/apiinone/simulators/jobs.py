"""Jobs of a simulated vendor: their state follows from the time, so that nothing has to run for them."""

import time
import uuid
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Final, Literal

from msgspec import Struct, field

from apiinone.simulators.pictures import Motif
from apiinone.simulators.wavespeed_models import Kind

JOBS_MAX: Final = 50_000
CREATED_SHARE: Final = 0.2
"""The first part of a job's time it has only been created."""

Status = Literal["created", "processing", "completed", "failed"]


class Job(Struct):
    """What was ordered, and how it will end: well, unless there is an `error`."""

    model: str
    kind: Kind
    prompt: str
    outputs: int
    size: tuple[int, int]
    seconds: float
    error: str
    nsfw: bool
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    begun_s: float = field(default_factory=time.monotonic)
    created_at: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")

    def left_s(self) -> float:
        """Seconds until the end."""
        return max(0.0, self.begun_s + self.seconds - time.monotonic())

    def status(self) -> Status:
        """Where the job stands now."""
        if not self.left_s():
            return "failed" if self.error else "completed"
        return "created" if self.left_s() > self.seconds * (1 - CREATED_SHARE) else "processing"

    def motif(self, index: int) -> Motif:
        """What its nth output shows, where it is a picture."""
        return Motif(self.prompt, index, *self.size, "vector" if self.kind == "vector" else "raster")

    def prediction(self, root: str) -> "Prediction":
        """The job as the vendor shows it; `root` is the server's URL, with a final slash."""
        status = self.status()
        done = status == "completed"
        return Prediction(
            id=self.id,
            model=self.model,
            status=status,
            outputs=[f"{root}files/{self.id}/{index}" for index in range(self.outputs)] if done else [],
            urls={"get": f"{root}api/v3/predictions/{self.id}/result"},
            has_nsfw_contents=[self.nsfw] * self.outputs if done else [],
            created_at=self.created_at,
            error=self.error if status == "failed" else "",
            timings={"inference": int(self.seconds * 1000) if done else 0},
        )


class Prediction(Struct):
    """The `data` of every answer about a job."""

    id: str
    model: str
    status: Status
    outputs: list[str]
    urls: dict[str, str]
    has_nsfw_contents: list[bool]
    created_at: str
    error: str
    timings: dict[str, int]


class Jobs:
    """The latest jobs."""

    def __init__(self) -> None:
        """Start with none."""
        self._by_id: OrderedDict[str, Job] = OrderedDict()

    def add(self, job: Job) -> None:
        """Keep it; the oldest goes where there are too many."""
        self._by_id[job.id] = job
        if len(self._by_id) > JOBS_MAX:
            self._by_id.popitem(last=False)

    def get(self, job_id: str) -> Job | None:
        """The job, or None."""
        return self._by_id.get(job_id)

    def page(self, number: int, size: int) -> list[Job]:
        """One page, newest first; pages count from 1."""
        newest_first = list(reversed(self._by_id.values()))
        return newest_first[(number - 1) * size : number * size]
