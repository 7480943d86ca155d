"""Templates as compiled for one application are there for the next: that takes longer than most tests."""

from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from types import CodeType
from unittest.mock import patch

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

from apiinone.web.templates_of_pages import Templates


class Compiled(BytecodeCache):
    """In memory; a template whose text differs is another."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self.kept[bucket.key, bucket.checksum] = bucket.code


@contextmanager
def compiled_once() -> Generator[defaultdict[str, Compiled]]:
    """In this process, for each language by itself: what a compiler knows beforehand may be in its words."""
    compiled: defaultdict[str, Compiled] = defaultdict(Compiled)
    plain = Templates._environment  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - no test needs another

    def environment(templates: Templates, language: str) -> Environment:
        made = plain(templates, language)
        made.bytecode_cache = compiled[language]
        return made

    with patch.object(Templates, "_environment", environment):
        yield compiled
