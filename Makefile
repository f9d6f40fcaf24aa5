# What a person does with this tree. `make demo` and `make test` each do all the set-up they need, and a second run
# builds and fetches nothing: costly things are cached outside of the tree (deploy/setup/cache.py says where).

SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
# Whoever asks for these targets has no terminal to answer a prompt in, and pip has no news to tell.
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_ROOT_USER_ACTION = ignore

.PHONY: help
help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

.PHONY: setup
setup: debian venv build ## Debian packages, .venv and the extensions, where they are missing

.PHONY: debian
debian:
	@deploy/setup/debian.sh

.PHONY: venv
venv: debian
	@python=$$(deploy/setup/python.sh) && "$$python" deploy/setup/venv.py

.PHONY: build
build: venv ## the extensions, in place
	@$(PY) deploy/setup/extensions.py

# Before anything is built: with headers of yesterday nothing may compile. A tree that was never built, build first.
.PHONY: headers
headers: venv ## write the headers of compiled code anew, after its types or annotations have changed, and build
	@$(PY) deploy/setup/layouts.py && $(PY) deploy/setup/declarations.py && $(PY) deploy/setup/extensions.py

.PHONY: demo
demo: setup ## a guest from its manifest, boot to shutdown, with what happens told
	@$(PY) deploy/demo/demo.py

.PHONY: test
test: setup newer-libvirt cluster-parts ## all checks and tests; what only test-full covers is said at the end
	@$(PY) tests/suite.py

.PHONY: test-full
test-full: setup newer-libvirt cluster-parts ## the same at full counts
	@$(PY) tests/suite.py --full

# What the cluster of the tests is made of: built once, and before the tests, whose time is bounded.
.PHONY: cluster-parts
cluster-parts: setup
	@$(PY) -m deploy.cluster build
	@$(PY) -m deploy.images

# What every domain of the tests is held against.
.PHONY: newer-libvirt
newer-libvirt: setup
	@$(PY) -m deploy.setup.newer_libvirt

.PHONY: check
check: setup ## formatting, types, layers: all but the tests
	@$(PY) tests/suite.py --checks-only

.PHONY: format
format: venv ## put the sources into their form
	@.venv/bin/ruff check --quiet --fix . ; .venv/bin/ruff format .

.PHONY: bench
bench: setup ## the benchmarks
	@$(PY) -m pytest benchmarks --benchmark-enable --benchmark-only

.PHONY: figures
figures: setup ## measure anew what docs/speed.md tells, and draw its pictures
	@$(PY) -m benchmarks.objects && $(PY) -m benchmarks.domains && $(PY) -m benchmarks.pictures

.PHONY: test-clean-root
test-clean-root: ## `make demo` and `make test` from a clone in a bare Debian 12, cold and warm (root; an hour)
	@deploy/setup/clean-root.sh

# How long each target of the fuzzer runs; both end sooner where something is found.
FUZZ_SECONDS ?= 300
FUZZ_RUNS ?= 100000

.PHONY: fuzz
fuzz: setup ## look for manifests that break a promise, and say which: five minutes for each target
	@for target in manifest stored plan facts; do \
		nice $(PY) -m tests.fuzz $$target --seconds $(FUZZ_SECONDS) --runs $(FUZZ_RUNS) || exit 1; \
	done

# CLUSTER is the cluster's number, 0 to 15; CLUSTER_WITH takes more of `python -m deploy.cluster up --help`.
CLUSTER ?= 0

.PHONY: cluster
cluster: setup ## a control plane and two nodes on this machine with kvnode on them, everything Ready (root)
	@$(PY) -m deploy.cluster up --install --number $(CLUSTER) $(CLUSTER_WITH)

.PHONY: bench-cluster
bench-cluster: venv ## on a cluster that is up: from apply to a guest's answer by who took it, and what a guest weighs
	@$(PY) -m benchmarks.guest_on_cluster --number $(CLUSTER)

.PHONY: cluster-down
cluster-down: venv ## end it, in whatever state it is; nothing is left but the caches
	@$(PY) -m deploy.cluster down --number $(CLUSTER)

.PHONY: cluster-binaries
cluster-binaries: setup ## build the cluster's programs ahead (the first time a quarter of an hour)
	@$(PY) -m deploy.cluster build

.PHONY: clean
clean: ## remove what was made in the tree; the caches stay
	rm -rf .venv .cache build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	rm -f kvnode/_fast/*.so kvnode/planning/*.so
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
