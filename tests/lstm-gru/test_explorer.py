"""The gate explorer: is the page made of the recorded numbers, whole in itself, and usable without a mouse?"""

from __future__ import annotations

import importlib.util
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.browser import Page, opened

HERE = Path(__file__).parent / "explorer"
PAGE = Path(__file__).parents[2] / "assignment" / "lstm-gru" / "seqlab" / "explorer.html"
RECORDED = json.loads((HERE / "recorded.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """The page in a browser, as it opens from the disk; what it asks the network for, or an error of its script, fails."""
    with opened(PAGE.as_uri()) as page:
        yield page


def test_the_page_is_the_template_with_the_recorded_numbers() -> None:
    module: Any = importlib.util.module_from_spec(
        spec := importlib.util.spec_from_file_location("explorer_page", HERE / "page.py")  # type: ignore[arg-type]
    )
    spec.loader.exec_module(module)
    assert PAGE.read_text(encoding="utf-8") == module.text(), "run python tests/lstm-gru/explorer/page.py"


def test_it_needs_no_network_and_is_small() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert not re.search(r"https?:|src=|@import|fetch\(|XMLHttp", text)
    assert len(text) < 200_000


def test_every_setting_of_the_sliders_was_recorded() -> None:
    settings = len(RECORDED["choices"]) * len(RECORDED["shifts"])
    for model in RECORDED["models"].values():
        assert model["accuracy"] >= 0.95, "an untrained network explains nothing"
        assert len(model["runs"]) == settings
        for run in model["runs"]:
            numbers = 2 * RECORDED["steps"] * RECORDED["units"]
            assert {len(run[name]) for name in model["strips"]} == {numbers}
            assert len(run["reach"]) == 2 * RECORDED["steps"]


def test_the_page_computes_no_gate() -> None:
    """The page must not contain what students have to write, not even in another language."""
    script = PAGE.read_text(encoding="utf-8").split("<script>")[1]
    assert not re.search(r"tanh|sigmoid|Math\.exp", script)


def test_the_recorded_forget_gates_close_at_a_letter_and_stay_open_at_dots() -> None:
    """What the page is to show is there: the keeping units of the LSTM."""
    run = RECORDED["models"]["LSTM"]["runs"][
        RECORDED["choices"].index("D") * len(RECORDED["shifts"]) + RECORDED["shifts"].index(0)
    ]

    def gate(step: int, unit: int) -> int:
        start = 2 * (step * RECORDED["units"] + unit)
        return int(run["f"][start : start + 2])

    assert all(gate(RECORDED["second"], unit) < 20 for unit in range(3))
    assert all(gate(step, unit) > 78 for unit in range(3) for step in range(RECORDED["second"] + 1, 16))


def test_every_control_has_a_label_and_the_keyboard_moves_it(page: Page) -> None:
    unnamed = page.evaluate("[...document.querySelectorAll('input')].filter(i => !i.labels.length).length")
    assert unnamed == 0
    story = page.locator("#story")
    before = story.inner_text()
    assert "the last letter is D, the network answers D" in before
    page.keyboard.press("Tab")  # the first stop is the network
    page.keyboard.press("ArrowRight")
    assert story.inner_text().startswith("GRU, update bias 0")
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    assert "the last letter is B" in story.inner_text(), "a dot at step 9 leaves the first letter the last"
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    assert "update bias −6" in story.inner_text()
    page.keyboard.press("Tab")
    assert page.locator("td.lit").count() == RECORDED["steps"] * RECORDED["units"]
    page.keyboard.press("Space")
    assert page.locator("td.lit").count() == 0


def test_headings_tables_and_contrast_are_in_order(page: Page) -> None:
    """What a screen reader needs; the contrast of every cell's number is worked out in the page as WCAG does."""
    assert page.locator("h1").count() == 1
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => +h.tagName[1])")
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert page.evaluate(
        "[...document.querySelectorAll('table')].every(t => t.caption && t.querySelector('th[scope=col]'))"
    )
    assert page.get_attribute("#story", "aria-live") == "polite"
    worst = page.evaluate(
        """() => {
          const light = c => {
            const [r, g, b] = c.match(/\\d+/g).map(Number).map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
            return .2126 * r + .7152 * g + .0722 * b;
          };
          const ratio = cell => {
            const style = getComputedStyle(cell), [a, b] = [light(style.color), light(style.backgroundColor)];
            return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
          };
          return Math.min(...[...document.querySelectorAll('#strips td')].map(ratio));
        }"""
    )
    assert worst >= 4.5


def test_it_fits_a_telephone(page: Page) -> None:
    """Only the tables scroll sideways, each by itself."""
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
