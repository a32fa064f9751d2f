"""The pytest side of grading: options, the `student` fixture, verdicts from test reports.

tests/<lab>/hidden/conftest.py imports all of this, so `pytest tests/<lab>/hidden --submission FILE.ipynb` grades by hand.
"""

from __future__ import annotations

import itertools
import math
import re
import traceback
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gatelab.faults import is_machines, reason_of
from gatelab.grading.attempt import Share, Verdict, Workers
from gatelab.grading.references import injection
from gatelab.grading.suite_faults import suite_fault
from gatelab.grading.verdicts import Grading
from gatelab.handed_out.checking.terms import TERMS
from gatelab.lab.bank import load_bank
from gatelab.lab.spec import Lab, LabError
from gatelab.lab.table import QuestionSpec
from gatelab.limits import MESSAGE_LIMIT
from gatelab.report.record.exceptions import Frame, Raised
from gatelab.report.record.model import Kind
from gatelab.sandbox.confine import REQUIRED
from gatelab.testkit.draw import Draw
from gatelab.testkit.failed import Failed
from gatelab.testkit.local import LocalBackend
from gatelab.testkit.student import Backend, Student

GRADING = pytest.StashKey[Grading | None]()
SHARE = pytest.StashKey[Share]()


@dataclass(eq=False)
class PresetGrading:
    """The plugin that the engine registers to pass in a grading that it has already created."""

    grading: Grading


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gatelab", "grading a submission")
    group.addoption("--submission", metavar="FILE.ipynb", help="the notebook to grade, in a confined worker")
    group.addoption(
        "--solution", action="append", default=[], metavar="FILE.py",
        help="staff code to grade in this process (wheat, chaff); may be repeated",
    )  # fmt: skip
    group.addoption("--chaff", metavar="QUESTION/ID", help="a chaff of the bank to grade in this process")
    group.addoption("--seed", type=int, help="seed of the inputs (default: lab.toml's)")
    group.addoption(
        "--accept-missing", action="append", default=[], metavar="PIECE", choices=REQUIRED,
        help=f"grade even if this piece of protection is missing, one of {', '.join(REQUIRED)}; may be repeated",
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "part(question, name, points): one part of a question")
    config.addinivalue_line("markers", "training: trains the student's model; takes seconds")
    given = next(
        (p.grading for p in config.pluginmanager.get_plugins() if isinstance(p, PresetGrading)), None
    )
    if given is not None:
        # Short tracebacks: when every check fails, pytest's long ones cost more than the checks.
        config.option.tbstyle = "native" if given.messages else "no"
    grading = config.stash[GRADING] = given or _grading_from(config)
    if grading is not None:
        before = TERMS.set(grading.lab.policy.terms)
        config.add_cleanup(lambda: TERMS.reset(before))


def _grading_from(config: pytest.Config) -> Grading | None:
    """The grading that the options ask for; None if pytest only lists tests or its options."""
    option = config.getoption
    chosen = [bool(option("--submission")), bool(option("--solution")), bool(option("--chaff"))]
    if sum(chosen) != 1:
        if config.option.collectonly or config.option.help:
            return None
        raise pytest.UsageError(
            "name what to grade: one of --submission FILE.ipynb, --solution FILE.py, --chaff q1/ID"
        )
    try:
        lab = _lab_of_suites(config)
        bank = load_bank(lab)
    except LabError as error:
        raise pytest.UsageError(str(error)) from error
    if option("--submission"):
        from gatelab.grading.pytest_workers import workers_for

        accept = option("--accept-missing")
        workers: Workers[Any] = workers_for(lab, Path(option("--submission")), accept, config.add_cleanup)
    else:
        sources = [Path(file).read_text(encoding="utf-8") for file in option("--solution")]
        if option("--chaff"):
            sources = [chaff.source for chaff in bank.chaffs if chaff.key == option("--chaff")]
            if not sources:
                raise pytest.UsageError(f"--chaff {option('--chaff')}: the bank has no such chaff")
        workers = LocalWorkers(lab, sources)
    seed = option("--seed")
    return Grading(lab, lab.settings.seed if seed is None else seed, workers, bank)


