"""The pages in a browser: accessible at both widths (axe, WCAG 2.2 AA), complete without scripts, never wider than the screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from gatelab.report.outputs.pages import class_page, feedback_page
from gatelab.report.record.curve import Band, Curve, Look, Point
from gatelab.report.record.model import CellProblem, Mistake, Report
from gatelab.report.whole_class.class_report import class_content
from helpers.made_reports import BANK, CHOSEN, LAB, NASTY, a_class, graded, question
from helpers.page_checks import browser, look, on_each_screen, read_alone  # noqa: F401  (a fixture)

pytestmark = pytest.mark.one_in(3, at=2)

LONG = "x" * 300


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    book = class_content(LAB, a_class(), CHOSEN, 7, BANK)
    book |= {
        "had_last": True,
        "changes": [{"name": LONG, "was": "5", "now": "10", "why": "another file came in"}],
        "similar": [{"who": ["ada", "bob"], "shared": 0.83, "prints": 41}],
    }
    cells = [CellProblem(3, "raised", f"NameError: {LONG}", start="def f(x):")]
    half = question(
        "q1", True, False, mistakes=[Mistake("swapped", "It is swapped in `code`.", "Which is first?")]
    )
    steps = range(10, 130, 10)
    trained = question("q3", True, False)
    trained.curve = Curve(
        "accuracy", 0.99, [Point(n, 1e9 if n == 10 else 20 / n) for n in steps], [Look(120, 0.4)], False,
        [Band(n, 10 / n, 20 / n, 30 / n) for n in steps], 32,
    )  # fmt: skip
    written = {
        "class": class_page(book),
        "feedback": feedback_page(
            LAB, graded(f"Ada {NASTY}", half, question("q2", True, True), trained, cells=cells)
        ),
        "ungradable": feedback_page(LAB, Report("dan", "ungradable", reason=f"dan.ipynb: {LONG}")),
        "failed": feedback_page(
            LAB,
            Report("eve", "failed", reason="The disk is full.", student_reason="It will be graded again."),
        ),
    }
    for name, text in written.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in written}


@on_each_screen
@pytest.mark.parametrize("name", ["class", "feedback", "ungradable", "failed"])
def test_a_page_has_no_violation_and_fits_the_screen(
    browser: Browser,  # noqa: F811
    pages: dict[str, Path],
    name: str,
    width: int,
    scheme: str,
) -> None:
    look(browser, pages[name], width, scheme, shorten=False)


def test_a_training_is_a_picture_with_words_and_a_table_of_its_numbers(
    browser: Browser,  # noqa: F811
    pages: dict[str, Path],
) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(pages["feedback"].as_uri())
    picture = page.get_by_role("img")
    assert picture.count() == 1
    said = picture.locator("title").text_content()
    assert said is not None and "above their band at 1 of 12 points and below it at 0" in said
    assert page.locator("figure polygon.band").count() == 1
    # A loss beyond all bounds stays in the picture.
    box = page.locator("figure svg").bounding_box()
    first = page.locator("figure circle").first.bounding_box()
    assert box is not None and first is not None and box["y"] <= first["y"] + first["height"] / 2
    page.get_by_text("The numbers").click()
    rows = page.locator("figure tbody tr")
    assert rows.count() == 12
    assert rows.first.inner_text().split("\t")[:3] == ["10", "1e+09", "1 to 3"]
    assert rows.last.inner_text().split("\t")[-1] == "0.400"
    page.close()


@pytest.mark.parametrize("name", ["class", "feedback"])
def test_a_page_is_whole_without_scripts_and_asks_for_nothing(
    browser: Browser,  # noqa: F811
    pages: dict[str, Path],
    name: str,
) -> None:
    read_alone(browser, pages[name])
