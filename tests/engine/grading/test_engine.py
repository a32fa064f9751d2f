"""One submission through the real engine: what costs points, what costs nothing, and what is said."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from gatelab.grading.engine import Engine
from gatelab.grading.examiner import run_suites
from gatelab.grading.plugin import LocalWorkers
from gatelab.grading.verdicts import Grading
from gatelab.lab.bank import load_bank
from gatelab.lab.spec import Lab, LabError
from gatelab.report.outputs.gradescope import gradescope_results
from gatelab.report.record.model import Report
from gatelab.testkit.words import WITHHELD
from helpers.processes import alive, everything, within
from helpers.reference_notebook import reference_notebook
from helpers.tiny_lab import TINY, tiny_lab

pytestmark = pytest.mark.one_in(3, at=1)

PART = ("q1", "q2")


def points(report: Report) -> dict[str, float]:
    assert report.status == "graded", report.reason
    return {id: report.question(id).points for id in PART}


FULL = {"q1": 4, "q2": 6}


@pytest.fixture(scope="module")
def correct(engine: Engine, lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return engine.grade(reference_notebook(tmp_path_factory.mktemp("c") / "lab.ipynb", lab), questions=PART)


def test_correct_work_gets_full_points_and_the_report_says_how_it_was_graded(
    correct: Report, lab: Lab
) -> None:
    assert points(correct) == FULL
    assert correct.seed == lab.settings.seed and len(correct.sha256) == 64 and correct.versions["torch"]
    assert all(correct.protection.values())


def test_the_same_submission_and_seed_give_the_same_report(
    engine: Engine, lab: Lab, tmp_path: Path, correct: Report
) -> None:
    again = engine.grade(reference_notebook(tmp_path / "lab.ipynb", lab), questions=PART).to_dict()
    first = correct.to_dict()
    for timed in (again, first):
        timed["cpu_seconds"] = timed["wall_seconds"] = 0
        for question in timed["questions"]:
            question["seconds"] = 0
    assert again == first


def test_cells_that_raise_or_end_the_process_cost_only_what_they_define(
    engine: Engine, lab: Lab, tmp_path: Path
) -> None:
    path = reference_notebook(
        tmp_path / "lab.ipynb", lab,
        "%matplotlib inline\n!rm -rf /\nraise ValueError('no')",
        "def helper(): return 1\nimport os\nos._exit(0)",
        "this is not python",
        "input('?')",
        "import sys; sys.exit(3)",
        "%%bash\nexit 1",
        "display(helper())",
    )  # fmt: skip
    report = engine.grade(path, questions=PART)
    assert points(report) == FULL
    assert sorted(cell.what for cell in report.cells) == ["crashed", "raised", "raised", "raised"]
    assert any("ValueError" in cell.message for cell in report.cells)


@pytest.mark.parametrize(
    "body",
    ["import os; os._exit(0)", "raise SystemExit", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
     "return bytearray(8 << 30)", "import sys; sys.stdout.close(); import os; os.closerange(0, 200)",
     "import fcntl, os; os.write(1, b'x'); fcntl.fcntl(1, fcntl.F_SETFL, fcntl.fcntl(1, fcntl.F_GETFL) | os.O_DIRECT)"],
)  # fmt: skip
def test_code_that_crashes_its_process_costs_only_its_own_question(
    engine: Engine, lab: Lab, tmp_path: Path, body: str
) -> None:
    path = reference_notebook(tmp_path / "lab.ipynb", lab, q2=f"def cross_entropy(*args):\n    {body}\n")
    report = engine.grade(path, questions=PART)
    assert points(report) == FULL | {"q2": 0}
    assert all(part.student_text for part in report.question("q2").parts)


@pytest.mark.parametrize(
    "last",
    ["torch.set_grad_enabled(False)", "torch.no_grad().__enter__()", "torch.set_default_dtype(torch.float64)",
     "torch.autograd.set_detect_anomaly(True)", "torch.use_deterministic_algorithms(True)",
     'torch.set_default_device("meta")', "torch.set_default_dtype(torch.float16)"],
)  # fmt: skip
def test_settings_of_torch_that_a_last_cell_leaves_on_cost_correct_work_nothing(
    engine: Engine, lab: Lab, tmp_path: Path, last: str
) -> None:
    report = engine.grade(reference_notebook(tmp_path / "lab.ipynb", lab, last), questions=PART)
    assert points(report) == FULL


def test_builtins_that_a_last_cell_binds_cost_correct_work_nothing(
    engine: Engine, lab: Lab, tmp_path: Path
) -> None:
    """The graders' own code in the notebook needs them as well."""
    last = "list = [1, 2]\nlen = range = (1, 2)\ntype = 'softmax'\ntuple = isinstance = hasattr = getattr = None\nnext = 3"
    report = engine.grade(reference_notebook(tmp_path / "lab.ipynb", lab, last), questions=PART)
    assert points(report) == FULL


