# `make` alone lists what there is. Everything is installed into .venv; remove it and nothing is left.
# Another interpreter: make setup PYTHON=python3.12

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
CLI    := $(VENV)/bin/mesoinv
PIP    := $(PY) -m pip -qq
DEMO   := data/pldos
MODEL  := pldos-landscape-unet.16k
TRIVIAL := pldos-landscape-constant.16k
TASK   := pldos-landscape

# the folders that pyproject.toml maps to sub-packages of mesoinv
PARTS := $(shell sed -n 's/^"mesoinv\.[a-z_]*" = "\([a-z_]*\)"$$/\1/p' pyproject.toml)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# BLAS threads only get into each other's way beside parallel processes
SINGLE := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

.DEFAULT_GOAL := help
.PHONY: help setup links kwant chromium demo test lint campaign bench release packages docs picture clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(VENV)/.setup links ## install mesoinv and its tools into .venv

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.version_info < (3, 11) and sys.exit("mesoinv needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ". Name another one: make setup PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade pip setuptools
	@touch $@

$(VENV)/.setup: $(VENV)/.created pyproject.toml
	@echo "Installing mesoinv and what it needs (torch is large: a few minutes, about 8 GB) ..."
	$(PIP) install --editable '.[all,docs]' --group dev
	@touch $@

# mypy and editors do not follow pyproject.toml's mapping: this folder shows them one package tree
links:
	@mkdir -p .links/mesoinv
	@find .links/mesoinv -type l ! -exec test -e {} \; -exec rm -f {} \;
	@for target in $(filter-out %__pycache__,$(wildcard mesoinv/*)) $(PARTS); do \
	    link=".links/mesoinv/$${target##*/}"; \
	    [ -e "$$link" ] || ln -s "../../$$target" "$$link"; \
	done

# Installs a Debian package where we may. `apt-get install` waits for another apt that holds the
# lock; `apt-get update` knows no such option and fails at once, so it is tried for five minutes.
APT := LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300
define APT_INSTALL
if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
    echo "Installing $(1) ($(2)) ..."; \
    for attempt in $$(seq 60); do \
        complaint=$$($(APT) update 2>&1 >/dev/null); \
        case "$$complaint" in *"Could not get lock"*) sleep 5 ;; *) break ;; esac; \
    done; \
    [ -z "$$complaint" ] || echo "$$complaint" >&2; \
    $(APT) install -y --no-install-recommends $(1) >/dev/null || true; \
fi
endef

kwant: $(VENV)/.kwant ## build kwant, the independent reference of tests and benchmarks

