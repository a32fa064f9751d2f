"""Work that was never begun is reported as such in the table, on the pages and to the student; no other work is."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import nbformat
import pytest
from nbgrader.utils import compute_checksum

from gatelab.grading.examiner import without_missing_grader
from gatelab.handed_out.marks import checksum, mark_of
from gatelab.report.outputs.gradescope import gradescope_results
from gatelab.report.record.model import CellProblem, Kind, Part, Question, Report
from gatelab.report.record.schema import read_json
from gatelab.sandbox.confine import REQUIRED
from gatelab.submission.notebook_file import parse, source_of
from gatelab.submission.untouched import as_handed_out
from helpers.command import gatelab
from helpers.notebooks import cell_of, save_notebook
from helpers.released_lab import released_kit, released_lab
from helpers.released_lab import released_notebook as released
from helpers.tables import grades

pytestmark = [pytest.mark.usefixtures("shared_server"), pytest.mark.one_in(3, at=2)]

WAIVED = [word for piece in REQUIRED for word in ("--accept-missing", piece)]

LAB, KIT = released_lab(), released_kit()
HANDED_OUT = "This is the notebook as it was handed out: nothing was written in it."
NOTHING = "Nothing was written: none of the questions that were graded has an answer."


def code(source: str) -> dict:
    return {
        "cell_type": "code",
        "id": "mine",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def answered(*ids: str, where: str = "") -> dict:
    """The release with some questions' answers, in their cells or, with `where`, in cells of the student's own."""
    book = released()
    for id in ids:
        if where:
            book["cells"].append(code(LAB.reference(id)))
        else:
            cell_of(book, f"{id}-solution")["source"] = LAB.reference(id)
    return book


def stale() -> dict:
    """The release of another year: other stubs, other points, a question more, with nbgrader's checksums of those."""
    book = released()
    for cell in book["cells"]:
        mark = cell["metadata"].get("nbgrader")
        if mark and mark["grade_id"] == "q1-solution":
            cell["source"] = "def my_softmax(x):\n    raise NotImplementedError('q1')"
        if mark and "points" in mark:
            mark["points"] = 3
        if mark:
            mark["checksum"] = compute_checksum(nbformat.from_dict(cell))
    return book


def rerun() -> dict:
    """The release, run and saved by other editors: outputs, counts, blank space at the end, Windows's line ends."""
    book = released()
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x"}]
            cell["source"] = "".join(cell["source"]).replace("\n", "\r\n") + "\r\n"
    book["cells"].append(
        {"cell_type": "markdown", "id": "n", "metadata": {}, "source": "I had no time, sorry."}
    )
    return book


@pytest.mark.parametrize(
    "book", [released(), stale(), rerun(), released() | {"cells": released()["cells"] + [code("")]}]
)
def test_untouched_copies_of_this_and_earlier_releases_are_recognized(book: dict) -> None:
    assert as_handed_out(book, LAB)


def test_format_3_of_the_release_is_known() -> None:
    old = nbformat.convert(nbformat.from_dict(released()), 3)
    assert as_handed_out(parse(json.dumps(old).encode(), "lab.ipynb"), LAB)


@pytest.mark.parametrize(
    "book",
    [
        answered("q1"),
        answered("q2"),
        answered("q1", where="below"),
        released() | {"cells": [code("softmax = {'a': 'b'}"), *released()["cells"]]},
        released() | {"cells": []},
        {"cells": [{"cell_type": "code", "metadata": {"nbgrader": 3}}, None]},
    ],
)  # fmt: skip
def test_work_that_was_started_is_not_called_untouched(book: dict) -> None:
    assert not as_handed_out(book, LAB)


def test_the_checksum_is_nbgraders() -> None:
    for cell in nbformat.from_dict(released())["cells"]:
        if mark_of(cell):
            assert checksum(cell, source_of(cell)) == compute_checksum(cell)


@pytest.mark.parametrize(
    "points", [None, "x", True, [], 10**400], ids=["null", "text", "true", "list", "large"]
)
@pytest.mark.parametrize("written", ["", "x = '\ud800'"])
def test_a_spoiled_mark_counts_as_another_one_and_not_as_an_error(points: object, written: str) -> None:
    """nbgrader ends with an error there, because the cell is not as it was handed out."""
    book = released()
    cell = cell_of(book, "q1-solution")
    cell["metadata"]["nbgrader"] |= {"grade": True, "points": points}
    cell["source"] = written or cell["source"]
    assert not as_handed_out(book, LAB)


