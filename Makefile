# Four verbs, the same for people and CI: run, test, lint, bench.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PLAIN := not server and not browser and not quickstart and not soak and not torch and not slow
SERVED := server and not browser and not quickstart and not soak and not torch and not slow
LLM := $(VENV)/.llm
VENV_TORCH ?= .venv-torch
TORCH := $(VENV_TORCH)/.ready

.PHONY: run test test-slow test-fast test-torch test-real quickstart lint bench soak clean

run: $(LLM)              ## set everything up, the language model too (1.1 GB), and open the studio
	$(BIN)/vox studio

test: $(READY)           ## set everything up and pass the tests (those that need a sound server skip without one)
	$(BIN)/pytest -n 2 -m "$(PLAIN)" || $(BIN)/pytest --lf -m "$(PLAIN)"  # much is in real time: what a busy machine
	$(BIN)/pytest -m "$(SERVED)" || $(BIN)/pytest --lf -m "$(SERVED)"  # spoilt is tried once more, alone

test-slow: $(READY)      ## many processes, killed and started: minutes
	$(BIN)/pytest -m "slow and not browser and not torch"

test-fast: $(READY)      ## no sound server, no browser, no models, nothing slow
	$(BIN)/pytest -m "not server and not browser and not models and not quickstart and not soak and not slow and not torch"

test-torch: $(TORCH)     ## engines that need torch, in a venv of their own
	$(VENV_TORCH)/bin/pytest -m torch

test-real: $(READY)      ## a real Chromium in a real WebRTC call
	$(BIN)/pip install -q -e ".[call]"
	$(BIN)/pytest -m browser

quickstart: $(READY)     ## what README says, typed into a fresh clone
	$(BIN)/pytest -m quickstart

lint: $(READY)
	$(BIN)/ruff check src tests
	$(BIN)/ruff format --check src tests
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)          ## the live path's figures and every voice's cost, under out/bench; SOAK=30 speaks for 30 minutes, too
	mkdir -p out/bench
	$(BIN)/python bench/live.py $(if $(SOAK),--soak $(SOAK))
	$(BIN)/vox bench convert --json out/bench/convert.json

soak: $(READY)           ## thirty minutes live, under load
	$(BIN)/pytest -m soak

$(READY): pyproject.toml
	@echo "Setting up $(VENV) to develop and test; the first time it takes minutes, and says nothing meanwhile."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/pip install -q -e ".[dev]"
	touch $(READY)

$(LLM): pyproject.toml
	@echo "Setting up $(VENV), 2.3 GB; the first time it takes minutes, and says nothing meanwhile."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/pip install -q -e ".[llm]"
	touch $(LLM)

# PyPI's torchaudio is built for CUDA; beside a CPU torch it runs without its binary parts, as pure Python.
$(TORCH): pyproject.toml
	$(PYTHON) -m venv $(VENV_TORCH)
	$(VENV_TORCH)/bin/python -m pip install -q --upgrade pip
	$(VENV_TORCH)/bin/pip install -q -e ".[dev,pocket,coreml,f0,rave,rvc,xtts]" "faiss-cpu>=1.8,<2" "torch==2.13.*"
	$(VENV_TORCH)/bin/python -c "import torchaudio" || rm -f $(VENV_TORCH)/lib/python3*/site-packages/torchaudio/lib/*.so
	touch $(TORCH)

clean:
	rm -rf $(VENV) $(VENV_TORCH) out
