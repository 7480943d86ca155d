"""Fills templates: everything is escaped, and a name that is not there is an error rather than a blank."""

from collections.abc import Iterator, Mapping, MutableMapping
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from apiinone.web.code_names import ENTRY_KINDS, REFUSALS, code_name
from apiinone.web.flashes import FLASHES
from apiinone.web.kind_names import KIND_NAMES, kind_name
from apiinone.web.languages import ENGLISH, Languages
from apiinone.web.moments import browser_name, clock_time, moment
from apiinone.web.price_words import cost_words, costs_words, credits_words, grouped, span_words
from apiinone.web.role_names import ROLE_NAMES
from apiinone.web.route_words import reason_in
from apiinone.web.static_files import StaticFiles

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment
    from markupsafe import Markup

FOLDER: Final = Path(__file__).parent / "templates"
OPENED_FIRST: Final = (
    *("base.html.j2", "parts.html.j2", "docs_menu.html.j2", "asking.html.j2", "asking_scripts.html.j2"),
    *("home.html.j2", "models.html.j2", "model.html.j2", "pricing.html.j2", "docs.html.j2", "playground.html.j2"),
)
"""Templates of the pages that visitors come to first, with what these are made from."""
Names = MutableMapping[str, object]


class Templates:
    """The templates of the site."""

    def __init__(self, static: StaticFiles, languages: Languages) -> None:
        """Take the static files, whose addresses templates name, and the words of other languages."""
        self._languages = languages
        self._common = {
            "static": static.address,
            "languages": languages.own_names(),
            "moment": moment,
            "clock_time": clock_time,
            "browser_name": browser_name,
        }
        self._in = cache(self._environment)
        self._said = cache(self._tables)
        self._compiled = cache(_nothing_compiled)

    def filled(self, name: str, facts: Mapping[str, object], language: str = ENGLISH) -> str:
        """The text of a template with these facts, in a language."""
        return self._in(language).get_template(name).render({**self._common, **self._said(language), **facts})

    def compiled(self) -> Iterator[str]:
        """Compile what visitors open first, one with each step, so that none of them waits for it."""
        for language in self._languages.names:
            for name in OPENED_FIRST:
                self._in(language).get_template(name)
                yield name

    def _tables(self, language: str) -> Mapping[str, Mapping[str, str]]:
        """Texts that are chosen by a code."""
        say = self._languages.words(language).gettext
        return {
            "flashes": {code: say(text) for code, text in FLASHES.items()},
            "roles": {role: say(text) for role, text in ROLE_NAMES.items()},
        }

    def _environment(self, language: str) -> "Environment":
        # Imported with the first page: a server that is only asked for its API does without.
        from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape  # noqa: PLC0415
        from markupsafe import Markup  # noqa: PLC0415

        from apiinone.web.compiled_templates import at_run  # noqa: PLC0415

        made = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=select_autoescape(["html.j2"], default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
            bytecode_cache=self._compiled(),
        )
        made.policies["ext.i18n.trimmed"] = True
        words = self._languages.words(language)
        filters, names = cast("Names", made.filters), cast("Names", made.globals)
        filters["ticked"] = _ticked
        filters["kind"] = at_run(partial(kind_name, say=words.gettext))
        filters["named"] = at_run(partial(code_name, say=words.gettext))
        filters["why_chosen"] = at_run(partial(reason_in, say=words.gettext))
        filters["grouped"] = grouped
        filters["credits"] = at_run(partial(credits_words, words=words))
        filters["cost"] = at_run(partial(cost_words, words=words))
        filters["costs"] = at_run(partial(costs_words, words=words))
        filters["span"] = at_run(partial(span_words, words=words))
        other = {} if language == ENGLISH else {kind: words.gettext(text) for kind, text in REFUSALS.items()}
        names["refusals"] = other  # in English the API's own sentence says enough
        names["entry_kinds"] = {kind: words.gettext(text) for kind, text in ENTRY_KINDS.items()}
        names["kind_names"] = {kind: words.gettext(text) for kind, text in KIND_NAMES.items()}
        names["in_english"] = Markup("" if language == ENGLISH else f' lang="{ENGLISH}"')  # noqa: S704 - our own
        made.install_gettext_translations(words, newstyle=True)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] - the extension's
        return made


def _nothing_compiled() -> "BytecodeCache":
    from apiinone.web.compiled_templates import CompiledTemplates  # noqa: PLC0415 - as above

    return CompiledTemplates()


def _ticked(text: str) -> "Markup":
    """What stands between backticks becomes code; everything is escaped first."""
    from markupsafe import Markup  # noqa: PLC0415 - as above

    parts = str(Markup.escape(text)).split("`")
    return Markup("".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts)))  # noqa: S704 - escaped above