def _lab_of_suites(config: pytest.Config) -> Lab:
    """The lab whose suites are run. It is found by its folder, because the kit may be installed elsewhere."""
    suites = next(
        Path(plugin.__file__).resolve().parent
        for plugin in config.pluginmanager.get_plugins()
        if getattr(plugin, "pytest_terminal_summary", None) is pytest_terminal_summary
        and Path(getattr(plugin, "__file__", "") or "").name == "conftest.py"
    )
    return Lab.in_repository(suites.parents[2], suites.parent.name)


class LocalWorkers:
    """Staff code on top of the references of all questions, in this process."""

    def __init__(self, lab: Lab, sources: list[str]) -> None:
        self.lab, self.sources = lab, dict(enumerate(sources))

    def open(self, question: QuestionSpec, own: set[str], deadline: float) -> Backend:
        everything = [self.lab.reference(id) for id in self.lab.questions if self.lab.has_reference(id)]
        backend = LocalBackend([*everything, *self.sources.values()], self.lab.without(question))
        request = injection(self.lab, question, own)
        if request:
            backend.request(request)
        return backend

    def close(self, backend: Backend) -> str:
        return ""

    def why_missing(self, name: str) -> str:
        return ""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort the tests by question, in the lab's order. Within one loading of the notebook, questions that receive reference code come
    last, because from then on messages have to be withheld."""
    grading = config.stash[GRADING]
    if grading is None:
        return
    order = list(grading.lab.questions)
    for item in items:
        mark = item.get_closest_marker("part")
        if mark is None:
            raise pytest.UsageError(f"{item.nodeid}: a hidden test needs @part(question, name, points)")
        share = Share(**mark.kwargs)
        if share.question not in order:
            raise pytest.UsageError(f"{item.nodeid}: lab.toml has no question {share.question}")
        item.stash[SHARE] = share
    questions = grading.lab.questions
    loadings = itertools.groupby(order, key=lambda id: questions[id].library)
    order = [id for _, ids in loadings for id in sorted(ids, key=lambda id: bool(questions[id].builds_on))]
    if (
        grading.until != math.inf
    ):  # questions that train a model come last, unless another question builds on them
        trains = {item.stash[SHARE].question for item in items if item.get_closest_marker("training")}
        used = {grading.lab.question_of(name) for spec in questions.values() for name in spec.builds_on}
        order.sort(key=lambda id: id in trains - used)
    items.sort(key=lambda item: order.index(item.stash[SHARE].question))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Record the parts that will be run (`-m` and `-k` have removed the others)."""
    grading = session.config.stash[GRADING]
    # If an item has no share, the reason has already been reported.
    if grading is None or any(SHARE not in item.stash for item in session.items):
        return
    for item in session.items:
        share = item.stash[SHARE]
        if grading.scores.shares.setdefault((share.question, share.name), share) != share:
            before = grading.scores.shares[share.question, share.name].points
            raise pytest.UsageError(
                f"{item.nodeid}: the part {share.name} of {share.question} is declared with {share.points:g} points here and "
                f"{before:g} elsewhere; give all its @part lines the same number."
            )
        if item.get_closest_marker("training"):
            grading.scores.training.add((share.question, share.name))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """After a question's last test, run its tests again for each grading with more of the student's own versions."""
    grading = item.config.stash[GRADING]
    if grading is None or grading.repeating:
        return (yield)
    question = item.stash[SHARE].question
    grading.begin(question)
    done = yield
    last = nextitem is None or nextitem.stash[SHARE].question != question
    while last and grading.start_another_grading():
        grading.repeating = True  # tests that are run again come through here too
        for again in item.session.items:
            share = again.stash[SHARE]
            if item.session.shouldstop or item.session.shouldfail:
                break
            if share.question == question and grading.can_still_help(share, again.nodeid):
                # The next test is not known yet, so each test tears down its module; the suites have no module fixtures.
                again.ihook.pytest_runtest_protocol(item=again, nextitem=nextitem)
        grading.repeating = False
    return done


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """If only points are wanted, do not run more tests of a part that is already lost."""
    grading = item.config.stash[GRADING]
    if grading is not None and not grading.messages and item.stash[SHARE].name in grading.attempt.wrong:
        pytest.skip("this part is lost")