def test_an_empty_question_says_that_it_is_not_written(engine: Engine, lab: Lab, tmp_path: Path) -> None:
    stub = 'def softmax(logits):\n    raise NotImplementedError("q1: not written yet")\n'
    report = engine.grade(reference_notebook(tmp_path / "lab.ipynb", lab, q1=stub), questions=PART)
    assert points(report) == FULL | {"q1": 0}
    assert all("Not written yet" in part.student_text for part in report.question("q1").parts)


def test_a_deleted_question_says_that_the_name_is_missing(engine: Engine, lab: Lab, tmp_path: Path) -> None:
    report = engine.grade(reference_notebook(tmp_path / "lab.ipynb", lab, q2="x = 1"), questions=PART)
    assert points(report) == FULL | {"q2": 0}
    assert "`cross_entropy` is not defined" in report.question("q2").parts[0].student_text


def test_a_misconception_is_named_and_the_message_holds_no_expected_tensor(
    engine: Engine, lab: Lab, tmp_path: Path
) -> None:
    chaff = next(c for c in load_bank(lab).chaffs if c.key == "q1/over-the-batch")
    question = engine.grade(
        reference_notebook(tmp_path / "lab.ipynb", lab, q1=chaff.source), questions=["q1"]
    ).question("q1")
    assert question.recognised == chaff.id and chaff.misconception in question.note
    assert all("tensor([" not in part.student_text for part in question.parts)


def test_what_a_question_prints_is_kept_for_staff_and_cut(engine: Engine, lab: Lab, tmp_path: Path) -> None:
    chatty = lab.reference("q1").replace("    shifted =", "    print('hello from q1' * 2000)\n    shifted =")
    report = engine.grade(
        reference_notebook(tmp_path / "lab.ipynb", lab, "print('loading')", q1=chatty), questions=["q1"]
    )
    assert report.question("q1").points == 4
    assert report.question("q1").output.startswith("hello from q1")
    assert len(report.question("q1").output) < (66 << 10)
    assert "loading" in report.output


@pytest.mark.one_in(3, among="slow")
def test_the_calling_process_never_imports_torch_and_one_process_does(lab: Lab, tmp_path: Path) -> None:
    path = reference_notebook(tmp_path / "lab.ipynb", lab)
    script = f"""
import json, sys
from pathlib import Path
import psutil
from gatelab.grading.engine import Engine
from gatelab.lab.spec import Lab
with Engine(Lab.in_repository(Path({str(TINY)!r})), jobs=2) as engine:
    reports = [engine.grade(Path({str(path)!r}), questions=["q1"]) for n in range(3)]
    alive = [p for p in psutil.Process().children(recursive=True) if p.status() != "zombie"]
    started = {{tuple(line) for line in (p.cmdline() for p in alive) if line}}  # an ending process has none
print(json.dumps([[r.points for r in reports], "torch" in sys.modules, len(started)]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == [[4, 4, 4], False, 1]


@pytest.mark.one_in(3, among="slow")
def test_pytest_by_hand_grades_a_notebook_readably(lab: Lab, tmp_path: Path) -> None:
    chaff = next(c for c in load_bank(lab).chaffs if c.key == "q1/over-the-batch")
    path = reference_notebook(tmp_path / "lab.ipynb", lab, q1=chaff.source)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/softmax/hidden/test_q1_softmax.py", "--submission", str(path), "--seed", "5",
         "-q", "--tb=no", "-p", "no:cacheprovider"],
        cwd=TINY, capture_output=True, text=True,
    )  # fmt: skip
    assert "grade (seed 5)" in done.stdout and "over-the-batch" in done.stdout
    assert "Softmax" in done.stdout


def test_pytest_by_hand_names_a_file_that_is_not_a_notebook(tmp_path: Path) -> None:
    (tmp_path / "x.ipynb").write_text("not json")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/softmax/hidden", "--submission", str(tmp_path / "x.ipynb")],
        cwd=TINY, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 4 and "x.ipynb: this is not a readable notebook" in done.stdout + done.stderr


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine to break, of the lab with a question that is marked by hand."""
    with Engine(tiny_lab(tmp_path_factory.mktemp("own"), by_hand=True)) as engine:
        yield engine


