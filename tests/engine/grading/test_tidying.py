"""Everything that a submission or the grader leaves behind is removed, however it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from gatelab.audit.notebooks import write_notebook
from gatelab.folders import TemporaryFolder, remove
from gatelab.grading.engine import Engine
from gatelab.lab.spec import Lab
from gatelab.sandbox.confine import memory
from helpers.processes import LEAKY, alive, everything, within
from helpers.reference_notebook import reference_notebook
from helpers.shares import WHOLE, share

pytestmark = pytest.mark.one_in(3, at=0)

DEEP = 3000  # more than Python's recursion and a process's descriptors


def test_a_folder_is_removed_however_deep_it_is(tmp_path: Path) -> None:
    folder, here = tmp_path / "worker", os.getcwd()
    folder.mkdir()
    os.chdir(folder)
    try:
        for _ in range(DEEP):
            os.mkdir("d")
            os.chdir("d")
    finally:
        os.chdir(here)
    remove(folder)
    assert not folder.exists()


def test_the_target_of_a_link_is_kept(tmp_path: Path) -> None:
    folder, other = tmp_path / "worker", tmp_path / "other"
    for each in (folder, other):
        each.mkdir()
        (each / "file").write_text("x")
    (folder / "link").symlink_to(other)
    remove(folder)
    assert not folder.exists() and (other / "file").read_text() == "x"


def test_a_temporary_folder_is_removed_at_its_end_and_with_the_process_that_made_it(tmp_path: Path) -> None:
    with TemporaryFolder("gatelab-test-") as folder:
        (folder / "x").write_text("x")
    assert not folder.exists()
    script = (
        "from gatelab.folders import TemporaryFolder\nimport time\nfolder = TemporaryFolder('gatelab-test-')\n"
        "(folder.path / 'x').write_text('x')\nprint(folder.path, flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        folder = Path(process.stdout.readline().strip())
        assert folder.exists()
        process.kill()
    assert within(30, lambda: not folder.exists())


WARM = 1  # rounds after which what is kept for good is there


def footprint(engine: Engine) -> dict[str, int]:
    """What the examiner and the fork server hold: descriptors, temporary files, KiB that belong to no file,
    children."""
    found = {}
    for name, pid in (("examiner", engine._all[0].pid), ("server", engine._server.process.pid)):
        process = psutil.Process(pid)
        found[f"{name}'s descriptors"] = process.num_fds()
        found[f"{name}'s memory"] = memory.held(pid) >> 10
        found[f"{name}'s threads"] = process.num_threads()
    within(20, lambda: len(psutil.Process(engine._server.process.pid).children()) <= 1)
    found["processes"] = sum(map(alive, everything(psutil.Process(engine._server.process.pid))))
    found["files"] = sum(1 for _ in engine._server.folder.rglob("*"))
    found["own descriptors"] = psutil.Process().num_fds()
    return found


@pytest.mark.timeout(900)
def test_hostile_submissions_leave_the_examiner_and_the_fork_server_as_they_were(
    lab: Lab, tmp_path: Path, turn: int
) -> None:
    """One kind of them at each run, all with GATELAB_ALL."""
    paths = [
        reference_notebook(tmp_path / "class" / f"{n}.ipynb", lab, source)
        for n, source in enumerate(share([*LEAKY.values()], 9, turn))
    ]
    with Engine(lab) as engine:
        seen = []
        for _ in range(WARM + 2):
            for path in paths:
                engine.grade(path, questions=["q1", "q2"] if WHOLE else ["q1"])
            seen.append(footprint(engine))
        first, last = seen[WARM - 1], seen[-1]
        grew = {
            what: (first[what], last[what])
            for what in first
            if "memory" not in what and last[what] > first[what]
        }
        assert grew == {}, seen
        # What grows by little and never ends, the engine ends by another examiner; here it must be little.
        assert last["examiner's memory"] - first["examiner's memory"] < 24 << 10, seen
        assert last["server's memory"] - first["server's memory"] < 2 << 10, seen
        report = engine.grade(write_notebook(tmp_path / "good.ipynb", lab, {}), questions=["q1"])
    assert report.question("q1").points == 4


def test_an_examiner_that_has_grown_is_replaced(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_notebook(tmp_path / "good.ipynb", lab, {})
    monkeypatch.setattr("gatelab.grading.examiner_process.WARM_AFTER", 1)
    monkeypatch.setattr("gatelab.grading.examiner_process.EXAMINER_GROWTH", -1)
    with Engine(lab) as engine:
        graded = [(engine.grade(path, questions=["q1"]).points, engine._all[:]) for _ in range(3)]
        assert [points for points, _ in graded] == [4] * 3
        assert [len(examiners) for _, examiners in graded] == [0] * 3, "each was ended after its first"
