"""The installation's one secret: made once, kept to its owner, and never the same for two purposes."""

import stat
import threading
from pathlib import Path

import pytest

from apiinone.installation import FILE, InstallationSecret, installation_secret

TEXT = "x" * 32


def test_each_purpose_has_a_key_of_its_own_and_processes_derive_the_same() -> None:
    secret = InstallationSecret(TEXT)
    keys = [secret.key(purpose) for purpose in ("pepper", "links", "fingerprint")]
    assert len({*keys, TEXT.encode()}) == 4
    assert {len(key) for key in keys} == {32}
    assert InstallationSecret(TEXT).key("pepper") == keys[0]
    assert InstallationSecret(TEXT + "y").key("pepper") != keys[0]
    assert secret.fingerprint() not in secret.links().reveal()


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32"):
        InstallationSecret("x" * 31)


def test_it_is_made_on_first_use_for_its_owner_alone_and_then_stays(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = installation_secret("", folder).fingerprint()
    assert installation_secret("", folder).fingerprint() == first
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == [FILE]
    assert installation_secret(TEXT, folder).fingerprint() != first


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    found: list[str] = []
    begin = threading.Barrier(8)

    def start() -> None:
        begin.wait()
        found.append(installation_secret("", tmp_path / "data").fingerprint())

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
