"""Log lines are one JSON object each, made of what is allowed and nothing else."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from apiinone.logs import FIELDS, JsonFormatter

EVIL = 'two\nlines\r\x1b[31m "quoted" \u2028'


@pytest.fixture
def written() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A logger of ours that writes to a text."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("apiinone.a_test_of_logs")
    logger.addHandler(handler)
    yield logger, stream
    logger.removeHandler(handler)


def test_a_log_line_stays_one_line(written: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = written
    logger.warning("it said %s", EVIL, extra={"reason": EVIL})
    (line,) = stream.getvalue().split("\n")[:-1]
    assert json.loads(line)["reason"] == EVIL
    assert not set(line) & set("\r\n\x1b")


def test_a_log_line_holds_the_listed_fields_alone(written: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = written
    logger.warning("a step waits", extra={"task_id": "t", "prompt": "a canary", "secret": "a canary"})
    line = json.loads(stream.getvalue())
    assert line.keys() - {"at", "level", "part", "what"} == {"task_id"}
    assert {"prompt", "secret", "authorization", "email"} & set(FIELDS) == set()


def test_an_exception_is_told_by_its_places_without_words_or_values(
    written: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, stream = written
    canary = "a canary"
    try:
        int(canary)
    except ValueError:
        logger.exception("failed")
    assert canary not in stream.getvalue()
    assert json.loads(stream.getvalue())["error"][0] == "ValueError"
