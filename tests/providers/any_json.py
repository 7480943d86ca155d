"""Any JSON, with a vendor's names where they count, so that adapters are shown answers that nobody has thought of."""

from collections.abc import Sequence

from hypothesis import strategies as st

LEAVES_MAX = 12


def any_json(names: Sequence[str], *, words: Sequence[object] = ()) -> st.SearchStrategy[object]:
    """Values however deep; their keys are `names`, and texts among them are `words` or names as well as any others."""
    leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
    return st.recursive(
        leaves | st.sampled_from([*words, *names]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(names), inner),
        max_leaves=LEAVES_MAX,
    )
