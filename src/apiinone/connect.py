"""What can be reached from here: the storage, providers with the credentials that are set, what seals stored ones."""

from collections.abc import Mapping, Sequence
from secrets import token_hex
from urllib.parse import urlsplit

from msgspec import Struct

from apiinone import __version__
from apiinone.assets.storage import Storage, open_storage
from apiinone.core.clock import Clock
from apiinone.core.randomness import RandomPool
from apiinone.core.secret import Secret
from apiinone.credentials.seals import KeyedSeal, Seals
from apiinone.db import Database
from apiinone.installation import InstallationSecret
from apiinone.outbound import Outbound
from apiinone.providers.chat import ChatRemote
from apiinone.providers.provider import Remote
from apiinone.providers.registry import chat_remotes, lyrics_remotes, remote_providers
from apiinone.sealing import Seal
from apiinone.settings import PREFIX, Settings, SettingsError, read_secret, read_secrets
from apiinone.tasks.breaker import BreakerRules
from apiinone.tasks.follow_credentials import Follower, MakePace
from apiinone.tasks.keyring import FROM_ENVIRONMENT, Credential, Keyring
from apiinone.tasks.live_chat import ChatVendor, LiveChat
from apiinone.tasks.live_lyrics import LiveLyrics, LyricsSources, NodeLyrics
from apiinone.tasks.local_chat import ChatSources, LocalChat
from apiinone.tasks.node_chat import NodeChat
from apiinone.tasks.node_wire import PURPOSE
from apiinone.tasks.pace import Pace
from apiinone.tasks.vendor_exchange import Vendor

NONE_NEEDED = "none:"
"""In place of a variable's name: the provider is asked without a credential."""


def outbound_of(settings: Settings, clock: Clock) -> Outbound:
    """What sends for this process, to be closed with it."""
    return Outbound(
        allowed_private=frozenset(settings.allowed_private_hosts) | own_hosts(settings),
        connections_max=settings.steps_max,
        user_agent=f"apiinone/{__version__}",
        clock=clock,
    )


def storage_of(settings: Settings) -> Storage:
    """Where outputs are kept. Raises SettingsError, StorageFailed."""
    try:
        return open_storage(settings.storage, {})
    except ValueError as error:
        raise SettingsError(f"{PREFIX}STORAGE_URL: {error}") from error


class Connected(Struct, frozen=True):
    """Every provider's adapter, the credentials of the environment, and what callbacks are signed with."""

    vendors: Mapping[str, Vendor]
    keyring: Keyring
    webhook_secrets: Mapping[str, Secret]
    pace: MakePace


def connect_vendors(settings: Settings, environ: Mapping[str, str], clock: Clock) -> Connected:
    """Read the environment. Stored credentials are added by a `follower`. Raises SettingsError."""
    try:
        remotes = remote_providers(settings.provider_base_urls, settings.provider_plug_ins)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    pace = _paces(settings, remotes, clock)
    fixed: list[Credential] = []
    vendors: dict[str, Vendor] = {}
    hooks: dict[str, Secret] = {}
    for name, remote in remotes.items():
        secrets: dict[str, Secret | None] = dict(read_secrets(environ, remote.credential_names))
        if not secrets and remote.credential_optional:
            secrets[f"{NONE_NEEDED}{name}"] = None
        for variable, secret in secrets.items():
            if (own_pace := pace(name, None, None)) is not None:
                fixed.append(Credential(_id_of(variable, name, fixed), name, secret, own_pace))
        hook = read_secret(environ, (remote.webhook_secret_name,)) if remote.webhook_secret_name else None
        webhook_url = None
        if hook is not None and settings.public_url.startswith("https://"):
            hooks[name] = hook
            webhook_url = f"{settings.public_url.rstrip('/')}/api/v1/providers/{name}/webhook"
        vendors[name] = Vendor(remote, webhook_url)
    rules = BreakerRules(
        no_balance_s=settings.provider_no_balance_rest_s,
        errors_max=settings.provider_errors_max,
        errors_s=settings.provider_rest_s,
    )
    return Connected(vendors, Keyring(clock, rules, fixed), hooks, pace)


