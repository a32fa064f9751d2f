"""A headless Chromium for tests that act like a person; if there is none, they are skipped with one sentence."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

Page = Any  # playwright.sync_api.Page; only the tests depend on playwright


def chromium() -> str:
    """Where the browser is: $CHROMIUM, or Debian's."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("no Chromium here: what a student does in a browser was not tried (apt install chromium)")
    return found


@contextmanager
def opened(address: str, alone: bool = True) -> Iterator[Page]:
    """A page in a new browser. Errors raised by its scripts make the test fail at the end, and so do requests to other hosts if `alone`."""
    api = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: no browser was tried"
    )
    path, raised, elsewhere = chromium(), [], []
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(180_000)  # a busy machine takes its time to start a kernel
        page.on("pageerror", lambda error: raised.append(str(error)))
        page.on(
            "request",
            lambda asked: (
                elsewhere.append(asked.url)
                if asked.url.startswith("http")
                and "//127.0.0.1:" not in asked.url
                and "//localhost:" not in asked.url
                else None
            ),
        )
        page.goto(address)
        yield page
        browser.close()
    assert raised == []
    assert elsewhere == [] or not alone
