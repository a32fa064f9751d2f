"""A student's way through the notebook in a real JupyterLab by the keyboard alone: read, answer, check, predict, hand in.

Nothing is clicked, and wherever the focus is, it can be seen. The tests are one story and run in this order.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from opened_notebook import opened_notebook

from gatelab.lab.spec import Lab
from helpers.browser import Page
from helpers.jupyterlab import SECONDS

pytestmark = pytest.mark.one_in(3, at=0)

CELLS = 200  # more than the notebook has
STOPS = 12  # of the Tab key, from a cell to what it shows
SEEN = """() => {
    const style = getComputedStyle(document.activeElement);
    return style.boxShadow !== "none" || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0);
}"""


@dataclass
class Keys:
    """A notebook in JupyterLab, and the keyboard."""

    page: Page
    folder: Path

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    @property
    def cell(self) -> Page:
        """The cell that the keys are for."""
        return self.page.locator(".jp-Cell.jp-mod-active").first

    def down_to(self, text: str) -> None:
        """From cell to cell, until there is one with this text."""
        self.press("Escape")
        for _ in range(CELLS):
            if text in self.cell.inner_text():
                assert self.page.evaluate(SEEN), "the cell that the keys are for looks like the others"
                return
            self.press("ArrowDown")
        raise AssertionError(f"no cell below has {text!r}")

    def tab_to(self, what: str) -> None:
        """With Tab, to what this selector finds; every stop on the way can be seen."""
        for _ in range(STOPS):
            self.press("Tab")
            if self.page.evaluate("what => document.activeElement.matches(what)", what):
                assert self.page.evaluate(SEEN), f"nothing shows that the focus is on {what}"
                return
        raise AssertionError(f"Tab does not lead to {what}")

    def ran(self, keys: str, wanted: str) -> None:
        """Run the cell with these keys, and wait until it says what is wanted."""
        cell = self.page.locator(".jp-Cell").nth(self._place())
        self.press(keys)
        self.until(lambda: wanted in cell.inner_text(), lambda: cell.inner_text())

    def heard(self) -> list[tuple[str, str, str]]:
        """Role, name and description of all that a screen reader is told of."""
        tree = self.page.context.new_cdp_session(self.page).send("Accessibility.getFullAXTree")["nodes"]
        words = ("role", "name", "description")
        return [tuple(str(node.get(word, {}).get("value", "")) for word in words) for node in tree]

    def until(self, done: Callable[[], bool], said: Callable[[], str]) -> None:
        end = time.monotonic() + SECONDS
        while not done():
            assert time.monotonic() < end, said()
            self.page.wait_for_timeout(100)

    def _place(self) -> int:
        return int(
            self.page.evaluate(
                "[...document.querySelectorAll('.jp-Cell')].findIndex(c => c.classList.contains('jp-mod-active'))"
            )
        )


@pytest.fixture(scope="module")
def keys(root: Path, lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keys]:
    with opened_notebook(root, lab, tmp_path_factory.mktemp("by-keyboard")) as (page, folder):
        yield Keys(page, folder)


def test_cells_are_run_one_after_another(keys: Keys) -> None:
    for text in ("HANDOUT =", "import math", "import copy"):
        keys.down_to(text)
        keys.press("Shift+Enter")
    keys.down_to("progress.show()")
    keys.ran("Shift+Enter", "worth 0 of 100 points")


def test_an_answer_is_typed_and_checked(keys: Keys, lab: Lab) -> None:
    keys.down_to("def lstm_step")
    keys.press("Enter", "ControlOrMeta+a")
    keys.page.keyboard.insert_text(lab.reference("q1"))
    keys.press("Shift+Enter")
    keys.ran("Shift+Enter", "q1 passed!")


def test_the_numbers_of_a_figure_are_opened(keys: Keys) -> None:
    keys.down_to("sequence = torch.tensor(")
    keys.ran("Control+Enter", "The numbers of this figure")
    table = keys.cell.locator("details")
    assert not table.evaluate("table => table.open")
    keys.tab_to("summary")
    keys.press("Space")
    assert table.evaluate("table => table.open")


def test_a_prediction_is_made_and_compared(keys: Keys) -> None:
    keys.down_to("guess_gradient = predict.predict(")
    keys.ran("Control+Enter", "No buttons above?")
    kept = keys.folder / ".seqlab" / "progress.json"
    for key, letter, option in (("Enter", "a", "about a half"), ("Space", "b", "about a hundredth")):
        keys.tab_to(".seqlab-choice")
        keys.press(key)
        keys.until(lambda option=option: f'["{option}' in kept.read_text(encoding="utf-8"), kept.read_text)
        chosen = f"✓ {letter}) {option}"
        keys.until(lambda chosen=chosen: chosen in keys.cell.inner_text(), keys.cell.inner_text)
        keys.until(lambda: "No buttons above?" not in keys.cell.inner_text(), keys.cell.inner_text)
    heard = [(role, name[:8], told) for role, name, told in keys.heard() if "fresh RNN:" in told]
    question = "Gradient at step 1 divided by the gradient at step 200, fresh RNN:"
    assert heard == [
        ("button", "a) about", question),
        ("button", "✓ b) abo", f"Your prediction. {question}"),
        ("button", "c) about", question),
        ("button", "d) below", question),
    ]
    keys.ran("Control+Enter", "✓ b) about a hundredth")
    keys.press("b", "Enter")
    keys.page.keyboard.insert_text('guess_gradient.compare("b")')
    keys.ran("Control+Enter", "As you predicted.")
    keys.press("Escape", "d", "d")  # the cell of one's own goes again


def test_it_is_saved_and_packed(keys: Keys) -> None:
    file = keys.folder / "lab.ipynb"
    blank = file.read_bytes()
    keys.press("Escape", "ControlOrMeta+s")
    keys.until(lambda: file.read_bytes() != blank, lambda: "it is not saved")
    command = [sys.executable, "-m", "seqlab", "submit", "--without-checks"]
    done = subprocess.run(command, cwd=keys.folder, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 1 and "Not answered: q2, q3" in done.stdout, done.stdout + done.stderr
    assert len(list(keys.folder.glob("*.zip"))) == 1