def follower(settings: Settings, connected: Connected, secret: InstallationSecret, database: Database) -> Follower:
    """What keeps the keyring as the database has it."""
    return Follower(database, seals_of(settings, secret), connected.keyring, connected.pace)


def seals_of(settings: Settings, secret: InstallationSecret) -> Seals:
    """What seals stored credentials."""
    derived = _keyed(secret)
    keyed = [
        _keyed(InstallationSecret(text)) for text in (settings.credentials_key, settings.credentials_key_before) if text
    ]
    if settings.credentials_key:
        return Seals(keyed[0], *keyed[1:], derived)
    return Seals(derived, *keyed)


def connect_chats(settings: Settings, environ: Mapping[str, str], clock: Clock) -> dict[str, ChatVendor]:
    """The providers that can be asked to chat from here: their credential is set, or none is needed."""
    vendors: dict[str, ChatVendor] = {}
    try:
        remotes = chat_remotes(settings.provider_base_urls)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    pace = _paces(settings, remotes, clock)
    for name, remote in remotes.items():
        secret = read_secret(environ, remote.credential_names)
        own_pace = pace(name, None, None)
        if own_pace is not None and (secret is not None or not remote.credential_needed):
            vendors[name] = ChatVendor(remote, secret, own_pace)
    return vendors


def chat_sources(
    settings: Settings, environ: Mapping[str, str], ground: tuple[Outbound, Clock], secret: InstallationSecret
) -> tuple[ChatSources, LiveChat]:
    """Who answers chats, and of these the vendors that can be asked from here. Raises SettingsError."""
    outbound, clock = ground
    vendors = connect_chats(settings, environ, clock)
    live = LiveChat(outbound, vendors)
    nodes = NodeChat(outbound, settings.provider_node_urls, secret.key(PURPOSE), clock, lambda: token_hex(16))
    elsewhere = dict.fromkeys(settings.provider_node_urls, nodes)
    return ChatSources(LocalChat(), {**elsewhere, **dict.fromkeys(vendors, live)}), live


def lyrics_sources(
    settings: Settings, connected: Connected, ground: tuple[Outbound, Clock], secret: InstallationSecret
) -> LyricsSources:
    """Who times the words of songs. Raises SettingsError."""
    outbound, clock = ground
    try:
        remotes = lyrics_remotes(settings.provider_base_urls)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    live = LiveLyrics(outbound, connected.keyring, connected.vendors, remotes)
    nodes = NodeLyrics(outbound, settings.provider_node_urls, secret.key(PURPOSE), clock, lambda: token_hex(16))
    return LyricsSources(live, nodes)


def own_hosts(settings: Settings) -> frozenset[str]:
    """Hosts and ports that the operator names himself: of providers at other addresses, of nodes, of the sign-in."""
    hosts: set[str] = set()
    addresses = (settings.stripe_url, settings.oidc_issuer)
    for url in (*settings.provider_base_urls.values(), *settings.provider_node_urls.values(), *addresses):
        parts = urlsplit(url)
        if parts.hostname:
            host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
            hosts.add(f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}")
    return frozenset(hosts)


def _id_of(variable: str, provider: str, others: Sequence[Credential]) -> str:
    """Of two providers that read one variable (an adapter of another package may) each has a credential of its own."""
    named = f"{FROM_ENVIRONMENT}{variable}"
    return f"{named}@{provider}" if any(other.id == named for other in others) else named


def _keyed(secret: InstallationSecret) -> KeyedSeal:
    return secret.key("credentials-name").hex()[:12], Seal(secret.key("credentials"), RandomPool())


def _paces(settings: Settings, remotes: Mapping[str, Remote | ChatRemote], clock: Clock) -> MakePace:
    def pace(provider: str, per_s_max: float | None, concurrent_max: int | None) -> Pace | None:
        remote = remotes.get(provider)
        if remote is None:
            return None
        usual_per_s = settings.provider_submits_per_s_max.get(provider, remote.submit_per_s_max)
        usual_at_once = settings.provider_concurrent_max.get(provider, remote.concurrent_max)
        return Pace(
            per_s_max=usual_per_s if per_s_max is None else per_s_max,
            concurrent_max=usual_at_once if concurrent_max is None else concurrent_max,
            clock=clock,
        )

    return pace
