"""Fills templates: everything is escaped, and a name that is not there is an error rather than a blank."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from apiinone.web.static_files import StaticFiles

if TYPE_CHECKING:
    from markupsafe import Markup

FOLDER: Final = Path(__file__).parent / "templates"


class Templates:
    """The templates of the site."""

    def __init__(self, static: StaticFiles) -> None:
        """Take the static files, whose addresses templates name."""
        # Imported with the first page: a server that is only asked for its API does without.
        from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape  # noqa: PLC0415

        self._environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=select_autoescape(["html.j2"], default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._common = {"static": static.address}
        self._environment.filters["ticked"] = _ticked

    def filled(self, name: str, facts: Mapping[str, object]) -> str:
        """The text of a template with these facts."""
        return self._environment.get_template(name).render({**self._common, **facts})


def _ticked(text: str) -> "Markup":
    """What stands between backticks becomes code; everything is escaped first."""
    from markupsafe import Markup  # noqa: PLC0415 - as above

    parts = str(Markup.escape(text)).split("`")
    return Markup("".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts)))  # noqa: S704 - escaped above
