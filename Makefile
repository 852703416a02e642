# One word per thing a person does. `make` alone lists them.
PYTHON ?= python3
PY := .venv/bin/python
# pytest's processes; 2 suits two cores.
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset stripe shell test races simulate check bench fmt messages tables lock
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /make \1\t/' | expand -t 20

demo: ## the whole shop on this machine, with made-up readers; Ctrl-C stops it, the data stays
	@$(PYTHON) deploy/local/install.py demo
	@exec $(PY) -m deploy.local.demo --end-with-parent

demo-reset: ## forget the demo's data
	@$(PYTHON) deploy/local/install.py demo
	@exec $(PY) -m deploy.local.demo --reset

stripe: ## the stand-in for Stripe alone
	@$(PYTHON) deploy/local/install.py demo
	@exec $(PY) -m deploy.local.demo --stripe --end-with-parent

shell: ## a Python shell in the running demo (ARGS=… runs another management command)
	@exec $(PY) -m deploy.local.manage $(or $(ARGS),shell)

test: ## the whole test suite, with its own servers (ARGS=… goes to pytest)
	@$(PYTHON) deploy/local/install.py dev
	@exec $(PY) -m pytest -n $(WORKERS) $(ARGS)

races: ## readers who act at a random instant around a charge or a letter: make races N=100000 SEED=7
	@$(PYTHON) deploy/local/install.py dev
	@N=$(N) SEED=$(SEED) WORKERS=$(WORKERS) exec $(PY) -m tests.races.instants

check: ## format, lint, types, imports, migrations, deploy check, translations
	@$(PYTHON) deploy/local/install.py dev
	@exec $(PY) -m deploy.local.check

bench: ## every benchmark, or one: make bench ONLY=offer-page
	@$(PYTHON) deploy/local/install.py dev
	@exec $(PY) -m tests.bench $(ONLY)

simulate: ## years of the whole shop in one process: make simulate YEARS=3 READERS=500 SEED=7 FAULTS=all
	@$(PYTHON) deploy/local/install.py dev
	@exec $(PY) -m tests.simulation --years=$(or $(YEARS),3) --readers=$(or $(READERS),100) $(if $(SEED),--seed=$(SEED)) \
	    --faults="$(or $(FAULTS),all)" $(ARGS)

fmt: ## format the code and mend what ruff can mend
	@$(PYTHON) deploy/local/install.py dev
	@$(PY) -m ruff check --fix-only --quiet . && exec $(PY) -m ruff format --quiet .

messages: ## collect the sentences to translate and compile the French ones
	@$(PYTHON) deploy/local/install.py dev
	@exec $(PY) -m deploy.local.translations

tables: ## print the tables that the code decides by into docs/tables.md
	@$(PYTHON) deploy/local/install.py dev
	@exec $(PY) -m deploy.local.tables

lock: ## lock the dependencies anew after a change of requirements/*.in (UPGRADE=1: newest of everything)
	@$(PYTHON) deploy/local/install.py dev
	@for name in bootstrap base demo dev; do \
	    UV_SYSTEM_CERTS=1 .venv/bin/uv pip compile --quiet requirements/$$name.in --universal --python-version 3.11.0 \
	        --generate-hashes --no-header --no-annotate $(if $(UPGRADE),--upgrade) -o requirements/$$name.txt || exit 1; \
	done
