"""`gatelab grade --quick`, the estimate and the bar, on the small lab of another subject with a part that trains.

The lab's suite of q2 says that its second part trains a model; no command knows better.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from typer.testing import Result

from gatelab.cli.progress import Costs, in_words
from gatelab.lab.spec import Lab
from gatelab.report.record.model import Part, Question, Report
from gatelab.report.record.schema import read_json
from helpers.command import gatelab
from helpers.tables import rows_of
from helpers.tiny_lab import tiny_kit

pytestmark = pytest.mark.usefixtures("shared_server")


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("kit") / "kit"
    tiny_kit(root)
    suite = next((root / "tests" / "softmax" / "hidden").glob("test_q2_*.py"))
    text = suite.read_text().replace("import torch\n", "import pytest\nimport torch\n", 1)
    suite.write_text(
        text.replace('@part("q2", "gradient", 2)', '@part("q2", "gradient", 2)\n@pytest.mark.training')
    )
    lab = Lab.in_repository(root)
    notebook = nbformat.v4.new_notebook()
    sources = [lab.reference(id) for id in ("q1", "q2")]
    notebook.cells = [nbformat.v4.new_code_cell("import torch"), *map(nbformat.v4.new_code_cell, sources)]
    (root / "class").mkdir()
    for name in ("ada", "bob", "eve"):
        nbformat.write(notebook, root / "class" / f"{name}.ipynb")
    return root


@pytest.fixture(scope="module")
def looked(kit: Path) -> Result:
    return gatelab("grade", kit / "class", "-o", kit / "look", "--root", kit, "--jobs", 1, "--quick")


SAYS = "A quick look without trainings, no grade: q2 gradient (2) left out."


def test_a_quick_look_says_everywhere_that_it_is_not_a_grade(kit: Path, looked: Result) -> None:
    assert looked.exit_code == 0, looked.stderr
    assert SAYS in looked.stdout
    rows = rows_of(kit / "look" / "grades.csv")
    assert [(row["q1"], row["q2"], row["total"], row["out_of"], row["reason"]) for row in rows] == [
        ("4", "4", "8", "8", SAYS)
    ] * 3
    assert SAYS in (kit / "look" / "index.html").read_text()
    report = read_json((kit / "look" / "reports" / "ada.json").read_text())
    assert report.reason == SAYS and report.max_points == 8
    assert [part.name for part in report.question("q2").parts] == ["loss"]
    assert list((kit / "look" / "feedback").iterdir()) == []  # nothing to be sent to anybody


def test_a_quick_look_is_kept_apart_from_a_grading(kit: Path, looked: Result) -> None:
    into = gatelab("grade", kit / "class", "-o", kit / "look", "--root", kit)
    assert into.exit_code == 2 and "quick look" in into.stderr and "choose another -o" in into.stderr
    sheet = kit / "sheet.csv"
    sheet.write_text("Student,ID,SIS Login ID,Section,Lab (1)\nPoints Possible,,,,8\nAda,1,ada,A,\n")
    out = gatelab("export", "canvas", kit / "look", "--template", sheet)
    assert out.exit_code == 2 and "quick look" in out.stderr, out.stderr
    again = gatelab("grade", kit / "class", "-o", kit / "look", "--root", kit, "--quick")
    assert again.exit_code == 0 and "3 of 3 notebooks are done from an earlier run" in again.stderr


def test_a_full_grading_is_kept_out_of_a_quick_look_and_estimated_from_reports(kit: Path) -> None:
    first = gatelab("grade", kit / "class", "-o", kit / "out", "--root", kit, "--jobs", 1)
    assert first.exit_code == 0 and "to grade:" not in first.stderr  # nobody has measured this lab
    second = gatelab("grade", kit / "class", "-o", kit / "out", "--root", kit, "--jobs", 1, "--fresh")
    assert "3 to grade: less than a minute with 1 job." in second.stderr
    quick = gatelab("grade", kit / "class", "-o", kit / "out", "--root", kit, "--quick")
    assert quick.exit_code == 2 and "with trainings" in quick.stderr


def test_the_estimate_uses_the_time_that_the_questions_took(kit: Path, tmp_path: Path) -> None:
    lab = Lab.in_repository(kit)
    (tmp_path / "reports").mkdir()
    for name, took in (("a", 20.0), ("b", 40.0)):
        questions = [
            Question(id, id, 1.0, [Part("values", 1.0, 1.0, None)], seconds=took / 2) for id in ("q1", "q2")
        ]
        report = Report(name, "graded", questions=questions, wall_seconds=took + 3)
        (tmp_path / "reports" / f"{name}.json").write_text(report.to_json())
    (tmp_path / "reports" / "broken.json").write_text("{")
    costs = Costs.of(lab, tmp_path, ["q1", "q2"])
    assert (costs.each, costs.questions) == (33.0, {"q1": 15.0, "q2": 15.0})
    assert costs.estimate(51, 2) == "about 14 minutes with 2 jobs"
    assert Costs.of(lab, tmp_path / "none", ["q1", "q2"]).estimate(51, 2) == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3, "less than a minute"), (70, "about a minute"), (840, "about 14 minutes"), (9000, "about 2.5 hours")],
)
def test_seconds_are_written_as_people_say_them(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
