"""Every block of commands in the repository's pages: typed here in a small kit, or by the test that is named here with what it has
of it, or by none, for a reason that is given here."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import mixed_class
from helpers.markdown_pages import pages
from helpers.shares import WHOLE
from helpers.tiny_class import gatelab
from helpers.tiny_lab import tiny_kit

pytestmark = pytest.mark.one_in(3, at=2)

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
PAGES = pages(ROOT)
LATE = '\n[late]\ndue = "2026-11-20T23:59:00+01:00"\npercent_per_day = 10\n'

# Pages that a test of their own types through; it names the page
OWN_TEST = {
    "add-a-misconception.md": "engine/cli/test_second_lab.py",
    "add-a-question.md": "engine/cli/test_second_lab.py",
    "change-points-thresholds-dates.md": "engine/cli/test_second_lab.py",
    "start-a-lab.md": "engine/cli/test_second_lab.py",
    "deadline-night.md": "engine/cli/test_deadline_night.py",
    "hand-out.md": "engine/build/test_handing_out.py",
    "commands.md": "docs/test_docs.py",  # the usage of each command, made from it
    "nbgrader.md": "docs/test_pages_in_a_shell.py",
}
# Other commands that are not typed here, by how they begin: the file where they run, and what it has of them
ELSEWHERE = {
    "make grade": ("docs/test_typed_pages.py", 'make(clone, "grade"'),
    "make test": ("../.ci/run", "for command in grade test; do"),
    "make zip": ("docs/test_pages_in_a_shell.py", '"make zip"'),
    "mkdir -p out/autograder": ("docs/test_pages_in_a_shell.py", '"gradescope" / "README.md"'),
    "unzip -q": ("docs/test_pages_in_a_shell.py", '"gradescope" / "README.md"'),
    "cp solutions/": ("docs/test_pages_in_a_shell.py", '"gradescope" / "README.md"'),
    "AUTOGRADER_ROOT=": ("docs/test_pages_in_a_shell.py", '"gradescope" / "README.md"'),
    "nbgrader generate_assignment": ("engine/cli/test_second_lab.py", "generate_assignment"),
    "nbgrader autograde": ("engine/cli/test_second_lab.py", "autograde"),
    "pip install torch==": ("../Makefile", "--index-url $(CPU_INDEX)) $(TORCH)"),
    "pip install -e '.[dev]'": ("../Makefile", "--editable '.[dev]'"),
    "gatelab export nbgrader": ("engine/classrun/test_intake_and_export.py", '"export", "nbgrader"'),
    "gatelab receipt": ("lstm-gru/test_handing_in.py", 'gatelab("receipt", *words)'),
    "pytest tests/": ("engine/grading/test_engine.py", '"-m", "pytest", "tests/softmax/hidden/test_q1_softmax.py", "--submission"'),
    "dask scheduler": ("engine/integrations/test_cluster.py", '"scheduler"'),
    "GATELAB_ROOT=": ("engine/integrations/test_cluster.py", "GATELAB_ROOT="),
    "gatelab grade submissions/ -o out/ --cluster": ("engine/integrations/test_cluster.py", '"--cluster"'),
    "gatelab bench --scaling": ("engine/audit/test_bench_scaling.py", "run_scaling_bench("),
    "python tests/lstm-gru/explorer/page.py": ("lstm-gru/test_explorer.py", "module.text()"),
}  # fmt: skip
# Commands that no test runs, by how they begin: why not, and what is tested in their place
NOWHERE = {
    "make claims": "it trains for an hour or more; what it recorded is held to the notebooks by lstm-gru/test_claims.py",
    "python tests/lstm-gru/explorer/record.py": "it trains two models; lstm-gru/test_explorer.py reads what it recorded",
    "python tests/lstm-gru/calibration/": "it trains for a minute to an hour; lstm-gru/test_calibration.py reads what it recorded",
    "gatelab bench --trainings": "it trains every solution twice; lstm-gru/test_quick_training.py grades by the suites that it compares with",
    "conda ": "it downloads 2 GB, and conda is not here; engine/test_environment.py compares environment.yml with what is installed",
    "pip install -r assignment/lstm-gru/requirements.txt": "after conda; engine/test_pip_install.py installs by pip",
    "pip install -e . --no-deps": "for conda alone; engine/test_pip_install.py installs the kit without -e",
}  # fmt: skip
SHEETS = {  # as the platforms give them for this class
    "canvas": "Student,ID,SIS Login ID,Section,Softmax (7)\nAda,1,ada,S,\nZoë Müller,2,zoe,S,\n",
    "moodle": "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Feedback comments\n"
    "Participant 1,Ada,ada@example.org,Submitted,,12.00,\n",
}


def commands(page: Path) -> list[str]:
    """The lines of a page's blocks of commands, in their order, without what is said of them."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^ *```(\w*)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    lines = [
        re.split(r"\s+# ", line)[0].strip()
        for kind, block in blocks
        if kind in ("sh", "bash", "console")
        for line in block.replace("\\\n", " ").splitlines()
    ]
    return [line for line in lines if line and not line.startswith("#")]


def here(page: Path) -> list[str]:
    """Those that are typed in this file."""
    return [line for line in commands(page) if not line.startswith((*ELSEWHERE, *NOWHERE))]


