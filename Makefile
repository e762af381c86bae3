# Each target does all the set-up that it needs: a virtual environment of its own, in .venv.
# Newest first, as far as the pinned parser of HogQL has wheels. A name that is found may still not work: pyenv's do not
# where its version is not chosen, Debian's do not make environments without python3-venv.
PYTHONS := python3.13 python3.12 python3.11 python3
WORKS := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for each in $(PYTHONS); do $$each -c '$(WORKS)' 2>/dev/null && echo $$each && break; done)
WORKERS ?= 2
FAMILIES := tests/resources tests/road tests/request tests/sdk tests/accounts
KEPT := tests/resources/test_annotations.py tests/resources/test_roles.py
BIN := .venv/bin

.PHONY: run test clients lint replay drift deep walk generate stores kills package bench peers docs clean

run: .venv/installed    ## serve the demo world
	$(BIN)/mockserver serve

test: .venv/installed   ## lint, types and tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -q -n $(WORKERS) --dist loadscope --no-loadscope-reorder
	for store in shared postgresql; do TEST_STORE=$$store $(BIN)/pytest -q $(KEPT) || exit 1; done

clients: .venv/installed ## install the clients of PostHog that the tests run
	.ci/clients

lint: .venv/installed   ## put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/mypy
	$(BIN)/mockserver contract lint

replay: .venv/installed ## hold the contract against the mock
	$(BIN)/mockserver replay

drift: .venv/installed  ## break a server in every way and count what a replay finds (slow)
	$(BIN)/python -m tests.replay.drift

deep: .venv/installed   ## send four times as many generated requests as the suite does (slow)
	TEST_DEPTH=deep $(BIN)/pytest -q -n $(WORKERS) --dist loadscope tests/contract/test_properties.py

walk: .venv/installed   ## ask every operation of an OpenAPI document: make walk DOCUMENT=posthog.yaml
	$(BIN)/python -m tests.inferred.walking "$(DOCUMENT)"

generate: .venv/installed ## send what schemathesis makes of an OpenAPI document: make generate DOCUMENT=posthog.yaml (slow)
	$(BIN)/python -m tests.inferred.generating "$(DOCUMENT)"

stores: .venv/installed ## run every test that meets a store over a file, and those of families over each store (slow)
	TEST_STORE=sqlite $(BIN)/pytest -q -n $(WORKERS) --dist loadscope
	for store in shared postgresql; do \
		TEST_STORE=$$store $(BIN)/pytest -q -n $(WORKERS) --dist loadscope $(FAMILIES) || exit 1; \
	done

kills: .venv/installed  ## kill servers and databases while they are written to, and look for what is lost (slow)
	$(BIN)/python -m tests.serving.killing 50 sqlite:///$$(mktemp -d)/worlds.db
	$(BIN)/python -m tests.serving.killing 50 postgresql
	$(BIN)/python -m tests.serving.linearizing 60
	$(BIN)/python -m tests.serving.linearizing 60 sqlite:///$$(mktemp -d)/worlds.db

package: .venv/installed ## build what is released, and try it in empty environments
	.ci/package

bench: .venv/installed  ## measure what requests cost
	$(BIN)/mockserver bench
	! command -v chromium > /dev/null || $(BIN)/python -m tests.console.smoothness

peers: .venv/installed  ## measure what is served beside other fakes, which npm installs
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/mockserver bench --peers

docs: .venv/installed   ## build the pages into site/
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[docs]'
	$(BIN)/python -m mockserver.documents
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	$(BIN)/pytest -q tests/console/test_every_page.py tests/console/test_reference.py tests/console/test_welcome.py  # whose screenshots are the docs'; skipped without Chromium

clean:                  ## forget the environment and every cache
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .schemathesis site

.venv/bin/python:
	@[ -n "$(PYTHON)" ] || { echo 'No Python is found: install 3.11, 3.12 or 3.13 with venv, or name one: make PYTHON=/path/to/python3' >&2; exit 1; }
	@echo "Making .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml | .venv/bin/python
	@echo 'Installing mockserver, ClickHouse (180 MB) and the tools of the tests in .venv; this is done once'
	$(BIN)/pip install --disable-pip-version-check --editable '.[analytics,dev]'
	@touch $@
