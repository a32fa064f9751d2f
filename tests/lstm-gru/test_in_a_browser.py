"""The first hour in a real JupyterLab, by mouse and keyboard: open, answer wrong, answer right, predict, save, submit.

And the next day: another server, a dark theme, and the file under another name. The tests are one story and run in this order.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from opened_notebook import opened_notebook

from gatelab.lab.spec import Lab
from helpers.browser import Page
from helpers.jupyterlab import SECONDS, ready, served
from helpers.page_checks import TAGS

pytestmark = pytest.mark.one_in(3, at=2)


@dataclass
class Desk:
    """A student's folder, open in JupyterLab."""

    page: Page
    folder: Path

    def cell(self, text: str) -> Page:
        """The code cell that holds this text."""
        return self.page.locator(".jp-CodeCell", has=self.page.locator(".cm-content", has_text=text)).first

    def run(self, text: str) -> Page:
        """Click into a cell, press Shift+Enter, wait until it has run; the cell."""
        cell = self.cell(text)
        cell.locator(".cm-content").click()
        before = "not run"  # a number may come back, on another day
        cell.locator(".jp-InputPrompt").evaluate("(prompt, text) => { prompt.textContent = text; }", before)
        self.page.keyboard.press("Shift+Enter")
        self._ran(cell, before)
        return cell

    def write(self, old: str, new: str) -> Page:
        """Replace all of a cell's text, run it, and run the cell below, a check; the cell below."""
        cell = self.cell(old)
        cell.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(new)
        self.page.keyboard.press("Shift+Enter")
        return self.run('grader.check("q1")')

    def seqlab(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`python -m seqlab …` in a terminal."""
        command = [sys.executable, "-m", "seqlab", *words]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=300)

    def picture(self, cell: Page, name: str) -> None:
        """With `make pictures`, the screen around this cell becomes a picture of the README."""
        if place := os.environ.get("GATELAB_PICTURES"):
            self.page.mouse.move(0, 0)
            cell.evaluate("cell => cell.scrollIntoView({block: 'center'})")
            self.page.wait_for_timeout(1000)
            self.page.screenshot(path=Path(place) / f"{name}.png")

    def _ran(self, cell: Page, before: str) -> None:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            prompt = cell.locator(".jp-InputPrompt").inner_text()
            if prompt != before and re.fullmatch(r"\[\d+\]:", prompt.strip()):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"the cell was still running after {SECONDS} s: {cell.inner_text()[:200]}")


@pytest.fixture(scope="module")
def desk(root: Path, lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened_notebook(root, lab, tmp_path_factory.mktemp("first-hour")) as (page, folder):
        yield Desk(page, folder)


def test_the_set_up_runs_and_the_map_says_where_the_student_is(desk: Desk) -> None:
    for text in ("HANDOUT =", "import math", "import copy"):
        desk.run(text)
    said = desk.run("progress.show()").inner_text()
    assert re.search(r"q1\s+One LSTM step", said) and "not checked" in said
    assert "worth 0 of 100 points" in said


def test_a_wrong_answer_is_reported_and_named(desk: Desk, lab: Lab) -> None:
    wrong = lab.reference("q1").replace("pre_i, pre_f, pre_g, pre_o =", "pre_f, pre_i, pre_g, pre_o =")
    assert wrong != lab.reference("q1")
    said = desk.write("def lstm_step", wrong).inner_text()
    assert "This looks like a known mistake" in said and "forget" in said
    desk.picture(desk.cell('grader.check("q1")'), "notebook")
    assert re.search(r"q1 .*\snot yet", desk.run("progress.show()").inner_text())


def test_what_was_run_and_never_saved_is_not_packed(desk: Desk) -> None:
    """The file on the disk still holds the stub."""
    done = desk.seqlab("submit")
    assert done.returncode == 1, done.stdout + done.stderr
    said = " ".join(done.stdout.split())
    assert "what you ran last for q1 is not what is in lab.ipynb: save the notebook" in said
    assert not list(desk.folder.glob("*.zip"))


def test_the_right_answer_passes_and_the_map_knows(desk: Desk, lab: Lab) -> None:
    assert "q1 passed!" in desk.write("def lstm_step", lab.reference("q1")).inner_text()
    said = desk.run("progress.show()").inner_text()
    assert re.search(r"q1 .*\spassed", said) and "worth 10 of 100 points" in said


def test_a_prediction_is_made_by_a_click(desk: Desk) -> None:
    cell = desk.run("guess_gradient = predict.predict(")
    cell.get_by_role("button", name="about a hundredth").click()
    cell.get_by_role("button", name="✓ b) about a hundredth").wait_for()  # the click went to the kernel
    cell.get_by_text("No buttons above?").wait_for(state="hidden")
    desk.run("guess_gradient = predict.predict(")
    cell.get_by_role("button", name="✓ b) about a hundredth").wait_for()


WIDTHS = (
    "boxes => boxes.filter(box => box.scrollWidth > box.clientWidth).map(box => box.outerHTML.slice(0, 80))"
)


def test_on_a_narrow_screen_nothing_is_cut_off(desk: Desk) -> None:
    """The map and the options wrap, and between words: no word of theirs is wider than its box."""
    desk.page.set_viewport_size({"width": 400, "height": 900})
    try:
        desk.page.locator(".jp-FileBrowser").wait_for(timeout=10_000)
        desk.page.keyboard.press("Escape")
        desk.page.keyboard.press("ControlOrMeta+b")  # the list of files would take what width there is
        desk.page.locator(".jp-FileBrowser").wait_for(state="hidden")
        for text, boxes in (
            ("progress.show()", ".jp-OutputArea-output, th, td"),
            ("guess_gradient = predict.predict(", ".jp-OutputArea-output, button"),
        ):
            cell = desk.cell(text)
            cell.locator(boxes).last.wait_for()
            assert cell.locator(boxes).evaluate_all(WIDTHS) == []
        found = Axe().run(desk.page, ".jp-OutputArea", {"runOnly": {"type": "tag", "values": TAGS}}).response
        assert [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found["violations"]] == []
    finally:
        desk.page.set_viewport_size({"width": 1200, "height": 900})
        desk.page.keyboard.press("ControlOrMeta+b")


def test_a_prediction_is_made_by_writing_it_and_shift_enter(desk: Desk) -> None:
    cell = desk.cell("guess_contest = predict.predict(")
    cell.locator(".cm-content").click()
    desk.page.keyboard.press("ControlOrMeta+a")
    desk.page.keyboard.insert_text('guess = predict.predict("Who?", ["one", "two"], choice="b")')
    desk.page.keyboard.press("Shift+Enter")
    desk.page.wait_for_selector("text=→ b) two", timeout=SECONDS * 1000)


def test_saved_it_is_packed_with_a_receipt(desk: Desk) -> None:
    desk.page.keyboard.press("Escape")
    desk.page.keyboard.press("ControlOrMeta+s")
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and "choice=" not in (desk.folder / "lab.ipynb").read_text():
        desk.page.wait_for_timeout(100)
    done = desk.seqlab("submit")
    assert done.returncode == 1, "questions are unanswered: " + done.stdout + done.stderr
    assert re.search(r"q1 +passed", done.stdout) and re.search(r"q2 +not written", done.stdout)
    assert "Not answered: q2, q3" in done.stdout
    [packed] = desk.folder.glob("*.zip")
    with zipfile.ZipFile(packed) as archive:
        assert archive.read("lab.ipynb") == (desk.folder / "lab.ipynb").read_bytes()
        assert json.loads(archive.read("receipt.json"))["public"]["q1"] == "passed"


@pytest.fixture(scope="module")
def next_day(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The saved notebook under another name, opened anew by a fresh server, in the dark theme."""
    (desk.folder / "lab.ipynb").rename(desk.folder / "lab (1).ipynb")
    place = tmp_path_factory.mktemp("next-day") / "server"
    with served(place, desk.folder, themes={"theme": "JupyterLab Dark", "adaptive-theme": False}) as address:
        desk.page.on("dialog", lambda dialog: dialog.accept())  # "Leave the page?"
        desk.page.goto(f"{address}lab/tree/lab%20(1).ipynb")
        ready(desk.page)
        yield desk
        desk.page.goto("about:blank")  # before its server is gone


def test_the_next_day_nothing_is_lost(next_day: Desk) -> None:
    """What was said is there as it was saved; the map and the predictions are known to the new kernel, too."""
    assert re.search(r"q1 .*\spassed", next_day.cell("progress.show()").inner_text())
    assert "q1 passed!" in next_day.cell('grader.check("q1")').inner_text()
    for text in ("HANDOUT =", "import math", "import copy"):
        next_day.run(text)
    said = next_day.run("progress.show()").inner_text()
    assert re.search(r"q1 .*\spassed earlier", said) and "worth 10 of 100 points" in said
    predicted = next_day.run("guess_gradient = predict.predict(")
    predicted.get_by_role("button", name="✓ b) about a hundredth").wait_for()
    next_day.run("def lstm_step")
    assert "q1 passed!" in next_day.run('grader.check("q1")').inner_text()


CONTRAST = """element => {
    const light = colour => {
        const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255)
            .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    let under = element;
    while (under.parentElement && /^rgba.*, 0\\)$|transparent/.test(getComputedStyle(under).backgroundColor)) under = under.parentElement;
    const both = [light(getComputedStyle(element).color), light(getComputedStyle(under).backgroundColor)].sort((a, b) => a - b);
    return [(both[1] + 0.05) / (both[0] + 0.05), light(getComputedStyle(under).backgroundColor)];
}"""
CORNER = """image => {
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
    const paper = canvas.getContext("2d");
    paper.drawImage(image, 0, 0);
    return [...paper.getImageData(2, 2, 1, 1).data];
}"""


STYLE = "(element, what) => getComputedStyle(element)[what]"


def test_after_the_outcome_the_prediction_can_still_be_read(next_day: Desk) -> None:
    """Its button is switched off and yet not pale, and its sentences break between words alone."""
    cell, outcome = next_day.cell('guess = predict.predict("Who?"'), 'guess_gradient.compare("b")'
    cell.locator(".cm-content").click()
    next_day.page.keyboard.press("ControlOrMeta+a")
    next_day.page.keyboard.insert_text(outcome)
    said = next_day.run(outcome).get_by_text("you predicted: about a hundredth")
    assert said.first.evaluate(STYLE, "wordBreak") == "normal"
    predicted = next_day.run("guess_gradient = predict.predict(")
    chosen = predicted.get_by_role("button", name="✓ b) about a hundredth")
    assert chosen.is_disabled() and chosen.evaluate(STYLE, "opacity") == "1"
    assert predicted.get_by_role("button", name="a) about a half").evaluate(STYLE, "opacity") != "1"


def test_everything_can_be_read_in_dark_mode(next_day: Desk) -> None:
    """Text at 4.5 to 1 or better on its ground; a figure brings its own white paper."""
    drawn = next_day.run('diagrams.lstm_cell("One step of an LSTM")')
    curves = next_day.cell("sequence = torch.tensor(")
    next_day.run("sequence = torch.tensor(")
    curves.locator("summary").click()
    wrong = next_day.run('grader.check("q2")')
    table = next_day.cell("progress.show()")
    for cell, what in (
        (table, "tbody td >> nth=0"),
        (table, "tbody th >> nth=0"),
        (curves, "summary"),
        (curves, "tbody td >> nth=0"),
        (wrong, ".jp-RenderedHTMLCommon p >> nth=0"),
        (wrong, ".jp-RenderedHTMLCommon p >> nth=1"),
        (next_day.cell("guess_gradient = predict.predict("), ".jp-OutputArea button >> nth=1"),
    ):
        contrast, ground = cell.locator(what).first.evaluate(CONTRAST)
        assert contrast >= 4.5, f"{what}: {contrast:.1f}"
        assert ground < 0.2, f"{what} is not on a dark page"
    for cell in (drawn, curves):
        assert cell.locator("img").first.evaluate(CORNER) == [255, 255, 255, 255]


def test_a_renamed_notebook_is_found_and_packed(next_day: Desk) -> None:
    next_day.page.keyboard.press("Escape")
    next_day.page.keyboard.press("ControlOrMeta+s")
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and "passed earlier" not in (next_day.folder / "lab (1).ipynb").read_text():
        next_day.page.wait_for_timeout(100)
    for old in next_day.folder.glob("*.zip"):
        old.unlink()
    done = next_day.seqlab("submit")
    assert "lab (1).ipynb" in done.stdout and re.search(r"q1 +passed", done.stdout), done.stdout + done.stderr
    [packed] = next_day.folder.glob("*.zip")
    with zipfile.ZipFile(packed) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".ipynb")]
        assert archive.read(name) == (next_day.folder / "lab (1).ipynb").read_bytes()
