"""Logs: one JSON object a line, made from an allow-list of fields, so that nothing secret can slip in.

An exception is shown by its type and the places it passed, without messages of libraries, values or locals: those may
hold a prompt, an address or a row.
"""

import logging
import sys
import traceback
from typing import TextIO

import msgspec

from apiinone.core.clock import iso

FIELDS = (
    "request_id",
    "task_id",
    "account_id",
    "route",
    "status",
    "duration_ms",
    "reason",
    "duty",
    "provider",
    "address",
    "count",
)
"""What a log line may carry besides its words: give them by `extra`."""
_encode = msgspec.json.Encoder().encode
_PLACES_MAX = 12


class JsonFormatter(logging.Formatter):
    """Formats a record from the fields above and nothing else."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        line: dict[str, object] = {
            "at": iso(int(record.created * 1_000_000)),
            "level": record.levelname.lower(),
            "part": record.name,
            "what": record.getMessage() if record.name.startswith("apiinone") else record.msg,
        }
        line.update({name: getattr(record, name) for name in FIELDS if hasattr(record, name)})
        if record.exc_info is not None and record.exc_info[1] is not None:
            line["error"] = error_places(record.exc_info[1])
        return _encode(line).decode()


def configure_logs(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send this process's logs to the stream (standard error where none is given)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("stripe").setLevel(logging.WARNING)  # below that it repeats what the vendor says about payers


def error_places(error: BaseException) -> list[str]:
    """The error's type, then where it came from, innermost first: `file:line function`."""
    frames = traceback.extract_tb(error.__traceback__)[-_PLACES_MAX:]
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in reversed(frames)]
    chain = [f"caused by {type(error.__cause__).__name__}"] if error.__cause__ is not None else []
    return [type(error).__name__, *chain, *places]
