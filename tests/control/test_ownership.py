import os
import subprocess
import sys
from pathlib import Path

import pytest

from apiinone.control.ownership import Owner, Taken, lock_path, take

HOLD = """
import sys, time
from pathlib import Path
from apiinone.control.ownership import take
held = take(Path(sys.argv[1]))
held.tell("/somewhere/socket")
print("held", flush=True)
time.sleep(60)
"""


def test_one_process_at_a_time_holds_a_database_and_says_who_it_is(tmp_path: Path) -> None:
    database = tmp_path / "db"
    command = [sys.executable, "-c", HOLD, str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:  # noqa: S603 - our own program
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(Taken) as taken:
            take(database)
        assert taken.value.owner == Owner(other.pid, "/somewhere/socket")
        other.kill()
        other.wait()
        take(database).release()  # the lock ends with the process, however that ends


def test_what_was_released_can_be_taken_again(tmp_path: Path) -> None:
    first = take(tmp_path / "db")
    with pytest.raises(Taken) as taken:
        take(tmp_path / "db")
    assert taken.value.owner == Owner(os.getpid())
    first.release()
    take(tmp_path / "db").release()


def test_the_lock_is_no_business_of_others(tmp_path: Path) -> None:
    take(tmp_path / "db").release()
    assert lock_path(tmp_path / "db").stat().st_mode & 0o077 == 0
