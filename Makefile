# `make demo` and `make test` do all their set-up themselves, on bare Debian or Ubuntu; the second time it is quick.
#
#   PYTHON=python3.12   which interpreter makes .venv (3.11 or newer)
#   TORCH_INDEX=URL     a further package index to take torch from; where the usual index has only builds for CUDA (several
#                       gigabytes), PyTorch's own index of CPU wheels is the better source

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BENCH := .venv-bench
PYTHON := $(or $(PYTHON),$(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done),python3)
TORCH_INDEX ?=
APT := tesseract-ocr tesseract-ocr-hin ffmpeg espeak-ng fonts-noto-core
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: demo test test-all lint bench bench-quality docs docs-serve wheel setup system clean

demo: setup  ## mine the bundled sample afresh, into a new folder
	$(BIN)/shruti demo

test: setup  ## the quick tests
	$(BIN)/pytest -q -m "not slow"

test-all: setup  ## the quick and the slow tests
	$(BIN)/pytest -q

lint: setup  ## style and types
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: setup $(BENCH)/.ready  ## the aligner and its peers on the same generated work: docs/benchmarks.md
	PYTHONPATH=. $(BENCH)/bin/python -m benchmarks.peers -o docs/benchmarks.md

# Strategies and peers on composed bulletins of stations never heard: docs/quality.md. UTTERANCES: a folder with sentences.tsv and
# its audio; TEXTS: sentences that nobody reads, one a line (see benchmarks/bulletins.py).
bench-quality: setup $(BENCH)/.ready  ## precision against yield, cell by cell: docs/quality.md
	@[ -n "$(UTTERANCES)" ] && [ -n "$(TEXTS)" ] || { echo "As in: make bench-quality UTTERANCES=air-hindi TEXTS=wikipedia-hi.txt" >&2; exit 2; }
	$(BIN)/pip install -q -c constraints.txt -e '.[bench]'
	$(BIN)/python -m benchmarks.quality --utterances $(UTTERANCES) --texts $(TEXTS) --peers $(BENCH)/bin/python -o docs

# Peers have an environment of their own; one that cannot be built here is left out, and the table says why.
$(BENCH)/.ready: benchmarks/peers/requirements.txt
	[ -x $(BENCH)/bin/pip ] || $(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m benchmarks.peers.install
	@touch $@

# MkDocs counts no warnings with --quiet, so it is not given.
docs: setup  ## the pages of docs/ as a site, in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

docs-serve: setup  ## the same on http://127.0.0.1:8000, made again at each change
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve

setup: system $(READY)

# What is already there is not asked of apt, so that a machine without root rights but with the programs is fine.
system:
	@missing=""; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || missing="python3 python3-venv"; \
	command -v ffmpeg >/dev/null && command -v espeak-ng >/dev/null \
	  && tesseract --list-langs 2>/dev/null | grep -qx hin \
	  && ls /usr/share/fonts/truetype/noto/NotoSansDevanagari-Regular.* >/dev/null 2>&1 || missing="$$missing $(APT)"; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null; then \
	  echo "Missing, and there is no apt-get here; please install what your system calls: $$missing" >&2; exit 6; fi; \
	echo "Installing system packages: $$missing"; \
	$(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing

# torch first, and pinned: asked for by another package it may come in a build for CUDA.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Shruti needs Python 3.11 or newer, and\
	 $(PYTHON) is $$($(PYTHON) --version 2>&1); name another, as in: make setup PYTHON=python3.12" >&2; exit 6; }
	[ -x $(BIN)/pip ] || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -c constraints.txt $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) torch
	$(BIN)/pip install -q -c constraints.txt -e '.[dev,dask,docs,notebooks]'
	$(BIN)/python -c 'import align; align.warm_up()'
	@touch $@

wheel: setup  ## dist/shruti-*.whl
	$(BIN)/pip wheel -q --no-deps -w dist .

clean:  ## forget the environment and every build
	rm -rf $(VENV) $(BENCH) build dist site *.egg-info
