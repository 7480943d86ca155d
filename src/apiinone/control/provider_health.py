"""How providers do, as this process sees it: who can be asked, which credentials are in trouble, what rests."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from apiinone.providers.provider import Remote
from apiinone.tasks.keyring import Credential, Keyring

GOOD: Final = "good"
REVOKED: Final = "revoked"


class CredentialSeen(Struct, frozen=True):
    """A credential of the house. Its secret is never shown."""

    id: str
    state: str
    """`good`, `revoked`, or its trouble."""
    under_way: int
    nodes: tuple[int, ...]
    per_s_max: float
    """Orders a second, as this process keeps to; so for `concurrent_max`, orders at once."""
    concurrent_max: int


class ProviderSeen(Struct, frozen=True):
    """A provider with the credentials that the house has for it."""

    name: str
    published: tuple[float, int]
    """Its own limits: orders a second, and at once. Settings and credentials may have others."""
    credentials: tuple[CredentialSeen, ...]
    own_keys: int
    """How many accounts have brought a key of their own."""
    resting: tuple[str, ...]
    """Upstream names that are left alone after errors."""
    refusals: tuple[tuple[str, int], ...]
    """Refusals of this process since its start, by fault."""

    @property
    def set(self) -> bool:
        """Whether the house can ask it."""
        return any(one.state != REVOKED for one in self.credentials)


def providers_seen(remotes: Mapping[str, Remote], keyring: Keyring) -> tuple[ProviderSeen, ...]:
    """Every provider: those with credentials first, then by name."""
    everything = keyring.everything()
    resting = [asked for asked in keyring.resting() if asked.account_id is None]
    found = [
        ProviderSeen(
            name,
            (remote.submit_per_s_max, remote.concurrent_max),
            tuple(_seen(one) for one in everything if one.provider == name and one.account_id is None),
            sum(one.provider == name and one.account_id is not None for one in everything),
            tuple(sorted(asked.upstream_model for asked in resting if asked.provider == name)),
            _refusals(keyring, name),
        )
        for name, remote in sorted(remotes.items())
    ]
    return tuple(sorted(found, key=lambda provider: not provider.credentials))


def _refusals(keyring: Keyring, name: str) -> tuple[tuple[str, int], ...]:
    counted: dict[str, int] = {}
    for (provider, _, fault), count in sorted(keyring.refusals.items()):
        if provider == name:
            counted[fault] = counted.get(fault, 0) + count
    return tuple(counted.items())


def _seen(one: Credential) -> CredentialSeen:
    state = REVOKED if one.revoked else one.health.trouble or GOOD
    pace = one.pace
    return CredentialSeen(one.id, state, pace.load()[1], one.nodes, pace.per_s_max, pace.concurrent_max)
