"""The machine: the data folder, its file system, free space, the installation's secret."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from apiinone.cli.checks.finding import Finding, error, ok, warning
from apiinone.cli.file_systems import NETWORK_FILE_SYSTEMS, file_system_of
from apiinone.installation import FILE
from apiinone.settings import Settings

MIB = 1024 * 1024
FREE_MIB_MIN = 100
FREE_MIB_GOOD = 1024
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def host_findings(settings: Settings) -> Iterator[Finding]:
    """All of them; the data folder exists."""
    folder = settings.data_path
    yield _writable(folder)
    yield _private(folder)
    yield _file_system(folder)
    yield _free_space(folder)
    yield _secret(settings)


def _writable(folder: Path) -> Finding:
    probe = folder / f".doctor-{os.getpid()}"
    try:
        probe.write_bytes(b"probe")
        probe.unlink()
    except OSError as failure:
        reason = os.strerror(failure.errno or 0)
        return error(
            "data folder", f"{folder} cannot be written: {reason}", "set APIINONE_DATA_DIR to a folder of yours"
        )
    return ok("data folder", str(folder))


def _private(folder: Path) -> Finding:
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & _OTHERS:
        return warning("privacy", f"others on this machine can enter {folder}", f"chmod 700 {folder}")
    return ok("privacy", "only this user can enter the data folder")


def _file_system(folder: Path) -> Finding:
    kind = file_system_of(folder)
    if kind in NETWORK_FILE_SYSTEMS:
        says = f"{folder} is on {kind}, a network file system, where an embedded database gets damaged"
        return error("file system", says, "put APIINONE_DATA_DIR on a local disk, or use PostgreSQL")
    return ok("file system", kind or "of a kind that this system does not tell")


def _free_space(folder: Path) -> Finding:
    free_mib = shutil.disk_usage(folder).free // MIB
    if free_mib < FREE_MIB_MIN:
        return error("disk", f"{free_mib} MiB are free", "make room: without it tasks cannot be stored")
    if free_mib < FREE_MIB_GOOD:
        return warning("disk", f"{free_mib} MiB are free", "make room soon")
    return ok("disk", f"{free_mib} MiB are free")


def _secret(settings: Settings) -> Finding:
    if settings.secret_key:
        return ok("secret", "APIINONE_SECRET_KEY is set; give every process of this installation the same")
    path = settings.data_path / FILE
    if path.exists() and path.stat().st_mode & _OTHERS:
        return error("secret", f"others on this machine can read {path}", f"chmod 600 {path}")
    if not settings.database.startswith("sqlite:///"):
        says = f"it is kept in {path}, which processes on other machines do not have"
        return warning("secret", says, "set APIINONE_SECRET_KEY to the same in every process")
    if not path.exists():
        return ok("secret", f"{path} will be made when it is first needed")
    return ok("secret", f"in {path}, readable by this user alone")
