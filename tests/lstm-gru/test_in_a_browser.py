"""The first hour in a real JupyterLab, by mouse and keyboard: open, answer wrong, answer right, predict, save, submit.

The tests are one story and run in this order.
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
from browser import Page, chromium, opened

from gatelab.build.release import make_release
from gatelab.lab.spec import Lab

SETTINGS = {  # every cell is there to be found, and nothing is asked of the network
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
SECONDS = 180


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
        before = cell.locator(".jp-InputPrompt").inner_text()
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
    """The handout as the masters give it now, unpacked, and its notebook open."""
    chromium()  # without one nothing is built
    place = tmp_path_factory.mktemp("first-hour")
    folder = make_release(lab, root, place)
    for name, values in SETTINGS.items():
        file = place / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    homes = {
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
    }
    environment = os.environ | {key: str(place / name) for key, name in homes.items()}
    options = (
        "--no-browser --allow-root --port=0 --ip=127.0.0.1 --IdentityProvider.token= --ServerApp.password="
    )
    with open(place / "server.log", "w") as log:
        command = [sys.executable, "-m", "jupyter", "lab", *options.split()]
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            with opened(f"{_address(place / 'runtime', server)}lab/tree/lab.ipynb", alone=False) as page:
                page.wait_for_selector(".jp-CodeCell >> text=import math")
                page.wait_for_selector(
                    ".jp-Notebook-ExecutionIndicator[data-status=idle]"
                )  # the kernel has started
                yield Desk(page, folder)
        finally:
            server.terminate()
            server.wait(timeout=30)


def _address(runtime: Path, server: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and server.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                return json.loads(file.read_text())["url"]
            except ValueError:  # not yet written to its end
                pass
        time.sleep(0.1)
    raise AssertionError("JupyterLab did not start")


def test_the_set_up_runs_and_the_map_says_where_one_is(desk: Desk) -> None:
    for text in ("HANDOUT =", "import math", "import copy"):
        desk.run(text)
    said = desk.run("progress.show()").inner_text()
    assert "q1    One LSTM step" in said and "not checked" in said
    assert "worth 0 of 100 points" in said


def test_a_wrong_answer_is_told_and_named(desk: Desk, lab: Lab) -> None:
    wrong = lab.reference("q1").replace("pre_i, pre_f, pre_g, pre_o =", "pre_f, pre_i, pre_g, pre_o =")
    assert wrong != lab.reference("q1")
    said = desk.write("def lstm_step", wrong).inner_text()
    assert "This looks like a known mistake" in said and "forget" in said
    assert re.search(r"q1 .* not yet", desk.run("progress.show()").inner_text())


def test_what_was_run_and_never_saved_is_not_packed(desk: Desk) -> None:
    """The file on the disk still holds the stub."""
    done = desk.seqlab("submit")
    assert done.returncode == 1, done.stdout + done.stderr
    said = " ".join(done.stdout.split())
    assert "what you ran last for q1 is not what stands in lab.ipynb: save the notebook" in said
    assert not list(desk.folder.glob("*.zip"))


def test_the_right_answer_passes_and_the_map_knows(desk: Desk, lab: Lab) -> None:
    assert "q1 passed!" in desk.write("def lstm_step", lab.reference("q1")).inner_text()
    said = desk.run("progress.show()").inner_text()
    assert re.search(r"q1 .* passed", said) and "worth 10 of 100 points" in said


def test_a_prediction_is_made_by_a_click(desk: Desk) -> None:
    cell = desk.run("guess_gradient = predict.predict(")
    cell.locator("label", has_text="about a hundredth").click()
    wanted, end = "you predicted: about a hundredth", time.monotonic() + SECONDS
    while wanted not in (said := desk.run("guess_gradient = predict.predict(").inner_text()):
        assert time.monotonic() < end, said
        desk.page.wait_for_timeout(500)  # the click goes to the kernel


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
