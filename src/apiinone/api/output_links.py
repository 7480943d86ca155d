"""Addresses of outputs, signed; and the reading of what comes back under them."""

from collections.abc import Mapping
from dataclasses import dataclass

from apiinone.assets.links import LIFETIME_S_MAX, OutputPath, Verdict, sign, verify
from apiinone.core.clock import US_PER_S
from apiinone.core.secret import Secret


@dataclass(frozen=True, slots=True)
class OutputLinks:
    """Signs with the newest key and takes every key that is still good."""

    public_url: str
    """The address that clients use, without a final slash."""
    key_id: str
    secrets: Mapping[str, Secret]
    """By key id; `key_id` is among them."""

    def url(self, written_task_id: str, path: OutputPath, *, now_us: int, expires_us: int | None) -> str | None:
        """The output's address, good for an hour or until the output expires; None where that is over."""
        now_s = now_us // US_PER_S
        until_s = now_s + LIFETIME_S_MAX
        if expires_us is not None:
            until_s = min(until_s, expires_us // US_PER_S)
        if until_s <= now_s:
            return None
        query = sign(self.key_id, self.secrets[self.key_id], path=path, expires_at_s=until_s, now_s=now_s)
        return f"{self.public_url}/api/v1/outputs/{written_task_id}/{path.index}?{query}"

    def judge(self, query: Mapping[str, str], path: OutputPath, *, now_us: int) -> Verdict:
        """Whether the query is one of ours for this output, and still good."""
        return verify(self.secrets, query, path=path, now_s=now_us // US_PER_S)
