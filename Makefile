# One verb per task. `make up` and `make test` need nothing but Python 3.11+ and a package registry.
.DEFAULT_GOAL := help
.PHONY: help setup api integrations integrations-oldest npm-packages ui up test test-wide test-long cluster cluster-test conformance dist wheels-check lint type format bench bench-behavior demo lock clean

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
PACKAGES := core sdk shim cli server
BUILT := packages/server/src/agentsentinel/dashboard/built/index.html
UI_SOURCES = $(shell find ui -name node_modules -prune -o -type f -print)
UV = $(shell command -v uv || echo $(BIN)/uv)

help:  ## Show the verbs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

setup: .venv/.ready  ## Create .venv with everything (idempotent)
	@:

INSTALL = VIRTUAL_ENV=$(CURDIR)/.venv $(UV) pip install --quiet --compile-bytecode

# What the platform runs on, and nothing else: `make up` shall not wait for the tools of development.
.venv/.runtime: requirements/uv.txt requirements/server.txt packages/core/pyproject.toml packages/server/pyproject.toml
	@test -n "$(PYTHON)" || { echo "AgentSentinel needs Python 3.11 or newer: install it, or say PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Installing the platform into .venv ..." >&2
	@test -x $(BIN)/python || if command -v uv >/dev/null; then uv venv --quiet --seed --python $(PYTHON) .venv; else $(PYTHON) -m venv .venv; fi || { rm -rf .venv; \
		echo "python3 cannot make virtual environments here: install python3-venv (Debian, Ubuntu)"; exit 1; }
	@command -v uv >/dev/null || test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(INSTALL) --require-hashes -r requirements/server.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable packages/core --editable packages/server
	@touch $@

.venv/.ready: .venv/.runtime requirements/dev.txt pyproject.toml $(PACKAGES:%=packages/%/pyproject.toml)
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@$(INSTALL) --no-deps --no-build-isolation $(PACKAGES:%=--editable packages/%)
	@touch $@

INTEGRATIONS := $(notdir $(patsubst %/,%,$(dir $(wildcard integrations/*/pyproject.toml))))

integrations: $(INTEGRATIONS:%=.venv-integrations/%/.ready)  ## Create the adapters' own environments (idempotent)
	@:

# The frameworks' pins clash, so each adapter is tested in an environment of its own.
define FILL_ENVIRONMENT
	@VIRTUAL_ENV=$(CURDIR)/$(@D) $(UV) pip install --quiet -r $(1)
	@printf '%s\n' $(CURDIR)/packages/core/src $(CURDIR)/packages/sdk/src $(CURDIR)/integrations/$*/src \
		> $$($(@D)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/agentsentinel.pth
	@touch $@
endef

.venv-integrations/%/.ready: requirements/integrations/%.txt | setup
	@$(UV) venv --quiet --clear --python $(BIN)/python $(@D)
	$(call FILL_ENVIRONMENT,$< --require-hashes)

OLDEST := .venv-integrations-oldest

integrations-oldest: $(INTEGRATIONS:%=$(OLDEST)/%/.ready)  ## Test each adapter with the oldest framework it promises (asks the index)
	AGENTSENTINEL_TEST_ALL=1 AGENTSENTINEL_TEST_WIDE=1 AGENTSENTINEL_TEST_ENVIRONMENTS=$(OLDEST) \
		$(BIN)/pytest tests/integrations/test_environments.py -k "contract or example or environments_hold"

# Resolved anew and not pinned: this is what somebody gets who installs an adapter beside an old framework today.
$(OLDEST)/%/.ready: integrations/%/pyproject.toml | setup
	@$(UV) venv --quiet --clear --python $(BIN)/python $(@D)
	@$(UV) pip compile --quiet --resolution lowest-direct --no-header --python $(BIN)/python --group $<:test $< \
		--no-emit-package agentsentinel-core --no-emit-package agentsentinel-sdk -o $(@D)/requirements.txt
	$(call FILL_ENVIRONMENT,$(@D)/requirements.txt)

# Without a Node of the machine's own, one is installed into .venv.
HAS_NODE := $(shell command -v npm >/dev/null && node -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' 2>/dev/null && echo yes)

# The official MCP servers and TypeScript clients, which the tests put the shim between, the schema of compose, and a
# PostgreSQL with TimescaleDB that runs in Node.
NPM_PACKAGES := tests/npm/node_modules/.package-lock.json

npm-packages: $(NPM_PACKAGES)  ## Install the npm packages of the tests (idempotent)
	@:

$(NPM_PACKAGES): tests/npm/package-lock.json | $(if $(HAS_NODE),,ui)
	@cd $(<D) && PATH="$(CURDIR)/ui/node_modules/.node:$$PATH" npm ci --no-progress --loglevel=error
	@touch $@

ui: $(BUILT)  ## Build the dashboard when its sources have changed
	@:

$(BUILT): $(UI_SOURCES) $(if $(HAS_NODE),,.venv/.runtime)
	@echo "Building the dashboard ..." >&2
	@./ui/build $(BIN)/python bundle
	@touch $@

api: setup  ## Write docs/openapi.json and the dashboard's types after a change of the API
	$(BIN)/python -m agentsentinel.openapi > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json
	./ui/build $(BIN)/python types

PORT ?= 9000
OPTIONS = --port $(PORT) $(if $(DATA_DIR),--data-dir "$(DATA_DIR)")

up:  ## Start the platform on http://localhost:9000 (PORT=, DATA_DIR=)
	@test -z "$(PYTHON)" || $(PYTHON) packages/server/src/agentsentinel/commands/port.py $(PORT)
	@$(MAKE) --no-print-directory -j2 .venv/.runtime ui
	@exec $(BIN)/agentsentinel up $(OPTIONS)

PYTEST = AGENTSENTINEL_TEST_ALL=1 $(BIN)/pytest -n 4 --dist loadscope --no-loadscope-reorder
# Those that one adapter is tested in, and the tests of the shim find both lines of the MCP SDK in.
FEW_INTEGRATIONS := crewai openai-agents

test: export AGENTSENTINEL_ALL_TOOLS := 1
test:  ## Run the test suite
	@$(MAKE) --no-print-directory -j3 setup $(FEW_INTEGRATIONS:%=.venv-integrations/%/.ready) ui npm-packages
	@./ui/build $(BIN)/python test
	$(PYTEST)

test-wide: export AGENTSENTINEL_TEST_WIDE := 1
test-wide: setup integrations ui npm-packages  ## Run what is wide: each adapter in its framework, each page in each theme
	$(PYTEST) -m wide

test-long: export AGENTSENTINEL_TEST_LONG := 1
test-long: export FAULT_STARTS := 20
test-long: integrations test  ## Run the suite in its long form: more examples and rounds, and all that is wide (an hour)

# The suite and the SDK that its upstream stands on: an environment of their own, since the SDK's pins clash with ours.
.venv-conformance/.ready: requirements/conformance.txt bench/conformance/package-lock.json | setup
	@echo "Installing the conformance suite ..." >&2
	@$(UV) venv --quiet --clear --python $(BIN)/python $(@D)
	@VIRTUAL_ENV=$(CURDIR)/$(@D) $(UV) pip install --quiet --compile-bytecode --require-hashes -r $<
	@cd bench/conformance && PATH="$(CURDIR)/$(@D)/bin:$$PATH" npm ci --no-progress --loglevel=error
	@touch $@

cluster: setup $(BUILT)  ## Run nginx, two servers, two workers, Redis and PostgreSQL here, until Ctrl+C
	@$(BIN)/python -m deploy.cluster

# Each figure in its short form, in a quarter of an hour; with FULL=1 in full, in some four hours.
cluster-test: export CLUSTER_TEST := 1
cluster-test: export FULL := $(FULL)
cluster-test: setup $(BUILT)  ## Kill, freeze, overload and roll a whole cluster under load (FULL=1: at length)
	$(BIN)/pytest -s tests/server/cluster/test_faults.py

conformance: .venv-conformance/.ready  ## Run MCP's official conformance suite directly and through the shim
	$(BIN)/python -m bench.conformance

dist: setup  ## Build all wheels into dist/, with a constraints file for pip
	@rm -rf dist && mkdir dist
	@for folder in $(PACKAGES:%=packages/%) $(INTEGRATIONS:%=integrations/%); do \
		(cd $$folder && $(CURDIR)/$(BIN)/python -m hatchling build -t wheel -d $(CURDIR)/dist >/dev/null) || exit 1; done
	@for wheel in $(CURDIR)/dist/*.whl; do name=$${wheel##*/}; \
		echo "$$(echo $${name%%-*} | tr _ -) @ file://$$wheel"; done > dist/constraints.txt
	@echo "Built into dist/. Install one: pip install --find-links dist --constraint dist/constraints.txt agentsentinel-sdk"

wheels-check: setup  ## Install each built wheel alone in a clean environment (minutes; asks the index)
	$(BIN)/python tests/wheels.py

lint: setup  ## Style of Python and of the dashboard, import arrows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	./ui/build $(BIN)/python lint

format: setup  ## Rewrite the code in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	./ui/build $(BIN)/python format

type: setup integrations  ## Strict types, each package on the oldest Python it promises
	$(BIN)/mypy --python-version 3.10 packages/core/src packages/sdk/src packages/shim/src packages/cli/src
	$(BIN)/mypy packages/server/src demo bench deploy tests
	@for name in $(INTEGRATIONS); do MYPYPATH=integrations/$$name/src $(BIN)/mypy --python-version 3.10 \
		--python-executable .venv-integrations/$$name/bin/python \
		integrations/$$name/src integrations/$$name/example.py || exit 1; done
	./ui/build $(BIN)/python check

bench: setup  ## Measure; writes bench/RESULTS.md
	$(BIN)/python -m bench

bench-behavior: setup  ## How well attacks are found in the labelled events of a folder (DATA=)
	@$(BIN)/python -m bench.behavior "$(DATA)" $(if $(FIELD),--field $(FIELD))

demo: setup  ## Run the demo agent against the platform on $$SENTINEL_URL
	$(BIN)/python demo/agent.py

lock:  ## Pin the newest versions, with hashes
	echo uv | uv pip compile -q --upgrade --universal --generate-hashes --no-emit-index-url --no-header -o requirements/uv.txt -
	uv pip compile -q --upgrade --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--group dev $(PACKAGES:%=packages/%/pyproject.toml) \
		--no-emit-package agentsentinel-core --no-emit-package agentsentinel-sdk -o requirements/dev.txt
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 \
		--constraint requirements/dev.txt --group build packages/core/pyproject.toml packages/server/pyproject.toml \
		--no-emit-package agentsentinel-core -o requirements/server.txt
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 \
		--constraint requirements/dev.txt --group build packages/core/pyproject.toml packages/server/pyproject.toml \
		--all-extras --no-emit-package agentsentinel-core -o requirements/image.txt
	uv pip compile -q --upgrade --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--group conformance -o requirements/conformance.txt
	for name in $(INTEGRATIONS); do \
		uv pip compile -q --upgrade --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
			--group integrations/$$name/pyproject.toml:test integrations/$$name/pyproject.toml \
			--no-emit-package agentsentinel-core --no-emit-package agentsentinel-sdk \
			-o requirements/integrations/$$name.txt || exit 1; done

clean:  ## Remove what setup and the tools made
	rm -rf .venv .venv-integrations .venv-conformance $(OLDEST) ui/node_modules \
		bench/conformance/node_modules tests/npm/node_modules \
		$(dir $(BUILT)) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
