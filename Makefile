# make demo and make test are all a newcomer needs; ./bootstrap.sh does the first half where make is missing.
.PHONY: help demo test slow lint format ci lock env env-dev
.DEFAULT_GOAL := help

# Tests that need a server, a browser or other packages are run by .ci/run, which installs what they need.
EVERYWHERE := not system and not browser and not npm and not slow
# A worker takes whole files, for their fixtures; tests/conftest.py puts the longest first.
WORKERS := -n auto --dist loadfile --no-loadscope-reorder
COMPILE := .venv/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

unexport PYTHONDONTWRITEBYTECODE

help: ## what can be made
	@awk -F ': .*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

env:
	@./bootstrap.sh

env-dev:
	@./bootstrap.sh --dev

demo: env ## a sample company, from its source systems to the dashboard
	@.venv/bin/leadline demo

test: env-dev ## every test that needs nothing but Python
	@.venv/bin/python -m pytest -q $(WORKERS) -m "$(EVERYWHERE)" $(PYTEST_ARGS)

slow: env-dev ## suites of minutes: simulations, invariants, odd records of every source, the whole chain
	@.venv/bin/python -m pytest -q $(WORKERS) -m "slow and not system and not browser" $(PYTEST_ARGS)

lint: env-dev ## style, types, SQL layout, who may import whom
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/sqlfmt --check --no-progressbar transforms
	.venv/bin/lint-imports
	.venv/bin/python -m pip check

format: env-dev ## put Python and SQL in their layout
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix-only .
	.venv/bin/sqlfmt --quiet --no-progressbar transforms

ci: ## all that a change must pass
	bash .ci/run

lock: env-dev ## resolve the dependencies again; PACKAGE=name upgrades that one, UPGRADE=--upgrade all
	$(COMPILE) --group install $(UPGRADE) $(if $(PACKAGE),--upgrade-package $(PACKAGE)) -o requirements.lock
	$(COMPILE) --group install --group dev -c requirements.lock $(UPGRADE) $(if $(PACKAGE),--upgrade-package $(PACKAGE)) -o requirements-dev.lock
