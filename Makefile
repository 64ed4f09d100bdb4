# `make run` to try ArtGen, `make check` while you work, `make test` before a commit.
.PHONY: run stack release check fast test test-all suite room bench loadtest chaos screenshots readme lint format lock messages clean
.DEFAULT_GOAL := run

VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes
SUITABLE := import sys, venv, ensurepip; sys.exit(not (3, 12) <= sys.version_info < (3, 15))
PYTHON ?= $(shell for python in python3.13 python3.14 python3.12 python3; do \
	$$python -c '$(SUITABLE)' 2>/dev/null && echo $$python && break; done)

# MODEL=dreamshaper-lcm, or a file of weights, adds a model that runs on this machine.
run: $(VENV)/.demo $(if $(MODEL),$(VENV)/.local)  ## the demo on this machine: http://127.0.0.1:PORT
	@exec $(BIN)/python -m deploy.demo

stack: $(VENV)/.runtime  ## the production processes, with the servers of the environment
	@exec $(BIN)/python deploy/stack.py $(PROCESSES)

# ROOM=accounts/credits checks one room.
check: $(VENV)/.development  ## linters and the fast tests: no browser, demo or stack
	@$(MAKE) --no-print-directory --jobs=2 $(if $(ROOM),room,lint fast)

test: $(VENV)/.development  ## linters and every test that guards a promise to users
	@$(MAKE) --no-print-directory --jobs=2 lint suite
	@test $(RELEASE) = none || ! git diff --quiet HEAD || git rev-parse HEAD > .ci/proved

test-all: $(VENV)/.development  ## that and what is due before a release: chaos, upgrade, install …
	@$(MAKE) --no-print-directory test RELEASE=all

# RELEASE=changed adds tests marked `release` whose subjects changed since the commit in .ci/proved.
RELEASE ?= none
PYTEST := $(BIN)/python -m generation.testing.services -- $(BIN)/python -m pytest
suite: $(VENV)/.development
	$(PYTEST) -n auto --dist loadgroup --release $(RELEASE) --durations=40 \
		--junitxml=.data/tests/junit.xml

# Fast tests need no S3 server.
fast: $(VENV)/.development
	TEST_S3_URL=none $(PYTEST) -n auto --dist loadgroup -m "not slow"

room: $(VENV)/.development
	$(BIN)/ruff check $(ROOM)
	TEST_S3_URL=none $(PYTEST) -m "not slow" $(APP)/tests/$(ROOM:$(APP)/%=%)
APP = $(firstword $(subst /, ,$(ROOM)))

# ROWS="post tick" measures some rows.
bench: $(VENV)/.development  ## costs of requests and jobs, into .data/bench/
	@$(BIN)/python -m deploy.bench --rows "$(ROWS)" --size "$(SIZES)" --into "$(INTO)"
ROWS ?= all

# USERS=50,100 and OPTIONS="--minutes 5" change the load.
loadtest: $(VENV)/.development  ## simulated users of a temporary site, into .data/bench/
	@$(BIN)/python -m deploy.bench --loadtest "--users=$(USERS) $(OPTIONS)" --into "$(INTO)"
USERS ?= 50,100,150,300,400,500,1000

# SEED=2 is another plan; FORM=short takes two minutes; INTO=PERFORMANCE.md writes the table there.
chaos: $(VENV)/.development  ## faults of every kind under load, into .data/chaos/
	@$(BIN)/python -m deploy.chaos --seed $(SEED) --form $(FORM) --jobs $(JOBS) --users $(USERS) \
		--into "$(INTO)"
chaos: USERS = 0
SEED ?= 1
FORM ?= long
JOBS ?= 0

# PAGES="gallery trash" takes only these.
screenshots: $(VENV)/.development  ## all pages in both themes and two sizes, into .screenshots/
	$(BIN)/python manage.py shell --verbosity 0 --command \
		"from generation.testing.pages.screenshots import take; take(*'$(PAGES)'.split())"

readme: $(VENV)/.development  ## the screenshots of the READMEs again
	$(BIN)/python manage.py shell --verbosity 0 --command \
		"from generation.testing.pages.readme import take; take()"

lint: $(VENV)/.development
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(if $(CI),--cache-dir=/dev/null)
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint --lint --quiet $(TEMPLATES)
	$(BIN)/djlint --check --quiet $(TEMPLATES)
	$(BIN)/biome lint --diagnostic-level=error
	$(BIN)/biome format
	@$(MAKE) --no-print-directory weight

