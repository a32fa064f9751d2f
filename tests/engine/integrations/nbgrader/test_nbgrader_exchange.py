"""One class in one process, as in JupyterLab's server: through nbgrader's exchange and back, and again after the lab changed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.apps.api import NbGraderAPI
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import (
    ExchangeFetchAssignment,
    ExchangeFetchFeedback,
    ExchangeList,
    ExchangeSubmit,
)
from nbgrader.utils import get_username
from traitlets.config import Config, PyFileConfigLoader

from gatelab.build.course import configure_releases
from gatelab.integrations.nbgrader import engines
from gatelab.integrations.nbgrader.course import configure_grading
from helpers import build_kit
from helpers.grade_books import read_book
from helpers.notebooks import load_notebook, save_notebook

pytestmark = pytest.mark.one_in(3, at=1)

LAB = build_kit.NAME
COURSE = "rnn101"


class Student:
    """A student's Jupyter: a home, a cache, and the exchange's classes as `nbgrader` calls them."""

    def __init__(self, home: Path, exchange: Path) -> None:
        self.home = home
        self.config = Config()
        self.config.CourseDirectory.course_id = COURSE
        self.config.CourseDirectory.root = str(home)
        self.config.Exchange.root = str(exchange)
        self.config.Exchange.cache = str(home / ".cache")
        self.config.Exchange.assignment_dir = str(home)

    def does(self, action: type, assignment: str = LAB) -> object:
        folders = CourseDirectory(config=self.config, assignment_id=assignment)
        with contextlib.chdir(self.home):
            return action(coursedir=folders, authenticator=Authenticator(), config=self.config).start()


class Staff:
    """The course's formgrader: one API for all clicks, its settings read anew at each, as the server does."""

    def __init__(self, root: Path, exchange: Path) -> None:
        self.root, self.exchange = root, exchange

    def api(self) -> NbGraderAPI:
        config = Config()
        configure_grading(config, self.root)
        configure_releases(config, self.root)
        config.CourseDirectory.root = str(self.root)
        config.CourseDirectory.course_id = COURSE
        config.Exchange.root = str(self.exchange)
        config.Exchange.cache = str(self.root / ".cache")
        return NbGraderAPI(CourseDirectory(config=config), config=config)

    def clicks(self, action: str, *arguments: str) -> dict:
        result = getattr(self.api(), action)(*arguments)
        assert result["success"], result
        return result

    def points(self, student: str) -> dict[str, float | None]:
        return read_book(self.root / "gradebook.db")[student]


def servers() -> set[str]:
    """The fork servers that this process has started."""
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return {pid for pid in children if "worker.zygote" in Path(f"/proc/{pid}/cmdline").read_text()}


@pytest.fixture(scope="module")
def others() -> set[str]:
    """Those that other tests have left at work."""
    return servers()


