"""The same parts within nbgrader's own pages, as its templates and style sheets draw them: formgrader's for staff, the feedback for students.

What of these pages is nbgrader's is left out: the rest of them is the kit's.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.server_extensions.formgrader import handlers
from playwright.sync_api import Browser, Page, Route
from traitlets.config import Config

from gatelab.integrations.nbgrader.preprocessor import shown_text
from gatelab.integrations.nbgrader.rubric import with_rubrics
from gatelab.lab.spec import Lab
from gatelab.report.outputs.pages import training_curve
from gatelab.report.record.curve import Band, Curve, Look, Point
from helpers.made_reports import NASTY, question
from helpers.page_checks import TAGS, browser  # noqa: F401  (a fixture)
from helpers.tiny_lab import tiny_kit

pytestmark = pytest.mark.one_in(3, at=0)

FORMGRADER = Path(handlers.template_path).parent
HOST = "http://nbgrader.test"
OUTPUT = ["[style*=pre-wrap]", "figure.curve"]
TABLE = "# Rubric\n\n## q3 What decides\n\nSay `why`.\n\n| points | for |\n| --- | --- |\n| 2 | [both](https://a.test) |\n"
RUBRIC = ".cell:not(:has(.nbgrader_cell)) .text_cell_render"


def filled(kit: Path, for_staff: bool) -> dict:
    """A graded notebook: a message and a curve in an output, a written answer, for staff with its rubric."""
    mark = {"schema_version": 3, "locked": False, "cell_type": "code", "score": 1.0, "comment": None}
    trained = question("q1", True, False)
    steps = range(10, 130, 10)
    trained.curve = Curve(
        "accuracy", 0.99, [Point(n, 20 / n) for n in steps], [Look(120, 0.4)], False,
        [Band(n, 10 / n, 20 / n, 30 / n) for n in steps], 32,
    )  # fmt: skip
    text = shown_text(f"Not yet: the sum is 3, expected 2. {NASTY} {'x' * 300}")
    shown = new_output("display_data", data=text | {"text/html": text["text/html"] + training_curve(trained)})
    marks = [
        mark | {"grade": True, "solution": False, "task": False, "grade_id": "q1", "points": 4},
        mark | {"grade": True, "solution": True, "task": False, "grade_id": "q3", "points": 2},
    ]
    notebook = new_notebook(
        cells=[
            new_code_cell("grader.check('q1')", metadata={"nbgrader": marks[0]}, outputs=[shown]),
            new_markdown_cell("An answer.", metadata={"nbgrader": marks[1]}),
        ]
    )
    if for_staff:
        (kit / "assignment" / "softmax" / "RUBRIC.md").write_text(TABLE, encoding="utf-8")
        with_rubrics(notebook, Lab.in_repository(kit), {"q3": f"Its cell is gone. {NASTY}"})
    return notebook


def page_of(template: str, notebook: dict) -> str:
    """As nbgrader's server (formgrade) and `generate_feedback` (feedback) make it."""
    config = Config()
    config.HTMLExporter.template_name = template
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    bootstrap = FORMGRADER / "static" / "node_modules" / "bootstrap" / "dist" / "css"
    config.HTMLExporter.extra_template_paths = [str(bootstrap)]
    book = {"notebook": "lab", "score": 3, "max_score": 6, "late_penalty": 0}
    resources = {
        "base_url": HOST, "notebook_id": "lab", "assignment_id": "softmax", "submission_id": "s", "index": 0,
        "total": 1, "student": "ada", "last_name": "L", "first_name": "A", "notebook_path": "lab.ipynb",
        "nbgrader": book | {"scores": {}, "comments": {}},
    }  # fmt: skip
    return HTMLExporter(config=config).from_notebook_node(notebook, resources=resources)[0]


def serve(page: Page, html: str) -> None:
    """Formgrader's page and its static files at one address; everything else is not there."""

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(f"{HOST}/")
        file = FORMGRADER / path.removeprefix("formgrader/")
        if path == "page":
            route.fulfill(content_type="text/html; charset=utf-8", body=html)
        elif path.startswith("formgrader/static/") and file.is_file():
            route.fulfill(content_type=mimetypes.guess_type(file)[0] or "text/plain", body=file.read_bytes())
        else:
            route.abort()

    page.route("**/*", answer)
    page.goto(f"{HOST}/page")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("template", ["feedback", "formgrade"])
def test_what_the_kit_adds_has_no_violation_in_nbgraders_own_page(
    browser: Browser,  # noqa: F811
    tmp_path: Path,
    template: str,
    width: int,
) -> None:
    tiny_kit(tmp_path / "kit", by_hand=True)
    page = browser.new_page(viewport={"width": width, "height": 900})
    try:
        serve(page, page_of(template, filled(tmp_path / "kit", template == "formgrade")))
        assert (
            page.evaluate("getComputedStyle(document.body).fontSize") == "14px"
        )  # nbgrader's style is there
        ours = OUTPUT if template == "feedback" else [*OUTPUT, RUBRIC]
        for part in ours:
            assert page.locator(part).count(), f"there is no {part}"
        closed = page.locator("figure.curve summary")
        assert (
            closed.evaluate("it => getComputedStyle(it).display") == "list-item"
        )  # so it has a mark to open it by
        closed.click()
        wide = "boxes => boxes.filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.className)"
        assert page.locator(", ".join(ours)).evaluate_all(wide) == []
        within = {"include": [[part] for part in ours]}
        found = Axe().run(page, within, {"runOnly": {"type": "tag", "values": TAGS}}).response
        assert found["passes"], "axe looked at nothing"
        assert [(v["id"], [node["html"][:300] for node in v["nodes"]]) for v in found["violations"]] == []
    finally:
        page.close()
