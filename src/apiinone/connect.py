"""Which providers can be reached from here: adapters joined with the credentials that are set, or that need none."""

from collections.abc import Mapping
from secrets import token_hex
from urllib.parse import urlsplit

from apiinone.core.clock import Clock
from apiinone.installation import InstallationSecret
from apiinone.outbound import Outbound
from apiinone.providers.registry import chat_remotes, remote_providers
from apiinone.settings import Settings, SettingsError, read_secret
from apiinone.tasks.live_chat import ChatVendor, LiveChat
from apiinone.tasks.local_chat import ChatSources, LocalChat
from apiinone.tasks.node_chat import NodeChat
from apiinone.tasks.node_wire import PURPOSE
from apiinone.tasks.pace import Pace
from apiinone.tasks.vendor_exchange import Vendor


def connect_vendors(
    settings: Settings, environ: Mapping[str, str], clock: Clock
) -> tuple[dict[str, Vendor], dict[str, str]]:
    """The providers that can be used, and the secrets their callbacks are signed with.

    That is those whose credential is set; a server of the operator's own is one as soon as its address is.
    """
    vendors: dict[str, Vendor] = {}
    webhook_secrets: dict[str, str] = {}
    try:
        remotes = remote_providers(settings.provider_base_urls, settings.provider_plug_ins)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    for name, remote in remotes.items():
        secret = read_secret(environ, remote.credential_names)
        if secret is None and not remote.credential_optional:
            continue
        hook = read_secret(environ, (remote.webhook_secret_name,)) if remote.webhook_secret_name else None
        webhook_url = None
        if hook is not None and settings.public_url.startswith("https://"):
            webhook_secrets[name] = hook.reveal()
            webhook_url = f"{settings.public_url.rstrip('/')}/api/v1/providers/{name}/webhook"
        per_s_max = settings.provider_submits_per_s_max.get(name, remote.submit_per_s_max)
        concurrent_max = settings.provider_concurrent_max.get(name, remote.concurrent_max)
        pace = Pace(per_s_max=per_s_max, concurrent_max=concurrent_max, clock=clock)
        vendors[name] = Vendor(remote, secret, pace, webhook_url)
    return vendors, webhook_secrets


def connect_chats(settings: Settings, environ: Mapping[str, str], clock: Clock) -> dict[str, ChatVendor]:
    """The providers that can be asked to chat from here: their credential is set, or none is needed."""
    vendors: dict[str, ChatVendor] = {}
    try:
        remotes = chat_remotes(settings.provider_base_urls)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    for name, remote in remotes.items():
        secret = read_secret(environ, remote.credential_names)
        if secret is None and remote.credential_needed:
            continue
        per_s_max = settings.provider_submits_per_s_max.get(name, remote.submit_per_s_max)
        concurrent_max = settings.provider_concurrent_max.get(name, remote.concurrent_max)
        vendors[name] = ChatVendor(
            remote, secret, Pace(per_s_max=per_s_max, concurrent_max=concurrent_max, clock=clock)
        )
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


def own_hosts(settings: Settings) -> frozenset[str]:
    """Hosts and ports that the operator names himself: of a provider at another address, of a node."""
    hosts: set[str] = set()
    for url in (*settings.provider_base_urls.values(), *settings.provider_node_urls.values()):
        parts = urlsplit(url)
        if parts.hostname:
            host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
            hosts.add(f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}")
    return frozenset(hosts)
