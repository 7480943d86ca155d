"""Under which names a folder keeps keys: one file each, in a folder for the four minutes in which its task was made.

ext4 looks for room near a file's folder, so files that come one after the other into the same folder cost a tenth of
what they cost when they are spread over a thousand folders.
"""

import re

from apiinone.core.ids import ID_LENGTH

TASK_SEGMENT = 2
"""Which segment of a key, counted from 0, is the id of a task, which begins with the moment it was made."""
MOMENT_CHARACTERS = 6
"""So many characters of an id are the same for 4.4 minutes; a week is some two thousand folders."""
ELSEWHERE = "other"
"""The folder of keys that belong to no task."""


def folder_of(key: str) -> str:
    """The folder for a key, or for the place that begins it."""
    task = _TASK.match(key)
    return ELSEWHERE if task is None else task[1]


def is_folder(name: str) -> bool:
    """Whether a name in the root is one of ours; a mounted root may hold others."""
    return name == ELSEWHERE or (len(name) == MOMENT_CHARACTERS and name.isalnum())


def file_name(key: str) -> str:
    """The key in one name: no key has the character that stands for its slashes."""
    return key.replace("/", "~")


def key_of(name: str) -> str:
    """The key that a file's name stands for."""
    return name.replace("~", "/")


_MOMENT, _REST = f"[0-9a-z]{{{MOMENT_CHARACTERS}}}", f"[0-9a-z]{{{ID_LENGTH - MOMENT_CHARACTERS}}}"
_TASK = re.compile(rf"(?:[^/]*/){{{TASK_SEGMENT}}}({_MOMENT}){_REST}(?:/|\Z)")
