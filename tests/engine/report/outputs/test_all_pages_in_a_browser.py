"""Every other page that the kit writes, in a browser: no violation (axe, WCAG 2.2 AA), no wider than the screen, nothing from elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from gatelab.build.preview import preview
from gatelab.report.outputs.pages import written_page
from helpers.made_reports import LAB, NASTY
from helpers.page_checks import browser, look, on_each_screen, read_alone  # noqa: F401  (a fixture)
from helpers.released_lab import release
from helpers.tiny_lab import tiny_lab

pytestmark = pytest.mark.one_in(4)

ROOT = Path(__file__).resolve().parents[4]
SITE = sorted([path.stem for path in (ROOT / "docs").glob("*.md")])
LONG = "x" * 300


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation as a website."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    command = [Path(sys.executable).parent / "mkdocs", "build", "--quiet", "--site-dir", folder]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


def written(folder: Path) -> Path:
    answer = {
        "name": f"Ada {NASTY}",
        "text": f"Because {LONG}",
        "problem": "",
        "mark": "2",
        "was": "what it was",
    }
    gone = {"name": LONG, "text": "", "problem": "The cell is gone.", "mark": "", "was": ""}
    asked = {"id": "q12a", "title": "In words", "most": 4, "rubric": f"| a | {LONG} |", "model": LONG}
    path = folder / "written.html"
    path.write_text(written_page(LAB, [{**asked, "answers": [answer, gone]}]), encoding="utf-8")
    return path


def previewed(folder: Path) -> Path:
    lab = release(tiny_lab(folder), folder)
    return preview(lab, folder)


PAGES = {"written": written, "preview": previewed}


@on_each_screen
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_violation_and_fits_the_screen(
    browser: Browser,  # noqa: F811
    tmp_path: Path,
    name: str,
    width: int,
    scheme: str,
) -> None:
    look(browser, PAGES[name](tmp_path), width, scheme)


@pytest.mark.parametrize("name", SITE)
def test_a_page_of_the_documentation_has_no_violation_and_fits_a_telephone(
    browser: Browser,  # noqa: F811
    site: Path,
    name: str,
) -> None:
    look(browser, site / f"{name}.html", 360, "light")
    look(browser, site / f"{name}.html", 1280, "light")


def test_the_preview_runs_and_loads_nothing_and_shows_formulas(browser: Browser, tmp_path: Path) -> None:  # noqa: F811
    path = previewed(tmp_path)
    read_alone(browser, path)
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.locator("script").count() == 0
    assert page.locator("math[display=block]").count() == 1 and page.locator("math").count() > 3
    assert page.locator("math").filter(has_text="\\").count() == 0
    page.close()
