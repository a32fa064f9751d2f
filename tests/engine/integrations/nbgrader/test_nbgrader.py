"""nbgrader, the real one, on a class: does its grade book agree with the engine, whatever students did?"""

from __future__ import annotations

import copy
import html
import re
import shutil
from pathlib import Path

import pytest
from nbgrader.converters import Autograde, NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from gatelab.build import leaks
from gatelab.grading.engine import Engine
from gatelab.integrations.nbgrader.course import grading_settings
from gatelab.lab.spec import Lab
from gatelab.report.record.model import Report
from gatelab.sandbox.confine import REQUIRED, ProtectionMissing
from helpers import build_kit
from helpers.command import typed
from helpers.files import files_below
from helpers.grade_books import left_to_mark, read_book
from helpers.notebooks import cell_of, load_notebook, save_notebook

pytestmark = pytest.mark.one_in(3, at=0)

LAB = build_kit.NAME
GRADED = ("correct", "wrong", "empty", "deleted", "doubled", "edited", "exits")
COMPARED = ("correct", "wrong", "empty", "deleted", "doubled", "edited")
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
BAD = "<img src=x onerror=alert(2)>"
ANSWER = "Differences decide, whatever <b>their</b> size."
RUBRIC = """# Rubric

## q3: logits and probabilities (2 points)

One point for RUBRIC-OF-Q3.

## Not a question

NOT-OF-Q3
"""
OVER_THE_BATCH = ("powers.sum(dim=1", "powers.sum(dim=0")


