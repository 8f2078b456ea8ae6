# `make run` measures this machine and writes a report. `make check` tells within a minute whether a change broke
# something; `make test` runs every test. Each builds what it needs in .venv, with the first Python in PATH that is new
# enough: PYTHON=… names another.

uv := $(shell command -v uv 2>/dev/null)
compiler := $(firstword $(foreach name,$(filter-out default,$(origin CC)),$(CC)) $(shell command -v cc || command -v gcc || command -v clang))
PYTHON ?= $(shell \
	IFS=:; \
	for folder in $$PATH; do \
		for python in "$$folder"/python3 "$$folder"/python3.1[1-9]; do \
			"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && exit; \
		done; \
	done)

ifdef uv
install := $(uv) pip install --quiet --python .venv/bin/python
make_venv = $(uv) venv --quiet --clear --python "$(PYTHON)" .venv
else
install := .venv/bin/python -m pip install --quiet --disable-pip-version-check
make_venv = "$(PYTHON)" -m venv --clear .venv
endif

# Stop with one sentence unless the command succeeds.
need = $(if $(shell $(1) >/dev/null 2>&1 && echo met),,$(error pkbench needs $(2)))
ask_python = "$(PYTHON)" -c $(1)

# What times nothing is tested by as many processes as there are CPUs.
parallel := -n logical --maxprocesses 8 --dist worksteal

.PHONY: run check test lint
run: .venv/.installed
	@result="results/local/$$(date +%Y-%m-%d-%H%M%S).json"; mkdir -p results/local; \
	.venv/bin/pkbench run --preset quick -o "$$result" && \
	report=$$(.venv/bin/pkbench report "$$result" -o report) && \
	echo "The report is $$report, made from $$result."

check: lint
	.venv/bin/pytest tests/unit $(parallel)

# Both halves run, whatever the first finds. What times something, or boots a guest, has the machine to itself.
test: lint
	@failed=0; set -x; \
	.venv/bin/pytest -m 'not alone and not guest' $(parallel) || failed=1; \
	.venv/bin/pytest -m 'alone or guest' || failed=1; \
	set +x; exit $$failed

lint: .venv/.installed .venv/.testable
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	git ls-files -z '*.c' '*.h' | xargs -0 -r .venv/bin/clang-format --dry-run --Werror
	.venv/bin/mypy

# Without build isolation, and in a folder that is kept: after a change, only what it concerns is compiled.
.venv/.installed: pyproject.toml $(shell find native -type f) | .venv/.buildable
	@echo "Building pkbench in .venv …" >&2
	@$(install) --no-build-isolation --config-settings=build-dir=.venv/build --editable .
	@.venv/bin/python -m compileall -q pkbench analysis # each worker would compile them again where Python may not
	@touch $@

# What the build needs: as pyproject.toml says, and CMake and Ninja where the system has none.
.venv/.buildable: pyproject.toml | .venv/bin/python
	@.venv/bin/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' >.venv/needed.txt
	@$(install) --requirement .venv/needed.txt
	@.venv/bin/python -c 'from scikit_build_core.build import get_requires_for_build_editable as needed; print(*needed(), sep="\n")' >.venv/needed.txt
	@$(install) --requirement .venv/needed.txt
	@touch $@

.venv/.testable: pyproject.toml | .venv/.installed
	@$(install) 'pkbench[test]'
	@touch $@

.venv/bin/python:
	$(call need,test -n "$(PYTHON)",Python 3.11 or newer: install python3 (Debian and Ubuntu and Fedora) or name one by PYTHON=/path/to/python3)
	$(call need,$(call ask_python,'import sys; sys.exit(sys.version_info < (3, 11))'),Python 3.11 or newer; $(PYTHON) is not: name another by PYTHON=/path/to/python3)
	$(if $(uv),,$(call need,$(call ask_python,'import ensurepip; import venv'),Python's venv module: install python3-venv (Debian, Ubuntu) or python3 (Fedora)))
	$(call need,$(call ask_python,'import os; import sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")'),Python's headers: install python3-dev (Debian, Ubuntu) or python3-devel (Fedora))
	$(call need,echo 'int main(void) { return 0; }' | $(compiler) -x c - -o /dev/null,a C compiler and the C library's headers: install gcc and libc6-dev (Debian, Ubuntu) or gcc and glibc-devel (Fedora))
	@$(make_venv)
