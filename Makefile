# ELECTRA for Spanish, from scratch.  `make help` lists the targets.
#
# Everything runs in an environment that is made on the first call: .venv with TensorFlow 1.15, or
# .venv-tf2 with TENSORFLOW=2.  Only python3 (3.8 or newer) has to be there beforehand.

TENSORFLOW ?= auto
PYTHON3 ?= python3
ARGS ?=
REPO ?=
ZIP ?= build/electra-spanish.zip

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: folder help env horovod tutorial notebooks test test-slow mutants test-colab test-browser fuzz audit links zip lock reference clean bench load seeds pretrained python3

# A variable that is typed after make and that nothing here reads, such as TENSROFLOW=2, is not lost in silence.
KNOWN := TENSORFLOW PYTHON3 ARGS REPO ZIP
GIVEN := $(foreach each,$(.VARIABLES),$(if $(findstring command line,$(origin $(each))),$(each)))
UNREAD := $(filter-out $(KNOWN) SHELL -%,$(GIVEN))
ifneq ($(UNREAD),)
$(warning make reads $(KNOWN); what you gave as $(UNREAD) is only passed on to the environment)
endif

# The interpreter of the environment, made if need be; progress goes to stderr.  The benchmarks run on the project's
# own, for ELECTRA_TF_PYTHON names what they compare it with.  What follows takes the shell's place (exec), so that
# make's SIGTERM reaches it.
ENVIRONMENT = python=$$($(SETTINGS) $(PYTHON3) -m helpers.environment --tensorflow '$(TENSORFLOW)' --print-python)

help: folder ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "With TENSORFLOW=2 they use an environment with TensorFlow 2.x; what ARGS says is passed on"
	@echo "(make tutorial ARGS='-p NUM_TRAIN_STEPS 50', make test ARGS='-k vocabulary')."
	@echo "docs/reference_commands.md lists every option and variable."

env: python3 ## make the environment, or say that it is there
	@$(PYTHON3) -m helpers.environment --tensorflow '$(TENSORFLOW)'

horovod: python3 ## build Horovod, for training on several GPUs or machines (about 3 minutes)
	@python=$$($(PYTHON3) -m helpers.environment --tensorflow 1.15 --print-python) && "$$python" tools/horovod.py

tutorial: python3 ## run the tutorial's notebook from top to bottom on the built-in corpus
	@$(ENVIRONMENT) && exec "$$python" -m helpers.environment.child_main helpers.tutorial $(ARGS)

notebooks: python3 ## run the notebooks (ARGS=1_method: one of them) and keep what they show in the committed files and README
	@$(ENVIRONMENT) && exec "$$python" tools/make_notebooks.py $(ARGS)

test: python3 ## run all tests, the files two at a time (ARGS='-n 0': one after the other)
	@$(ENVIRONMENT) && exec "$$python" -m pytest -q --durations=15 -n 2 --dist loadfile $(ARGS)

test-slow: python3 ## run the tests that take minutes each: faults, long runs, notebooks, clusters (builds Horovod if it can)
	@$(ENVIRONMENT) && { "$$python" tools/horovod.py || true; } && FAULT_ROUNDS=$${FAULT_ROUNDS:-50} "$$python" -m pytest -q -rs --durations=15 -m slow $(ARGS)

mutants: python3 ## put faults into copies of the project, one by one: do the tests notice? (16 minutes; ARGS='data -k seed')
	@$(ENVIRONMENT) && exec "$$python" -m tests.mutants $(ARGS)

test-colab: python3 ## run the notebooks in kernels like Colab's (makes them: Python 3.13, and 3.11 with PyTorch)
	@$(ENVIRONMENT) && exec "$$python" -m pytest -q --durations=15 -m colab $(ARGS)

test-browser: python3 ## run the notebooks in headless Chromium: slider, buttons, text box (pictures in build/browser)
	@$(ENVIRONMENT) && exec "$$python" -m pytest -q --durations=15 -m browser $(ARGS)

bench: SETTINGS = ELECTRA_TF_PYTHON=
bench: python3 ## measure time and memory of every step, into the committed benchmarks/results.*
	@$(ENVIRONMENT) && exec "$$python" -m benchmarks $(ARGS)

load: python3 ## the data builder over 2 GB, 100 files, a million documents, into benchmarks/load.json (15 minutes)
	@$(ENVIRONMENT) && exec "$$python" -m benchmarks.load $(ARGS)

seeds: python3 ## the tutorial for five seeds (about 40 minutes): is its verdict luck?
	@$(ENVIRONMENT) && exec "$$python" -m benchmarks.seeds $(ARGS)

zip: folder ## pack the committed files into build/electra-spanish.zip, for a machine that cannot fetch them, such as Colab's
	@folder=$$(dirname '$(ZIP)'); mkdir -p "$$folder" 2>/dev/null && [ -w "$$folder" ] || { \
	  echo "error: "'$(ZIP)'" cannot be written: name a place where you may, as in make zip ZIP=/tmp/electra-spanish.zip" >&2; \
	  exit 1; }
	@git archive --format=zip --prefix=electra-spanish/ --output='$(ZIP)' HEAD && echo 'written: $(ZIP)'

pretrained: python3 ## train the model that notebooks 1, 4, 5 and 6 begin with (about 6 minutes), into notebooks/pretrained
	@$(ENVIRONMENT) && exec "$$python" tools/make_pretrained.py $(ARGS)

links: python3 ## write the project's address, REPO=owner/name, into badges and set-up cells
	@$(PYTHON3) tools/links.py '$(REPO)'

fuzz: python3 ## feed mutilated input to the readers for a minute (ARGS='--seconds 600')
	@$(ENVIRONMENT) && exec "$$python" tests/support/fuzz.py $(ARGS)

audit: python3 ## ask pip-audit for known vulnerabilities of all locked packages
	@$(PYTHON3) tools/audit.py

lock: python3 ## resolve the requirements anew and write the lock files
	@$(PYTHON3) tools/lock.py

clean: folder ## remove the environments, runs/ and build/; data/, where notebooks write, stays
	rm -rf .venv .venv-tf2 .venv-uv .venv-horovod .venv-tests runs build .pytest_cache .hypothesis .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

reference: python3 ## write docs/reference_commands.md anew
	@$(ENVIRONMENT) && "$$python" tools/reference_commands.py

folder:
	@[ -d helpers ] || { echo "Run make in the project's folder, or name it: make -C /path/to/project" >&2; exit 1; }

.DEFAULT:
	@echo "There is no target $@: make help lists them." >&2; exit 1

python3: folder
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null || { \
	  echo "Python 3.8 or newer is needed to start with: install it as $(PYTHON3), or name it with PYTHON3=/path/to/python." >&2; \
	  exit 1; }