def stopped_and_gone_on(own: Engine, lab: Lab, folder: Path, **limits: float) -> str:
    """Reason of the report of a submission that takes long, under these limits; the next one is graded as ever."""
    slow = reference_notebook(folder / "slow.ipynb", lab, "while True: pass")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in limits.items():
            patch.setattr(own, name, value)
        report = own.grade(slow, questions=["q1"])
    assert (report.status, report.submission, report.points) == ("failed", "slow", 0)
    server = psutil.Process(own._server.process.pid)
    assert within(60, lambda: not any(map(alive, everything(server)))), (
        "the examiner and its workers are gone"
    )
    assert (
        own.grade(reference_notebook(folder / "lab.ipynb", lab), questions=["q1"]).question("q1").points == 4
    )
    return report.reason


@pytest.mark.one_in(3, among="slow")
def test_a_submission_has_a_time_limit_and_the_class_continues(own: Engine, lab: Lab, tmp_path: Path) -> None:
    reason = stopped_and_gone_on(own, lab, tmp_path, seconds=3)
    assert reason == (
        "The grader was stopped after 3 s on this submission; run the same command again, "
        "and if that does not help, grade it by hand."
    )


def test_an_examiner_has_a_memory_limit_and_the_class_continues(
    own: Engine, lab: Lab, tmp_path: Path
) -> None:
    reason = stopped_and_gone_on(own, lab, tmp_path, memory=1 << 20)
    assert "stopped after it took 0.000977 GiB of memory on this submission; run" in reason


def test_the_time_limit_leaves_each_question_its_own(own: Engine) -> None:
    lab = own.lab
    assert own._limit(["q1"]) > lab.questions["q1"].seconds + 360
    assert own._limit([]) > sum(q.seconds for q in lab.questions.values() if not q.by_hand) + 360


@pytest.mark.parametrize("when", ["before", "while"])
@pytest.mark.one_in(3, among="slow")
def test_a_fork_server_that_died_is_replaced(own: Engine, lab: Lab, tmp_path: Path, when: str) -> None:
    server = own._server.process
    killer = threading.Timer(0 if when == "before" else 1.5, server.kill)
    killer.start()
    if when == "before":
        server.wait()
    # The first load ends in the cell, for the second there is no fork server any more.
    busy = (
        "import os, time\nend = time.process_time() + 3\nwhile time.process_time() < end: pass\nos._exit(0)"
    )
    cells = [] if when == "before" else [busy]
    report = own.grade(reference_notebook(tmp_path / "lab.ipynb", lab, *cells), questions=["q1"])
    killer.join()
    assert (
        report.status == "graded" and report.question("q1").points == 4 and own._server.process is not server
    )


def test_an_examiner_that_died_costs_no_other_submission_its_grade(
    own: Engine, lab: Lab, tmp_path: Path
) -> None:
    path = reference_notebook(tmp_path / "lab.ipynb", lab)
    own.on_question_start = lambda *_: psutil.Process(own._all[0].pid).kill()
    assert "The grader's own process ended" in own.grade(path, questions=["q1"]).reason
    own.on_question_start = None
    assert own.grade(path, questions=["q1"]).question("q1").points == 4


@pytest.mark.one_in(3, among="slow")
def test_an_engine_that_cannot_start_again_says_so_for_each_and_raises_nothing(
    lab: Lab, tmp_path: Path
) -> None:
    path = reference_notebook(tmp_path / "lab.ipynb", lab)
    with Engine(lab) as engine, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", str(tmp_path / "no-python"))
        engine._server.process.kill()
        engine._server.process.wait()
        reports = list(engine.grade_all([("a", path), ("b", path)], ["q1"]))
    assert [(r.submission, r.status) for r in reports] == [("a", "failed"), ("b", "failed")]
    assert all("run the same command again" in report.reason for report in reports)


