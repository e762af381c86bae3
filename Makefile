# Each target does all the set-up that it needs: a virtual environment of its own, in .venv.
PYTHON ?= python3.11
WORKERS ?= 2
BIN := .venv/bin

.PHONY: run test lint replay bench docs clean

run: .venv/installed    ## serve the demo world
	$(BIN)/mockserver serve

test: .venv/installed   ## lint, types and tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -q -n $(WORKERS) --dist loadscope --no-loadscope-reorder

lint: .venv/installed   ## put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/mypy
	$(BIN)/mockserver contract lint

replay: .venv/installed ## hold the contract against the mock
	$(BIN)/mockserver replay

drift: .venv/installed  ## break the mock in every way and count what a replay finds (slow)
	$(BIN)/python -m tests.replay.drift

bench: .venv/installed  ## measure what requests cost
	$(BIN)/mockserver bench

docs: .venv/installed   ## build the pages into site/
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[docs]'
	$(BIN)/python -m mockserver.documents
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

clean:                  ## forget the environment and every cache
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .schemathesis site

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[analytics,dev]'
	touch $@
