"""Cells that run programs, the package's own command among them: a look at the notebook ends, and ends what it started."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from gatelab.build.pipeline import build
from helpers.package_command import CONSOLE, package_command
from helpers.processes import within
from helpers.tiny_lab import RIGHT, tiny_kit

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups")

COMMAND = "[sys.executable, '-m', 'softmax_lab', 'check']"
# The command in a cell, with what it said kept in a file.
NESTED = {
    "a program": f"import subprocess, sys\ndone = subprocess.run({COMMAND}, capture_output=True, text=True)\n"
    "open('said.txt', 'a').write(f'{done.returncode} {done.stderr}')",
    "the shell": "import sys\n!{sys.executable} -m softmax_lab submit 2>> said.txt",
}
SLEEPER = "import os, subprocess, time\nsleeper = subprocess.Popen(['sleep', '600'])\nopen('pids.txt', 'w').write(f'{sleeper.pid} {os.getpid()}')\n"


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny lab's handout with its answers."""
    kit = tiny_kit(tmp_path_factory.mktemp("kit"))
    build(kit, execute=False, accept=True, call=False)
    folder = kit / "release" / "softmax"
    book = json.loads((folder / "lab.ipynb").read_text(encoding="utf-8"))
    for cell in book["cells"]:
        id = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if id.removesuffix("-solution") in RIGHT and cell["metadata"]["nbgrader"]["solution"]:
            cell["source"] = RIGHT[id.removesuffix("-solution")]
    (folder / "lab.ipynb").write_text(json.dumps(book), encoding="utf-8")
    return folder


@pytest.fixture
def folder(solved: Path, tmp_path: Path) -> Path:
    return shutil.copytree(solved, tmp_path / "softmax")


def with_cell(folder: Path, source: str) -> None:
    """Add a cell of the student's at the end."""
    path = folder / "lab.ipynb"
    book = json.loads(path.read_text(encoding="utf-8"))
    cell = {"cell_type": "code", "id": "own", "metadata": {}, "source": source, "outputs": [], "execution_count": None}  # fmt: skip
    book["cells"].append(cell)
    path.write_text(json.dumps(book), encoding="utf-8")


@pytest.mark.one_in(2)
@pytest.mark.parametrize("how", NESTED)
def test_a_notebook_that_runs_the_command_is_packed_and_the_inner_command_does_nothing(
    folder: Path, how: str
) -> None:
    with_cell(folder, NESTED[how])
    done = package_command(folder, "softmax_lab", "submit")
    assert done.returncode == 0 and "2 of 2 checks pass." in done.stdout, done.stdout + done.stderr
    assert len([*folder.glob("*.zip")]) == 1
    said = (folder / "said.txt").read_text(encoding="utf-8")
    assert said.count("this command is in a cell of the notebook that is being looked at") == 1, said


def pids(folder: Path) -> list[int]:
    path = folder / "pids.txt"
    return [int(word) for word in path.read_text().split()] if path.is_file() else []


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_what_a_cell_started_ends_with_the_command(folder: Path) -> None:
    with_cell(folder, SLEEPER)
    assert package_command(folder, "softmax_lab", "check").returncode == 0
    assert len(pids(folder)) == 2
    assert within(10, lambda: not any(map(is_running, pids(folder))))


@pytest.mark.one_in(3)
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGHUP, signal.SIGINT])
def test_a_command_that_is_ended_leaves_nothing_running(folder: Path, by: signal.Signals) -> None:
    with_cell(folder, SLEEPER + "time.sleep(600)")
    command = [sys.executable, "-m", "softmax_lab", "check"]
    with subprocess.Popen(
        command, cwd=folder, env=os.environ | CONSOLE, stdout=subprocess.DEVNULL
    ) as running:
        assert within(60, lambda: len(pids(folder)) == 2)
        running.send_signal(by)
    assert within(10, lambda: not any(map(is_running, pids(folder))))


@pytest.mark.one_in(2, among="saved")
def test_a_file_that_is_saved_with_other_outputs_meanwhile_is_packed_as_it_was_read(folder: Path) -> None:
    """Jupyter saves by itself, while a cell shows what this command prints."""
    saves = "import json\nbook = json.load(open('lab.ipynb'))\nbook['cells'][-1]['outputs'] = [{'output_type': 'stream', 'name': 'stdout', 'text': 'q1'}]\n"
    with_cell(folder, saves + "json.dump(book, open('lab.ipynb', 'w'))")
    done = package_command(folder, "softmax_lab", "submit")
    assert done.returncode == 0 and "Hand in" in done.stdout, done.stdout + done.stderr
    assert json.loads((folder / "lab.ipynb").read_text())["cells"][-1]["outputs"]


@pytest.mark.one_in(2, among="saved")
def test_a_file_that_is_saved_with_other_cells_meanwhile_is_not_packed(folder: Path) -> None:
    saves = "import json\nbook = json.load(open('lab.ipynb'))\nbook['cells'][-1]['source'] += '# more'\n"
    with_cell(folder, saves + "json.dump(book, open('lab.ipynb', 'w'))")
    done = package_command(folder, "softmax_lab", "submit")
    assert done.returncode == 2 and "was saved again meanwhile; run the command once more" in done.stderr
    assert not [*folder.glob("*.zip")]
