# Thin on purpose: the work is in manage.py and aidtracker/local, so that `python3 manage.py up` does the same
# where make is missing.

PYTHON ?= python3
BIN = .venv/bin

.PHONY: run test bench soak check format openapi examples lock setup

run:
	@$(PYTHON) manage.py up

test:
	@$(PYTHON) manage.py test $(ARGS)

# Ours, the naive way and the floor side by side: make bench SIZES="10000 100000" ARGS="--rounds 5 --keep"
bench:
	@$(PYTHON) manage.py bench $(SIZES) $(ARGS)

# The same tests as in `test`, many times over.
soak:
	@REPLAYS=100000 KILLS=100 FLUSHES=50 SENDER_KILLS=50 REQUESTS=20000 $(PYTHON) manage.py test --timeout=7200 \
		tests/shipments/reconciliation/test_replay.py tests/shipments/reconciliation/test_short_ways.py \
		tests/faults tests/shipments/api/test_schemathesis.py $(ARGS)

check:
	@$(PYTHON) manage.py checks

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

openapi:
	@$(PYTHON) manage.py spectacular --validate --file docs/openapi.yaml

# The examples in it, noted from real answers; new addresses have to be in the document before.
examples: openapi
	@RECORD_EXAMPLES=yes $(PYTHON) manage.py test tests/aidtracker/api/test_examples.py -n0 -q
	@$(MAKE) --no-print-directory openapi

lock: setup
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" requirements.in --output-file requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" requirements-dev.in --output-file requirements-dev.txt

setup:
	@$(PYTHON) manage.py setup
