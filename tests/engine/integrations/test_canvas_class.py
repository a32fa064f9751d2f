"""A class from Canvas, marked and corrected: every export says the same about a student, and says it to that student."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from typer.testing import Result

from helpers.notebooks import write_notebook
from helpers.tiny_class import Tiny, gatelab
from helpers.tiny_lab import NAIVE, RIGHT, SETUP, SUMMED, tiny_kit

HANDED_IN = {
    "lovelaceada_4711_90210_lab.ipynb": (RIGHT["q1"], RIGHT["q2"], "# ada"),
    "hopperbob_LATE_4712_90211_lab.ipynb": (NAIVE, RIGHT["q2"], "# bob"),
    "zorndora_4713_90212_work.zip": (NAIVE, SUMMED, "# dora"),
}
ROSTER = 'Student,ID,Email\n"Lovelace, Ada",4711,ada@x.org\n"Hopper, Bob",4712,bob@x.org\n"Zorn, Dora",4713,dora@x.org\n"Ellis, Eva",4714,eva@x.org\n'
SHEET = """\
Student,ID,SIS Login ID,Section,Lab (7)
    Points Possible,,,,12
"Lovelace, Ada",9001,ada,S,
"Evans, Eve",4711,eve,S,
"Hopper, Bob",9002,bob,S,
"""


def write_submission(tiny: Tiny, name: str, *cells: str) -> None:
    tiny.folder.mkdir(exist_ok=True)
    if not name.endswith(".zip"):
        write_notebook(tiny.folder / name, SETUP, *cells)
        return
    notebook = write_notebook(tiny.base / "lab.ipynb", SETUP, *cells)
    with zipfile.ZipFile(tiny.folder / name, "w") as file:
        file.write(notebook, "lab.ipynb")


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    tiny = Tiny(tmp_path_factory.mktemp("canvas"))
    tiny_kit(tiny.kit, by_hand=True)
    for name, cells in HANDED_IN.items():
        write_submission(tiny, name, *cells)
    (tiny.folder / "elliseva_4714_90213_essay.pdf").write_bytes(b"%PDF-1.4")
    (tiny.base / "people.csv").write_text(ROSTER, encoding="utf-8")
    assert tiny.grade("--roster", tiny.base / "people.csv").exit_code == 1
    return tiny


@pytest.fixture
def fresh(graded: Tiny, tmp_path: Path) -> Tiny:
    (tmp_path / "people.csv").write_text(ROSTER, encoding="utf-8")
    return graded.copy(tmp_path)


def export(tiny: Tiny, *words: object) -> Result:
    return gatelab("export", words[0], tiny.out, *words[1:])


def visible_text(page: str) -> str:
    """The text of a page or notebook on one line."""
    return " ".join(html.unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)).split())


def delivered(tiny: Tiny) -> dict[str, str]:
    """What each student reads, by the file name under which Canvas accepts it."""
    export(tiny, "feedback", "--to", "canvas")
    found = {}
    with zipfile.ZipFile(tiny.out / "feedback-canvas.zip") as file:
        for name in file.namelist():
            if name.endswith(".ipynb"):
                found[name] = json.loads(file.read(name))["cells"][0]["source"]
            else:
                with zipfile.ZipFile(io.BytesIO(file.read(name))) as inner:
                    found[name] = visible_text(inner.read("feedback.html").decode())
    return found


def results(tiny: Tiny, name: str) -> dict:
    export(tiny, "gradescope", "--partial")
    return json.loads((tiny.out / "gradescope" / name / "results.json").read_text(encoding="utf-8"))


@pytest.mark.one_in(2)
def test_a_number_in_a_name_that_is_not_from_canvas_gives_nobody_a_grade(tmp_path: Path) -> None:
    tiny = Tiny(tmp_path)
    tiny_kit(tiny.kit)
    write_submission(tiny, "lab_4711_1_ada.ipynb", RIGHT["q1"], RIGHT["q2"], "# a")
    write_submission(tiny, "lab_4712_1_bob.ipynb", NAIVE, SUMMED, "# b")
    tiny.grade()
    (tmp_path / "sheet.csv").write_text(SHEET, encoding="utf-8")
    said = export(tiny, "canvas", "--template", tmp_path / "sheet.csv")
    assert said.exit_code == 1 and "2 graded, but not in the sheet" in said.output
    assert (tiny.out / "canvas.csv").read_text(encoding="utf-8") == SHEET
    said = export(tiny, "feedback", "--to", "canvas")
    assert "No feedback can be delivered" in said.output
    assert (
        said.output.count("is not recognised as a name from a Canvas download, so Canvas cannot match it")
        == 2
    )


def test_a_mark_given_by_hand_is_in_the_notebook_and_in_gradescopes_results(fresh: Tiny) -> None:
    fresh.gatelab("mark", "lovelaceada", "q3", "1.5", "--why", "nearly")
    fresh.gatelab("comment", "lovelaceada", "q3", "Think again.")
    fresh.gatelab("comment", "hopperbob", "q3", "Where is it?")
    feedback = delivered(fresh)
    book = feedback["lovelaceada_4711_90210_lab.ipynb"]
    assert "11.5 of 12 points." in book and "q3: 1.5 of 2" in book
    assert "Marked by hand: nearly" in book and "Comment: Think again." in book
    assert "is marked by hand" not in book and "from the grader" not in book
    unmarked = feedback["hopperbob_LATE_4712_90211_lab.ipynb"]
    assert (
        "9 of 10 points." in unmarked and "q3 (2 points) is marked by hand and not counted here." in unmarked
    )
    assert "Comment: Where is it?" in unmarked

    found = results(fresh, "lovelaceada")
    assert "11.5 of 12 points." in found["output"] and "marked by hand" not in found["output"]
    test = next(test for test in found["tests"] if test["name"].startswith("q3"))
    assert (test["score"], test["max_score"]) == (1.5, 2) and found["score"] == 11.5
    assert "Marked by hand: nearly" in test["output"] and "Comment: Think again." in test["output"]
    found = results(fresh, "hopperbob")
    assert "9 of 10 points." in found["output"] and "Where is it?" in found["output"]
    assert "q3 (2 points) is marked by hand and not counted here." in found["output"]
    assert not any(test["name"].startswith("q3") for test in found["tests"])


def test_a_comment_on_a_question_of_ungradable_work_is_shown_too(fresh: Tiny) -> None:
    fresh.gatelab("comment", "elliseva", "q1", "Page 2 is right.")
    for text in (results(fresh, "elliseva")["output"], visible_text(fresh.page("elliseva"))):
        assert "Comment on q1: Page 2 is right." in text


def test_a_late_penalty_is_stated_next_to_the_total(fresh: Tiny) -> None:
    fresh.table.write_text(
        fresh.table.read_text() + "\n[late]\ndue = 2026-11-25T10:00:00+01:00\npercent_per_day = 10\n"
    )
    fresh.gatelab("late", "lovelaceada", "2", "--why", "agreed")
    book = delivered(fresh)["lovelaceada_4711_90210_lab.ipynb"]
    assert "8 of 10 points." in book and "2 points are taken off for lateness" in book


def test_edits_to_the_table_reach_all_feedback_or_none(fresh: Tiny) -> None:
    path = fresh.out / "grades.csv"
    rows = fresh.rows()
    rows["hopperbob"] |= {"q1": "0", "override_reason": "copied", "comment_for_student": "See me now."}
    rows["zorndora"] |= {"q1": "4", "override_reason": "fine"}
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows["zorndora"])
        writer.writeheader()
        writer.writerows(rows.values())
    before = {each: each.read_bytes() for each in fresh.out.rglob("*") if each.is_file()}
    for to in ("canvas", "mail", "moodle"):
        said = export(fresh, "feedback", "--to", to)
        assert said.exit_code == 2 and len(said.output.strip().splitlines()) == 1
        assert f"{fresh.out}: the feedback pages of Bob Hopper, Dora Zorn do not show" in said.output
        assert "run gatelab grade, then export again" in said.output
    assert {each: each.read_bytes() for each in fresh.out.rglob("*") if each.is_file()} == before
    assert fresh.grade("--roster", fresh.base / "people.csv").exit_code == 1
    export(fresh, "feedback", "--to", "mail")
    feedback = delivered(fresh)
    pages = {
        name: visible_text((fresh.out / "feedback-mail" / f"{name}@x.org" / "feedback.html").read_text())
        for name in ("bob", "dora")
    }
    assert "6 of 10 points" in pages["bob"] and "See me now." in pages["bob"]
    assert "6 of 10 points." in feedback["hopperbob_LATE_4712_90211_lab.ipynb"]
    assert feedback["zorndora_4713_90212_work.zip"] == pages["dora"] and "7.6 of 10 points" in pages["dora"]