HERE = [page for page in PAGES if page.name not in OWN_TEST and here(page)]
BUILDING = ("gatelab build", "gatelab verify", "gatelab zip")


def typed(line: str) -> None:
    program, *words = shlex.split(line.replace("lstm-gru", "softmax"))
    assert program == "gatelab", f"{line}: type it here, or say in ELSEWHERE which test does"
    done = gatelab(*words)
    # 1: something is left to do, as the command says; essay.pdf cannot be graded, and not everybody is in a sheet.
    assert done.exit_code in (0, 1) and "Traceback" not in done.output, f"{line}\n{done.output}"
    if words[0] in ("show", "why", "mark", "comment", "late", "build", "verify"):
        assert done.exit_code == 0, f"{line}\n{done.output}"


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit with a class that came in late, as a folder and as a zip, graded."""
    kit = tiny_kit(tmp_path_factory.mktemp("typed") / "kit", by_hand=True)
    table = kit / "assignment" / "softmax" / "lab.toml"
    table.write_text(table.read_text("utf-8") + LATE, encoding="utf-8")
    mixed_class.mixed_class(kit / "submissions")
    shutil.make_archive(str(kit / "submissions"), "zip", kit / "submissions")
    (kit / "people.csv").write_text("Name,Email\nAda,ada@example.org\nZoë Müller,zoe@example.org\n", "utf-8")
    done = gatelab("grade", kit / "submissions", "-o", kit / "out", "--jobs", "1", "--root", kit)
    assert done.exit_code == 1, done.output
    return kit


@pytest.fixture
def kit(graded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    copy = Path(shutil.copytree(graded, tmp_path / "kit"))
    monkeypatch.chdir(copy)
    yield copy


@pytest.mark.parametrize("page", HERE, ids=lambda page: page.name)
def test_the_commands_for_a_class_run_as_written_in_their_order(kit: Path, page: Path) -> None:
    for line in here(page):
        if line.startswith(BUILDING):
            continue
        if "submissions.zip" in line and line.startswith("gatelab grade"):
            shutil.rmtree("out")  # another class
        if "--template sheet.csv" in line:
            Path("sheet.csv").write_text(SHEETS[line.split()[2]], encoding="utf-8")
        typed(line)


def test_the_commands_that_build_run_as_written_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_kit(tmp_path / "kit")
    monkeypatch.chdir(tmp_path / "kit")
    lines = [line for page in HERE for line in here(page) if line.startswith(BUILDING)]
    assert "gatelab build" in lines and "gatelab build --accept" in lines
    if not WHOLE:  # the others are typed with more by engine/cli/test_second_lab.py
        lines = ["gatelab build"]
    for line in ["gatelab build --accept", *dict.fromkeys(lines)]:
        typed(line)
    assert Path("dist/softmax.zip").is_file()


def test_a_file_that_is_said_to_run_a_command_contains_it() -> None:
    said = [*ELSEWHERE.values(), *((test, name) for name, test in OWN_TEST.items())]
    read = {place: (TESTS / place).read_text(encoding="utf-8") for place, _ in said}
    assert [(place, text) for place, text in said if text not in read[place]] == []


def test_what_is_tested_in_place_of_a_command_exists() -> None:
    for why in NOWHERE.values():
        assert all((TESTS / name).is_file() for name in re.findall(r"\S+\.py", why)) and ".py" in why, why


def test_commands_that_do_not_run_here_are_on_a_page() -> None:
    lines = [line for page in PAGES for line in commands(page)]
    assert [
        begin for begin in (*ELSEWHERE, *NOWHERE) if not any(line.startswith(begin) for line in lines)
    ] == []


# --- the two commands of the README, in a fresh clone ---


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The committed files, without the untracked ones of this checkout."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a clone, and nothing can be cloned from it")
    to = tmp_path_factory.mktemp("fresh") / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, to], check=True, capture_output=True)
    return to


def make(clone: Path, *words: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    """make in the clone, by its own engine, in the environment that is there (making one takes 2 GB of the network)."""
    ready = f"{sys.prefix}/.ready"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    environment["PYTHONPATH"] = str(clone / "autograder")
    return subprocess.run(
        ["make", f"VENV={sys.prefix}", "-o", ready, *words],
        cwd=clone, env=environment, capture_output=True, text=True, timeout=seconds,
    )  # fmt: skip


def test_both_commands_of_the_readme_are_there_in_a_fresh_clone(clone: Path) -> None:
    lines = [line for line in commands(clone / "README.md") if line.startswith("make ")]
    assert lines == ["make grade", "make test"]
    for line in (line for page in PAGES for line in commands(page) if line.startswith("make ")):
        done = make(clone, "-n", *line.split()[1:])
        assert done.returncode == 0 and f"{sys.prefix}/bin/" in done.stdout, done.stderr


@pytest.mark.skipif(not WHOLE, reason="it builds the lab and grades the sample class: with GATELAB_ALL=1")
def test_a_fresh_clone_builds_and_grades_its_sample_class(clone: Path) -> None:
    done = make(clone, "grade", "JOBS=2", seconds=1800)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "Class report: out/sample/index.html" in done.stdout
    assert (clone / "out" / "sample" / "index.html").is_file()
    left = subprocess.run(
        ["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True
    )
    assert left.stdout == "", "what `make grade` builds is what is committed"
