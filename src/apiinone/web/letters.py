"""The words of letters: a template for each kind, the first line of which is the subject."""

from collections.abc import Callable, Mapping

from apiinone.people.office import LetterKind
from apiinone.web.templates_of_pages import Templates


class TemplateLetters:
    """Writes letters in the reader's language."""

    def __init__(self, templates: Callable[[], Templates]) -> None:
        """Take what fills templates, opened with the first letter."""
        self._templates = templates

    def write(self, kind: LetterKind, language: str, facts: Mapping[str, str]) -> tuple[str, str]:
        """Subject and text."""
        text = self._templates().filled(f"letters/{kind}.txt.j2", facts, language)
        subject, _, rest = text.strip().partition("\n")
        return subject.strip(), f"{rest.strip()}\n"
