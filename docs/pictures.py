"""Two of the README's pictures, from a graded class (Chromium must be there); `make pictures` makes all three."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent / "img"
PAGES = {"class-report": ("index.html", 1100, 1000), "feedback": ("feedback/barbara.html", 1100, 1000)}


def main(out: Path) -> None:
    """Write the upper part of the class report and of one student's page."""
    HERE.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, (page, width, height) in PAGES.items():
            view = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
            view.goto((out / page).resolve().as_uri())
            view.screenshot(path=HERE / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
