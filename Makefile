# Everything starts from a fresh clone with make and Python 3.11 to 3.14: each target first makes what it needs.

VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --no-input --disable-pip-version-check
PINNED := $(INSTALL) --require-hashes --no-deps --only-binary :all:
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --only-binary :all:
TEST_PROCESSES := 3
export PYTHONDONTWRITEBYTECODE := # where a machine forbids it, each process that a test starts would compile the product anew

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help browser demo serve test check bench mutants requirements clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-13s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.installed ## start a server, make one picture and one drawing, show what they cost (DEMO_EXIT=1 ends it there)
	@$(BIN)/python -m apiinone demo

serve: $(VENV)/.installed ## run the server; ARGS="--port 9000" and the like are passed on
	@$(BIN)/python -m apiinone serve $(ARGS)

test: $(VENV)/.developing $(if $(SLOW),browser) ## the suite, on SQLite and PostgreSQL; SLOW=1 adds what is marked slow; ARGS="-k ledger" and the like are passed on
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist worksteal $(if $(SLOW),,-m "not slow") $(ARGS)

browser: # what the pages are tried in; only slow tests need it
	@tests/browser/ensure-chromium

check: $(VENV)/.developing ## lint, format, types, layers, dependencies, house rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/python -m pytest tests/house

bench: $(VENV)/.developing ## measure the promises about speed; raw results go to bench/results
	$(BIN)/python bench/run.py $(ARGS)

mutants: $(VENV)/.developing ## break each rule on purpose and see its test fail
	$(BIN)/python tests/mutants/run.py $(ARGS)

requirements: $(VENV)/.developing ## pin again: the newest releases that fit pyproject.toml
	$(COMPILE) --upgrade --output-file requirements/build.txt requirements/build.in
	$(COMPILE) --upgrade --output-file requirements/runtime.txt pyproject.toml
	$(COMPILE) --upgrade --constraint requirements/runtime.txt --output-file requirements/dev.txt --group pyproject.toml:dev

clean: ## remove the environment and everything built or cached; data folders stay
	rm -rf $(VENV) build dist src/*.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# Stamps: each is written last, so what was broken off is done again and what is done takes no time.

$(VENV)/.made: requirements/choose-python
	@python=$$(requirements/choose-python) && \
	if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  echo "Making $(VENV) with $$python"; rm -rf $(VENV); "$$python" -m venv $(VENV); fi
	@touch $@

$(VENV)/.runtime: $(VENV)/.made requirements/build.txt requirements/runtime.txt
	@echo "Installing what the product needs, pinned and checked by hash (once)"
	@$(PINNED) -r requirements/build.txt -r requirements/runtime.txt
	@touch $@

$(VENV)/.installed: $(VENV)/.runtime pyproject.toml
	@$(INSTALL) --no-index --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.developing: $(VENV)/.installed requirements/dev.txt
	@echo "Installing what development needs, pinned and checked by hash (once)"
	@$(PINNED) -r requirements/dev.txt
	@touch $@
