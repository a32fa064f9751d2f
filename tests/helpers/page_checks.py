"""Checks a page in a browser: no accessibility violation (axe, WCAG 2.2 AA), no wider than the screen, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from helpers.browser import chromium

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# The part of a page's long tables that axe checks, because every row comes from the same template.
SHORTEN = "for (const row of document.querySelectorAll('tr:nth-child(n + 9)')) row.remove()"

# Everything visible and enabled that a mouse can click; for a group of radio buttons, one.
PRESSED = """() => [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [onclick], [role=button]"
)].filter((one, k, all) => one.checkVisibility({visibilityProperty: true}) && !one.disabled
    && !(one.type === "radio" && all.some((other, j) => j !== k && other.name === one.name && (other.checked || (!one.checked && j < k)))))"""
FOCUS = """() => {
    const here = document.activeElement, style = getComputedStyle(here);
    if (here === document.body || here.dataset.reached) return [false, true, ""];
    here.dataset.reached = "yes";
    const shown = style.boxShadow !== "none" || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0);
    return [true, shown, here.outerHTML.slice(0, 120)];
}"""
MOST_STOPS = 600

on_each_screen = pytest.mark.parametrize(
    ("width", "scheme"), [(width, scheme) for width in (360, 1280) for scheme in ("light", "dark")]
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def look(browser: Browser, path: Path, width: int, scheme: str, shorten: bool = True) -> None:
    # axe is a script, which the page's own policy forbids.
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if shorten:
        page.evaluate(SHORTEN)
    if (width, scheme) == (1280, "light"):
        reach_with_tab(page)
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response
    assert found["passes"], "axe looked at nothing"
    assert [(v["id"], [node["html"] for node in v["nodes"]]) for v in found["violations"]] == []
    assert [url for url in asked if url.startswith("http")] == []
    context.close()


def reach_with_tab(page: Page) -> None:
    """Check that the Tab key reaches everything that can be clicked, and that the focus is visible each time."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        is_new, shown, what = page.evaluate(FOCUS)
        if not is_new:  # once around
            break
        assert shown, f"nothing shows that the focus is on {what}"
    left = f"({PRESSED})().filter(one => !one.dataset.reached).map(one => one.outerHTML.slice(0, 120))"
    assert page.evaluate(left) == []


def read_alone(browser: Browser, path: Path) -> None:
    """Check that the page requests nothing and shows the same text without scripts."""
    shown = []
    for scripts in (True, False):
        context = browser.new_context(java_script_enabled=scripts)
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(path.as_uri())
        assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
        shown.append(page.locator("body").inner_text())
        context.close()
    assert shown[0] == shown[1] != ""
