# `make` alone prints what there is to type.

SHELL := /bin/bash
# An ordinary account's PATH leaves these out, and slapd and dockerd lie there.
export PATH := $(PATH):/usr/sbin:/sbin
# Tests start many processes: Python keeps what it compiled, whatever the shell has set.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: help demo test test-fast check docs bench faults fuzz mutate audit wheel lock clean runtime dev

# What each target wants of the system, by the names of the commands; deploy/packages knows where they come from.
demo_needs := python3-venv slapd openssl docker-registry skopeo curl
fast_needs := python3-venv slapd ldapsearch openssl docker-registry skopeo curl git
slow_needs := chromium dockerd docker docker-buildx iptables ip docker-compose debootstrap containerd ctr podman buildah samba-ad-dc 389-ds postgresql nginx java mvn

help: ## print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## start a directory, a registry and the server here, and say what to try; Ctrl-C ends it
	@deploy/packages $(demo_needs)
	@deploy/venv runtime
	@exec .venv/bin/python -m deploy.demo

test: ## every test; installs what they need
	@deploy/packages --optional $(fast_needs) $(slow_needs)
	@deploy/venv dev
	.venv/bin/pytest -n auto --dist loadfile
	.venv/bin/pytest -m slow

test-fast: ## the tests that need no container engine and no compiler
	@deploy/packages --optional $(fast_needs)
	@deploy/venv dev
	.venv/bin/pytest -n auto --dist loadfile

check: dev ## formatting, lint, types, import direction, dependencies, documentation
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/deptry app
	@$(MAKE) --no-print-directory docs

docs: dev ## build the documentation into docs/_build
	.venv/bin/sphinx-build --quiet --fail-on-warning --keep-going docs docs/_build

bench: dev ## measure tokens per second and latencies against a real slapd
	@deploy/packages slapd openssl wrk
	.venv/bin/python -m bench

faults: dev ## try every fault under load, as root, and print the table of docs/explanation/reliability.md
	@deploy/packages slapd openssl postgresql nginx
	.venv/bin/python -m tests.faults

FUZZ_SECONDS := 60
fuzz: dev ## look for inputs that break something: each target of tests/fuzz for FUZZ_SECONDS
	@for target in $$(.venv/bin/python -c 'from tests.fuzz import TARGETS; print(*TARGETS)'); do \
		echo "$$target, for $(FUZZ_SECONDS) s"; \
		.venv/bin/python -m tests.fuzz $$target --seconds $(FUZZ_SECONDS) || exit 1; \
	done

mutate: dev ## change the code in small ways, and show which changes no test notices; takes hours
	.venv/bin/mutmut run
	.venv/bin/mutmut results

DIST := dist
wheel: dev ## build the wheel into dist/, and beside it what it needs (CycloneDX)
	.venv/bin/python -m pip --quiet wheel --no-deps --no-build-isolation --wheel-dir $(DIST) .
	.venv/bin/cyclonedx-py requirements requirements/runtime.txt --pyproject pyproject.toml --output-reproducible \
		--output-format JSON --output-file $(DIST)/wharfinger.cdx.json

audit: dev ## ask the index of Python packages for known weaknesses in the locked versions
	.venv/bin/pip-audit --require-hashes --disable-pip --strict -r requirements/postgresql.txt

lock: dev ## write requirements/ anew from pyproject.toml; UPGRADE=--upgrade takes newer versions
	@deploy/lock $(UPGRADE)

clean: ## remove what was made here: .venv, .demo, caches, built files
	rm -rf .venv .demo .cache .hypothesis mutants .import_linter_cache .mypy_cache .pytest_cache .ruff_cache docs/_build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

dev:
	@deploy/packages python3-venv
	@deploy/venv dev
