"""How a submission's process ended is reported in one true sentence, not as a list of possible reasons."""

from __future__ import annotations

import signal
from dataclasses import replace
from functools import partial
from pathlib import Path

import nbformat
import pytest

from gatelab.audit.notebooks import write_notebook
from gatelab.faults import GraderFault
from gatelab.grading.engine import Engine
from gatelab.grading.workers import ConfinedWorkers
from gatelab.lab.policy import Withheld
from gatelab.lab.spec import Lab
from gatelab.sandbox.confine.apply import Settings
from gatelab.sandbox.ending import CLOSED, describe_end
from gatelab.sandbox.forkserver import ForkServer
from gatelab.sandbox.lost import WorkerLost
from helpers.tiny_lab import tiny_lab

pytestmark = pytest.mark.one_in(3, at=0)

# Without the worker's own alarms, so that the kernel's limit is what ends it.
ALARMS = "import signal\nfor number in (signal.SIGPROF, signal.SIGALRM):\n    signal.signal(number, signal.SIG_IGN)\n"
SPIN = ALARMS + "signal.signal(signal.SIGXCPU, {how})\nwhile True:\n    pass"
HOW = ("signal.SIG_DFL", "signal.SIG_IGN")
ENDS = {
    "os._exit": ("import os; os._exit(0)", "ended its process itself (`exit`, status 0)"),
    "another status": ("import os; os._exit(7)", "ended its process itself (`exit`, status 7)"),
    "the worker's own status": ("import os; os._exit(71)", "process ended with status 71: your code called `exit`, or the grader's part"),
    "a wrong address": ("import ctypes; ctypes.string_at(0)", "crashed its process (SIGSEGV)"),
    "abort": ("import os; os.abort()", "crashed its process (SIGABRT)"),
    "a signal": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "was ended by the signal SIGKILL"),
    "processor time": (SPIN.format(how=HOW[0]), "used up its 2 s of processor time"),
    "processor time, its signal ignored": (SPIN.format(how=HOW[1]), "used up its 2 s of processor time"),
    "a closed line": ("import os, time; os.closerange(3, 256); time.sleep(30)", CLOSED),
}  # fmt: skip


@pytest.fixture(scope="module")
def tight(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """The lab with little processor time for q2."""
    root = tmp_path_factory.mktemp("tight")
    table = tiny_lab(root).assignment / "lab.toml"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("\n[q2]\n", "\n[q2]\ncpu_seconds = 2\nseconds = 60\n"), encoding="utf-8")
    return Lab.in_repository(root)


@pytest.fixture(scope="module")
def engine(tight: Lab) -> Engine:
    with Engine(tight) as engine:
        yield engine


@pytest.mark.parametrize("way", ENDS)
@pytest.mark.one_in(3)
def test_a_question_says_how_its_process_ended(engine: Engine, tight: Lab, tmp_path: Path, way: str) -> None:
    body, said = ENDS[way]
    source = "def cross_entropy(*args):\n" + "".join(f"    {line}\n" for line in body.split("\n"))
    path = write_notebook(tmp_path / "lab.ipynb", tight, {"q2": source})
    report = engine.grade(path, questions=["q1", "q2"])
    assert (report.question("q1").points, report.question("q2").points) == (4, 0), report.reason
    messages = [part.student_text for part in report.question("q2").parts]
    assert any(said in message for message in messages), messages
    assert not any("out of memory or" in message for message in messages)


# Not a signal: in a namespace of its own a notebook is process 1, which no signal from inside reaches.
@pytest.mark.parametrize("way", ["os._exit", "another status", "a wrong address", "a closed line"])
def test_a_cell_says_how_its_process_ended(engine: Engine, tight: Lab, tmp_path: Path, way: str) -> None:
    body, said = ENDS[way]
    path = write_notebook(tmp_path / "lab.ipynb", tight, {})
    book = nbformat.read(path, as_version=4)
    book.cells.append(nbformat.v4.new_code_cell(body))
    nbformat.write(book, path)
    report = engine.grade(path, questions=["q1"])
    assert report.question("q1").points == 4
    assert any(said in cell.message for cell in report.cells if cell.what == "crashed"), report.cells


@pytest.mark.parametrize("how", HOW)
@pytest.mark.one_in(2)
def test_a_notebook_says_that_its_processor_time_is_used_up(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("gatelab.sandbox.process.Settings", partial(Settings, cpu_seconds=2))
    request = {"op": "cell", "source": SPIN.format(how=how), "index": 0, "seconds": 60.0, "quick": False}
    with ForkServer(lab.package) as server:
        workers = ConfinedWorkers(lab, [], server.client, server.library)
        workers.load()
        with pytest.raises(WorkerLost, match="used up its 2 s of processor time"):
            workers.main.ask(request, 60)
        workers.unload()


@pytest.mark.parametrize(
    "ended",
    [None, [], [1], ["9", 1.0], [True, 0.0], [-9, 0.0], [1 << 40, 0.0], [9, "x"], {"status": 9}, [9, None]],
)
def test_a_workers_report_of_its_end_is_checked(ended: object) -> None:
    assert describe_end(ended, 2.0) == CLOSED


def test_every_status_has_one_sentence() -> None:
    for status in range(1 << 16):
        said = describe_end((status, 0.0), 2.0)
        assert said.startswith("Your code") and said.endswith(".") and said.count(". ") == 0
    assert "SIGTERM" in describe_end((signal.SIGTERM, 0.0), 2.0)


def test_a_worker_that_cannot_be_prepared_is_the_graders_fault(tight: Lab) -> None:
    """No submission gets a grade from it: the same command tries again."""
    held = Withheld(operators={"_softmax": "GPU9"})
    broken = tight.with_questions({"q1": replace(tight.questions["q1"], library=False)})
    vars(broken)["policy"] = replace(tight.policy, withheld=held)
    with ForkServer(tight.package) as server:
        workers = ConfinedWorkers(broken, [], server.client, server.library)
        with pytest.raises(
            GraderFault, match=r"prepared for this lab \(RuntimeError: could not parse dispatch key: GPU9\)"
        ):
            workers.load(library=False)
        workers.unload()


def test_a_worker_that_is_lost_before_the_first_cell_is_the_graders_fault(tight: Lab) -> None:
    with ForkServer(tight.package) as server:
        workers = ConfinedWorkers(tight, [], server.client, server.library)
        workers.known = {}  # the worker asks for its entries
        with pytest.raises(GraderFault, match="prepared for this lab"):
            workers.load()
        workers.unload()
