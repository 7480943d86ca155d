"""docs/providers.md lists every offer with how sure its facts are, as the catalogue's data states them.

Run as a script, this file writes the page: `.venv/bin/python tests/house/test_providers_page.py`.
"""

from collections.abc import Iterator
from pathlib import Path

from apiinone.catalog.costs import Cost, CostTable, TokenCost
from apiinone.catalog.load import load_catalogue
from apiinone.catalog.offer import Offer

PAGE = Path(__file__).parents[2] / "docs" / "providers.md"
HEAD = """# Who can make what

Every offer of the packaged catalogue: which provider makes which model, under which name, for how much, and where that
is known from. None of them was tried against a live service here. What is unconfirmed may have other names, fields or
prices than we know of: try it with a small budget first. `apiinone doctor` says the same of the providers whose
credentials are set. Costs are what the provider charges us, in US dollars.
"""
NOBODY = """
## Nobody

These can be tried with test keys and are never shown as live: no offer for them is known.

| model | why |
|---|---|
"""


def written() -> str:
    """The page as the data would have it."""
    by_provider: dict[str, list[tuple[str, Offer]]] = {}
    for entry in load_catalogue().entries:
        for sub in entry.sub_models:
            for offer in sub.offers:
                by_provider.setdefault(offer.provider, []).append((sub.id, offer))
    parts = [HEAD]
    for provider, offers in sorted(by_provider.items()):
        parts.append(f"\n## {provider}\n\n| serves | as | cost | sure? | known from |\n|---|---|---|---|---|\n")
        parts += _rows(offers)
    return "".join((*parts, NOBODY, *_nobodys()))


def _nobodys() -> Iterator[str]:
    for entry in load_catalogue().entries:
        for sub in entry.sub_models:
            if not sub.offers:
                note = sub.lifecycle.note
                assert note, f"{sub.id} has no offer and does not say why"
                yield f"| `{sub.id}` | {note} |\n"


def _rows(offers: list[tuple[str, Offer]]) -> Iterator[str]:
    for sub, offer in offers:
        served = f"`{sub}`" + (f" ({offer.operation})" if offer.operation else "")
        told = (served, f"`{offer.upstream_model}`", _cost(offer.cost_micro_usd), offer.confidence, offer.source)
        yield f"| {' | '.join(part.replace('|', '/') for part in told)} |\n"


def _cost(cost: Cost) -> str:
    match cost:
        case int():
            return _usd(cost)
        case TokenCost():
            return f"{_usd(cost.input_micro_usd)} in, {_usd(cost.output_micro_usd)} out for a million tokens"
        case CostTable():
            low, high = min(cost.micro_usd.values()), max(cost.micro_usd.values())
            what = {"output": "an output", "second": "a second", "thousand_characters": "for 1,000 characters"}[
                cost.per
            ]
            return f"{_usd(low)} {what}" if low == high else f"{_usd(low)} to {_usd(high)} {what}"


def _usd(micro_usd: int) -> str:
    return f"{micro_usd / 1_000_000:.4f}".rstrip("0").rstrip(".")


def test_the_providers_page_says_what_the_offers_do() -> None:
    assert PAGE.read_text() == written()


if __name__ == "__main__":
    PAGE.write_text(written())
