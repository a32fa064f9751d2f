"""What is the grader's or the machine's fault: it must never count as 0, must be reported as such everywhere, and

must be tried again. The faults are real ones, made from outside: processes are killed, and their limits taken down

while they work.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from gatelab.build.autograder_zip import build_autograder_zip
from gatelab.faults import MESSAGE_TO_STUDENT, GraderFault
from gatelab.grading.engine import Engine
from gatelab.grading.workers import ConfinedWorkers
from gatelab.integrations.otter.run import grade_apart
from gatelab.lab.spec import Lab
from gatelab.report.record.model import OUR_FAULT, Report
from gatelab.sandbox.confine import REQUIRED
from gatelab.sandbox.lost import WorkerLost
from gatelab.sandbox.process import WorkerProcess, machine_can_fork
from gatelab.submission.notebook import CodeCell
from helpers import command
from helpers.notebooks import write_notebook
from helpers.otter_in_process import use_engine
from helpers.tables import grades
from helpers.tiny_lab import RIGHT, SETUP, tiny_kit
from helpers.zips import unpacked

pytestmark = pytest.mark.one_in(3, at=0)

WAIVED = [word for piece in REQUIRED for word in ("--accept-missing", piece)]


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_kit(tmp_path_factory.mktemp("kit"))


@pytest.fixture(scope="module")
def lab(kit: Path) -> Lab:
    return Lab.in_repository(kit)


@pytest.fixture(scope="module")
def engine(lab: Lab) -> Iterator[Engine]:
    """An engine to break."""
    with Engine(lab, accept_missing=REQUIRED) as engine:
        yield engine


@pytest.fixture(scope="module")
def correct(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("correct") / "lab.ipynb"
    return write_notebook(path, SETUP, RIGHT["q1"], RIGHT["q2"])


def is_our_fault(report: Report, why: str) -> None:
    assert (report.status, report.points, report.questions) == ("failed", 0, []), report.reason
    assert why in report.reason and "run the same command again" in report.reason
    assert (
        report.student_reason == MESSAGE_TO_STUDENT
        and "hand it in" not in report.reason + report.student_reason
    )


def files_left(engine: Engine, correct: Path, more: int) -> None:
    """Leave the engine's examiner so many files to open."""
    if not engine._all:
        engine.grade(correct)
    pid = engine._all[0].pid
    most = max(int(name) for name in os.listdir(f"/proc/{pid}/fd")) + 1 + more
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


@pytest.mark.parametrize("more", range(8))
@pytest.mark.one_in(4)
def test_too_many_open_files_are_not_the_submissions_fault(engine: Engine, correct: Path, more: int) -> None:
    """At each place where the examiner opens a file, a socket or a pipe."""
    files_left(engine, correct, more)
    report = engine.grade(correct)
    files_left(engine, correct, 500)
    if report.status == "graded":
        assert report.points == 10
    else:
        is_our_fault(report, "Too many open files" if more else "cannot be read (Too many open files)")
    assert (engine.grade(correct).status, engine.grade(correct).points) == ("graded", 10)


def test_fewer_files_than_that_are_too_few(engine: Engine, correct: Path) -> None:
    """That the test above does break something."""
    found = []
    for more in (0, 3):
        files_left(engine, correct, more)
        found.append(engine.grade(correct).status)
        files_left(engine, correct, 500)
    assert found == ["failed", "failed"]


def test_a_missing_temporary_folder_is_not_the_submissions_fault(lab: Lab, correct: Path) -> None:
    with Engine(lab, accept_missing=REQUIRED) as engine:
        shutil.rmtree(engine._server.folder)
        is_our_fault(engine.grade(correct), "No such file or directory")


