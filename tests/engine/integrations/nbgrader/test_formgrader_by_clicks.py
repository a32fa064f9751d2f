"""A class graded by mouse: JupyterLab, its Nbgrader menu, and formgrader's pages from Generate to feedback, on the tiny lab.

The tests are one story and run in this order.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeFetchAssignment, ExchangeSubmit
from traitlets.config import Config

from helpers.browser import Page, chromium, opened
from helpers.grade_books import read_book
from helpers.jupyterlab import served
from helpers.notebooks import cell_of, load_notebook, save_notebook
from helpers.tiny_class import Tiny
from helpers.tiny_lab import RIGHT, SUMMED

pytestmark = pytest.mark.one_in(3, at=2)

LAB, COURSE = "softmax", "rnn101"
SECONDS = 180
NO_FORMULAS = "window.MathJax = {Hub: {Config() {}, Queue() {}, Startup: {signal: {Interest() {}}}}};"
WHY = "The sum is a good start: see the mean."


@dataclass
class Desk:
    """The course's folder, open in formgrader."""

    page: Page
    kit: Path
    address: str
    waits: list[float] = field(default_factory=list)

    @property
    def formgrader(self) -> Page:
        """Formgrader's page, within JupyterLab."""
        return self.page.frame_locator("iframe")

    def row(self) -> Page:
        return self.formgrader.locator("tbody tr").first

    def click(self, cell: str, says: str) -> str:
        """Click what is in this cell of the table's row, wait for the answer, close it; its log."""
        self.row().locator(f"{cell} a").click()
        answer = self.formgrader.locator(".modal.in")
        answer.wait_for()
        said: str = answer.inner_text()
        assert says in said, said
        answer.get_by_role("button", name="OK").click()
        answer.wait_for(state="detached")
        return said

    @contextmanager
    def timed(self) -> Iterator[None]:
        """How long the server lets others wait meanwhile: `waits`, one a question, in seconds."""
        over, self.waits = threading.Event(), []

        def ask() -> None:
            while not over.wait(0.1):
                start = time.monotonic()
                urllib.request.urlopen(f"{self.address}api", timeout=SECONDS).read()
                self.waits.append(time.monotonic() - start)

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            yield
        finally:
            over.set()
            asking.join()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    chromium()  # without one nothing is started
    place = tmp_path_factory.mktemp("clicks")
    kit = Tiny.lay_out(place, {}).kit
    (place / "exchange").mkdir(mode=0o777)
    (place / "exchange").chmod(0o777)
    with open(kit / "nbgrader_config.py", "a", encoding="utf-8") as file:
        file.write(f"c = get_config()\nc.CourseDirectory.course_id = {COURSE!r}\n")
        file.write(
            f"c.Exchange.root = {str(place / 'exchange')!r}\nc.Exchange.cache = {str(place / 'cache')!r}\n"
        )
    with served(place, kit) as address, opened(f"{address}lab", alone=False) as page:
        # formgrader asks a host elsewhere for what draws formulas, and does not load to the end without it.
        elsewhere = re.compile(r"^https?://(?!127\.0\.0\.1)")
        page.route(elsewhere, lambda route: route.fulfill(content_type="text/javascript", body=NO_FORMULAS))
        page.set_default_timeout(60_000)
        yield Desk(page, kit, address)


def hand_in(desk: Desk, home: Path) -> None:
    """What a student does: fetch what was released, answer, submit."""
    config = Config()
    config.CourseDirectory.update(course_id=COURSE, root=str(home))
    config.Exchange.update(
        root=str(desk.kit.parent / "exchange"), cache=str(home / "cache"), assignment_dir=str(home)
    )
    for step in (ExchangeFetchAssignment, ExchangeSubmit):
        before = os.getcwd()
        os.chdir(home)
        try:
            folders = CourseDirectory(config=config, assignment_id=LAB)
            step(coursedir=folders, authenticator=Authenticator(), config=config).start()
        finally:
            os.chdir(before)
        path = home / LAB / "lab.ipynb"
        notebook = load_notebook(path)
        cell_of(notebook, "q1-solution")["source"] = RIGHT["q1"]
        cell_of(notebook, "q2-solution")["source"] = SUMMED
        path.chmod(0o644)
        save_notebook(notebook, path)


def test_the_menu_opens_formgrader_with_the_lab_in_it(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name="Formgrader", exact=True).click()
    row = desk.row()
    row.get_by_text(LAB).wait_for()
    assert row.locator(".status").inner_text() == "draft"