def submissions(release: dict, solved: dict) -> dict[str, dict]:
    """Student → notebook, as they come back from students."""
    wrong = copy.deepcopy(solved)
    cell_of(wrong, "q1-solution")["source"] = _source(wrong, "q1-solution").replace(*OVER_THE_BATCH)

    wrong["cells"].append(
        {
            "cell_type": "markdown",
            "id": "note",
            "metadata": {},
            "source": "Hi <script>alert(1)</script>, $a<b$",
        }
    )

    cell_of(wrong, "q1-solution")["outputs"] = [
        {"output_type": "stream", "name": "stderr", "text": ["my own ", "words\n"]},
        {"output_type": "stream", "name": "stdout", "text": "\x1b[31mred\x1b[0m " + "long " * 10_000},
        {"output_type": "error", "ename": "ValueError", "evalue": BAD, "traceback": [BAD]},
    ]
    shown = [
        {
            "text/html": BAD,
            "image/svg+xml": BAD,
            "application/javascript": "alert(3)",
            "text/plain": f"0.24 {BAD}",
        },
        {"text/html": BAD, "image/png": PIXEL, "text/plain": "<Figure>"},
        {"image/png": '"><script>alert(4)</script>', "text/plain": "not a picture"},
        {
            "image/svg+xml": BAD,
            "text/markdown": BAD,
            "text/latex": BAD,
            "application/vnd.jupyter.widget-view+json": {},
        },
    ]
    wrong["cells"].append(
        {"cell_type": "code", "id": "own", "metadata": {}, "source": "draw()", "execution_count": 1, "outputs": [
            {"output_type": "display_data", "data": data, "metadata": {"image/png": {"width": BAD, "alt": BAD}, "filenames": BAD}}
            for data in shown
        ]}
    )  # fmt: skip

    deleted = copy.deepcopy(wrong)
    deleted["cells"] = [
        cell for cell in deleted["cells"] if _id(cell) not in ("q1", "q2", "q2-solution", "q3")
    ]

    doubled = copy.deepcopy(wrong)
    answer = copy.deepcopy(cell_of(doubled, "q3"))
    cell_of(doubled, "q3")["source"] = cell_of(release, "q3")["source"]
    doubled["cells"] += [copy.deepcopy(cell_of(doubled, id)) for id in ("q1", "q2", "q1-solution")]
    doubled["cells"].append(answer)

    edited = copy.deepcopy(wrong)
    cell_of(edited, "q1").update(
        source="14", outputs=[{"output_type": "execute_result", "data": {"text/plain": "14"}, "metadata": {}, "execution_count": 1}]
    )  # fmt: skip
    cell_of(edited, "q1")["metadata"]["nbgrader"].update(points=1000, locked=False)
    cell_of(edited, "q1-solution")["metadata"]["nbgrader"].update(grade=True, points=1000, locked=True)
    cell_of(edited, "q2")["metadata"]["nbgrader"].update(schema_version=99, grade=False, cell_type="raw")
    cell_of(edited, "q3")["metadata"]["nbgrader"] = {"grade_id": "q3", "grade": "yes", "task": True}
    edited["cells"].append(
        {"cell_type": "code", "id": "extra", "source": "1", "outputs": [], "execution_count": None,
         "metadata": {"nbgrader": {"grade_id": "bonus", "grade": True, "points": 50, "solution": False, "locked": False,
                                   "schema_version": 3}}}
    )  # fmt: skip

    exits = copy.deepcopy(solved)
    cell_of(exits, "q2-solution")["source"] = (
        "import os\ndef cross_entropy(logits, labels):\n    os._exit(0)\n"
    )
    # An editor that removes metadata and IDs; a cell of the student's own below each untouched one.
    unmarked = copy.deepcopy(wrong)
    for cell in unmarked["cells"]:
        cell["metadata"] = {}
        del cell["id"]
    below = copy.deepcopy(release)
    for id, text in (("q3", ANSWER), ("q1-solution", _source(solved, "q1-solution"))):
        kind = cell_of(below, id)["cell_type"]
        code = {"outputs": [], "execution_count": None} if kind == "code" else {}
        new = {"cell_type": kind, "id": f"below-{id}", "metadata": {}, "source": text, **code}
        below["cells"].insert(below["cells"].index(cell_of(below, id)) + 1, new)
    return {
        "correct": solved, "wrong": wrong, "empty": release, "deleted": deleted, "doubled": doubled,
        "edited": edited, "exits": exits, "unmarked": unmarked, "below": below,
    }  # fmt: skip


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course whose class was graded by nbgrader."""
    root = build_kit.make_kit(tmp_path_factory.mktemp("course"))
    (root / "assignment" / LAB / "RUBRIC.md").write_text(RUBRIC, encoding="utf-8")
    done = typed(root, "nbgrader", "generate_assignment", LAB)
    assert done.returncode == 0, done.stderr
    release = load_notebook(root / "release" / LAB / "lab.ipynb")
    solved = load_notebook(root / "assignment" / LAB / "lab.ipynb")
    handed_in = root / "submitted"
    for student, notebook in submissions(release, solved).items():
        save_notebook(notebook, handed_in / student / LAB / "lab.ipynb")

    save_notebook(solved, handed_in / "renamed" / LAB / "my homework.ipynb")
    save_notebook(solved, handed_in / "two" / LAB / "lab.ipynb")
    for other in (
        "lab (1).ipynb",
        "Untitled.ipynb",
        ".virtual_documents/lab.ipynb",
        "._lab.ipynb",
        "old/lab.ipynb",
    ):
        save_notebook(release, handed_in / "two" / LAB / other)
    save_notebook(solved, handed_in / "copy" / LAB / "lab-Copy1.ipynb")
    save_notebook(release, handed_in / "copy" / LAB / "lab.ipynb")
    (handed_in / "none" / LAB).mkdir(parents=True)
    (handed_in / "none" / LAB / "readme.txt").write_text("Where do I hand in?\n", encoding="utf-8")
    (handed_in / "cut" / LAB).mkdir(parents=True)
    text = (handed_in / "correct" / LAB / "lab.ipynb").read_text(encoding="utf-8")
    (handed_in / "cut" / LAB / "lab.ipynb").write_text(text[: len(text) // 2], encoding="utf-8")
    kernel = copy.deepcopy(solved)
    kernel["metadata"] = {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}
    save_notebook(kernel, handed_in / "kernel" / LAB / "lab.ipynb")

    # Beside the notebook: a link to what no student may read, and a time that is none.
    (handed_in / "wrong" / LAB / "notes.txt").symlink_to(root / "tests" / LAB / "hidden" / "conftest.py")
    (handed_in / "wrong" / LAB / "timestamp.txt").write_text("yesterday, I think", encoding="utf-8")
    (handed_in / "renamed" / LAB / "timestamp.txt").write_text("2026-03-02 10:00:00 UTC", encoding="utf-8")

    done = typed(root, "nbgrader", "autograde", LAB)
    assert done.returncode == 0, done.stderr
    done = typed(root, "nbgrader", "generate_feedback", LAB)
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture(scope="module")
def book(course: Path) -> dict[str, dict[str, float | None]]:
    """The contents of nbgrader's grade book after that."""
    return read_book(course / "gradebook.db")


