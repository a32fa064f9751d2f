"""The doors (interfaces) through which a class is graded, and what each returns: one `Outcome` for each submission.

A class is in `submitted/<name>/<lab>/<notebook>` of a course, which all doors can read. The commands are the installed ones.
`otter_inside` is otter without a separate process for every submission, quick enough to be part of every test run.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from gatelab.audit.notebooks import write_notebook
from gatelab.build.autograder_zip import build_autograder_zip
from gatelab.grading.engine import Engine
from gatelab.integrations.otter.run import grade_apart
from gatelab.lab.spec import Lab
from gatelab.sandbox.confine import libc
from helpers.command import gatelab
from helpers.files import files_below
from helpers.grade_books import read_book
from helpers.otter_in_process import by_question, use_engine
from helpers.processes import alive, everything
from helpers.tables import rows_of
from helpers.zips import unpacked
from hostile.build import Attempt, write
from hostile.target import Target

ROOT = Path(__file__).resolve().parents[2]
MARK = Path("/tmp/gatelab-hostile-was-here")  # the file that attempts try to leave outside of their folder
BEFORE, AFTER, WRONG = "00-first", "zz-last", "wrong"
NOT_GRADED = re.compile(r"Not graded\. (.+)")


@dataclass(frozen=True)
class Outcome:
    """The outcome of one submission. `said`: everything that its student gets back, as text; `page`: the same as HTML."""

    status: str
    reason: str
    points: dict[str, float]
    said: str
    page: str = ""


@dataclass(frozen=True)
class Class:
    """A class of attempts that was graded through a door.

    It contains the attempts, a correct submission before and after them (whose `answered` questions must get full points), and
    WRONG, which is what every attempt contains besides its attack.
    """

    target: Target
    outcomes: dict[str, Outcome]
    answered: dict[str, float]  # question ID → points
    changed: list[str]  # files of submissions that differ from what was handed in
    left: list[int]  # processes that outlived the grading
    off: frozenset[str] = frozenset()  # pieces of protection that were off, as the class report says


Way = Callable[[Path], dict[str, Outcome]]  # from a course's folder to its outcomes


def grade(
    way: Way, course: Path, target: Target, attempts: Iterable[Attempt], leave_empty: Iterable[str] = ()
) -> Class:
    """Hand in a class of attempts at the lab of a course, and grade it. The correct submissions leave the questions `leave_empty` empty."""
    lab = Lab.in_repository(course)
    target = replace(target, lab=lab)
    handed_in = course / "submitted"
    for attempt in attempts:
        write(attempt, place(course, attempt.id), target)
    write(None, place(course, WRONG), target)
    for name in (BEFORE, AFTER):
        write_notebook(place(course, name), lab, dict.fromkeys(leave_empty, ""))
    answered = {q.id: q.points for q in lab.questions.values() if not q.by_hand and q.id not in leave_empty}
    before = files_below(handed_in)
    MARK.unlink(missing_ok=True)
    with _left_processes() as left:
        outcomes = way(course)
    after = files_below(handed_in)
    changed = [name for name in before | after if before.get(name) != after.get(name)]
    return Class(target, outcomes, answered, changed, left, _off(course))


def _off(course: Path) -> frozenset[str]:
    """The pieces of protection that were off. Only the class command reports them; the other doors are used with all pieces on."""
    report = course / "out" / "class.json"
    pieces = json.loads(report.read_text(encoding="utf-8"))["protection"] if report.is_file() else {}
    return frozenset(piece for piece, on in pieces.items() if not on)


def whole_course(root: Path, lab: Lab, seconds: int | None = None, mistakes: int | None = None) -> Path:
    """Copy everything that grades a class into `root`: a lab of the kit, its suites and its bank.

    seconds: wall time that the first two questions may take, in place of the lab's own limit.
    mistakes: how many known mistakes each question keeps (None: all). If an engine is started for each submission, its wrong
        answer is compared with all of them each time, which takes far longer than everything else.
    """
    here = ROOT
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    for folder in (
        f"assignment/{lab.name}",
        f"release/{lab.name}",
        f"tests/{lab.name}/hidden",
        f"tests/{lab.name}/bank/chaff",
    ):
        shutil.copytree(here / folder, root / folder, ignore=ignored)
    for name in ("pyproject.toml", "nbgrader_config.py"):
        shutil.copyfile(here / name, root / name)
    for question in (root / "tests" / lab.name / "bank" / "chaff").iterdir():
        for path in sorted(question.glob("*.py"))[mistakes:] if mistakes is not None else ():
            path.unlink()
    if seconds is not None:
        table = root / "assignment" / lab.name / "lab.toml"
        text = table.read_text(encoding="utf-8")
        for id in list(lab.questions)[:2]:
            text = text.replace(f"\n[{id}]\n", f"\n[{id}]\nseconds = {seconds}\n")
        table.write_text(text, encoding="utf-8")
    return root


def class_command(course: Path, questions: Iterable[str] = ()) -> dict[str, Outcome]:
    """`gatelab grade`, of these questions or all."""
    out = course / "out"
    some = [word for id in questions for word in ("--question", id)]
    done = gatelab("grade", course / "submitted", "-o", out, "--root", course, "--jobs", 2, *some)
    rows = rows_of(out / "grades.csv")
    assert done.exit_code == (0 if all(row["status"] == "graded" for row in rows) else 1), done.output
    lab = Lab.in_repository(course)
    outcomes = {}
    for row in rows:
        page = (out / "feedback" / f"{row['file']}.html").read_text(encoding="utf-8")
        points = {id: float(row[id] or 0) for id, q in lab.questions.items() if not q.by_hand and id in row}
        outcomes[row["submission"]] = Outcome(row["status"], row["reason"], points, _text(page), page)
    return outcomes


def nbgrader(course: Path) -> dict[str, Outcome]:
    """`nbgrader autograde` for the points, `nbgrader generate_feedback` for the messages."""
    lab = Lab.in_repository(course)
    for command in ("generate_assignment", "autograde", "generate_feedback"):
        done = subprocess.run(
            [_program("nbgrader"), command, lab.name], cwd=course, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[-4000:]
    outcomes = {}
    for student, cells in read_book(course / "gradebook.db").items():
        page = (course / "feedback" / student / lab.name / Path(lab.notebook).with_suffix(".html")).read_text(
            encoding="utf-8"
        )
        points = {id: given or 0.0 for id, given in cells.items()}
        outcomes[student] = Outcome(*_status(_text(page)), points, _text(page), page)
    return outcomes


def otter(course: Path) -> dict[str, Outcome]:
    """`otter run`, once for each submission, two at a time; `gatelab otter-run` if otter cannot open the submission."""
    autograder = build_autograder_zip(Lab.in_repository(course), course / "dist")

    def run(notebook: Path) -> tuple[str, Outcome]:
        place = course / "otter" / notebook.parents[1].name
        place.mkdir(parents=True)
        for command in ("otter", "run", "-a"), ("gatelab", "otter-run"):
            command = [_program(command[0]), *command[1:], autograder, notebook, "-o", place]
            subprocess.run(command, cwd=place, capture_output=True)
            if (place / "results.json").is_file():
                break
        return place.name, _of_results(json.loads((place / "results.json").read_text(encoding="utf-8")))

    with ThreadPoolExecutor(2) as pool:
        return dict(pool.map(run, _submitted(course)))


def otter_inside(course: Path) -> dict[str, Outcome]:
    """otter in this process, with one engine for all submissions."""
    lab = Lab.in_repository(course)
    source = unpacked(build_autograder_zip(lab, course / "dist"), course / "zip")
    outcomes = {}
    with Engine(lab) as engine, pytest.MonkeyPatch.context() as patch:
        use_engine(patch, engine)
        for notebook in _submitted(course):
            name = notebook.parents[1].name
            outcomes[name] = _of_results(grade_apart(source, notebook, course / "otter" / name))
    return outcomes


def _of_results(results: dict[str, Any]) -> Outcome:
    """The outcome in otter's results.json. `said` contains everything except the test for staff, which Gradescope does not show to students."""
    found = by_question(results)
    shown = {key: value for key, value in results.items() if key not in ("tests", "output")}
    said = [results["output"], json.dumps(shown, indent=1), *(text for _, text in found.values())]
    status, reason = results["extra_data"]["status"], _status(results["output"])[1]
    return Outcome(status, reason, {id: points for id, (points, _) in found.items()}, "\n".join(said))