def _grading_of(request: pytest.FixtureRequest) -> Grading:
    """The grading. There is always one when a test runs."""
    grading = request.config.stash[GRADING]
    assert grading is not None
    return grading


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The grading seed."""
    return _grading_of(request).seed


@pytest.fixture
def draw(request: pytest.FixtureRequest, seed: int) -> Draw:
    """Draws inputs from the grading seed and this test's name."""
    return Draw(seed, request.node.nodeid.rpartition("/")[2])


@pytest.fixture
def student(request: pytest.FixtureRequest) -> Student:
    """The loaded notebook, in this question's own worker."""
    share = request.node.stash[SHARE]
    return _grading_of(request).student_for(share.question, request.node.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    grading = item.config.stash[GRADING]
    if grading is not None and (report.when == "call" or report.failed):
        verdict = Verdict(None if report.passed else Kind.NOT_COMPLETED)
        if report.failed:
            assert call.excinfo is not None
            error = call.excinfo.value
            if grading.fault is None:
                grading.fault = error if is_machines(error) else suite_fault(error, item.nodeid)
            if grading.messages:
                verdict.suite_error = _raised(error, report.longreprtext)
            # An assertion is for the student; anything else, which an odd answer may have caused, is for staff to read.
            if isinstance(error, Failed):
                verdict.kind, verdict.message, verdict.hint = error.kind, error.message, error.hint
            elif isinstance(error, AssertionError) and str(error):
                verdict.kind, verdict.message = Kind.WRONG, _without_assertion_rewriting(str(error))
            verdict.message = verdict.message or "This check could not be completed on your answer."
        grading.verdict(item.stash[SHARE], item.nodeid, verdict)
    return report


def _raised(error: BaseException, text: str) -> Raised:
    """The suite's own exception, for staff. `text`: the whole traceback."""
    frames = [
        Frame(frame.lineno or 0, 0, Path(frame.filename).name, frame.name, frame.line or "")
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).name.startswith("test_")
    ]
    return Raised(type(error).__name__, str(error)[:MESSAGE_LIMIT], frames, text)


def _without_assertion_rewriting(message: str) -> str:
    """The message without what pytest's assertion rewriting adds to a plain `assert x, message`."""
    return re.split(r"\nassert ", message, maxsplit=1)[0].strip()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    grading = session.config.stash.get(GRADING, None)
    if grading is None:
        return
    grading.finish()
    lost = any(not part.passed for question in grading.finished.values() for part in question.parts)
    if exitstatus == pytest.ExitCode.TESTS_FAILED and not lost:
        # The tests that failed with the references passed with the student's own versions.
        session.exitstatus = pytest.ExitCode.OK


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The grade as text: points by part, and what the student would read."""
    grading = config.stash[GRADING]
    if grading is None:
        return
    write = terminalreporter.write_line
    terminalreporter.section(f"grade (seed {grading.seed})")
    if grading.fault is not None:
        write(f"Not graded, the grader's own fault: {reason_of(grading.fault)}")
        return
    for question in grading.finished.values():
        write(f"{question.id}  {question.title}: {question.points:g} of {question.max_points:g}")
        if question.own:
            write(
                f"    with the student's own {', '.join(question.own)}, where it earns more than with the references"
            )
        elif not all(part.passed for part in question.parts) and (unknown := grading.not_graded(question.id)):
            write(f"    with the references alone: this run did not grade {', '.join(unknown)}")
        if question.note:
            write(f"    {question.recognised}: {question.note} {question.follow_through}".rstrip())
        for part in question.parts:
            write(
                f"    {'✓' if part.passed else '✗'} {part.name} {part.points:g}/{part.max_points:g}  {part.student_text}"
            )
