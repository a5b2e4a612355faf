# Two commands: `make run` starts everything, `make test` checks everything.
# Paths are relative, so that the checkout may lie in a folder with spaces in its name.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test lint style types bench e2e compat clean install install-dev chromium

# An interpreter may be named: make run PYTHON=/opt/python/bin/python3.13
PYTHON ?=
# Words for the program behind a target: make test ARGS='-k import -x'
ARGS ?=

PY := .venv/bin/python
# As many processes as tests/servers.py says, with servers of their own; a file's tests stay
# together, the longest first. ARGS='-n 0' runs all in one process, as a debugger wants it.
SIDE_BY_SIDE := -n auto --dist loadfile --no-loadscope-reorder
# Tests and lint see no network and no data of the user. Whoever forbids Python to keep what it has
# compiled would have each of a run's hundreds of processes compile the same again.
OFFLINE := HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false PYTHONDONTWRITEBYTECODE=

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

run: install ## install what is missing, start everything, print the address; Ctrl-C stops it
	@exec $(PY) manage.py up

# Checking types without a cache keeps one core busy for a minute: it is done beside the tests.
test: install-dev chromium style ## everything that can be checked: lint, unit, database, training, browser
	@$(MAKE) --no-print-directory types >.make/types.log 2>&1 & types=$$!; \
	trap 'kill $$types 2>/dev/null' EXIT; \
	$(OFFLINE) $(PY) -m pytest -m 'not compat' $(SIDE_BY_SIDE) $(ARGS); tests=$$?; \
	wait $$types; typed=$$?; cat .make/types.log; \
	exit $$((tests ? tests : typed))

lint: style types ## style, types, layers, missing migrations

# The settings are loaded with an ARBITER_HOME that goes away: the user's data is left alone.
IN_A_HOME = set -e; home=$$(mktemp -d); trap 'rm -rf "$$home"' EXIT; \
	export $(OFFLINE) ARBITER_HOME="$$home"

style: install-dev
	@$(IN_A_HOME); \
	$(PY) -m ruff check .; \
	$(PY) -m ruff format --check .; \
	$(PY) -c 'from importlinter.cli import lint_imports_command as main; main()'; \
	DATABASE_URL='postgresql://127.0.0.1:1/none?connect_timeout=1' $(PY) manage.py makemigrations --check --dry-run

types: install-dev
	@$(IN_A_HOME); $(PY) -m mypy .

bench: install ## the measurements in bench/; ARGS chooses
	@exec $(PY) -m bench $(ARGS)

e2e: install-dev chromium ## the browser tests alone
	@$(OFFLINE) exec $(PY) -m pytest $(SIDE_BY_SIDE) tests/e2e $(ARGS)

# What `make test` runs of tests/compat, with the clients' versions in between.
compat: install-dev ## other people's clients, in every version that is told to work
	@$(OFFLINE) exec $(PY) -m pytest tests/compat $(ARGS)

clean: ## remove what can be made again: .venv, caches, static files; never var/
	@rm -rf .venv .make staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache \
		.grimp_cache .hypothesis
	@find . \( -path ./.git -o -path ./var \) -prune -o -type d -name __pycache__ -prune \
		-exec rm -rf {} +

# A copy of the requirements lies in .venv once they are installed: the same text, nothing to do.
# $(1): the requirements file to install; $(2): all files whose text must be unchanged.
define ensure
@set -e -o pipefail; mkdir -p .make; \
if command -v flock >/dev/null; then \
	exec 9>.make/lock; \
	flock -n 9 || { echo "Waiting for another make to finish its installation."; flock 9; }; \
fi; \
works() { $(PY) -c 'import importlib.util as u, sys; sys.exit(not u.find_spec("pip"))' 2>/dev/null; }; \
same() { for file in $(2); do cmp -s "$$file" ".venv/$$file" || return 1; done; }; \
if works && same; then exit 0; fi; \
new() { "$$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }; \
if ! works; then \
	chosen=; \
	for name in $(if $(PYTHON),"$(PYTHON)",python3 python3.13 python3.12 python3.11); do \
		if new "$$name"; then chosen=$$name; break; fi; \
	done; \
	if [ -z "$$chosen" ]; then \
		echo "Arbiter needs Python 3.11 or newer, and $(if $(PYTHON),$(PYTHON),python3) is not: name one," \
			"as in: make run PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi; \
	rm -rf .venv; \
	if ! "$$chosen" -m venv .venv; then \
		rm -rf .venv; \
		echo "$$chosen could not make .venv; on Debian and Ubuntu: apt-get install python3-venv" >&2; \
		exit 1; \
	fi; \
fi; \
rm -f .venv/requirements.txt .venv/requirements-dev.txt; \
echo "Installing $(1). The first time takes some minutes and 2 GB of disk" \
	"(7 GB where pip chooses torch for CUDA); the log is .make/pip.log."; \
if ! $(PY) -m pip install --no-input --disable-pip-version-check --progress-bar off -r $(1) 2>&1 \
	| tee .make/pip.log | awk '{n++} n % 10 == 1 {printf "."; fflush()} END {print ""}'; then \
	tail -n 15 .make/pip.log >&2; \
	echo "The installation failed; once mended, the same command carries on." >&2; \
	exit 1; \
fi; \
cp $(2) .venv/
endef

install:
	$(call ensure,requirements.txt,requirements.txt)

install-dev:
	$(call ensure,requirements-dev.txt,requirements.txt requirements-dev.txt)

chromium:
	@mkdir -p .make; \
	found() { command -v chromium || command -v chromium-browser || command -v google-chrome; }; \
	if found >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing chromium for the browser tests; the log is .make/apt.log."; \
		export DEBIAN_FRONTEND=noninteractive; \
		{ apt-get update && apt-get install -y --no-install-recommends chromium; } \
			>.make/apt.log 2>&1 || tail -n 5 .make/apt.log >&2; \
	fi; \
	found >/dev/null || echo "There is no chromium: the browser tests will be skipped." \
		"On Debian: apt-get install chromium" >&2