def test_letters_that_no_file_can_hold_give_different_checksums() -> None:
    cell = {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": "q1-solution", "solution": True}}}
    assert len({checksum(cell, text) for text in ("\ud800", "\ud801", "?")}) == 3


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, str]]]:
    """A class, graded: its output and its rows."""
    folder, out = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("out")
    bare = released()
    for cell in bare["cells"]:
        cell["metadata"] = {}
    own_checks = copy.deepcopy(answered("q1", "q2"))
    set_up = next(cell for cell in own_checks["cells"] if "import otter" in "".join(cell["source"]))
    own_checks["cells"].remove(set_up)  # the cell that defines `grader`
    own_checks["cells"] += [code("grader.check('q1')"), code("grader.check_all()"), code("1 / 0")]
    books = {
        "untouched": released(), "stale": stale(), "rerun": rerun(), "bare": bare, "some": answered("q1"),
        "below": answered("q1", "q2", where="below"), "checks": own_checks,
    }  # fmt: skip
    for name, book in books.items():
        save_notebook(book, folder / f"{name}.ipynb")
    done = gatelab("grade", folder, "-o", out, "--root", KIT, *WAIVED)
    assert done.exit_code == 0, done.output
    return out, grades(out)


@pytest.mark.parametrize("name", ["untouched", "stale", "rerun"])
def test_an_untouched_notebook_is_reported_everywhere(graded: tuple, name: str) -> None:
    out, rows = graded
    assert (rows[name]["status"], rows[name]["total"], rows[name]["reason"]) == ("graded", "0", HANDED_OUT)
    assert (out / "feedback" / f"{name}.html").read_text(encoding="utf-8").count(HANDED_OUT) == 1
    index = (out / "index.html").read_text(encoding="utf-8")
    assert f"<strong>{name}:</strong> {HANDED_OUT}" in index
    report = read_json((out / "reports" / f"{name}.json").read_text(encoding="utf-8"))
    assert HANDED_OUT in gradescope_results(report)["output"].splitlines()


def test_exactly_what_was_left_out_is_reported(graded: tuple) -> None:
    _, rows = graded
    assert rows["bare"]["reason"] == NOTHING
    assert rows["some"]["reason"] == "Nothing was written for q2."
    assert rows["below"]["reason"] == ""
    assert (rows["some"]["total"], rows["below"]["total"]) == ("4", "10")


def test_several_questions_without_an_answer_are_listed_in_one_sentence() -> None:
    stub = Part("a", 0, 2, Kind.UNTOUCHED, "Not written yet.")
    parts = {"q1": Part("a", 2, 2, None), "q2": stub, "q3": stub}
    report = Report("ada", "graded", questions=[Question(id, id, 2, [part]) for id, part in parts.items()])
    assert report.notes == ["Nothing was written for q2, q3."]


def test_cells_that_missed_the_grader_leave_one_line() -> None:
    missed = [
        CellProblem(
            k, "raised", f"NameError: name 'grader' is not defined (grader.check('q{k}'))", missing="grader"
        )
        for k in (3, 5)
    ]
    other = CellProblem(4, "raised", "NameError: name 'graders' is not defined (graders)", missing="graders")
    cells, hints = without_missing_grader([missed[0], other, missed[1]])
    assert cells == [other] and [hint.startswith("2 cells called `grader`") for hint in hints] == [True]
    assert without_missing_grader([other]) == ([other], [])


def test_checks_without_a_grader_are_one_line_for_staff_and_none_for_the_student(graded: tuple) -> None:
    out, rows = graded
    report = read_json((out / "reports" / "checks.json").read_text(encoding="utf-8"))
    page = (out / "feedback" / "checks.html").read_text(encoding="utf-8")
    assert rows["checks"]["total"] == "10" and "ZeroDivisionError" in page
    assert "grader" not in page and "'grader'" not in json.dumps([cell.message for cell in report.cells])
    assert sum("`grader`" in hint for hint in report.hints) == 1
    assert "name &#39;grader&#39;" not in (out / "index.html").read_text(encoding="utf-8")
