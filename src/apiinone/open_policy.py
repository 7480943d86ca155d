"""The operator's rules for what is asked, from the settings: a file of terms, a moderation endpoint, models off."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from apiinone.catalog.entry import Entry
from apiinone.catalog.load import Catalogue, catalogue_of
from apiinone.core.blocked_terms import BlockedTerms, read_terms
from apiinone.outbound import Outbound
from apiinone.settings import Settings, SettingsError, read_secret
from apiinone.tasks.policy import Moderation, Policy

FILE_BYTES_MAX: Final = 4 * 1024 * 1024
SECRET_NAME: Final = "MODERATION_API_KEY"  # noqa: S105 - the name of a setting


def open_policy(settings: Settings, environ: Mapping[str, str], outbound: Outbound) -> Policy:
    """The rules. Raises SettingsError naming the setting that cannot be used."""
    return Policy(
        _terms(settings.blocked_terms_file),
        outbound,
        _moderation(settings, environ),
        in_test_mode=settings.policy_in_test_mode,
        keeps_prompts=settings.keep_refused_prompts,
    )


def with_models_kept_back(catalogue: Catalogue, names: tuple[str, ...]) -> Catalogue:
    """The catalogue in which nothing serves these models in live mode. Raises SettingsError for an unknown name."""
    unknown = [name for name in names if catalogue.remembered(name) is None]
    if unknown:
        raise SettingsError(f"APIINONE_LIVE_MODELS_OFF: there is no model {unknown[0][:100]!r}")
    if not names:
        return catalogue
    kept = catalogue_of([_kept_back(entry, frozenset(names)) for entry in catalogue.every_entry()])
    return msgspec.structs.replace(kept, version=catalogue.version)  # prices are what they were


def _kept_back(entry: Entry, names: frozenset[str]) -> Entry:
    all_of_it = not names.isdisjoint((entry.id, entry.slug, *entry.aliases))
    subs = tuple(
        msgspec.structs.replace(sub, offers=()) if all_of_it or not names.isdisjoint((sub.id, *sub.aliases)) else sub
        for sub in entry.sub_models
    )
    return msgspec.structs.replace(entry, sub_models=subs)


def _terms(path: str) -> BlockedTerms:
    if not path:
        return BlockedTerms(())
    name = "APIINONE_BLOCKED_TERMS_FILE"
    try:
        with Path(path).expanduser().open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
        if len(data) > FILE_BYTES_MAX:
            raise SettingsError(f"{name}: the file has more than {FILE_BYTES_MAX} bytes")
        return read_terms(data.decode("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{name}: {error}") from error


def _moderation(settings: Settings, environ: Mapping[str, str]) -> Moderation | None:
    url = settings.moderation_url
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise SettingsError("APIINONE_MODERATION_URL: this must be http(s)://host[:port]/path")
    secret = read_secret(environ, (SECRET_NAME,))
    passes = settings.moderation_failure == "pass"
    return Moderation(url, parts.netloc.lower(), settings.moderation_model, secret, passes_on_failure=passes)
