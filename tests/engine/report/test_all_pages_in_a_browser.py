"""Every other page that the kit writes, in a browser: no violation (axe, WCAG 2.2 AA), no wider than the screen, nothing from elsewhere."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import chromium
from playwright.sync_api import Browser, sync_playwright
from reports_made import LAB, NASTY

from gatelab.build.preview import preview
from gatelab.report.pages import written_page

pytestmark = pytest.mark.one_in(4)

ROOT = Path(__file__).resolve().parents[3]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SITE = sorted([path.stem for path in (ROOT / "docs").glob("*.md")])
LONG = "x" * 300
# What axe looks at of a page's long tables: every row is written by the same template.
SHORTEN = "for (const row of document.querySelectorAll('tr:nth-child(n + 9)')) row.remove()"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


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
    shutil.copytree(ROOT / "release" / LAB.name, folder / "release" / LAB.name)
    return preview(LAB, folder)


def explorer(folder: Path) -> Path:
    return next((ROOT / "release").glob("*/*/explorer.html"))


def matrix(folder: Path) -> Path:
    return ROOT / "docs" / LAB.name / "matrix.html"


PAGES = {"written": written, "preview": previewed, "explorer": explorer, "matrix": matrix}


def look(browser: Browser, path: Path, width: int, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate(SHORTEN)
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response
    assert found["passes"], "axe looked at nothing"
    assert [(v["id"], [node["html"] for node in v["nodes"]]) for v in found["violations"]] == []
    assert [url for url in asked if url.startswith("http")] == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_violation_and_fits_the_screen(
    browser: Browser, tmp_path: Path, name: str, width: int, scheme: str
) -> None:
    look(browser, PAGES[name](tmp_path), width, scheme)


@pytest.mark.parametrize("name", SITE)
def test_a_page_of_the_documentation_has_no_violation_and_fits_a_telephone(
    browser: Browser, site: Path, name: str
) -> None:
    look(browser, site / f"{name}.html", 360, "light")
    look(browser, site / f"{name}.html", 1280, "light")


def test_the_preview_runs_and_loads_nothing_and_shows_formulas(browser: Browser, tmp_path: Path) -> None:
    shown = []
    path = previewed(tmp_path)
    for scripts in (True, False):
        context = browser.new_context(java_script_enabled=scripts)
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(path.as_uri())
        assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
        shown.append(page.locator("body").inner_text())
        assert page.locator("script").count() == 0
        assert page.locator("math").count() > 50
        assert page.locator("math[display=block] mtr").count() > 5
        for raw in ("&", "\\", "[4pt]"):
            assert page.locator("math").filter(has_text=raw).count() == 0, raw
        assert page.locator(".markdown code").filter(has_text="\\").count() == 0
        context.close()
    assert shown[0] == shown[1] != ""
