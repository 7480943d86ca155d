"""Providers and the way in from outside."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from apiinone.api.catalogue_pages import CataloguePages
from apiinone.catalog.load import Catalogue
from apiinone.catalog.running import RunningCatalogue
from apiinone.cli.checks.finding import Finding, error, ok, warning
from apiinone.connect import NONE_NEEDED, connect_chats, connect_vendors
from apiinone.core.clock import SystemClock
from apiinone.mail.smtp import SmtpServer
from apiinone.mailing import smtp_server
from apiinone.providers.provider import Remote
from apiinone.settings import Settings, provider_variable
from apiinone.tasks.keyring import FROM_ENVIRONMENT

NAMED_MAX = 3


def provider_findings(
    settings: Settings, environment: Mapping[str, str], running: RunningCatalogue, stored: Mapping[str, int]
) -> Iterator[Finding]:
    """Which providers can be used, never with what, and what of them nobody has confirmed. Raises SettingsError.

    `stored`: how many good credentials of the house the database holds, by provider.
    """
    connected = connect_vendors(settings, environment, SystemClock())
    reached = connected.keyring.providers() | stored.keys()
    for name, vendor in connected.vendors.items():
        remote = vendor.remote
        variables = [one.id.removeprefix(FROM_ENVIRONMENT) for one in connected.keyring.good(name, None, None)]
        yield _credential(remote, variables, stored.get(name, 0), running.listed)
        if name in reached and remote.webhook_secret_name is not None and name not in connected.webhook_secrets:
            says = "its callbacks are not used; tasks are asked about instead"
            fix = f"set {remote.webhook_secret_name}, and APIINONE_PUBLIC_URL to an https address"
            yield warning(f"{name} callbacks", says, fix)
        if name in settings.provider_base_urls and not remote.credential_optional:
            says = f"asked at {settings.provider_base_urls[name]}, not at the vendor"
            yield warning(f"{name} address", says, f"unset {provider_variable(name, '_BASE_URL')} to ask the vendor")
    reached |= connect_chats(settings, environment, SystemClock()).keys()
    summaries = CataloguePages(running, lambda: frozenset(reached), SystemClock()).summaries()
    live = sum(model.availability == "live" for model in summaries)
    tested = sum(model.availability == "test_only" for model in summaries)
    yield ok("models", f"{live} can be used with live keys, {tested} with test keys only")


def entrance_findings(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """How clients and people come in: public URL, letters, proxies, metrics. Raises SettingsError."""
    yield _public_url(settings.public_url)
    yield _admin_url(settings.admin_url, settings.public_url)
    yield _letters(smtp_server(settings, environment))
    named = ", ".join(settings.trusted_proxies)
    yield ok("proxies", f"X-Forwarded-For is believed from {named}" if named else "X-Forwarded-For is ignored")
    yield ok("metrics", "on, for the bearer of the token" if settings.metrics_token else "off")


def _public_url(url: str) -> Finding:
    if not url:
        says = "not set: links lead to the address the server listens on"
        return warning("public URL", says, "set APIINONE_PUBLIC_URL to the address that clients use")
    if url.startswith("https://"):
        return ok("public URL", url)
    says = f"{url} is not encrypted: keys and pictures can be read on the way"
    return warning("public URL", says, "put TLS in front, and set APIINONE_PUBLIC_URL to an https address")


def _admin_url(url: str, public_url: str) -> Finding:
    parts, fix = urlsplit(url), "set APIINONE_ADMIN_URL to https://… with a host name of its own"
    if not url:
        return ok("operators", "/admin is at the address of the site")
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
        return error("operators", f"{url} is no address without a path", fix)
    if parts.netloc.lower() == urlsplit(public_url).netloc.lower():
        return error("operators", f"{url} is the address of the site: nothing of the site would answer", fix)
    if parts.scheme != urlsplit(public_url).scheme:
        return warning("operators", f"nobody can sign in at {url}: cookies are made for the site's scheme", fix)
    return ok("operators", f"/admin is at {url} alone")


def _letters(server: SmtpServer | None) -> Finding:
    if server is None:
        says = "no mail server: letters with the links that let people in are shown in the log"
        return warning("mail", says, "set APIINONE_SMTP_URL and APIINONE_MAIL_FROM")
    kind = {"wrapped": "with TLS", "required": "with STARTTLS", "offered": "with STARTTLS if it offers that"}
    return ok("mail", f"from {server.sender} by {server.host}:{server.port}, {kind[server.tls]}")


def _credential(remote: Remote, variables: Sequence[str], stored: int, catalogue: Catalogue) -> Finding:
    offered = [
        (sub.id, offer.confidence)
        for entry in catalogue.entries
        for sub in entry.sub_models
        for offer in sub.offers
        if offer.provider == remote.name
    ]
    if not offered:
        return ok(remote.name, "no model of this catalogue is made there")
    if not variables and not stored:
        says = f"no credential; {len(offered)} variants could be made there with live keys"
        return warning(remote.name, says, f"set {remote.credential_names[0]}, or use `apiinone credentials add`")
    named = [name for name in variables if not name.startswith(NONE_NEEDED)]
    parts = [f"{' and '.join(named)} {'is' if len(named) == 1 else 'are'} set"] if named else []
    parts += ["it is asked without a credential"] if len(named) < len(variables) else []
    parts += [f"{stored} stored"] if stored else []
    found = ", ".join(parts)
    unsure = [model for model, confidence in offered if confidence == "unconfirmed"]
    if not unsure:
        return ok(remote.name, f"{found}; {len(offered)} variants")
    some = ", ".join(unsure[:NAMED_MAX]) + (" and others" if len(unsure) > NAMED_MAX else "")
    says = f"{found}; {len(offered)} variants, of which {len(unsure)} nobody has confirmed: {some}"
    return warning(remote.name, says, "try these with a small budget first; their offers name the source")