# kwant has no wheel and does not declare numpy and Cython, which it builds with. pip's cache is
# left out: it would give back a kwant built without MUMPS on a machine that has it now. One that
# is installed without MUMPS is built again, alone: pip would call it satisfied.
KWANT_MUMPS := $(PY) -W ignore -c 'import kwant.solvers.mumps' 2>/dev/null
$(VENV)/.kwant: | $(VENV)/.setup
	@dpkg -s libmumps-seq-dev >/dev/null 2>&1 || $(call APT_INSTALL,libmumps-seq-dev,kwant's faster solver)
	@echo "Building kwant (about a minute) ..."
	$(PIP) install 'numpy>=2' Cython 'setuptools>=77'
	@again=; if $(PIP) show kwant >/dev/null 2>&1 && ! $(KWANT_MUMPS); then \
	    again='--force-reinstall --no-deps'; \
	fi; \
	$(PIP) install $$again --no-cache-dir --no-build-isolation \
	    --config-settings="--global-option=--cython" 'kwant>=1.5'
	@if $(KWANT_MUMPS); then echo "kwant uses MUMPS."; else \
	    echo "kwant was built without MUMPS: right, but several times slower. On Debian: apt-get install libmumps-seq-dev, then rm $@ and make kwant."; \
	fi
	@touch $@

FIND_BROWSER := command -v chromium || command -v chromium-browser || command -v google-chrome

chromium: ## have a browser for the tests of the leaderboard's site
	@($(FIND_BROWSER)) >/dev/null || $(call APT_INSTALL,chromium,for the tests of the leaderboard's site)
	@($(FIND_BROWSER)) >/dev/null || \
	    echo "No chromium: the browser tests of the leaderboard's site will be skipped. On Debian: apt-get install chromium"

define LOAD
import datasets
datasets.disable_progress_bars()
test = datasets.load_dataset("$(DEMO)", "landscape", split="test").with_format("numpy")
sample = test[3]
print(test)
print("sample 3:", *(f"{name} {sample[name].shape}" for name in ("pldos", "potential", "fourier")))
endef
export LOAD

demo: setup ## build a small dataset, verify, load, draw, predict, evaluate, and write the leaderboards
	$(CLI) generate pldos --size mini --out $(DEMO)
	$(CLI) verify $(DEMO)
	$(CLI) card $(DEMO)
	@echo 'load_dataset("$(DEMO)", "landscape", split="test"):'
	@HF_HUB_OFFLINE=1 HF_HOME=$(VENV)/huggingface $(PY) -c "$$LOAD"
	$(CLI) show pldos --index 3 --out data/pldos-3.png
	$(CLI) predict $(MODEL) --index 3 --figure data/prediction-3.png
	$(CLI) evaluate $(MODEL) --against $(TRIVIAL) --task $(TASK) --data $(DEMO) --samples 16
	$(CLI) leaderboard build --out data/leaderboard
	@echo
	@echo "The dataset is in $(DEMO) (its card: $(DEMO)/README.md), a sample in data/pldos-3.png,"
	@echo "and what the pretrained model $(MODEL) makes of it in data/prediction-3.png."
	@echo "The table above compares this model with a trivial one on the 16 test samples that were made;"
	@echo "the leaderboards, on all 4000, are in data/leaderboard/index.html: open it in a browser."
	@echo "Next:  source $(VENV)/bin/activate"
	@echo "       mesoinv list"
	@echo "       mesoinv show pldos --config global --index 7"
	@echo "       mesoinv models"
	@echo "       mesoinv leaderboard show"
	@echo "       mesoinv generate pldos --config landscape --size small --out data/pldos-small"

lint: setup ## ruff and mypy
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

test: lint kwant chromium ## check style and types, run all tests
	$(SINGLE) $(PY) -m pytest -n 2 --dist loadfile

test-models: setup ## look into every committed model (make test takes two of each architecture)
	MESOINV_ALL_MODELS=1 $(SINGLE) $(PY) -m pytest -n 2 tests/zoo/publish/test_card.py \
	    tests/zoo/declared/test_recipes.py tests/eval/submission/test_submission_models.py

campaign: setup ## kill, spoil and attack everything for a quarter of an hour; writes docs/reliability.md
	PYTHONPATH=$(abspath tests):$(abspath tests/eval):$(abspath tests/zoo):$(abspath tests/dataset_cards) \
	    $(SINGLE) $(PY) -m campaign --out $(abspath docs/reliability.md)

bench: setup kwant ## time the solvers beside their references
	$(PY) -m benchmarks

release: setup ## rehearse a release: packages, versions, changelogs, tags, cards, weights; nothing is sent
	rm -rf dist
	$(PY) -m build --outdir dist . >/dev/null
	$(VENV)/bin/twine check --strict dist/*
	$(PY) docs/release.py

packages: setup ## install wheel and sdist into empty environments, one an extra (needs the network)
	rm -rf dist
	$(PY) -m build --outdir dist . >/dev/null
	$(PY) docs/packages.py

docs: setup ## build the documentation in docs/_build/html; the tutorials run (a few minutes, no network)
	MPLBACKEND=agg $(SINGLE) $(PY) -m sphinx -b html -W --keep-going docs docs/_build/html
	@echo "docs/_build/html/index.html"

picture: setup ## draw README's picture again (256 colours, to be small)
	$(CLI) show pldos --index 3 --out docs/pldos.png
	$(PY) -c 'from PIL import Image; p = "docs/pldos.png"; \
	    Image.open(p).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE).save(p, optimize=True)'

clean: ## remove what make made, except data/
	rm -rf $(VENV) .links build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
