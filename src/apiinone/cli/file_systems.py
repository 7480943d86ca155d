"""Which file system a folder is on: an embedded database on a network one gets damaged (hazard 31)."""

from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
NETWORK_FILE_SYSTEMS = frozenset(
    {
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
        "glusterfs",
        "gpfs",
        "lustre",
        "nfs",
        "nfs4",
        "smb2",
        "smb3",
        "smbfs",
    }
)
"""As Linux names them. Locks and shared memory do not work on them as SQLite needs (sqlite.org, "How to corrupt")."""


def file_system_of(path: Path, mounts: Path = MOUNTS) -> str:
    """The type of the file system that a path is on, as Linux names it; "" where the system does not tell."""
    try:
        lines = mounts.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    place, kind = "", ""
    resolved = path.resolve()
    for line in lines:
        before, _, after = line.partition(" - ")
        mounted = before.split(" ")[4].replace("\\040", " ")
        if resolved.is_relative_to(mounted) and len(mounted) >= len(place):
            place, kind = mounted, after.split(" ")[0]
    return kind
