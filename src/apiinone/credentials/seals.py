"""Opens and closes stored credentials: under the present key, and under those before it."""

from apiinone.core.secret import Secret
from apiinone.sealing import Seal, Unsealable

KeyedSeal = tuple[str, Seal]
"""A seal and the name of its key, which tells keys apart and tells nothing of them."""


class Seals:
    """What seals credentials, and all that may open them."""

    def __init__(self, present: KeyedSeal, *before: KeyedSeal) -> None:
        """Take the key for what is sealed from now on, and those that may have sealed before."""
        self.present = present[0]
        self._closing = present[1]
        self._opening = dict([*before, present])

    def close(self, secret: Secret, place: str) -> bytes:
        """The sealed secret, under the present key."""
        return self._closing.close(secret.reveal().encode(), place)

    def open(self, sealed: bytes, key_name: str, place: str) -> Secret:
        """The secret. Raises Unsealable."""
        seal = self._opening.get(key_name)
        if seal is None:
            raise Unsealable
        return Secret(seal.open(sealed, place).decode())


def place_of(account_id: str | None, provider: str, credential_id: str) -> str:
    """What a sealed credential is bound to: moved to another owner, provider or row it cannot be opened."""
    return f"credential/{account_id or 'house'}/{provider}/{credential_id}"
