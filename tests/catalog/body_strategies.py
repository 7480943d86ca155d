"""Request bodies for hypothesis: any JSON, and bodies that are nearly or wholly right for a model."""

from hypothesis import settings
from hypothesis import strategies as st

from apiinone.catalog.entry import Entry
from apiinone.catalog.parameters import (
    Flag,
    Fraction,
    Json,
    Media,
    MediaList,
    OneOf,
    OneOfNumbers,
    Parameter,
    Records,
    Size,
    TaskReference,
    Text,
    Whole,
)

Body = dict[str, object]
UNHURRIED = settings(deadline=None)
"""A shared machine may be slow for a moment; that is no failure."""

URLS = st.sampled_from(["https://example.com/a.png", "data:image/png;base64,AAAA", "data:video/mp4;base64,AAAA"])


def any_json() -> st.SearchStrategy[object]:
    """Anything that a JSON decoder can hand over, lone surrogates and huge numbers included."""
    texts = st.text(alphabet=st.characters(exclude_categories=()), max_size=20)
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts
    return st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))


@st.composite
def near_bodies(draw: st.DrawFn, entry: Entry, name: str) -> Body:
    """A body whose values are all of the right kind; rules between fields may be broken, and limits passed by one."""
    body: Body = {"model": name}
    for parameter in entry.parameters:
        if parameter.required or draw(st.booleans()):
            body[parameter.name] = draw(value_of(parameter))
    if draw(st.booleans()):
        body["max_credits"] = draw(st.integers(-1, 100) | st.floats(0, 100, width=32) | st.just(0.0000005))
    if draw(st.booleans()):
        body["deadline_s"] = draw(st.integers(0, 86_401))
    if draw(st.booleans()):
        body["metadata"] = draw(
            st.dictionaries(st.sampled_from(["a", "", "b\0"]), st.sampled_from(["", "x\0", "y" * 513]))
        )
    return body


def value_of(parameter: Parameter) -> st.SearchStrategy[object]:
    """A value of the right kind, at times one beyond the limits."""
    match parameter:
        case Text():
            return st.text(min_size=max(0, parameter.length_min - 1), max_size=12) | st.just("a\0b")
        case OneOf() | OneOfNumbers():
            return st.sampled_from(parameter.values)
        case Whole():
            return st.integers(parameter.min - 1, parameter.max + 1)
        case Fraction():
            return st.floats(parameter.min, parameter.max)
        case Flag():
            return st.booleans()
        case Json():
            return st.just([{"role": "user", "content": "Hi"}])
        case _:
            return _reference(parameter)


def _reference(parameter: Size | Media | MediaList | TaskReference | Records) -> st.SearchStrategy[object]:
    match parameter:
        case Size():
            sides = st.integers(parameter.side_min - 1, parameter.side_max + 1)
            return st.builds("{}{}{}".format, sides, st.sampled_from("x*"), sides)
        case Media():
            return URLS
        case MediaList():
            return st.lists(URLS, max_size=parameter.items_max + 1)
        case TaskReference():
            return st.just("n31abc_grok")
        case Records():
            item = st.fixed_dictionaries({field.name: value_of(field) for field in parameter.fields})
            return st.lists(item, max_size=parameter.items_max + 1 if parameter.items_max < 10 else 3)
