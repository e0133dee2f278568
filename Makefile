# The commands of this house. Each does by itself whatever it needs first, on a fresh Debian 12 machine too.

SHELL := /bin/bash
PYTHON ?= python3
PICTURES := build/street

.DEFAULT_GOAL := help
.PHONY: help setup setup-run run test soak check format lock clean

help: ## print this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null || true

setup: ## prepare .venv, and install what running and testing need
	@PYTHON="$(PYTHON)" tools/setup.sh tests

setup-run:
	@PYTHON="$(PYTHON)" tools/setup.sh

run: setup-run ## start server, simulated street and kiosk; without a display: the scripted street, with pictures
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		exec .venv/bin/python run_kiosk.py --simulate; \
	else \
		echo "no display: the scripted street runs by itself"; \
		.venv/bin/python run_kiosk.py --simulate --headless --out "$(PICTURES)" && \
		echo "pictures, receipts and report.json are in $(PICTURES)"; \
	fi

DECISIONS := tests/parking tests/kiosk/flows

test: setup ## make check, then all tests; every branch of what decides about money must be tried
	@$(MAKE) --no-print-directory check
	.venv/bin/pytest $(DECISIONS) --cov=parking --cov=kiosk.flows --cov-branch --cov-fail-under=100 </dev/null
	.venv/bin/pytest $(addprefix --ignore=,$(DECISIONS)) </dev/null

soak: setup ## the long run of the harness: seeds, power cuts, kills; about 40 minutes on 2 cores
	.venv/bin/python -m laws.soak </dev/null

check: setup-run ## format, lint, types, import contracts
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

format: setup-run ## write the files in the house's format
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

lock: setup-run ## choose the versions of requirements.lock anew
	.venv/bin/uv pip compile pyproject.toml --quiet --universal --all-extras --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --upgrade --output-file requirements.lock

clean: ## remove what was made here, .venv too
	rm -rf .venv build .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