@pytest.fixture(scope="module")
def reports(course: Path) -> dict[str, Report]:
    """Student → the engine's own report of the same file."""
    files = [(student, course / "submitted" / student / LAB / "lab.ipynb") for student in COMPARED]
    with Engine(Lab.in_repository(course), accept_missing=REQUIRED) as engine:
        return {report.submission: report for report in engine.grade_all(files)}


@pytest.mark.parametrize("student", COMPARED)
def test_the_grade_book_says_what_the_engine_says(student, book, reports):
    report = reports[student]
    assert {id: book[student][id] for id in ("q1", "q2")} == {
        id: report.question(id).points for id in ("q1", "q2")
    }


def test_the_points_are_what_the_work_is_worth(book):
    assert (book["correct"]["q1"], book["correct"]["q2"]) == (4, 6)
    assert (book["empty"]["q1"], book["empty"]["q2"], book["empty"]["q3"]) == (0, 0, 0)
    assert 0 < book["wrong"]["q1"] < 4
    assert book["wrong"]["q2"] == 6
    assert book["deleted"] == {"q1": book["wrong"]["q1"], "q2": 0, "q3": None}
    assert (book["exits"]["q1"], book["exits"]["q2"]) == (4, 0)


@pytest.mark.parametrize("student", ["doubled", "edited"])
def test_copies_and_edited_metadata_change_no_points(student, book):
    assert book[student] == book["wrong"]  # a written answer waits for its reader: None
    assert book[student]["q3"] is None


def test_a_notebook_of_another_name_is_graded(book):
    assert (book["renamed"]["q1"], book["renamed"]["q2"]) == (4, 6)


@pytest.mark.parametrize("student", ["two", "copy", "kernel"])
def test_the_lab_among_several_notebooks_and_with_an_odd_kernel_is_graded(student, book):
    assert book[student] == book["correct"]


def test_the_other_notebooks_are_listed_for_the_student(course):
    listed = "Also handed in and not graded: old/lab.ipynb, lab (1).ipynb, Untitled.ipynb."
    assert feedback(course, "two").count(listed) == 1
    assert feedback(course, "copy").count("Also handed in and not graded: lab.ipynb.") == 1


def test_the_student_reads_that_the_work_is_untouched(course):
    assert (
        feedback(course, "empty").count("This is the notebook as it was handed out: nothing was written") == 1
    )
    assert "Nothing was written" not in feedback(course, "correct")
    assert feedback(course, "deleted").count("Nothing was written") == 0


@pytest.mark.parametrize(
    ("student", "sentence"),
    [
        ("none", "no notebook"),
        ("cut", "not a readable notebook"),
    ],
)
def test_an_ungradable_submission_gets_a_row_and_the_reason(student, sentence, course, book):
    assert book[student] == {"q1": 0, "q2": 0, "q3": 0}
    page = feedback(course, student)
    assert page.count(sentence) == 1 and "ask for" not in page and "leave the one" not in page


def test_an_ungradable_submission_waits_in_formgrader(course):
    waiting = left_to_mark(course / "gradebook.db")
    for student in ("none", "cut"):
        assert waiting[student] == {"q1", "q2", "q3"}
    assert waiting["wrong"] == {"q3"} and waiting["empty"] == set()


@pytest.mark.parametrize("student", ["unmarked", "below"])
def test_a_written_answer_is_found_and_waits_for_its_marker(student, course, book):
    assert book[student]["q3"] is None and left_to_mark(course / "gradebook.db")[student] == {"q3"}
    graded = load_notebook(course / "autograded" / student / LAB / "lab.ipynb")
    own = _source(load_notebook(course / "submitted" / "wrong" / LAB / "lab.ipynb"), "q3")
    expected = (ANSWER if student == "below" else own).replace("<", "< ")  # so that no tag is left
    assert _source(graded, "q3") == expected
    assert sum(expected in "".join(cell["source"]) for cell in graded["cells"]) == 1
    assert "look for the answer" not in str(graded)
    assert "No response." not in feedback(course, "unmarked")


