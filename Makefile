# The one task runner. Every command works on a fresh clone: what it needs is installed on first use, and never again
# until pyproject.toml changes.

# The newest Python that this machine can set an environment up with; override with `make PYTHON=...`.
PYTHON ?= $(shell for python in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	$$python -c 'import sys; from importlib.util import find_spec as has; sys.exit(sys.version_info < (3, 11) or not (has("ensurepip") or has("pip")))' 2>/dev/null && command -v $$python && break; done)
# Processes that run the tests.
JOBS ?= 2
# The PyTorch that the golden files and the comparisons are made with.
TORCH := torch==2.13.0

PY := .venv/bin/python
TORCH_PY := .venv-torch/bin/python
READY := .venv/.ready
TORCH_READY := .venv-torch/.ready
XLA_PY := .venv-xla/bin/python
XLA_READY := .venv-xla/.ready
BROWSER_PY := .venv-browser/bin/python
BROWSER_READY := .venv-browser/.ready
BENCH_PY := .venv-bench/bin/python
BENCH_READY := .venv-bench/.ready
EXAMPLES_PY := .venv-examples/bin/python
EXAMPLES_READY := .venv-examples/.ready
PACKAGES_PY := .venv-packages/bin/python
PACKAGES_READY := .venv-packages/.ready

.PHONY: help demo examples test test-xla test-xla-all test-browser lint types fix bench bench-blame bench-memory bench-ops bench-torch bench-training bench-xla conformance conformance-packages golden golden-examples coverage wheel clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## run the lecture notebook and print each recorded output beside the one that came out
	$(PY) -m chainrule verify --show examples/autograd.ipynb

examples: $(EXAMPLES_READY) ## run all example notebooks and compare what comes out with what PyTorch gave
	$(EXAMPLES_PY) -m chainrule verify examples/*.ipynb

test: lint types ## everything that must hold: lint, types, layers, tests, docstring examples
	$(PY) -m pytest -n $(JOBS) --hypothesis-profile=ci

# LLVM need not optimise what runs once: that takes a third of the time. XLA's own passes are the same.
test-xla: $(XLA_READY) ## what needs JAX: the XLA backend, compiled programs, docstring examples of both
	XLA_FLAGS=--xla_backend_optimization_level=0 $(XLA_PY) -m pytest -n $(JOBS) tests/xla tests/test_doctests.py

test-xla-all: $(XLA_READY) ## the same with all samples of each op and whole sweeps, optimised as users have it
	$(XLA_PY) -m pytest -n $(JOBS) tests/xla tests/test_doctests.py --all-samples

test-browser: $(BROWSER_READY) ## the pages of drawings, in a headless Chromium (its path: CHROMIUM=...); screenshots in screenshots/
	$(BROWSER_PY) -m pytest tests/browser

lint: $(READY) ## style (ruff) and layers (import-linter)
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -c 'from importlinter.cli import lint_imports_command as main; main()' --no-logo

types: $(READY) ## static types (mypy --strict)
	$(PY) -m mypy

fix: $(READY) ## mend what ruff can mend
	$(PY) -m ruff check --fix --exit-zero
	$(PY) -m ruff format

bench: $(READY) ## overhead, speed and memory, against bare NumPy
	$(PY) -m benchmarks

bench-torch: $(TORCH_READY) ## the same, against real PyTorch in the same run
	$(TORCH_PY) -m benchmarks --torch

bench-ops: $(TORCH_READY) ## each family of ops, forward and backward, against real PyTorch in the same run
	$(TORCH_PY) -m benchmarks.families

bench-blame: $(READY) ## what it costs that nodes know their lines and exits from the graph are noted, and guard()
	$(PY) -m benchmarks.blame

bench-memory: $(TORCH_READY) ## the peak memory of each op, forward and backward, beside real PyTorch's
	$(TORCH_PY) -m benchmarks.memory

bench-training: $(PACKAGES_READY) ## a network trained for five epochs, against real PyTorch: the same losses, and the time
	$(PACKAGES_PY) -m benchmarks.training

bench-xla: $(BENCH_READY) ## compiled programs, against JAX and PyTorch in the same run
	$(BENCH_PY) -m benchmarks --xla

conformance: $(TORCH_READY) ## compare with real PyTorch, live
	$(TORCH_PY) tools/run_engine_tests_on_torch.py
	$(TORCH_PY) -m pytest -n $(JOBS) tests/conformance --results tests/golden/conformance.json
	$(TORCH_PY) tools/operators_table.py

conformance-packages: $(PACKAGES_READY) ## packages that were written for PyTorch, run with it and with chainrule
	$(PACKAGES_PY) -m pytest -n $(JOBS) --dist loadgroup tests/packages

golden: $(TORCH_READY) ## record the golden files again from real PyTorch
	for script in tools/record_*.py; do $(TORCH_PY) $$script || exit; done

golden-examples: $(PACKAGES_READY) ## execute the example notebooks again with real PyTorch
	$(PACKAGES_PY) tools/execute_examples.py

coverage: $(READY) ## which lines and branches of the core the tests reach
	$(PY) -m pytest -n $(JOBS) --cov --cov-report=term-missing:skip-covered

wheel: $(READY) ## build the wheel into dist/
	$(PY) -m hatchling build -t wheel

clean: ## remove everything that make made
	rm -rf .venv .venv-torch .venv-xla .venv-browser .venv-bench .venv-examples .venv-packages screenshots dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests tools benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# What an editable install copies (metadata, version, kernelspec) is installed again when it changes.
INSTALLED := pyproject.toml tools/make_venv.py src/chainrule/version.py $(wildcard src/chainrule/kernelspec/*)

.venv/.ready: CONTENTS := '.[test,examples,dev]'
.venv-torch/.ready: CONTENTS := '.[test,conformance]' $(TORCH)
.venv-xla/.ready: CONTENTS := '.[test,xla]'
.venv-browser/.ready: CONTENTS := '.[test,browser]'
.venv-bench/.ready: CONTENTS := '.[xla]' $(TORCH)
.venv-examples/.ready: CONTENTS := '.[notebook,examples]'
.venv-packages/.ready: CONTENTS := '.[test,examples,packages]' $(TORCH)
.venv/.ready .venv-torch/.ready .venv-xla/.ready .venv-browser/.ready .venv-bench/.ready .venv-examples/.ready .venv-packages/.ready: $(INSTALLED)
	@test -n "$(PYTHON)" || { echo "error: found no Python 3.11 or newer with venv or pip; name one: make PYTHON=..." >&2; exit 1; }
	$(PYTHON) tools/make_venv.py $(@D) $(CONTENTS)
	@touch $@
