# Everything a person types. `make` alone says what there is.
# All paths are relative, so the project may lie in a folder with a blank in its name.

VENV ?= .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3.11)
# Processes for the tests, one more than cores: many tests wait for others' processes. 0 runs them in one.
WORKERS ?= 3
PY = $(VENV)/bin/python
# The tests' own engines and files, apart from those of a running portal. Compiled modules are kept even
# where the environment says otherwise: many tests start processes.
TEST_ENV = SIMDIKLAT_VAR=var/test PYTHONDONTWRITEBYTECODE=

.PHONY: help run lighthouse screenshots test check lint format types contracts migrations deployment audit bench chaos chaos-import load clean-var messages browser
.DEFAULT_GOAL := help

help:
	@echo "make run        the portal: http://localhost:8000 (PORT=8001 make run; DEMO_EMPLOYEES=5000 make run)"
	@echo "make test       every test, on real engines"
	@echo "make check      lint, format, types, import contracts, migrations, deployment, vulnerabilities"
	@echo "make bench      the figures of the imports, the selection and the list"
	@echo "make lighthouse its scores on the main screens of the portal running at URL (needs npm)"
	@echo "make chaos      issue and answer while workers, broker and connections are broken at random"
	@echo "make chaos-import  an import of people killed twenty times at random moments"
	@echo "make load       an invitation day: employees answer, operators export, planners work; nothing may be lost"
	@echo "make messages   collect and compile the translations (needs gettext)"
	@echo "make clean-var  remove the demo's database, mails and files, to begin anew"

run: $(VENV)/.local
	@$(PY) manage.py run_portal --end-with-parent

test: $(VENV)/.dev browser
	@$(TEST_ENV) $(PY) -m pytest -n $(WORKERS) --dist worksteal

# One target each, so that `make -k check` names everything that fails.
check: lint format types contracts migrations deployment audit

lint: $(VENV)/.dev
	$(PY) -m ruff check .

format: $(VENV)/.dev
	$(PY) -m ruff format --check .

types: $(VENV)/.dev
	$(PY) -m mypy simdiklat audit jobs outbox accounts employees trainings invitations certificates reports

contracts: $(VENV)/.dev
	$(PY) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"

migrations: $(VENV)/.dev
	$(TEST_ENV) $(PY) manage.py makemigrations --check --dry-run

deployment: $(VENV)/.dev
	$(TEST_ENV) SIMDIKLAT_ENV=production ALLOWED_HOSTS=simdiklat.example PORTAL_URL=https://simdiklat.example \
	  SECRET_KEY="$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(50))')" \
	  $(PY) manage.py check --deploy --fail-level WARNING

# Fails on a known vulnerability, and with AUDIT_REQUIRED=1 also when nobody could be asked.
audit: $(VENV)/.dev
	@$(PY) .ci/audit.py

bench: $(VENV)/.dev
	@$(PY) manage.py bench --write docs/performance.md $(ARGS)

chaos: $(VENV)/.dev
	@$(PY) manage.py chaos $(ARGS)

load: $(VENV)/.dev
	@$(PY) manage.py load $(ARGS)

messages: $(VENV)/.dev
	@command -v msgfmt >/dev/null || { echo "gettext is missing: apt-get install gettext"; exit 1; }
	$(PY) manage.py makemessages --locale id --no-obsolete --add-location file \
	  --ignore "$(VENV)" --ignore var --ignore tests
	$(PY) manage.py compilemessages --ignore "$(VENV)"

# Pictures of a running portal with the demo's data; URL=http://localhost:8000
URL ?= http://localhost:8000
screenshots: $(VENV)/.dev browser
	@$(PY) -m tests.screenshots "$(URL)" docs/screenshots

# Lighthouse on the screens that carry the portal, against the running portal at URL.
LIGHTHOUSE ?= lighthouse@12.8.2
lighthouse: $(VENV)/.dev browser
	@command -v npm >/dev/null || { echo "npm is missing: apt-get install npm (Node 18.16 or newer)"; exit 1; }
	@[ -x var/lighthouse/node_modules/.bin/lighthouse ] || { mkdir -p var/lighthouse && cd var/lighthouse \
	  && npm init -y >/dev/null && PUPPETEER_SKIP_DOWNLOAD=1 npm install --silent --no-audit --no-fund $(LIGHTHOUSE); }
	@$(PY) -m tests.lighthouse "$(URL)" var/lighthouse $(ARGS)

chaos-import: $(VENV)/.dev
	@$(PY) manage.py chaos_import $(ARGS)

clean-var: $(VENV)/.local
	@$(PY) manage.py clean_var

# Root on Debian gets chromium without asking; elsewhere the browser tests say that they were skipped.
browser:
	@if [ -z "$$CHROMIUM" ] && ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null \
	  && ! command -v google-chrome >/dev/null; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing chromium for the browser tests ..."; \
	    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	      chromium >/dev/null; } || echo "chromium could not be installed; the browser tests will be skipped."; \
	  else echo "No chromium: the browser tests will be skipped. Get it by: apt-get install chromium"; fi; fi

# --- The virtual environment: made once, filled again only when the requirements change ---

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Simdiklat needs Python 3.11 or newer; '$(PYTHON)' is not." \
	    "Choose one: make run PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv "$(VENV)" || { rm -rf "$(VENV)"; \
	  echo "The virtual environment could not be made; on Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/.local: requirements.txt requirements-local.txt | $(PY)
	@echo "Installing what make run needs ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-input -r requirements-local.txt
	@touch $@

$(VENV)/.dev: requirements.txt requirements-local.txt requirements-dev.txt | $(PY)
	@echo "Installing what the tests and checks need ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-input -r requirements-dev.txt
	@touch $(VENV)/.local $@
