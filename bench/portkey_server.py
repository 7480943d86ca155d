"""Another peer: Portkey's gateway for Node, pinned and checked by hash (portkey/package-lock.json).

It relays, and neither checks a key nor accounts for anything. It runs without this process's environment and calls
nobody but the upstream that each request names.
"""

import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from litellm_server import INSTALLED_WITHIN_S, CannotInstall
from servers import BENCH, Server, served

PINNED = BENCH / "portkey"
START = "node_modules/@portkey-ai/gateway/build/start-server.js"
_COMMAND = 'exec node "$0" --headless "--port=$2"'
"""Its options have their values behind a sign of equality."""
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "NODE_ENV": "production"}


def headers(upstream: str) -> str:
    """What a request says beside its key: in whose form, and where that vendor stands."""
    return f"x-portkey-provider: openai\r\nx-portkey-custom-host: {upstream}\r\n"


def portkey_release() -> str:
    """The pinned release."""
    wanted = msgspec.json.decode((PINNED / "package.json").read_bytes(), type=dict[str, bool | dict[str, str]])
    found = wanted["dependencies"]
    assert isinstance(found, dict)
    return found["@portkey-ai/gateway"]


@contextmanager
def portkey_server(folder: Path) -> Generator[Server]:
    """Portkey on the measured core until the block ends. Raises CannotInstall."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINNED / name, folder / name)
    install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(  # noqa: S603 - pinned
            install, cwd=folder, check=False, capture_output=True, text=True, timeout=INSTALLED_WITHIN_S
        )
    except OSError as error:
        raise CannotInstall(f"npm: {error.strerror}") from None
    if done.returncode:
        raise CannotInstall(done.stderr.strip()[-400:])
    environ = _ENVIRONMENT | {"HOME": str(folder)}
    with served(
        ["/bin/sh", "-c", _COMMAND, str(folder / START)], environ, folder / "portkey.log", ready="/"
    ) as running:
        yield running