def test_an_assignment_is_generated_previewed_and_released_by_clicks(desk: Desk) -> None:
    desk.click(".assign", "Successfully created the student version")
    desk.row().locator(".preview a").click()
    desk.page.locator(".jp-DirListing-item", has_text="lab.ipynb").wait_for()
    released = desk.kit / "release" / LAB / "lab.ipynb"
    assert "NotImplementedError" in released.read_text() and "BEGIN SOLUTION" not in released.read_text()
    desk.click(".release", "Successfully released")
    assert desk.row().locator(".status").inner_text() == "released"


def test_validate_finds_the_stubs_while_the_server_answers(desk: Desk) -> None:
    """What JupyterLab's button sends."""
    ask = """async path => {
        const token = (document.cookie.match(/_xsrf=([^;]+)/) || ["", ""])[1];
        const address = "/assignments/validate?path=" + path;
        return await (await fetch(address, {method: "POST", headers: {"X-XSRFToken": token}})).text();
    }"""
    start = time.monotonic()
    with desk.timed():
        said = json.loads(desk.page.evaluate(ask, f"release/{LAB}/lab.ipynb"))
    assert said["success"] is True and len(said["value"]["failed"]) >= 2, said
    assert len(desk.waits) > 5 and max(desk.waits) < (time.monotonic() - start) / 2


def test_collect_and_autograde_while_the_server_answers(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    hand_in(desk, tmp_path_factory.mktemp("student"))
    desk.click(".collect", "Successfully collected")
    desk.row().locator(".num-submissions a").click()
    desk.formgrader.locator("td.autograde a").wait_for()
    start = time.monotonic()
    with desk.timed():
        desk.click(".autograde", "Successfully autograded")
    took = time.monotonic() - start
    (points,) = read_book(desk.kit / "gradebook.db").values()
    assert points["q1"] == 4 and points["q2"] is not None and points["q2"] < 6
    print(
        f"\nautograde by click: {took:.1f} s; the server answered {len(desk.waits)} times, at the longest after {max(desk.waits):.2f} s"
    )
    assert len(desk.waits) > 5 and max(desk.waits) < took / 2


def test_a_fixed_suite_counts_at_the_next_click(desk: Desk) -> None:
    """The process that grades lives on between the clicks, and reads the lab anew."""
    suite = desk.kit / "tests" / LAB / "hidden" / "test_q2_cross_entropy.py"
    kept = suite.read_text(encoding="utf-8")
    (before,) = read_book(desk.kit / "gradebook.db").values()
    suite.write_text(re.sub(r"(?m)^(def test_\w+\(student, draw\):)$", r"\1\n    return", kept))
    desk.click(".autograde", "Successfully autograded")
    (after,) = read_book(desk.kit / "gradebook.db").values()
    assert before["q2"] < after["q2"] == 6


def test_a_mark_and_a_comment_by_hand_reach_the_book_and_the_students_page(desk: Desk) -> None:
    formgrader = desk.formgrader
    formgrader.get_by_role("link", name="Manual Grading").click()
    for link in (LAB, "lab", "Submission #1"):
        desk.formgrader.locator("tbody").get_by_role("link", name=link, exact=True).click()
    page = desk.formgrader
    score = page.locator("input.score#q2[placeholder]")  # its script is there
    score.wait_for()
    score.fill("5")
    with desk.page.expect_response(lambda r: "/api/grade/" in r.url and r.request.method == "PUT"):
        score.press("Tab")
    comment = page.locator("#q2-solution-comment")
    comment.fill(WHY)
    with desk.page.expect_response(lambda r: "/api/comment/" in r.url and r.request.method == "PUT"):
        comment.press("Tab")
    (student,) = read_book(desk.kit / "gradebook.db")
    with Gradebook(f"sqlite:///{desk.kit / 'gradebook.db'}") as book:
        assert book.find_grade("q2", "lab", LAB, student).score == 5
        assert book.find_comment("q2-solution", "lab", LAB, student).comment == WHY
    for link in ("Manual Grading", "Manage Assignments"):
        desk.formgrader.get_by_role("link", name=link).click()
    desk.row().locator(".generate-feedback a").wait_for()
    desk.click(".generate-feedback", "Successfully generated feedback")
    said = (desk.kit / "feedback" / student / LAB / "lab.html").read_text(encoding="utf-8")
    assert WHY in said and "9.0 / 10.0" in said