def test_no_response_is_said_only_where_nothing_was_written(course, book):
    assert book["below"] == {"q1": 4, "q2": 0, "q3": None}
    assert feedback(course, "below").count("No response.") == 1  # on q2
    assert feedback(course, "empty").count("No response.") == 3


def test_an_answer_that_must_be_looked_for_waits_and_only_its_marker_reads_where(course):
    assert left_to_mark(course / "gradebook.db")["deleted"] == {"q3"}
    graded = load_notebook(course / "autograded" / "deleted" / LAB / "lab.ipynb")["cells"]
    place = next(index for index, cell in enumerate(graded) if _id(cell) == "q3")
    below = "".join(graded[place + 1]["source"])
    assert "look for the answer to q3" in below and "look into the notebook: cell " in below
    assert "“Hi < script>" in below and "RUBRIC-OF-Q3" in "".join(graded[place + 2]["source"])
    assert "look for the answer" not in feedback(course, "deleted")


def test_feedback_names_the_mistake_and_shows_nothing_hidden(course):
    page = feedback(course, "wrong")
    assert "The sum runs over the batch (dim 0)" in page, "the chaff's sentence is missing"
    suites = [
        needle
        for needle in leaks.hidden_needles(course / "tests" / LAB / "hidden")
        if "reference" not in needle.origin
    ]
    own = {leak.text for leak in leaks.search(leaks.texts(course / "submitted" / "correct"), suites)}
    assert len(suites) > len(own)
    text = "\n".join(
        leaks.normal(line)
        for student in (*GRADED, "none", "cut")
        for line in feedback(course, student).split("\n")
    )
    assert "q2:notwrittenyet" in text, "the search below would find nothing"
    for secret in (*({needle.text for needle in suites} - own), "Traceback", str(course)):
        assert secret not in text


