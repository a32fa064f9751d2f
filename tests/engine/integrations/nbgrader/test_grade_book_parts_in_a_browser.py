"""What is put into nbgrader's pages, in a browser: messages, a training's curve, rubric. The rest of these pages is nbgrader's."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbconvert.filters.markdown import markdown2html
from nbformat.v4 import new_markdown_cell, new_notebook
from playwright.sync_api import Browser

from gatelab.integrations.nbgrader.preprocessor import shown_text
from gatelab.integrations.nbgrader.rubric import with_rubrics
from gatelab.lab.spec import Lab
from gatelab.report.outputs.pages import training_curve
from gatelab.report.record.curve import Band, Curve, Look, Point
from helpers.made_reports import NASTY, question
from helpers.page_checks import browser, look  # noqa: F401  (a fixture)
from helpers.tiny_lab import tiny_kit

pytestmark = pytest.mark.one_in(3, at=1)


@pytest.mark.parametrize("width", [360, 1280])
def test_what_the_kit_adds_has_no_violation_and_fits_the_screen(
    browser: Browser,  # noqa: F811
    tmp_path: Path,
    width: int,
) -> None:
    tiny_kit(tmp_path / "kit")
    lab = Lab.in_repository(tmp_path / "kit")
    marks = {"grade": True, "solution": True, "grade_id": "q3", "points": 2, "locked": False}
    notebook = new_notebook(cells=[new_markdown_cell("An answer.", metadata={"nbgrader": marks})])
    with_rubrics(notebook, lab, {"q3": f"Its cell is gone. {NASTY}"})
    assert len(notebook.cells) > 1
    parts = [markdown2html(cell.source) for cell in notebook.cells]
    for id in ("q1", "q2"):
        trained = question(id, True, False)
        steps = range(10, 130, 10)
        trained.curve = Curve(
            "accuracy", 0.99, [Point(n, 20 / n) for n in steps], [Look(120, 0.4)], False,
            [Band(n, 10 / n, 20 / n, 30 / n) for n in steps], 32,
        )  # fmt: skip
        parts += [shown_text(f"{NASTY} {'x' * 300}")["text/html"], training_curve(trained)]
    page = tmp_path / "page.html"
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title><main><h1>Feedback</h1><h2>A part</h2>'
    page.write_text(f"{head}{''.join(parts)}</main></html>", encoding="utf-8")
    look(browser, page, width, "light")
