# Each target does the set-up that it needs by itself; a second run starts within seconds.
#   make demo    the main job on examples/paper.tex, with recorded replies; needs no model
#   make test    the tests
#   make check   lint, format, types, layers
#   make bench   p2c beside what else could be used, to benchmarks/RESULTS.md; a part: ARGS='--only edit'
#   make setup   virtual environment, Docker engine, sandbox image, store
#   make lock    resolve the dependencies anew
#   make clean   remove what the set-up made in this folder
.DEFAULT_GOAL := help
.PHONY: help demo test check bench setup venv lock clean

PYTHON := .venv/bin/python

help:
	@sed -n 's/^#   //p' Makefile

venv:
	@.ci/venv

setup: venv
	@$(PYTHON) -m sandbox.setup

demo: setup
	@examples/demo.sh

test: setup
	P2C_REQUIRE_DOCKER=1 $(PYTHON) -m pytest $(ARGS)

check: venv
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: setup
	$(PYTHON) -m benchmarks $(ARGS)

lock: venv
	@printf 'hatchling\neditables\n' | .venv/bin/uv pip compile pyproject.toml - --group dev --universal \
		--python-version 3.11 --generate-hashes --no-header --no-annotate --quiet -o requirements.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	@echo "Left alone: runs/, and in the Docker engine the images p2c-sandbox and p2c-base and the volume p2c-store."
