"""The lab's own pages in a browser: its preview, its explorer and the matrix of its bank."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from kit_lab import kit_lab
from playwright.sync_api import Browser

from gatelab.build.preview import preview
from helpers.page_checks import browser, look, on_each_screen, read_alone  # noqa: F401  (a fixture)

pytestmark = pytest.mark.one_in(4)

ROOT = Path(__file__).resolve().parents[3]
LAB = kit_lab()


def previewed(folder: Path) -> Path:
    shutil.copytree(ROOT / "release" / LAB.name, folder / "release" / LAB.name)
    return preview(LAB, folder)


def explorer(folder: Path) -> Path:
    return next((ROOT / "release" / LAB.name).glob("*/explorer.html"))


def matrix(folder: Path) -> Path:
    return ROOT / "docs" / LAB.name / "matrix.html"


PAGES = {"preview": previewed, "explorer": explorer, "matrix": matrix}


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


def test_the_preview_runs_and_loads_nothing_and_shows_formulas(browser: Browser, tmp_path: Path) -> None:  # noqa: F811
    path = previewed(tmp_path)
    read_alone(browser, path)
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.locator("script").count() == 0
    assert page.locator("math").count() > 50
    assert page.locator("math[display=block] mtr").count() > 5
    for raw in ("&", "\\", "[4pt]"):
        assert page.locator("math").filter(has_text=raw).count() == 0, raw
    assert page.locator(".markdown code").filter(has_text="\\").count() == 0
    page.close()