@pytest.fixture(scope="module")
def staff(others: set[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    exchange = tmp_path_factory.mktemp("exchange")
    exchange.chmod(0o777)
    staff = Staff(build_kit.make_kit(tmp_path_factory.mktemp("course")), exchange)
    staff.clicks("generate_assignment", LAB)
    yield staff


@pytest.fixture(scope="module")
def student(staff: Staff, tmp_path_factory: pytest.TempPathFactory) -> Student:
    """Fetched, solved, handed in, collected and graded, with feedback released; a second one came by e-mail."""
    student = Student(tmp_path_factory.mktemp("student"), staff.exchange)
    staff.clicks("release_assignment", LAB)
    listed = student.does(ExchangeList)
    assert [entry["status"] for entry in listed] == ["released"]
    student.does(ExchangeFetchAssignment)
    solved = load_notebook(staff.root / "assignment" / LAB / "lab.ipynb")
    save_notebook(solved, student.home / LAB / "lab.ipynb")
    save_notebook(solved, student.home / LAB / "lab (1).ipynb")
    student.does(ExchangeSubmit)
    staff.clicks("collect", LAB)
    # What came another way, with nothing that the exchange could find it by, or with what would stop it.
    empty = load_notebook(staff.root / "release" / LAB / "lab.ipynb")
    for name in ("aaa", "zzz"):
        save_notebook(empty, staff.root / "submitted" / name / LAB / "lab.ipynb")
    (staff.root / "submitted" / "aaa" / LAB / "timestamp.txt").write_text("2026-03-02 10:00:00 UTC")
    (staff.root / "submitted" / "aaa" / LAB / "submission_secret.txt").write_bytes(b"\xff\xfe")
    for name in (get_username(), "aaa", "zzz"):
        staff.clicks("autograde", LAB, name)
    staff.clicks("generate_feedback", LAB)
    return student


def test_feedback_goes_back_through_the_exchange(staff: Staff, student: Student) -> None:
    assert staff.points(get_username()) == {"q1": 4, "q2": 6, "q3": None}
    said = staff.clicks("release_feedback", LAB)["log"]
    assert re.search(r"did not come in through the exchange: aaa, zzz\.", said)
    student.does(ExchangeFetchFeedback)
    pages = {path.name: path for path in (student.home / LAB / "feedback").rglob("*.html")}
    assert set(pages) == {"lab.html", "lab (1).html"}
    own = staff.root / "feedback" / get_username() / LAB / "lab.html"
    assert {path.read_bytes() for path in pages.values()} == {own.read_bytes()}


def test_one_students_feedback_can_be_released_alone(staff: Staff, student: Student) -> None:
    staff.clicks("release_feedback", LAB, get_username())
    staff.clicks("release_feedback", LAB, "zzz")


def test_a_fixed_suite_and_changed_points_count_at_the_next_click(staff: Staff, student: Student) -> None:
    """The process is not started again; before it was, the old suite graded and said "successfully"."""
    who = get_username()
    suite = next((staff.root / "tests" / LAB / "hidden").glob("test_q2_*.py"))
    right = suite.read_text(encoding="utf-8")
    suite.write_text(re.sub(r"(?m)^(def test_.*:)$", r"\1\n    assert False", right), encoding="utf-8")
    staff.clicks("autograde", LAB, who)
    assert staff.points(who)["q2"] == 0
    suite.write_text(right, encoding="utf-8")
    staff.clicks("autograde", LAB, who)
    assert staff.points(who)["q2"] == 6

    table = staff.root / "assignment" / LAB / "lab.toml"
    table.write_text(table.read_text(encoding="utf-8").replace("points = 6", "points = 7"), encoding="utf-8")
    one = '@part("q2", "gradient", 2)'
    assert one in right
    suite.write_text(right.replace(one, one.replace("2)", "3)")), encoding="utf-8")
    staff.clicks("generate_assignment", LAB)
    staff.clicks("autograde", LAB, who)
    assert staff.points(who) == {"q1": 4, "q2": 7, "q3": None}


def test_a_faulty_master_ends_a_command_and_not_the_server(staff: Staff, student: Student) -> None:
    """The settings are read at every click; SystemExit in a request ends JupyterLab. Every step says what is wrong instead."""

    def settings() -> Config:
        return PyFileConfigLoader("nbgrader_config.py", path=str(staff.root)).load_config()

    async def click(action: str, *arguments: str) -> dict:
        config = settings()
        config.CourseDirectory.root = str(staff.root)
        return getattr(NbGraderAPI(CourseDirectory(config=config), config=config), action)(LAB, *arguments)

    master = staff.root / "assignment" / LAB / "lab.py"
    right = master.read_text(encoding="utf-8")
    master.write_text(
        right.replace('"grade_id": "q1", "grade": true', '"grade_id": "q1", "grade": true, "points": 99')
    )
    try:
        with pytest.raises(SystemExit, match="the cell q1 says 99 points"):
            settings()
        for action in (["generate_assignment"], ["autograde", get_username()]):
            said = asyncio.run(click(*action))
            assert not said["success"] and "the cell q1 says 99 points" in said["log"]
    finally:
        master.write_text(right, encoding="utf-8")
    assert asyncio.run(click("generate_assignment"))["success"]


def test_an_engine_of_the_lab_as_it_was_has_ended(others: set[str], staff: Staff, student: Student) -> None:
    mine = [root for root in engines._engines if root.is_relative_to(staff.root)]
    assert len(mine) == 1 and len(servers() - others) <= 1, "one that nobody uses is still there"