@pytest.mark.one_in(3, among="slow")
def test_a_temporary_folder_that_others_cannot_enter_is_not_used(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = tmp_path / "user" / "0"
    private.mkdir(parents=True)
    private.parent.chmod(0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(private))
    with Engine(lab) as engine:
        report = engine.grade(reference_notebook(tmp_path / "lab.ipynb", lab), questions=["q1"])
    assert report.status == "graded" and report.question("q1").points == 4, report.reason


def test_an_exceptions_words_go_to_the_student_until_references_are_given_and_then_to_staff(
    engine: Engine, lab: Lab, tmp_path: Path
) -> None:
    raising = "def {}(*args):\n    word = 'la'.join('to')\n    raise ValueError(f'it is {{word}}')\n"
    sources = {"q1": raising.format("softmax"), "q2": raising.format("cross_entropy")}
    path = reference_notebook(tmp_path / "lab.ipynb", lab, **sources)
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    report = engine.grade(path, questions=["q1", "q2"])
    early, late = (next(p for p in report.question(id).parts if not p.passed) for id in ("q1", "q2"))
    for part in (early, late):
        assert "ValueError" in part.student_text and "raise ValueError(f'it is {word}')" in part.student_text
        last = part.student_error.frames[-1]
        name = "softmax" if part is early else "cross_entropy"
        assert (last.line, last.function, last.code) == (3, name, "raise ValueError(f'it is {word}')")
        assert f"def {name}(*args)" in "".join(cells[last.cell - 1]["source"])
        assert part.suite_error.frames[0].file.startswith("test_q")
        assert "it is tlao" in part.student_error.message
    assert "it is tlao" in early.student_text and "it is tlao" not in late.student_text
    assert WITHHELD in late.student_text


@pytest.mark.one_in(3, among="slow")
def test_an_engine_that_is_not_open_says_so_and_does_not_hang(lab: Lab, tmp_path: Path) -> None:
    path = reference_notebook(tmp_path / "lab.ipynb", lab)
    engine = Engine(lab)
    for ask in (lambda: engine.grade(path), lambda: engine.grade_all([("a", path)])):
        with pytest.raises(RuntimeError, match="inside `with Engine"):
            ask()
    with engine:
        assert engine.grade(path, questions=["q1"]).question("q1").points == 4
        with pytest.raises(RuntimeError, match="in use already"), engine:
            pass
    with pytest.raises(RuntimeError, match="inside `with Engine"):
        engine.grade(path)
    with engine:  # and again
        assert engine.grade(path, questions=["q1"]).question("q1").points == 4


@pytest.mark.parametrize(("id", "said"), [("q99", "q99: no such question"), ("q3", "q3: is marked by hand")])
def test_a_question_that_cannot_be_graded_is_refused_and_nothing_of_the_working_folder_is_run(
    own: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, id: str, said: str
) -> None:
    mark = tmp_path / "was-run"
    for name in ("conftest.py", "test_here.py"):
        (tmp_path / name).write_text(f"open({str(mark)!r}, 'w')\ndef test_x(): pass\n")
    path = reference_notebook(tmp_path / "lab.ipynb", own.lab)
    monkeypatch.chdir(tmp_path)
    for ask in (own.grade, lambda p, questions: own.grade_all([("a", p)], questions)):
        with pytest.raises(LabError, match=said):
            ask(path, questions=[id])
    run_suites(own.lab, Grading(own.lab, 1, LocalWorkers(own.lab, []), None), [id])
    assert not mark.exists()


@pytest.mark.one_in(3, among="slow")
def test_a_fault_of_the_grader_is_reported_to_staff_and_is_not_what_the_students_code_printed(
    lab: Lab, tmp_path: Path
) -> None:
    """A suite that cannot be opened, and was not there when the examiner started."""
    tiny = tiny_lab(tmp_path)
    path = reference_notebook(tmp_path / "lab.ipynb", tiny)
    with Engine(tiny) as engine:
        (tiny.hidden / "test_q1_gone.py").symlink_to("nowhere")
        report = engine.grade(path)
    assert report.status == "failed" and "The grader itself failed on this submission" in report.reason
    assert "test_q1_gone.py" in report.hints[0] and "Traceback" in report.hints[0] and not report.output
    staff = gradescope_results(report)["tests"][-1]
    assert (
        "The grader itself failed (RuntimeError" in staff["output"] and "cells printed" not in staff["output"]
    )
