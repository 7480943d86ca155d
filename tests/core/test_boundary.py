"""Money, task state and events are written together or not at all, and nothing slow happens meanwhile."""

import pytest

from apiinone.core.boundary import TransactionMark, refuse_inside_transaction


def test_no_network_call_happens_inside_a_transaction() -> None:
    refuse_inside_transaction()
    with TransactionMark(), pytest.raises(AssertionError):
        refuse_inside_transaction()
    refuse_inside_transaction()
