# Each target sets up everything it needs in .venv. `make test` runs every check: see .ci/check.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: test test-full coverage setup docs clean

test: setup
	PATH="$(CURDIR)/$(BIN):$$PATH" bash .ci/check

# As `make test`, with generated samples in their full number.
test-full: setup
	TRIALSCREEN_SIZES=full PATH="$(CURDIR)/$(BIN):$$PATH" bash .ci/check

# The tests again, measured: which lines and branches they reach, and enough of them.
coverage: setup
	PATH="$(CURDIR)/$(BIN):$$PATH" bash .ci/coverage

# A module is compiled when it is first imported; compiling all would take half a minute.
setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml .ci/constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --no-compile --constraint .ci/constraints.txt --editable . --group dev
	touch $@

docs: setup
	$(BIN)/python -m tests.tools.schema_build
	$(BIN)/python -m tests.tools.docs_build

clean:
	rm -rf $(VENV) dist build
