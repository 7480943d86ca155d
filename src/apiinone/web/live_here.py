"""Which variants of a model live keys can use here, counted and in words. Pure."""

from collections.abc import Callable

from apiinone.api.model_forms import ModelSummary
from apiinone.web.languages import marked

Say = Callable[[str], str]
ALL = marked("Live keys can use it here.")
NONE = marked("Here it runs with test keys only.")
SOME = marked("Live keys can use %(live)d of its %(all)d variants here: %(names)s. The others run with test keys only.")
COUNT = marked("%(live)d of %(all)d live")
LIVE, TEST_ONLY = marked("live"), marked("test only")


def live_variants(model: ModelSummary) -> tuple[str, ...]:
    """The ids that live keys may name here."""
    return tuple(sub.id for sub in model.sub_models if sub.availability == "live")


def live_sentence(model: ModelSummary, say: Say = str) -> str:
    """Which of its variants that is, by name where it is not all or none."""
    live = live_variants(model)
    if not live:
        return say(NONE)
    if len(live) == len(model.sub_models):
        return say(ALL)
    return say(SOME) % {"live": len(live), "all": len(model.sub_models), "names": ", ".join(live)}


def live_words(model: ModelSummary, say: Say = str) -> str:
    """The same as a cell of a table has room for it: `live`, `2 of 6 live` or `test only`."""
    live = live_variants(model)
    if live and len(live) < len(model.sub_models):
        return say(COUNT) % {"live": len(live), "all": len(model.sub_models)}
    return say(LIVE) if live else say(TEST_ONLY)
