"""The peer: LiteLLM's proxy in an environment of its own, with production settings, in front of a simulated vendor.

Every package is pinned and checked by hash (litellm/requirements.txt; releases 1.82.7 and 1.82.8 carried a stealer and
are not among them). It runs without this process's environment, so it sees no credential, and calls nobody but the
simulator. Settings are those its own documentation gives for production, less what needs a database: one worker,
errors only in the log, master key.
"""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from closed_loop import HOST
from servers import BENCH, Server, served

REQUIREMENTS = BENCH / "litellm" / "requirements.txt"
INSTALLED_WITHIN_S = 240
MASTER_KEY = "sk-measured-0123456789abcdef0123456789abcdef"
MODEL = "recraft-v4"
NAMES = (MODEL, "recraft/recraftv4")
"""The model's name for clients, and the one it is asked for upstream."""
CREATE_PATH = "/v1/images/generations"
_CONFIG = """
model_list:
  - model_name: {model}
    litellm_params:
      model: {upstream_model}
      api_base: {upstream}
      api_key: {upstream_key}
litellm_settings:
  set_verbose: false
  json_logs: true
  num_retries: 0
  request_timeout: 600
router_settings:
  disable_cooldowns: true
general_settings:
  master_key: {master_key}
"""
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "ERROR",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "DISABLE_SCHEMA_UPDATE": "True",
    "NO_DOCS": "True",
}


class CannotInstall(Exception):
    """The peer cannot be had here; the message says why."""


@contextmanager
def litellm_server(
    folder: Path, *, upstream: str, upstream_key: str, names: tuple[str, str] = NAMES
) -> Generator[Server]:
    """LiteLLM on the measured core until the block ends. Raises CannotInstall."""
    program = _installed(folder / "environment")
    home = folder / "home"
    home.mkdir()
    config = folder / "config.yaml"
    model, upstream_model = names
    config.write_text(
        _CONFIG.format(
            model=model,
            upstream_model=upstream_model,
            upstream=upstream,
            upstream_key=upstream_key,
            master_key=MASTER_KEY,
        )
    )
    arguments = ["--config", str(config), "--host", HOST, "--num_workers", "1", "--telemetry", "False"]
    environ = _ENVIRONMENT | {"HOME": str(home)}
    with served([str(program), *arguments], environ, folder / "litellm.log", ready="/health/liveliness") as running:
        yield running


def release() -> str:
    """The pinned release."""
    lines = (BENCH / "litellm" / "requirements.in").read_text().split("==")
    return lines[-1].strip()


def _installed(environment: Path) -> Path:
    uv = Path(sys.executable).with_name("uv")
    python = environment / "bin" / "python"
    install = ["pip", "install", "--python", str(python), "--require-hashes", "--no-deps", "--only-binary", ":all:"]
    for command in (
        ["venv", "--python", sys.executable, str(environment)],
        [*install, "--requirement", str(REQUIREMENTS)],
    ):
        done = subprocess.run(  # noqa: S603 - our own tools
            [str(uv), "--quiet", *command], check=False, capture_output=True, text=True, timeout=INSTALLED_WITHIN_S
        )
        if done.returncode:
            raise CannotInstall(done.stderr.strip()[-400:])
    return python.with_name("litellm")
