"""The list of mutants as the runner and the house tests read it."""

from pathlib import Path

import msgspec
from msgspec import Struct

LISTS = sorted((Path(__file__).parent / "mutants").glob("*.toml"))


class Mutant(Struct, frozen=True, forbid_unknown_fields=True):
    """One rule broken on purpose, and the test that must notice."""

    file: str
    find: str
    replace: str
    test: str

    def applied(self, text: str) -> str:
        """The file's text with the rule broken. Raises ValueError where `find` does not stand exactly once."""
        count = text.count(self.find)
        if count != 1:
            raise ValueError(f"{self.file}: expected once, stands {count} times: {self.find!r}")
        return text.replace(self.find, self.replace)


class _List(Struct, forbid_unknown_fields=True):
    mutant: list[Mutant]


def read_mutants() -> list[Mutant]:
    """All mutants, in their order."""
    return [mutant for path in LISTS for mutant in msgspec.toml.decode(path.read_bytes(), type=_List).mutant]