def test_a_script_in_a_students_text_stays_text(course):
    page = (course / "feedback" / "wrong" / LAB / "lab.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "script>alert(1)" in feedback(course, "wrong").replace("&gt;", ">").replace(" ", "")


def test_no_file_next_to_a_submitted_notebook_is_handed_out(course):
    assert sorted(path.name for path in (course / "feedback" / "wrong" / LAB).iterdir()) == ["lab.html"]
    assert sorted(path.name for path in (course / "autograded" / "wrong" / LAB).iterdir()) == ["lab.ipynb"]


def test_the_marker_sees_what_the_student_saw_and_nothing_that_runs(course):
    """Text and pixels; of 50,000 letters the beginning; and no output gives a point."""
    graded = load_notebook(course / "autograded" / "wrong" / LAB / "lab.ipynb")
    answer = cell_of(graded, "q1-solution")["outputs"]
    texts = ["".join(output["text"]) for output in answer]
    assert texts[0] == "my own words\n" and texts[2] == f"ValueError: {BAD}"
    assert texts[1].startswith("red long long") and 10_000 < len(texts[1]) < 10_100
    own = next(cell for cell in graded["cells"] if "".join(cell["source"]) == "draw()")
    data = [{kind: "".join(text) for kind, text in output["data"].items()} for output in own["outputs"]]
    assert [*data[:1], *data[2:]] == [{"text/plain": f"0.24 {BAD}"}, {"text/plain": "not a picture"}]
    assert data[1].keys() == {"image/png"} and data[1]["image/png"].strip() == PIXEL
    assert all(output["metadata"] == {} for output in own["outputs"])
    page = (course / "feedback" / "wrong" / LAB / "lab.html").read_text(encoding="utf-8")
    assert f"data:image/png;base64,{PIXEL}" in page.replace("\n", "")
    assert "onerror" in page and "<img src=x" not in page and "<script>alert" not in page


def test_a_locked_cell_has_no_outputs_and_the_labs_text(course):
    graded = load_notebook(course / "autograded" / "edited" / LAB / "lab.ipynb")
    assert _source(graded, "q1") == 'grader.check("q1")'
    assert [output["output_type"] for output in cell_of(graded, "q1")["outputs"]] == [
        "display_data",
        "execute_result",
    ]


def test_the_marker_sees_the_rubric_below_the_answer_and_no_student_ever_does(course):
    graded = load_notebook(course / "autograded" / "wrong" / LAB / "lab.ipynb")["cells"]
    place = next(index for index, cell in enumerate(graded) if _id(cell) == "q3")
    below = "".join(graded[place + 1]["source"])
    assert "RUBRIC-OF-Q3" in below and "NOT-OF-Q3" not in below
    for student in (*GRADED, "none", "cut"):
        assert "RUBRIC-OF-Q3" not in feedback(course, student)


def test_long_lines_of_a_diagnosis_wrap_at_the_edge_of_the_page(course):
    page = (course / "feedback" / "wrong" / LAB / "lab.html").read_text(encoding="utf-8")
    styled = re.search(r"<div style=\"([^\"]*)\">The automatic checks gave [0-9.]+ of 10 points;", page)
    assert styled and "pre-wrap" in styled[1] and "overflow-wrap: anywhere" in styled[1]
    assert "points from the grader" not in page


def test_a_newer_submission_is_graded_again(course):
    handed_in = course / "submitted" / "renamed" / LAB
    shutil.copyfile(course / "release" / LAB / "lab.ipynb", handed_in / "my homework.ipynb")
    (handed_in / "timestamp.txt").write_text("2026-03-03 10:00:00 UTC", encoding="utf-8")
    typed(course, "nbgrader", "autograde", LAB, "--student", "renamed")
    assert read_book(course / "gradebook.db")["renamed"]["q1"] == 0


def test_a_machine_without_protection_stops_before_the_first_submission(course, monkeypatch):
    def refuse(*_: object) -> None:
        raise ProtectionMissing("This machine cannot confine student code.")

    monkeypatch.setattr("gatelab.integrations.nbgrader.preprocessor.engine_for", refuse)
    settings = Config()
    grading_settings(settings, course)
    folders = CourseDirectory(root=str(course), assignment_id=LAB)
    before = files_below(course / "autograded")
    with pytest.raises(NbGraderException, match="cannot confine"):
        Autograde(coursedir=folders, config=settings).start()
    assert files_below(course / "autograded") == before


def test_the_graders_own_fault_is_not_a_0_and_is_tried_again(course, monkeypatch):
    handed_in = course / "submitted" / "unlucky" / LAB
    handed_in.mkdir(parents=True)
    shutil.copy(course / "submitted" / "correct" / LAB / "lab.ipynb", handed_in / "my homework.ipynb")
    settings = Config()
    grading_settings(settings, course)
    folders = CourseDirectory(root=str(course), assignment_id=LAB, student_id="unlucky")
    with monkeypatch.context() as patch, pytest.raises(NbGraderException):
        patch.setattr(Engine, "_limit", lambda *_: 0.001)
        Autograde(coursedir=folders, config=settings).start()
    assert read_book(course / "gradebook.db")["unlucky"] == {"q1": None, "q2": None, "q3": None}
    assert left_to_mark(course / "gradebook.db")["unlucky"] == {"q1", "q2", "q3"}
    assert not (course / "autograded" / "unlucky" / LAB).exists()
    again = typed(course, "nbgrader", "autograde", LAB, "--student", "unlucky")
    assert again.returncode == 0, again.stderr
    book = read_book(course / "gradebook.db")["unlucky"]
    assert (book["q1"], book["q2"]) == (4, 6)
    assert left_to_mark(course / "gradebook.db")["unlucky"] == {"q3"}


def feedback(course: Path, student: str) -> str:
    """The text of a student's feedback page, without its tags."""
    page = (course / "feedback" / student / LAB / "lab.html").read_text(encoding="utf-8")
    body = page[page.index("<body") :]
    return html.unescape(re.sub(r"<[^>]*>", "", body))


def _source(notebook: dict, id: str) -> str:
    return "".join(cell_of(notebook, id)["source"])


def _id(cell: dict) -> str | None:
    return cell["metadata"].get("nbgrader", {}).get("grade_id")