def _status(text: str) -> tuple[str, str]:
    found = NOT_GRADED.search(text)
    return ("ungradable", found[1]) if found else ("graded", "")


def _text(page: str) -> str:
    """A page without its head and its tags."""
    return html.unescape(re.sub(r"<[^>]*>", "", page[page.index("<body") :]))


def place(course: Path, name: str) -> Path:
    """The path of this student's notebook in a course; its folder is created."""
    lab = Lab.in_repository(course)
    path = course / "submitted" / name / lab.name / lab.notebook
    path.parent.mkdir(parents=True)
    return path


def _submitted(course: Path) -> list[Path]:
    lab = Lab.in_repository(course)
    return sorted((course / "submitted").glob(f"*/{lab.name}/{lab.notebook}"))


def _program(name: str) -> Path:
    return Path(sys.executable).with_name(name)


@contextmanager
def _left_processes() -> Iterator[list[int]]:
    """The processes that a grading leaves behind.

    They are searched for twice: below the fork server of an engine in this process, just before it ends (its end would also end
    them); and among the processes that become our children because their parent, a command of the grading, has ended.
    """
    left: list[int] = []
    end = Engine.__exit__
    earlier = {child.pid for child in psutil.Process().children(recursive=True)}

    def look(engine: Engine, *exception: object) -> None:
        left.extend(_workers(engine))
        end(engine, *exception)

    libc.prctl(libc.PR_SET_CHILD_SUBREAPER, 1)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Engine, "__exit__", look)
            yield left
        stay = psutil.Process().children(recursive=True)
        left += [p.pid for p in stay if p.pid not in earlier and alive(p)]
    finally:
        libc.prctl(libc.PR_SET_CHILD_SUBREAPER, 0)


def _workers(engine: Engine) -> list[int]:
    """Processes below the fork server that are neither examiners nor ending."""
    if engine._server is None:  # it did not start
        return []
    server = psutil.Process(engine._server.process.pid)
    children = server.children()
    return [p.pid for p in everything(server) if p not in children and alive(p)]
