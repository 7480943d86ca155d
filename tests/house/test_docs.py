"""Documents say what is so: the tests they name exist, the tables are whole, links lead somewhere."""

import re
from pathlib import Path

import pytest

from repository import ROOT, has_test, named, text_files

DOCUMENTS = [path for path in text_files() if path.suffix == ".md"]
RECORDS = sorted((ROOT / "docs" / "adr").glob("*.md"))
TEST = re.compile(r"`(tests/[\w/.:\[\]-]+)`")
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]+)[^)]*\)")
LATER = re.compile(r"later: (?:after )?issue [1-5] of 5")
ROW = re.compile(r"^\| (\d+) \| .+ \| (.+) \|$")
PAINS = 91
HAZARDS = 49


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_test_a_document_names_exists(document: Path) -> None:
    assert [test for test in TEST.findall(document.read_text()) if not has_test(test)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_between_documents_leads_somewhere(document: Path) -> None:
    targets = LINK.findall(document.read_text())
    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize(("table", "count"), [("pains", PAINS), ("hazards", HAZARDS)])
def test_every_rule_is_proven_or_has_the_issue_that_will_prove_it(table: str, count: int) -> None:
    lines = (ROOT / "docs" / f"{table}.md").read_text().splitlines()
    rows = [match for match in map(ROW.match, lines) if match]
    assert [int(row[1]) for row in rows] == list(range(1, count + 1))
    assert [row[0] for row in rows if not (TEST.search(row[2]) or LATER.search(row[2]))] == []


def test_decisions_are_numbered_without_gaps_and_say_why() -> None:
    assert [path.name[:4] for path in RECORDS] == [f"{number:04}" for number in range(1, len(RECORDS) + 1)]
    for record in RECORDS:
        headings = re.findall(r"^## (.+)$", record.read_text(), re.MULTILINE)
        assert headings == ["What we decided", "Why", "What it costs"], named(record)
