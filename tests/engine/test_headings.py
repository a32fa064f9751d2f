"""One h1 and no level skipped, in every notebook that is written and every page that is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatelab.report.outputs.pages import class_page, feedback_page
from gatelab.report.record.model import CellProblem, Report
from gatelab.report.whole_class.class_report import class_content
from helpers import heading_levels
from helpers.made_reports import BANK, CHOSEN, LAB, a_class, graded, question

ROOT = Path(__file__).resolve().parents[2]
MASTERS = sorted(
    path
    for kit in (ROOT, Path(__file__).parent / "tiny-lab")
    for path in kit.glob("assignment/*/*.py")
    if path.read_text(encoding="utf-8").startswith("# ---\n# jupyter:")
)
MADE = sorted([*(ROOT / "docs").rglob("*.html"), *(ROOT / "assignment").rglob("*.html")])


def test_a_wrong_outline_would_be_found(tmp_path: Path) -> None:
    assert heading_levels.faults([1, 2, 3, 2, 3, 4, 2]) == []
    assert heading_levels.faults([2, 3]) == ["0 h1", "heading 1: h2 below nothing"]
    assert heading_levels.faults([1, 3, 1, 2]) == ["2 h1", "heading 2: h3 below h1"]
    master = tmp_path / "lab.py"
    master.write_text(
        "# %% [markdown]\n# # One\n#\n# ```\n# # none\n# ```\n\n# %%\n# # none\n\n# %% [markdown]\n# ## Two\n"
    )
    assert heading_levels.of_notebook(master) == [1, 2]


@pytest.mark.parametrize("master", MASTERS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_notebook_has_one_title_and_its_headings_in_order(master: Path) -> None:
    assert heading_levels.faults(heading_levels.of_notebook(master)) == []


@pytest.mark.parametrize("page", MADE, ids=lambda path: path.stem)
def test_a_page_of_the_repository_has_its_headings_in_order(page: Path) -> None:
    assert heading_levels.faults(heading_levels.of_page(page.read_text(encoding="utf-8"))) == []


def test_the_reports_have_their_headings_in_order() -> None:
    book = class_content(LAB, a_class(), CHOSEN, 7, BANK) | {
        "had_last": True,
        "changes": [{"name": "ada", "was": "5", "now": "10", "why": "another file came in"}],
        "similar": [{"who": ["ada", "bob"], "shared": 0.83, "prints": 41}],
    }
    empty = class_content(LAB, [], CHOSEN, 7, BANK)
    cells = [CellProblem(3, "raised", "NameError: x", start="def f(x):")]
    pages = {
        "class": class_page(book),
        "nobody": class_page(empty),
        "feedback": feedback_page(LAB, graded("ada", question("q1", True, False), cells=cells)),
        "ungradable": feedback_page(LAB, Report("dan", "ungradable", reason="dan.ipynb: empty")),
        "failed": feedback_page(
            LAB, Report("eve", "failed", reason="The disk is full.", student_reason="Again.")
        ),
    }
    assert {
        name: wrong
        for name, page in pages.items()
        if (wrong := heading_levels.faults(heading_levels.of_page(page)))
    } == {}
