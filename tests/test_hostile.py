"""Hostile submissions: no undeserved point, nothing stolen, nothing left behind, a truthful status, the class goes on.

Every attempt of tests/hostile/attempts is graded in one class by the engine, which otter and nbgrader ask too; what is
aimed at those two themselves stands in test_otter.py, test_otter_intake.py and test_nbgrader.py.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from gatelab.bank.load import load_bank
from gatelab.bank.notebooks import write_notebook
from gatelab.engine import Engine
from gatelab.lab import Lab
from gatelab.report.model import Report

ROOT = Path(__file__).resolve().parents[1]
_spec = importlib.util.spec_from_file_location("hostile_build", ROOT / "tests" / "hostile" / "build.py")
hostile = importlib.util.module_from_spec(_spec)
sys.modules["hostile_build"] = hostile
_spec.loader.exec_module(hostile)

ATTEMPTS = list(hostile.attempts())
MARK = Path("/tmp/gatelab-hostile-was-here")
# Words of the hidden suites and references that nothing a student gets back may hold.
HIDDEN = (
    "STOLEN",
    "from_input",
    "pre_i, pre_f",
    "@part(",
    "close(",
    "torch.allclose(",
    "expected =",
    "want =",
)


@pytest.fixture(scope="module")
def class_of_attempts(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Report]]:
    """The whole bank graded as one class, with a correct submission before and after."""
    folder = tmp_path_factory.mktemp("hostile")
    paths = {attempt.id: hostile.write(attempt, folder / f"{attempt.id}.ipynb") for attempt in ATTEMPTS}
    paths |= {name: write_notebook(folder / f"{name}.ipynb", lab, {}) for name in ("00-first", "zz-last")}
    paths["wrong"] = hostile.write(None, folder / "wrong.ipynb")
    before = {name: path.read_bytes() for name, path in paths.items()}
    MARK.unlink(missing_ok=True)
    with Engine(lab, jobs=2) as engine:
        reports = {r.submission: r for r in engine.grade_all(sorted(paths.items()), training=False)}
        left = _workers(engine)
    assert left == [], "something of a submission still runs"
    assert {name: path.read_bytes() for name, path in paths.items()} == before, "a submission was changed"
    yield reports


def _workers(engine: Engine) -> list[int]:
    """Processes below the fork server that are neither examiners nor ending."""
    server = psutil.Process(engine._server.process.pid)
    return [p.pid for child in server.children() for p in child.children() if p.status() != "zombie"]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.id)
def test_an_attempt_gains_nothing(attempt: object, class_of_attempts: dict[str, Report], lab: Lab) -> None:
    report = class_of_attempts[attempt.id]
    assert report.status in ("graded", "ungradable") and (report.status == "graded" or report.reason)
    deserved = _deserved(class_of_attempts["wrong"])
    baseline = attempt.literals.get("BASELINE")
    if baseline:
        # What this much of the question earns when it is done in the open.
        deserved[baseline.split("/")[0]] = BASELINES[baseline]
    for question in report.questions:
        assert question.points <= deserved[question.id], [p.name for p in question.parts if p.passed]


BASELINES = {"q1/left-to-the-library": 4, "q2/left-to-the-library": 4}


def _deserved(report: Report) -> dict[str, float]:
    return {question.id: question.points for question in report.questions}


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.id)
def test_what_the_student_gets_back_holds_nothing_hidden(
    attempt: object, class_of_attempts: dict[str, Report]
) -> None:
    report = class_of_attempts[attempt.id]
    for_student = [report.reason, *(q.note for q in report.questions), *(c.message for c in report.cells)]
    for_student += [part.message for q in report.questions for part in q.parts]
    assert not [text for text in for_student if any(word in text for word in HIDDEN)]
    assert all(len(text) < 1500 for text in for_student)


def test_the_class_goes_on_before_and_after_them(class_of_attempts: dict[str, Report]) -> None:
    first, last = class_of_attempts["00-first"], class_of_attempts["zz-last"]
    assert first.points == last.points
    assert all(part.passed for question in last.questions for part in question.parts)


def test_no_attempt_left_a_mark_outside_its_folder(class_of_attempts: dict[str, Report]) -> None:
    assert not MARK.exists()


def test_there_are_at_least_sixty_attempts_and_each_says_what_it_tries() -> None:
    assert len(ATTEMPTS) >= 60
    assert all(attempt.what.endswith(".") and attempt.cells for attempt in ATTEMPTS)


def test_the_baselines_are_what_the_chaff_earns(engine: Engine, lab: Lab, tmp_path: Path) -> None:
    chaffs = {chaff.key: chaff for chaff in load_bank(lab).chaffs}
    for key, points in BASELINES.items():
        chaff = chaffs[key]
        path = write_notebook(tmp_path / f"{chaff.question}.ipynb", lab, {chaff.question: chaff.source})
        assert engine.grade(path, questions=[chaff.question]).question(chaff.question).points == points
