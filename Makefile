# The whole interface of a developer: make demo, make test, make check, make bench.
# `make install` alone makes .venv with the `reclaim` command in .venv/bin.

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
WORKERS ?= 2
ON_DATABASE := $(addprefix tests/,api config desk insight people reception record site web)

.PHONY: demo test test-postgres check bench install format lock clean help

help: ## what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-14s %s\n", $$1, $$2}'

demo: install ## a made-up clinic group with a year of claims, in the browser
	@$(BIN)/reclaim demo $(ARGS)

test: .venv/dev ## all tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

test-postgres: .venv/dev ## all that touch a database, on a throw-away PostgreSQL where its programs are there
	$(BIN)/python -m tests.postgres $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ON_DATABASE) $(ARGS)

check: .venv/dev ## everything a reviewer would check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	RECLAIM_DATA=.venv/data $(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/dev ## measure, beside peers, in one run
	$(BIN)/python -m bench $(ARGS)
	$(BIN)/python -m bench.receive $(ARGS)
	$(BIN)/python -m bench.worlds $(ARGS)
	$(BIN)/python -m bench.desk $(ARGS)

install: .venv/run ## .venv with the reclaim command

format: .venv/dev ## put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: .venv/dev ## renew the locked versions (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	  --upgrade -o requirements/run.txt requirements/run.in
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	  --upgrade -c requirements/run.txt -o requirements/dev.txt requirements/dev.in

clean: ## remove what make made
	rm -rf .venv build *.egg-info

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Reclaim needs Python 3.11 or later; name one with: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/run: requirements/run.txt pyproject.toml | .venv/bin/python
	$(PIP) install --require-hashes -r requirements/run.txt
	$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

.venv/dev: requirements/dev.txt .venv/run
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@
