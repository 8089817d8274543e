# Two commands matter: `make demo` and `make test`. Both set up what is missing and install nothing on this machine.
PYTHON ?= python3
ISTHMUS := .venv/bin/isthmus

.PHONY: help demo test test-all lint bench lock clean

help:
	@echo "make demo      the whole toolkit on this machine: model, plan, map, a real OpenStack and Kubernetes, pulumi up"
	@echo "make test      every test (the first run builds its real parts, later runs reuse them)"
	@echo "make test-all  also what is too slow for every commit"
	@echo "make lint      ruff and mypy"
	@echo "make bench     the figures of docs/explanation/figures.md, measured again"
	@echo "make clean     end what the others started and remove what they built"

.venv/.ready: requirements.lock pyproject.toml isthmus/supply/bootstrap.py
	@$(PYTHON) isthmus/supply/bootstrap.py

demo: .venv/.ready
	@$(ISTHMUS) demo

test: .venv/.ready lint
	@.venv/bin/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder --durations 12 -m "not slow"

test-all: .venv/.ready lint
	@.venv/bin/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder --durations 12

lint: .venv/.ready
	@.venv/bin/ruff check -q . && .venv/bin/ruff format --check -q . && .venv/bin/mypy

bench: .venv/.ready
	@.venv/bin/python -m tests.bench

lock: .venv/.ready
	@.venv/bin/uv pip compile -q --universal --python-version 3.11 --all-extras --no-emit-index-url --no-emit-find-links --generate-hashes -o requirements.lock pyproject.toml

clean:
	@$(PYTHON) isthmus/supply/clean.py
