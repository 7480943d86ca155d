import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiinone.api.cursors import read_cursor, write_cursor
from apiinone.api.task_ids import read_task_id, written
from apiinone.core.errors import BadRequest
from apiinone.core.ids import ID_LENGTH

IDS = st.text("0123456789abcdefghijklmnopqrstuv", min_size=ID_LENGTH, max_size=ID_LENGTH)
SUFFIXES = st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=16)


@given(node=st.integers(1, 999), task_id=IDS, suffix=SUFFIXES)
def test_a_written_id_reads_back(node: int, task_id: str, suffix: str) -> None:
    read = read_task_id(written(node, task_id, suffix))
    assert read is not None
    assert (read.node, read.id, read.suffix) == (node, task_id, suffix)


@given(st.text())
def test_any_text_is_an_id_written_one_way_or_none(text: str) -> None:
    read = read_task_id(text)
    assert read is None or written(read.node, read.id, read.suffix) == text


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20), max_size=3))
def test_a_cursor_reads_back_and_only_in_its_own_list(parts: list[str]) -> None:
    cursor = write_cursor("usage", *parts)
    assert read_cursor("usage", cursor, len(parts)) == tuple(parts)
    with pytest.raises(BadRequest):
        read_cursor("tasks", cursor, len(parts))
    with pytest.raises(BadRequest):
        read_cursor("usage", cursor, len(parts) + 1)


@given(st.text())
def test_any_text_is_a_cursor_or_a_bad_request(text: str) -> None:
    with pytest.raises(BadRequest):
        read_cursor("entries", text, 1)
