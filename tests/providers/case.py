"""What the conformance suite knows of a vendor: one file for each in `cases/`, found by its name."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from apiinone.core.exchange import File
from apiinone.providers.provider import Fault
from apiinone.providers.registry import REMOTES
from apiinone.simulators.faults import FaultName, Stage

Expected = type[object] | tuple[type[object], ...] | Fault
"""A kind of reply, or the fault of a refusal."""
OutputKind = Literal["png", "svg", "webp", "jpeg", "mp4", "mp3", "wav"]
MAGIC: Final[Mapping[OutputKind, bytes]] = {
    "png": b"\x89PNG",
    "svg": b"<svg",
    "webp": b"RIFF",
    "jpeg": b"\xff\xd8\xff",
    "mp4": b"ftyp",
    "mp3": b"",
    "wav": b"RIFF",
}
"""What stands in the first bytes of a file."""


class Case(Struct, frozen=True):
    """An order that works, and where this vendor's faults mean something else than elsewhere."""

    name: str
    model: str
    fields: Mapping[str, object]
    faults: Mapping[Stage, frozenset[FaultName]]
    files: Mapping[str, tuple[File, ...]] = {}
    kind: OutputKind = "png"
    outputs: int = 1
    """Files that one order brings."""
    submit: Mapping[FaultName, Expected] = {}
    """How an order with this fault ends, where that differs from the suite's own table."""
    poll: Mapping[FaultName, Expected] = {}
    output: Mapping[FaultName, tuple[str, bool] | None] = {}

    @property
    def api_path(self) -> str:
        """Where the API stands below the server's root."""
        return urlsplit(REMOTES[self.name][1]).path.rstrip("/")


CASES: Final[Mapping[str, Case]] = {
    name: import_module(f"providers.cases.{name.replace('-', '_')}").CASE for name in REMOTES
}
"""By name."""
