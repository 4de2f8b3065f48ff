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
.PHONY: help setup links kwant chromium demo test lint bench picture clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(VENV)/.setup links ## install mesoinv and its tools into .venv

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.version_info < (3, 11) and sys.exit("mesoinv needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ". Name another one: make setup PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade pip setuptools
	@touch $@

$(VENV)/.setup: $(VENV)/.created pyproject.toml
	@echo "Installing mesoinv and what it needs (torch is large: a few minutes, about 6 GB) ..."
	$(PIP) install --editable '.[dev]'
	@touch $@

# mypy and editors do not follow pyproject.toml's mapping: this folder shows them one package tree
links:
	@mkdir -p .links/mesoinv
	@find .links/mesoinv -type l ! -exec test -e {} \; -exec rm -f {} \;
	@for target in $(filter-out %__pycache__,$(wildcard mesoinv/*)) $(PARTS); do \
	    link=".links/mesoinv/$${target##*/}"; \
	    [ -e "$$link" ] || ln -s "../../$$target" "$$link"; \
	done

kwant: $(VENV)/.kwant ## build kwant, the independent reference of tests and benchmarks

# kwant has no wheel and does not declare numpy and Cython, which it builds with. pip's cache is
# left out: it would give back a kwant built without MUMPS on a machine that has it now.
$(VENV)/.kwant: $(VENV)/.setup
	@if dpkg -s libmumps-seq-dev >/dev/null 2>&1; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing libmumps-seq-dev (kwant's faster solver) ..."; \
	    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libmumps-seq-dev; } >/dev/null || true; \
	fi
	@echo "Building kwant (about a minute) ..."
	$(PIP) install 'numpy>=2' Cython 'setuptools>=77'
	$(PIP) install --no-cache-dir --no-build-isolation \
	    --config-settings="--global-option=--cython" 'kwant>=1.5'
	@$(PY) -W ignore -c 'import kwant.solvers.mumps; print("kwant uses MUMPS.")' 2>/dev/null || \
	    echo "kwant was built without MUMPS: right, but several times slower. On Debian: apt-get install libmumps-seq-dev, then rm $@ and make kwant."
	@touch $@

FIND_BROWSER := command -v chromium || command -v chromium-browser || command -v google-chrome

chromium: ## have a browser for the tests of the leaderboard's site
	@if ($(FIND_BROWSER)) >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing chromium (for the tests of the leaderboard's site) ..."; \
	    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >/dev/null || true; \
	fi
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

bench: setup kwant ## time the solvers beside their references
	$(PY) -m benchmarks

picture: setup ## draw README's picture again (256 colours, to be small)
	$(CLI) show pldos --index 3 --out docs/pldos.png
	$(PY) -c 'from PIL import Image; p = "docs/pldos.png"; \
	    Image.open(p).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE).save(p, optimize=True)'

clean: ## remove what make made, except data/
	rm -rf $(VENV) .links build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
