# Two commands: `make grade` and `make test`. Each makes the environment first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TORCH := $(shell sed -n 's/^    "\(torch==[^"]*\)",$$/\1/p' pyproject.toml)
CPU_INDEX ?= https://download.pytorch.org/whl/cpu
# A folder of wheels to install from without a network; autograder/gradescope/setup.sh knows both names too.
WHEELS ?=
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
	$(if $(WHEELS),--no-index --find-links $(WHEELS))
JOBS ?= 2
LAB ?= lstm-gru
IMAGE ?= debian:bookworm

.PHONY: grade test test-all hostile flat reached fuzz build zip verify fingerprints mutate ambush bench soak killed steady image claims calibrate docs lint clean

## Build the release, make and grade the sample class, write the grade book and the class report.
grade: $(READY)
	$(BIN)/gatelab build --lab $(LAB)
	$(BIN)/python tests/$(LAB)/sample/make.py
	# The sample class holds files that cannot be graded, on purpose: exit code 1 says so and is what we want.
	$(BIN)/gatelab grade tests/$(LAB)/sample/class --lab $(LAB) -o out/sample --jobs $(JOBS) || test $$? -eq 1

# The longest files come first (tests/conftest.py), so that no processor waits at the end for one of them.
PYTEST = $(BIN)/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --durations 15

## Run every test of the kit. Of some banks each run looks at another part, drawn from the seed that it tells.
test: $(READY)
	$(BIN)/ruff check .
	$(PYTEST)

## The same with nothing left out: every chaff, every hostile submission with every question, every moment of a kill.
test-all: $(READY)
	$(BIN)/ruff check .
	GATELAB_ALL=1 $(PYTEST)

## Every hostile submission through otter and nbgrader as they are installed (`make test` sends a few of them there), and
## through the class command with each piece of confinement taken away in turn. Root and not root: run it as either.
hostile: $(READY)
	$(BIN)/pytest tests/hostile/test_doors.py tests/hostile/test_less.py --durations 2

## 300 hostile submissions through one engine: do its processes' descriptors, memory and files stay as they were?
flat: $(READY)
	$(BIN)/python tests/flat.py --jobs $(JOBS)

## Which lines of worker/ and confine/ the hostile submissions reach; writes docs/reached.md.
reached: $(READY)
	$(BIN)/python tests/reached.py --jobs $(JOBS)

## An hour of bytes that nobody thought of, guided by the lines they reach, for all that reads what strangers hand in.
fuzz: $(READY)
	$(PIP) --editable '.[fuzz]'
	$(BIN)/python tests/fuzz/run.py --seconds 720

## Release, solutions and the students' zip. What students see must be what was accepted: `gatelab build --accept`.
build: $(READY)
	$(BIN)/gatelab build --lab $(LAB)

## The zip for otter and Gradescope, in dist/; it holds solutions and is for staff only. The student zip comes from `make build`.
zip: $(READY)
	$(BIN)/gatelab zip --lab $(LAB)

## Grade the suites with the bank of right and wrong solutions (safe to interrupt); writes docs/<lab>/matrix.html, matrix.md and the table of docs/quality.md.
verify: $(READY)
	$(BIN)/gatelab verify --lab $(LAB) --jobs $(JOBS) --seeds 50 --kept out/verify.jsonl --out docs --readme docs/quality.md

## The numbers by which the public checks name mistakes, worked out anew: are the committed ones those of the bank?
fingerprints: $(READY)
	$(BIN)/gatelab fingerprints --lab $(LAB)
	git diff --exit-code -- assignment/$(LAB)/tests

## Grade the suites with every small change of the references; writes docs/<lab>/mutation.md.
mutate: $(READY)
	$(BIN)/gatelab mutate --lab $(LAB) --jobs $(JOBS) --out docs

## Wrong work that is green in every public check and then loses points; writes docs/<lab>/ambush.md.
ambush: $(READY)
	$(BIN)/gatelab ambush --lab $(LAB) --jobs $(JOBS) --out docs

bench: $(READY)
	$(BIN)/gatelab bench --lab $(LAB)

## 25 classes of 40, each with a new fork server: does one ever hang?
soak: $(READY)
	$(BIN)/python tests/soak.py --jobs $(JOBS)

## `kill -9` at 100 random moments of a class run: does the same command again give exactly the undisturbed results?
killed: $(READY)
	$(BIN)/python tests/kill_soak.py --moments 100

## The same class alone and beside busy processes, with other jobs and threads: does a point change?
steady: $(READY)
	$(BIN)/python tests/steady.py --training

## The grading image against the class command: does a container give the same points? Docker with buildx must run.
image: $(READY)
	$(BIN)/python tests/container.py --image $(IMAGE)

## Re-run the notebooks' experiments from ten seeds; what their sentences claim is held against this record.
claims: $(READY)
	$(BIN)/python tests/lstm-gru/claims/run.py --jobs $(JOBS)

## Accept what the sample class is told now, points and sentences: the tests compare with it. Commit tests/<lab>/sample/said.txt.
.PHONY: accept
accept: grade
	$(BIN)/python tests/$(LAB)/sample/said.py

calibrate: $(READY)
	$(BIN)/python tests/lstm-gru/calibration/calibrate.py

## The documentation as a website, out/docs/index.html; the page of commands is written anew first.
docs: $(READY)
	$(BIN)/typer gatelab.cli.app utils docs --name gatelab --title Commands > docs/commands.md
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/deptry autograder
	$(BIN)/vulture

clean:
	rm -rf $(VENV) out dist

# torch first and from PyTorch's index of CPU builds, so that pip does not bring the CUDA build with it; where that
# index cannot be reached, whatever build of the same version pip finds.
# Without what it needs, which that index does not have in our versions; the last line brings it. constraints.txt fixes every
# version, of what the pins bring along as well.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --no-deps $(if $(WHEELS),,--retries 1 --timeout 60 --index-url $(CPU_INDEX)) $(TORCH) 2>/dev/null || $(PIP) --no-deps $(TORCH)
	$(if $(WHEELS),$(PIP) 'setuptools>=77')
	$(PIP) $(if $(WHEELS),--no-build-isolation) --editable '.[dev]'
	touch $@
