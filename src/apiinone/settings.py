"""The one reader of the environment: `APIINONE_…` variables over an optional TOML file over the defaults below.

Providers' credentials come under the vendors' own names (`RECRAFT_API_TOKEN` …) and are wrapped at once.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from apiinone.core.secret import Secret
from apiinone.setting_rules import RULES

PREFIX = "APIINONE_"
CONFIG_FILE = "APIINONE_CONFIG"
PAIR_MARK = "+"
PROVIDER_TABLES = {
    "_BASE_URL": "provider_base_urls",
    "_SUBMITS_PER_S_MAX": "provider_submits_per_s_max",
    "_CONCURRENT_MAX": "provider_concurrent_max",
    "_NODE_URL": "provider_node_urls",
    "_QUESTIONS_PER_S_MAX": "provider_questions_per_s_max",
}
"""Endings of variables that are set for each provider, and the tables they fill: `APIINONE_RECRAFT_BASE_URL` …"""

CREDENTIALS_MAX = 9
"""Credentials of one provider that the environment may hold."""
Some = Annotated[int, Meta(ge=1)]
Positive = Annotated[float, Meta(gt=0)]


def provider_variable(provider: str, ending: str) -> str:
    """The variable that sets this of a provider: `bytedance-ark` is `APIINONE_BYTEDANCE_ARK_…`.

    Shells take no `-` in a variable's name, and names of providers have no `_`, so that each can stand for the other.
    """
    return f"{PREFIX}{provider.upper().replace('-', '_')}{ending}"


class SettingsError(Exception):
    """A setting cannot be used; the message names it and says what it takes."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Every setting with its default. The environment name is the field's, in capitals, after `APIINONE_`."""

    data_dir: str = "data"
    """Folder for the embedded database, outputs and the installation's secret."""
    database_url: str = ""
    """`postgresql://…`, or empty for SQLite in the data folder."""
    storage_url: str = ""
    """Where outputs are kept: `s3://bucket/prefix`, or empty for a folder in the data folder."""
    public_url: str = ""
    """The address that clients use, for links and provider callbacks; empty: the address the server listens on."""
    admin_url: str = ""
    """Where operators reach `/admin`, such as `https://ops.example.com`; nothing of the site and the API answers there,
    and `/admin` nowhere else. Empty: it is at the address of the site."""
    secret_key: str = ""
    """At least 32 characters that all processes of an installation share; empty: made once, in the data folder."""
    credentials_key: str = ""
    """What stored provider credentials are sealed with, 32 characters or more; empty: derived from the secret."""
    credentials_key_before: str = ""
    """The key before it, until `apiinone credentials rotate-key` has sealed everything anew; empty: the secret's."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or ranges whose X-Forwarded-For is believed; empty: the header is ignored."""
    allowed_private_hosts: tuple[str, ...] = ()
    """`host:port` names on private networks that may be fetched from or sent to, and called back (by http too)."""
    catalogue_overlay: str = ""
    """Folder of YAML files that add models or replace fields of the packaged ones."""
    nodes: tuple[int, ...] = ()
    """Nodes whose tasks this process works on; empty: all."""
    metrics_token: str = ""
    """Bearer token for /metrics; empty: the route is off."""
    requests_per_minute_max: Some = 600_000
    """Requests a minute of a key that names no limit of its own, counted by each process for itself."""
    open_tasks_max: Some = 20_000
    """Open tasks of a key that names no limit of its own."""
    waiting_requests_max: Some = 64
    """Requests of one key that may wait for a task at once."""
    chat_unread_s_max: Positive = 30.0
    """How long in all a client may hold a streamed chat up by not reading it; then it is cut off."""
    event_streams_max: Some = 1_000
    """Event streams of one key that may be open at once, counted by each process for itself."""
    test_credits_per_day: Annotated[int, Meta(ge=0)] = 1_000
    """The level that test balances are raised to each UTC day."""
    body_bytes_max: Some = 20 * 1024 * 1024
    """Largest request body."""
    deadline_s: Some = 600
    """A task's deadline where the request names none."""
    unknown_max_s: Some = 3_600
    """How long after the deadline an unknown outcome is waited for."""
    result_ttl_s: Some = 7 * 24 * 3_600
    """How long outputs are kept where the request does not say."""
    task_keep_days: Some = 90
    """How long ended tasks are kept; their money rows stay."""
    lease_s: Positive = 15.0
    """After how many seconds without a sign of life a worker's tasks are taken over."""
    jobs_max: Some = 20_000
    """Open tasks one worker holds."""
    steps_max: Some = 256
    """Steps of tasks one worker takes at once."""
    queue_max: Some = 4_096
    """Requests that may wait to be stored; beyond, 503 `overloaded`."""
    face_swap_accepted: bool = False
    """Whether you answer for face swaps with live keys (consent of who is shown, the law); they are off otherwise."""
    live_models_off: tuple[str, ...] = ()
    """Models or versions that live keys may not use; test keys still can."""
    blocked_terms_file: str = ""
    """File of terms, one a line: a request with one of them in its texts is refused as `content_policy`."""
    policy_in_test_mode: bool = True
    """Whether blocked terms hold for test keys too."""
    moderation_url: str = ""
    """Endpoint in the form of OpenAI's moderations that live requests are shown first (key: `MODERATION_API_KEY`)."""
    moderation_model: str = "omni-moderation-latest"
    """The model that it is asked for."""
    moderation_failure: Literal["refuse", "pass"] = "refuse"
    """What happens to a request while that endpoint does not answer."""
    keep_refused_prompts: bool = False
    """Whether the log keeps the texts of requests that these rules refuse."""
    sign_up: Literal["open", "invited", "closed"] = "open"
    """Who can make an account on the site: anybody, who was invited, or nobody."""
    oidc_issuer: str = ""
    """An OpenID provider that people may sign in with: the address that its `/.well-known/openid-configuration` is
    below; empty: there is none. Its client's secret is `OIDC_CLIENT_SECRET`, and it leads back to `/sign-in/with/back`.
    """
    oidc_client_id: str = ""
    """What this installation is called there."""
    oidc_name: str = "single sign-on"
    """What people know it as: `Continue with …`."""
    smtp_url: str = ""
    """Mail server for letters to people: `smtp://user@host:587` or `smtps://user@host:465`, the password in
    `SMTP_PASSWORD`; empty: letters are shown in the log."""
    mail_from: str = ""
    """The address that letters come from."""
    drawing_children_max: Some = 1
    """Child processes that make test pictures, films and sounds."""
    internal_listen: str = ""
    """`host:port` on a private network, where other processes of this installation have this one ask the providers that
    it holds credentials for; empty: nowhere."""
    adjusted_alone_max: Annotated[int, Meta(ge=0)] = 10_000
    """How many credits an operator may give or take on a day without a second operator's word; 0: none."""
    own_key_fee_percent: Annotated[int, Meta(ge=1, le=100)] = 10
    """What work with an account's own provider key costs it, in percent of the price, rounded up to whole credits."""
    billing_file: str = ""
    """YAML file whose fields replace those of the packaged one: packs, bounds, seller, taxes, bank."""
    stripe_url: str = ""
    """Where Stripe's API stands, if not at Stripe: a simulator's address."""
    provider_errors_max: Some = 5
    """Provider errors and lost answers in a row after which an offer is left alone for a while."""
    provider_rest_s: Positive = 15.0
    """How long it is left alone the first time; then one order probes it."""
    provider_no_balance_rest_s: Positive = 120.0
    """How long a credential that is out of money is left alone the first time; then one order probes it."""
    provider_wait_s_max: Annotated[float, Meta(ge=0)] = 60.0
    """How long a task stays queued for a provider that comes back; where none does in that time it fails."""
    provider_plug_ins: tuple[str, ...] = ()
    """Names of providers that other installed packages bring; only these are loaded."""
    provider_keys_unshared: tuple[str, ...] = ()
    """Providers whose key nobody but this installation uses: a job there that no task knows is then a lost answer's."""
    provider_base_urls: dict[str, str] = {}
    """Where a provider's API stands, if not at the vendor: `APIINONE_RECRAFT_BASE_URL` …, and its chat alone:
    `APIINONE_GOOGLE_CHAT_BASE_URL`."""
    provider_submits_per_s_max: dict[str, Positive] = {}
    """Submits a second, if your contract with the vendor allows others: `APIINONE_RECRAFT_SUBMITS_PER_S_MAX` …"""
    provider_concurrent_max: dict[str, Some] = {}
    """Submits at once, likewise: `APIINONE_RECRAFT_CONCURRENT_MAX` …"""
    provider_node_urls: dict[str, str] = {}
    """Where a process of this installation that holds a provider's credential listens, for those that do not:
    `APIINONE_GOOGLE_NODE_URL` …"""
    provider_questions_per_s_max: dict[str, Positive] = {}
    """Questions a second how jobs stand, over all jobs, likewise: `APIINONE_RECRAFT_QUESTIONS_PER_S_MAX` …"""

    @property
    def data_path(self) -> Path:
        """The data folder."""
        return Path(self.data_dir).expanduser().absolute()

    @property
    def database(self) -> str:
        """The database's URL, the embedded one where none is set."""
        return self.database_url or f"sqlite:///{self.data_path / 'apiinone.sqlite'}"

    @property
    def storage(self) -> str:
        """The storage's URL or folder."""
        return self.storage_url or str(self.data_path / "outputs")


