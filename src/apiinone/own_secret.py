"""The installation's secret as this process is given it, and proof that the database was made with the same."""

from apiinone.accounts.account_rows import agree
from apiinone.db import Database, Tx
from apiinone.installation import InstallationSecret, installation_secret
from apiinone.settings import Settings, SettingsError

FINGERPRINT = "secret_fingerprint"


def own_secret(settings: Settings) -> InstallationSecret:
    """The configured secret, or the data folder's. Raises SettingsError."""
    try:
        return installation_secret(settings.secret_key, settings.data_path)
    except (OSError, ValueError) as error:
        raise SettingsError(f"APIINONE_SECRET_KEY or the data folder's secret cannot be used: {error}") from error


async def agree_on_secret(database: Database, secret: InstallationSecret) -> None:
    """Refuse a secret other than the one the database's keys were hashed with: no key would work."""

    async def look(tx: Tx) -> str:
        return await agree(tx, FINGERPRINT, secret.fingerprint())

    if await database.transact(look) != secret.fingerprint():
        raise SettingsError("the database belongs to an installation with another secret: set APIINONE_SECRET_KEY")
