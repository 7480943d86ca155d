"""The list of mutants cannot rot: every rule of the two tables is broken at least once, every change still applies."""

import pytest

from mutant_list import Mutant, read_mutants
from repository import ROOT, cases_in, has_test, named, python_files

MUTANTS = read_mutants()


@pytest.mark.parametrize("mutant", MUTANTS, ids=[f"{mutant.file}-{n}" for n, mutant in enumerate(MUTANTS)])
def test_a_mutant_changes_what_is_there_and_names_a_test_that_is_there(mutant: Mutant) -> None:
    assert mutant.applied((ROOT / mutant.file).read_text()) != (ROOT / mutant.file).read_text()
    assert has_test(mutant.test)


@pytest.mark.parametrize("folder", ["tests/pains", "tests/hazards"])
def test_every_rule_learnt_from_others_or_from_review_is_broken_by_a_mutant(folder: str) -> None:
    stated = {f"{named(path)}::{name}" for path in python_files(folder) for name in cases_in(path)}
    broken = {mutant.test.partition("[")[0] for mutant in MUTANTS}
    assert stated - broken == set()
