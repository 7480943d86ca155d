"""The installation's one secret, and the keys derived from it: none is stored twice, each has one purpose."""

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from apiinone.core.secret import KEY_CHARACTERS_MIN, Secret

FILE = "secret"


class InstallationSecret:
    """Derives a key for each purpose; processes that share the secret derive the same."""

    def __init__(self, text: str) -> None:
        """Take at least 32 characters. Raises ValueError."""
        if len(text) < KEY_CHARACTERS_MIN:
            raise ValueError(f"the installation's secret needs at least {KEY_CHARACTERS_MIN} characters")
        self._root = text.encode()

    def key(self, purpose: str) -> bytes:
        """32 bytes for one purpose."""
        return hmac.digest(self._root, f"apiinone:{purpose}".encode(), hashlib.sha256)

    def links(self) -> Secret:
        """What links to outputs are signed with."""
        return Secret(self.key("links").hex())

    def fingerprint(self) -> str:
        """Tells two secrets apart without telling them."""
        return self.key("fingerprint").hex()[:16]


def installation_secret(configured: str, folder: Path) -> InstallationSecret:
    """The configured secret, or the data folder's own, made on first use (mode 0600). Raises OSError, ValueError."""
    if configured:
        return InstallationSecret(configured)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / FILE
    if not path.exists():
        _make(path)
    return InstallationSecret(path.read_text(encoding="ascii").strip())


def _make(path: Path) -> None:
    """Write the file whole under another name first; whoever links it first has made it."""
    draft = path.with_name(f"{FILE}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
