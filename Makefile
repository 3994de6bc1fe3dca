# One verb per task. `make up` and `make test` need nothing but Python 3.11+ and a package registry.
.DEFAULT_GOAL := help
.PHONY: help setup integrations ui up test wheels-check lint type format bench demo lock clean

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
PACKAGES := core sdk cli server
BUILT := packages/server/src/agentsentinel/dashboard/built/index.html
UI_SOURCES = $(shell find ui -name node_modules -prune -o -type f -print)
UV = $(shell command -v uv || echo $(BIN)/uv)

help:  ## Show the verbs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

setup: .venv/.ready  ## Create .venv with everything (idempotent)
	@:

.venv/.ready: requirements/uv.txt requirements/dev.txt pyproject.toml $(PACKAGES:%=packages/%/pyproject.toml)
	@test -n "$(PYTHON)" || { echo "AgentSentinel needs Python 3.11 or newer: install it, or say PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "python3 cannot make virtual environments here: install python3-venv (Debian, Ubuntu)"; exit 1; }
	@command -v uv >/dev/null || test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@VIRTUAL_ENV=$(CURDIR)/.venv $(UV) pip install --quiet --require-hashes -r requirements/dev.txt
	@VIRTUAL_ENV=$(CURDIR)/.venv $(UV) pip install --quiet --no-deps --no-build-isolation $(PACKAGES:%=--editable packages/%)
	@touch $@

INTEGRATIONS := $(notdir $(patsubst %/,%,$(dir $(wildcard integrations/*/pyproject.toml))))

integrations: $(INTEGRATIONS:%=.venv-integrations/%/.ready)  ## Create the adapters' own environments (idempotent)
	@:

# The frameworks' pins clash, so each adapter is tested in an environment of its own.
.venv-integrations/%/.ready: requirements/integrations/%.txt | setup
	@$(UV) venv --quiet --clear --python $(BIN)/python $(@D)
	@VIRTUAL_ENV=$(CURDIR)/$(@D) $(UV) pip install --quiet --require-hashes -r $<
	@printf '%s\n' $(CURDIR)/packages/core/src $(CURDIR)/packages/sdk/src $(CURDIR)/integrations/$*/src \
		> $$($(@D)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/agentsentinel.pth
	@touch $@

ui: $(BUILT)  ## Build the dashboard when its sources have changed
	@:

$(BUILT): .venv/.ready $(UI_SOURCES)
	@./ui/build $(BIN)/python
	@touch $@

up: setup ui  ## Start the platform on http://localhost:9000
	@exec $(BIN)/agentsentinel up

test: setup integrations ui  ## Run the whole test suite
	@./ui/build $(BIN)/python test
	$(BIN)/pytest -n 2 --dist loadscope

wheels-check: setup  ## Install each built wheel alone in a clean environment (minutes; asks the index)
	$(BIN)/python tests/wheels.py

lint: setup  ## Style, import arrows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: setup  ## Rewrite the code in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

type: setup integrations  ## Strict types, each package on the oldest Python it promises
	$(BIN)/mypy --python-version 3.10 packages/core/src packages/sdk/src packages/cli/src
	$(BIN)/mypy packages/server/src demo bench tests
	@for name in $(INTEGRATIONS); do MYPYPATH=integrations/$$name/src $(BIN)/mypy --python-version 3.10 \
		--python-executable .venv-integrations/$$name/bin/python \
		integrations/$$name/src integrations/$$name/example.py || exit 1; done

bench: setup  ## Measure; writes bench/RESULTS.md
	$(BIN)/python -m bench

demo: setup  ## Run the demo agent against the platform on $$SENTINEL_URL
	$(BIN)/python demo/agent.py

lock:  ## Pin the newest versions, with hashes
	echo uv | uv pip compile -q --upgrade --universal --generate-hashes --no-emit-index-url --no-header -o requirements/uv.txt -
	uv pip compile -q --upgrade --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--group dev $(PACKAGES:%=packages/%/pyproject.toml) \
		--no-emit-package agentsentinel-core --no-emit-package agentsentinel-sdk -o requirements/dev.txt
	for name in $(INTEGRATIONS); do \
		uv pip compile -q --upgrade --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
			--group integrations/$$name/pyproject.toml:test integrations/$$name/pyproject.toml \
			--no-emit-package agentsentinel-core --no-emit-package agentsentinel-sdk \
			-o requirements/integrations/$$name.txt || exit 1; done

clean:  ## Remove what setup and the tools made
	rm -rf .venv .venv-integrations ui/node_modules $(dir $(BUILT)) .mypy_cache .ruff_cache .pytest_cache \
		.hypothesis .import_linter_cache