class WhatIsSet(Struct, frozen=True):
    """The settings, where those stand that are not the default, and what is wrong with the others."""

    settings: Settings
    named: tuple[str, ...]
    faults: tuple[str, ...]


def environment() -> Mapping[str, str]:
    """This process's environment; nothing else reads it."""
    return dict(os.environ)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings. Raises SettingsError naming each variable, or field of the file, that cannot be used."""
    said = read_what_is_set(environ)
    if said.faults:
        raise SettingsError("; ".join(said.faults))
    return said.settings


def read_what_is_set(environ: Mapping[str, str]) -> WhatIsSet:
    """The same, where what cannot be used is told and has its default."""
    faults: list[str] = []
    named: list[str] = []
    values: dict[str, Any] = {}
    for where, field, value in (*_from_file(environ.get(CONFIG_FILE, ""), faults), *_from_variables(environ)):
        try:
            found = _read(field, value)
        except ValueError as error:  # which msgspec's and ours are
            faults.append(f"{where}: {error}")
        else:
            named.append(where)
            values[field] = {**values.get(field, {}), **found} if isinstance(found, dict) else found
    return WhatIsSet(Settings(**values), tuple(named), tuple(faults))


def read_secret(environ: Mapping[str, str], names: tuple[str, ...]) -> Secret | None:
    """The first of these credentials that is set; None where none is. Raises SettingsError naming the variable.

    `KEY+SECRET` names two variables that make one credential, the pair of both with a colon between.
    """
    found = (_secret(environ, name) for name in names)
    return next((secret for secret in found if secret is not None), None)


def read_secrets(environ: Mapping[str, str], names: tuple[str, ...]) -> dict[str, Secret]:
    """By variable: the credential that `read_secret` finds, and those with a numbered ending, such as `…_2`.

    Raises SettingsError naming the variable.
    """
    first = next((name for name in names if _secret(environ, name) is not None), None)
    numbers = range(2, CREDENTIALS_MAX + 1)
    numbered = (PAIR_MARK.join(f"{part}_{n}" for part in name.split(PAIR_MARK)) for n in numbers for name in names)
    found = {name: _secret(environ, name) for name in (*(() if first is None else (first,)), *numbered)}
    return {name: secret for name, secret in found.items() if secret is not None}


def _secret(environ: Mapping[str, str], name: str) -> Secret | None:
    texts = [environ.get(part, "").strip() for part in name.split(PAIR_MARK)]
    if not all(texts):
        return None
    try:
        return Secret(":".join(texts))
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from error


def _from_variables(environ: Mapping[str, str]) -> list[tuple[str, str, Any]]:
    """Variable, field, value of each setting; what is set for one provider is a table of one row."""
    found: list[tuple[str, str, Any]] = []
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name == CONFIG_FILE:
            continue
        field = name.removeprefix(PREFIX).lower()
        ending = next((ending for ending in PROVIDER_TABLES if name.endswith(ending)), None)
        if field in Settings.__struct_fields__ or ending is None:
            lists = "tuple" in str(_KINDS.get(field))
            found.append((name, field, [part.strip() for part in text.split(",") if part.strip()] if lists else text))
        else:
            provider = field.removesuffix(ending.lower()).replace("_", "-")
            found.append((name, PROVIDER_TABLES[ending], {provider: text}))
    return found


def _from_file(path: str, faults: list[str]) -> list[tuple[str, str, Any]]:
    """The same of the file."""
    if not path:
        return []
    try:
        values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        faults.append(f"{CONFIG_FILE}: {path} cannot be read: {error}")
        return []
    return [(f"{path}: {field}", field, value) for field, value in values.items()]


def _read(field: str, value: Any) -> Any:
    """A setting's value in its type. Raises ValueError."""
    if field not in _KINDS:
        raise ValueError("there is no such setting")
    found = msgspec.convert(value, _KINDS[field], strict=False)
    if field in RULES and found:
        RULES[field](found)
    return found


_KINDS = {entry.name: entry.type for entry in msgspec.structs.fields(Settings)}
