# One machine, one folder: everything lives in .venv/ and .local/ of this checkout.
SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# DAG, CONF, SQL and ARGS reach the commands as environment variables, word for word: no quoting, and a $ stays a $.
override DAG := $(value DAG)
override CONF := $(value CONF)
override SQL := $(value SQL)
override ARGS := $(value ARGS)
PORT ?= 8080
export DAG CONF SQL ARGS PORT PYTHON YES
export ORG NAME DAYS USER_ID SUPER LIST REVOKE EXECUTION APPLY
export TRIES SEED MINUTES JOBS DAGS REPORT

PY := .venv/bin/python
COMPILE := $(PY) -m uv pip compile --quiet --generate-hashes --custom-compile-command 'make requirements'
EVERYWHERE := --universal --python-version 3.11
# After Ctrl-C (130) this make has been interrupted, too, and ends without calling that an error (scripts/interruption.py).
FIND := trap : INT; export MAKE_PID=$$PPID; python=$$(sh scripts/find_python.sh)
SETUP := $(FIND) && { "$$python" -m scripts.bootstrap || exit $$(($$? == 130 ? 0 : 1)); }
WITH_DATABASE := ($(SETUP)) >&2 && PROSPECTING_DB_URL=$$($(PY) -m scripts.database url) && export PROSPECTING_DB_URL
IF_APPLIED := $$(test "$$APPLY" = 1 && echo --apply)

##@ Run
run: ## Set everything up, execute a signal on real conferences and print what was found
	@$(SETUP) && echo 'a signal on real conferences: some 50 tasks, in one to three minutes; Ctrl-C ends it' >&2 && \
	  exec $(PY) -m scripts.run_dag signal_execution --conf-file include/examples/signal_conferences.json

up: ## Start all of Airflow; UI at http://localhost:8080 (PORT=8081 for another port), Ctrl-C stops it
	@$(SETUP) && exec $(PY) -m scripts.up --port "$$PORT"

dag: ## Run one DAG to its end in this terminal: make dag DAG=slot_evaluation CONF='{"dry_run": true}'
	@$(SETUP) && exec $(PY) -m scripts.run_dag

airflow: ## Airflow's own command, with this checkout's home: make airflow ARGS='connections list'
	@$(SETUP) && exec $(PY) -m scripts.airflow_command

reparse: ## Save the stored answers of EXECUTION=<id> by today's parsers: shows the difference; APPLY=1 writes it
	@$(WITH_DATABASE) && exec $(PY) -m prospecting.cli reparse "$$EXECUTION" $(IF_APPLIED)

replay: ## The same with the questions of today: one without a stored answer is counted, never asked
	@$(WITH_DATABASE) && exec $(PY) -m prospecting.cli replay "$$EXECUTION" $(IF_APPLIED)

resume: ## Go on with an execution that failed or was cancelled: EXECUTION=<id>; its answers are not paid for again
	@$(SETUP) && CONF="{\"resume_execution\": \"$$EXECUTION\"}" && export CONF && exec $(PY) -m scripts.run_dag signal_execution

cancel: ## Cancel an execution while it runs: EXECUTION=<id>; nothing more is asked, what it has found is kept
	@$(WITH_DATABASE) && exec $(PY) -m prospecting.cli cancel "$$EXECUTION"

stop: ## Stop the embedded PostgreSQL
	@test ! -x $(PY) || exec $(PY) -m scripts.local_postgres stop

##@ Database
migrate: ## Bring the application database and Airflow's own to the current version
	@$(SETUP) && exec $(PY) -m scripts.migrate

db-url: ## Print the application database's URL, and nothing else, on stdout
	@($(SETUP)) >&2 && exec $(PY) -m scripts.database url

psql: ## Open psql on the application database; SQL='select 1' runs one statement
	@$(SETUP) && exec $(PY) -m scripts.database psql

verify-db: ## Compare the application database with what is declared, and try out row-level security; changes nothing
	@$(SETUP) && exec $(PY) -m scripts.verify_db $(ARGS)

token: ## Issue a token of the API: ORG=acme (or SUPER=1), NAME=..., DAYS=90, USER_ID=<uuid>; or LIST=1, or REVOKE=<id>
	@$(WITH_DATABASE) && \
	  if [ -n "$$REVOKE" ]; then set -- revoke "$$REVOKE"; elif [ -n "$$LIST" ]; then set -- list; \
	  else set -- issue $${ORG:+--org "$$ORG"} $${SUPER:+--super} $${NAME:+--name "$$NAME"} $${DAYS:+--days "$$DAYS"} \
	    $${USER_ID:+--user "$$USER_ID"}; fi && exec $(PY) -m prospecting.cli token "$$@"

##@ Develop
# Airflow starts some hundred processes in the tests: kept byte code spares each of them half a second, also where the
# environment forbids to keep it. The types are checked meanwhile.
test: style ## Style, types and every test; needs nothing but this checkout
	@$(PY) -m mypy & types=$$!; \
	  env PYTHONDONTWRITEBYTECODE= $(PY) -m pytest -n auto --maxprocesses 4 $(ARGS); tests=$$?; \
	  wait $$types || { echo 'the types do not fit together: see what mypy said above, or make lint' >&2; exit 1; }; \
	  exit $$tests

unit: setup ## Only the fast tests
	@exec $(PY) -m pytest tests/unit -q -m "not airflow and not slow" $(ARGS)

lint: style ## Style and types
	@exec $(PY) -m mypy

style: setup
	@$(PY) -m ruff check . && $(PY) -m ruff format --check .

format: setup ## Rewrite the code in the house style
	@$(PY) -m ruff check --fix . && $(PY) -m ruff format .

bench: setup ## Measure speed against the baselines (minutes)
	@exec $(PY) -m benchmarks

chaos: setup ## Kill runs of every DAG, end them, compare with quiet runs: make chaos TRIES=60 SEED=1 (minutes)
	@exec $(PY) -m chaos $(ARGS)

faults: setup ## Live executions under every fault of model, search and pages, in all combinations (half an hour): ARGS='-k kill'
	@FAULTS=all exec $(PY) -m pytest tests/db/test_live_faults.py -q -n auto --maxprocesses 4 $(ARGS)

docs: setup ## Write docs/DAGs.md and docs/operators.md from the code's own documentation
	@$(PY) -m scripts.dag_docs && exec $(PY) -m scripts.operator_docs

requirements: setup ## Pin requirements*.in again with hashes, for every platform and Python from 3.11 on
	@$(COMPILE) $(EVERYWHERE) requirements.in -o requirements.txt
	@$(COMPILE) $(EVERYWHERE) requirements-dev.in -o requirements-dev.txt
	@$(COMPILE) --python-version 3.12 --python-platform linux requirements-image.in -o requirements-image.txt

notice: setup ## Write THIRD-PARTY.md, the licences of everything that is pinned
	@exec $(PY) -m scripts.notice

wheel: setup ## Build the wheel for an Airflow that already runs, in dist/
	@$(PY) -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist . && ls dist/*.whl

##@ Housekeeping
setup: ## Create .venv and install what is pinned (every target that needs it does this itself)
	@$(SETUP)

clean: ## Remove all that was made here: .venv, builds, caches, and, once you say yes, .local with the database
	@$(FIND) && exec "$$python" -m scripts.clean

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile

.PHONY: run up dag airflow reparse replay resume cancel stop migrate db-url psql verify-db token test unit lint format bench chaos faults docs requirements notice wheel setup clean help