def test_an_examiner_that_is_killed_is_not_the_submissions_fault(
    engine: Engine, correct: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the kernel does where memory runs out."""
    engine.grade(correct)
    monkeypatch.setattr(engine, "on_question_start", lambda *_: psutil.Process(engine._all[0].pid).kill())
    is_our_fault(engine.grade(correct), "The grader's own process ended")
    monkeypatch.setattr(engine, "on_question_start", None)
    assert engine.grade(correct).points == 10


def test_an_examiner_that_was_killed_while_it_waited_is_replaced(engine: Engine, correct: Path) -> None:
    engine.grade(correct)
    waiting = psutil.Process(engine._all[0].pid)
    waiting.kill()
    assert engine.grade(correct).points == 10
    psutil.wait_procs([waiting], timeout=20)
    psutil.Process(engine._all[0].pid).kill()
    time.sleep(0.5)
    assert engine.grade(correct).points == 10


def test_the_wall_clock_backstop_and_the_examiners_limit_are_not_the_submissions_fault(
    engine: Engine, correct: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "seconds", 0.01)
    is_our_fault(engine.grade(correct), "stopped after 0.01 s")
    monkeypatch.setattr(engine, "seconds", None)
    monkeypatch.setattr(engine, "memory", 1 << 20)
    slow = write_notebook(correct.with_name("slow.ipynb"), "import time; time.sleep(2)", RIGHT["q1"])
    is_our_fault(engine.grade(slow), "GiB of memory")


def test_a_fault_of_the_suites_is_not_the_submissions_fault(kit: Path, correct: Path, tmp_path: Path) -> None:
    """Spoilt after the engine has looked the lab through."""
    root = shutil.copytree(kit, tmp_path / "kit")
    suite = next((root / "tests" / "softmax" / "hidden").glob("test_q1_*.py"))
    with Engine(Lab.in_repository(root), accept_missing=REQUIRED) as engine:
        suite.with_name("test_q1_again.py").write_text("import nothing_of_this_name\n", encoding="utf-8")
        report = engine.grade(correct)
        is_our_fault(report, "The grader itself failed on this submission")
        assert "pytest could not run the suites" in report.hints[0]


def test_a_machine_that_fails_in_the_middle_of_a_suite_spoils_no_part(
    kit: Path, correct: Path, tmp_path: Path
) -> None:
    root = shutil.copytree(kit, tmp_path / "kit")
    suite = next((root / "tests" / "softmax" / "hidden").glob("test_q2_*.py"))
    for error in (
        "OSError(24, 'Too many open files')",
        "MemoryError()",
        "RuntimeError('cannot allocate memory')",
    ):
        text = suite.read_text(encoding="utf-8").rpartition("\n# breaks")[0] or suite.read_text(
            encoding="utf-8"
        )
        text += (
            "\n# breaks\nfrom gatelab.testkit import part as _part\n\n@_part('q2', 'breaks', 0)\n"
            f"def test_breaks(student):\n    raise {error}\n"
        )
        suite.write_text(text, encoding="utf-8")
        with Engine(Lab.in_repository(root), accept_missing=REQUIRED) as engine:
            is_our_fault(engine.grade(correct), "The machine failed")


@pytest.mark.parametrize(("room", "why"), [(True, WorkerLost), (False, GraderFault)])
def test_a_failed_fork_is_the_machines_fault_if_it_cannot_fork_at_all(
    engine: Engine, lab: Lab, monkeypatch: pytest.MonkeyPatch, room: bool, why: type[Exception]
) -> None:
    """The worker says the same in both cases: a submission can take away its own processes."""
    none = "import resource, os\nresource.setrlimit(resource.RLIMIT_NPROC, (0, 0))\n"
    none += "def fork():\n    raise OSError(11, 'no')\nos.fork = fork"
    monkeypatch.setattr("gatelab.grading.workers.machine_can_fork", lambda: room)
    server = engine._server
    workers = ConfinedWorkers(lab, [CodeCell(0, none)], server.client, server.library, accept_missing=True)
    try:
        with pytest.raises(why, match="no room for another process"):
            workers.open(lab.questions["q1"], set(), time.monotonic() + 30)
    finally:
        workers.unload()


def test_a_machine_that_can_fork_passes_the_check() -> None:
    assert machine_can_fork()


@pytest.mark.skipif(os.geteuid() != 0, reason="a worker has a user of its own where the grader is root")
def test_a_submission_that_forks_until_its_limit_has_itself_to_blame(engine: Engine, tmp_path: Path) -> None:
    forks = "import os, time\nfor _ in range(60):\n    try:\n        if os.fork() == 0:\n            time.sleep(60)\n    except OSError:\n        pass"
    path = write_notebook(tmp_path / "lab.ipynb", SETUP, RIGHT["q1"], forks)
    report = engine.grade(path)
    assert report.status == "graded", report.reason
    assert {part.student_text for part in report.question("q1").parts} >= {
        "Your notebook leaves no room for another process."
    }


def test_a_submission_that_ends_its_own_process_has_itself_to_blame(engine: Engine, tmp_path: Path) -> None:
    killed = "def softmax(*args):\n    import os, signal\n    os.kill(os.getpid(), signal.SIGKILL)"
    report = engine.grade(write_notebook(tmp_path / "lab.ipynb", SETUP, killed, RIGHT["q2"]))
    assert (report.status, report.points) == ("graded", 6)


def test_a_worker_killed_by_the_machine_for_memory_is_not_the_submissions_fault(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux counts how often it did so."""
    kills = iter([3, 4])
    monkeypatch.setattr("gatelab.sandbox.process.killed_by_machine", lambda: next(kills))
    worker = WorkerProcess(engine._server.client, engine._server.library)
    try:
        for process in psutil.Process(worker.warden).children():
            process.kill()
        with pytest.raises(GraderFault, match="ran out of memory"):
            worker.ask({"op": "cell", "source": "1", "index": 0, "seconds": 10.0, "quick": False}, 10)
    finally:
        worker.close()


# What is said of it.


def gatelab(*arguments: object) -> tuple[int, str]:
    done = command.gatelab(*arguments)
    return done.exit_code, done.output


def test_a_class_reports_the_graders_fault_and_the_same_command_tries_again(
    kit: Path, correct: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = tmp_path / "class", tmp_path / "out"
    for name in ("ada", "bob"):
        (folder / name).mkdir(parents=True)
        shutil.copy(correct, folder / name / "lab.ipynb")
    (folder / "eve.ipynb").write_bytes(b"")
    command = ["grade", folder, "-o", out, "--root", kit, "--jobs", 1, *WAIVED]
    grade = Engine.grade

    def only_bob(self: Engine, path: Path, name: str, *rest: object) -> Report:
        self.seconds = 0.01 if name == "ada" else None
        return grade(self, path, name, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(Engine, "grade", only_bob)
        code, said = gatelab(*command)
    row = grades(out)["ada"]
    assert code == 1 and f"ada: {OUR_FAULT}" in said
    assert row["status"] == OUR_FAULT and row["q1"] == row["total"] == "" and "stopped after" in row["reason"]
    assert (grades(out)["bob"]["total"], grades(out)["eve"]["status"]) == ("10", "ungradable")
    page = (out / "feedback" / "ada.html").read_text(encoding="utf-8")
    assert "our fault, not yours" in page and "could not be graded" not in page and "0 of" not in page
    assert OUR_FAULT in (out / "index.html").read_text(encoding="utf-8")

    sheet = tmp_path / "canvas.csv"
    sheet.write_text(
        "Student,ID,SIS Login ID,Section,Softmax (77)\nA,1,ada,S,\nB,2,bob,S,\n", encoding="utf-8"
    )
    code, said = gatelab(
        "export", "canvas", out, "--template", sheet, "-o", tmp_path / "filled.csv", "--partial"
    )
    filled = (tmp_path / "filled.csv").read_text(encoding="utf-8").splitlines()
    assert code == 1 and "not graded because the grader failed" in said
    assert filled[1].endswith(",") and filled[2].endswith(",10")

    code, said = gatelab(*command)
    assert "2 of 3 notebooks are done from an earlier run" in said
    assert grades(out)["ada"]["total"] == "10" and grades(out)["ada"]["reason"] == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_an_unreadable_file_is_not_the_students_fault(kit: Path, correct: Path, tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    shutil.copy(correct, tmp_path / "class" / "ada.ipynb")
    (tmp_path / "class" / "ada.ipynb").chmod(0)
    gatelab("grade", tmp_path / "class", "-o", tmp_path / "out", "--root", kit)
    assert grades(tmp_path / "out")["ada"]["status"] == OUR_FAULT


@pytest.fixture
def broken_engine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """One that stops every submission at once."""
    monkeypatch.setattr(engine, "seconds", 0.001)
    use_engine(monkeypatch, engine)
    return engine


def test_otter_and_gradescope_enter_no_0(
    lab: Lab, broken_engine: Engine, correct: Path, tmp_path: Path
) -> None:
    archive = build_autograder_zip(lab, tmp_path / "zip", accept_missing=REQUIRED)
    source = unpacked(archive, tmp_path / "source")
    results = grade_apart(source, correct, tmp_path / "results")
    assert "score" not in results and not any("score" in test for test in results["tests"])
    assert results["extra_data"]["status"] == "failed"
    assert results["output"].startswith(f"Not graded. {MESSAGE_TO_STUDENT}")
    *_, staffs = results["tests"]
    assert "stopped after 0.001 s" in staffs["output"] and staffs["visibility"] == "hidden"
    assert results == json.loads((tmp_path / "results" / "results.json").read_text(encoding="utf-8"))