# The product is production without deploy/ and the demo. Who raises a number says what it buys.
weight:  ## lines of Python, and whether they are more than .ci/weight allows
	@git ls-files '*.py' | grep -v /migrations/ | xargs wc -l | awk ' \
		$$2 == "total" { next } \
		$$2 ~ "/(tests|testing)/" { lines["tests"] += $$1; next } \
		{ lines["production"] += $$1 } \
		$$2 !~ "^deploy/|/demo/" { lines["product"] += $$1 } \
		END { while ((getline < ".ci/weight") > 0) { \
			print $$1 ": " lines[$$1] " lines of at most " $$2; if (lines[$$1] > $$2) over = 1 } \
			exit over }'

format: $(VENV)/.development  ## format Python, templates, style sheets and scripts
	$(BIN)/ruff format .
	-$(BIN)/djlint --reformat --quiet $(TEMPLATES)
	$(BIN)/biome format --write

TEMPLATES := $(wildcard */jinja2 */templates) nginx/page.html

# REGISTRY=ghcr.io/you/ names the images for that registry, and pushes them there.
release:  ## images of the version that git describes; they are not signed
	@git diff --quiet HEAD || { echo 'Commit first: images are tagged by the commit.' >&2; exit 1; }
	ARTGEN_REGISTRY=$(REGISTRY) ARTGEN_VERSION=$$(git describe --tags --always) \
		docker compose build $(IMAGES)
	$(if $(REGISTRY),ARTGEN_REGISTRY=$(REGISTRY) ARTGEN_VERSION=$$(git describe --tags --always) \
		docker compose push $(IMAGES))
IMAGES := release backup nginx certificate emulator

lock:  ## pin the newest allowed versions; every package has wheels for the oldest and newest Python
	$(BIN)/uv pip compile pyproject.toml --upgrade $(LOCK) -o requirements.txt
	$(BIN)/uv pip compile --group demo --upgrade $(LOCK) -c requirements.txt \
		-o deploy/requirements-demo.txt
	$(BIN)/uv pip compile --group local --upgrade $(LOCK) -c requirements.txt \
		-c deploy/requirements-demo.txt -o deploy/requirements-local.txt
	$(BIN)/uv pip compile pyproject.toml --upgrade $(LOCK) --group dev \
		-c requirements.txt -c deploy/requirements-demo.txt -c deploy/requirements-local.txt \
		-o deploy/requirements-dev.txt
	@for python in 3.12 3.14; do $(BIN)/uv pip compile deploy/requirements-dev.txt --quiet --no-deps \
		--only-binary :all: --python-version $$python -o /dev/null || exit 1; done
LOCK := --quiet --universal --python-version 3.12 --generate-hashes --no-emit-index-url \
	--custom-compile-command 'make lock'

messages: $(VENV)/.development  ## collect and compile the translations
	$(BIN)/python manage.py makemessages -l ru --no-location \
		--ignore '.venv/*' --ignore '*/tests/*' --ignore 'generation/testing/*' --ignore deploy
	$(BIN)/python manage.py compilemessages --ignore '.venv/*'

clean:
	rm -rf $(VENV) staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@test -n '$(PYTHON)' || { echo 'ArtGen needs Python 3.12 to 3.14 with venv' \
		'(Debian: apt-get install python3-venv).' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt | $(VENV)/bin/python
	@echo 'Installing the packages of ArtGen into $(VENV) (once, a minute or two).'
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.demo: requirements.txt deploy/requirements-demo.txt | $(VENV)/bin/python
	@echo 'Installing the packages of the demo into $(VENV) (once, a minute or two).'
	@$(PIP_INSTALL) -r requirements.txt -r deploy/requirements-demo.txt
	@touch $@ $(VENV)/.runtime

$(VENV)/.local: deploy/requirements-local.txt | $(VENV)/.demo
	@echo 'Installing the packages of local models into $(VENV) (once).'
	@$(PIP_INSTALL) -r $<
	@touch $@

$(VENV)/.development: deploy/requirements-dev.txt requirements.txt | $(VENV)/bin/python
	@$(PIP_INSTALL) -r deploy/requirements-dev.txt
	@touch $@ $(VENV)/.runtime $(VENV)/.demo
