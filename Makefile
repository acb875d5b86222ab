# Each target stands alone: it makes .venv and installs what it needs. Remove .venv to start afresh.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTRAS := dev,docs,all
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test torture lint docs page bench newest constraints audit clean

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[$(EXTRAS)]'
	@touch $@

# The newest releases of all, also beyond what pyproject.toml allows
.venv-newest/installed: pyproject.toml
	$(PYTHON) -m venv --clear .venv-newest
	$(PYTHON) -m supply.newest $(EXTRAS) > .venv-newest/requirements.txt
	.venv-newest/bin/python -m pip install --quiet --requirement .venv-newest/requirements.txt
	.venv-newest/bin/python -m pip install --quiet --no-deps --editable .
	@touch $@

demo: $(VENV)/installed
	$(BIN)/bench run --backbone resnet34 --backbone tf_efficientnet_lite0 --seeds 3 --folds 3 --results demo-results

test: $(VENV)/installed
	$(BIN)/python -m pytest -n 3 --dist loadfile

# What takes too long for every day: kills and damage at random places. Most of it waits, so four at once suit two cores
torture: $(VENV)/installed
	$(BIN)/python -m pytest tests/torture -n 4 --dist worksteal -rA

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Without NAME the table of docs/pages.toml; `make page NAME=engine` measures and writes one part of the docs
page: .venv/installed
	@$(BIN)/python docs/pages.py write $(NAME)

# What the benchmarks compare with
.venv/installed-bench: .venv/installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[$(EXTRAS),bench]'
	@touch $@

# Without NAME all benchmarks of speed, into benchmarks/RESULTS.md; `make bench NAME=engine` only prints one part of the docs
bench: .venv/installed-bench
	@$(BIN)/python $(if $(NAME),docs/pages.py print $(NAME),-m benchmarks.results)

# Writes anew what is the same on every machine, checks all links, and builds site/, which opens from disk; fails where
# something was out of date or a link leads nowhere
docs: .venv/installed
	@$(BIN)/python docs/pages.py check
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

# Once a week: lint and all tests with the newest releases, in an environment of their own
newest:
	rm -f .venv-newest/installed
	$(MAKE) VENV=.venv-newest lint test

# Writes down what an environment holds, for all others to install; `make constraints VENV=.venv-newest` after `make newest`
constraints: $(VENV)/installed
	$(BIN)/python -m pip freeze --all --exclude pip --exclude-editable > constraints.txt

# Known weaknesses of what constraints.txt names
audit:
	test -x .venv-audit/bin/pip-audit || $(PYTHON) -m venv .venv-audit
	.venv-audit/bin/python -m pip install --quiet 'pip-audit>=2.7,<3'
	@.venv-audit/bin/python -m supply.audit

clean:
	rm -rf demo-results site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
