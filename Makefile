# Every target makes what it needs; nothing but Python, pip and make has to be there before.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
SITE_TOOLS := $(VENV)/docs
PYTEST_ARGS ?=
ENGINE_ARGS ?=
FORCEFIELD_ARGS ?= --help

# Tests start hundreds of processes, each of which would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test lint docs bench bench-compile bench-engine bench-forcefields clean

help: ## list the targets
	@echo "Targets (PYTHON=$(PYTHON) makes the environment $(VENV)):"
	@sed -n 's/^\([a-z-]*\):.*## /  \1	/p' $(MAKEFILE_LIST)

demo: $(INSTALLED) ## show the way from an ansatz to a trained potential and a circuit
	$(BIN)/qffc demo

test: $(INSTALLED) ## run the tests; PYTEST_ARGS=--slow adds the slow ones
	$(BIN)/python -m pytest -n auto --maxprocesses=4 --dist worksteal $(PYTEST_ARGS)

lint: $(INSTALLED) ## check style, types and the arrows between packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(SITE_TOOLS)/.installed ## write the documentation as a site to build/site
	NO_MKDOCS_2_WARNING=1 $(SITE_TOOLS)/bin/mkdocs build --strict --config-file docs/site/mkdocs.yml
	@echo "build/site/index.html; with search: $(PYTHON) -m http.server --directory build/site"

bench: $(INSTALLED) ## measure speed and compile time
	$(BIN)/python -m benchmarks.run

bench-compile: $(INSTALLED) ## compare compiled circuits with pytket's
	$(BIN)/python benchmarks/compile.py
	$(BIN)/python benchmarks/bind.py
	$(BIN)/python -m benchmarks.circuits --no-peers

bench-engine: $(INSTALLED) ## compare kernels with other simulators, for hours; ENGINE_ARGS=--quick: within one
	$(BIN)/python -m benchmarks.engine --plot $(ENGINE_ARGS)

bench-forcefields: $(INSTALLED) ## experiments with force fields; FORCEFIELD_ARGS='train pair --data FOLDER'
	$(BIN)/python -m benchmarks.forcefields $(FORCEFIELD_ARGS)

clean: ## remove the environment, build results and caches; runs/ and .bench/ stay
	rm -rf $(VENV) build dist *.egg-info passes/_native.so .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find qffc ir passes tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): pyproject.toml setup.py $(wildcard passes/native/*)
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	    echo "qffc needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is not one of them;" \
	         "name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@test -x $(BIN)/python || { echo "making the environment $(VENV), a few minutes"; $(PYTHON) -m venv $(VENV); }
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

# The site is made from sources alone, so its tools are by themselves: nothing of qffc is installed or imported for it.
$(SITE_TOOLS)/.installed: pyproject.toml
	@$(PYTHON) -c 'import tomllib' || { echo "name Python 3.11 or newer: make PYTHON=python3.12 docs" >&2; exit 1; }
	@test -x $(SITE_TOOLS)/bin/python || $(PYTHON) -m venv $(SITE_TOOLS)
	@$(SITE_TOOLS)/bin/python -c 'import pathlib, tomllib; project = tomllib.loads(pathlib.Path("$<").read_text())["project"]; \
	    print(*project["optional-dependencies"]["docs"], sep="\n")' >$(SITE_TOOLS)/requirements.txt
	$(SITE_TOOLS)/bin/python -m pip install --quiet --requirement $(SITE_TOOLS)/requirements.txt
	@touch $@
