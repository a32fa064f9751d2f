"""A kernel as VS Code starts and asks it: the handout's cells, checks, predictions and the hand-in work there too.

VS Code itself cannot be run here. What it sends to the kernel is known: set-up code that nobody sees, the notebook's path in
`__vsc_ipynb_file__`, an address in place of each cell's ID, and widgets drawn by its own renderer, whose clicks come back
as comm messages. The tests are one story and run in this order.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jupyter_client import KernelManager

from gatelab.build.release import make_release
from gatelab.lab.spec import Lab

pytestmark = pytest.mark.one_in(3, at=2)

SECONDS = 180
SET_UP = """
import builtins as _VSCODE_builtins, os as _VSCODE_os, sys as _VSCODE_sys
if _VSCODE_os.path.exists({folder!r}):
    _VSCODE_os.chdir({folder!r})
_VSCODE_sys.path.insert(0, {folder!r})
if "__vsc_ipynb_file__" not in globals():
    __vsc_ipynb_file__ = {file!r}
%config InlineBackend.figure_formats = {{"svg", "png"}}
"""


@dataclass
class Code:
    """VS Code with the student's folder open, and its kernel."""

    kernel: Any
    folder: Path
    cells: list[dict[str, Any]]

    @property
    def file(self) -> Path:
        return self.folder / "lab.ipynb"

    def hidden(self, code: str) -> None:
        """Run what VS Code runs for itself."""
        self._ask(code, silent=True)

    def run(self, text: str) -> list[dict[str, Any]]:
        """Run the code cell that begins with this text; its outputs, as messages' contents."""
        number = self.number(text)
        address = f"vscode-notebook-cell:{self.file.as_uri().removeprefix('file:')}#W{number}sZmlsZQ%3D%3D"
        return self._ask("".join(self.cells[number]["source"]), cellId=address)

    def write(self, text: str, new: str) -> None:
        """Type a new text into the cell; it is run and saved by other means."""
        self.cells[self.number(text)]["source"] = new

    def number(self, text: str) -> int:
        return next(
            k for k, cell in enumerate(self.cells)
            if cell["cell_type"] == "code" and text in "".join(cell["source"])
        )  # fmt: skip

    def save(self) -> None:
        """As VS Code saves: its own metadata in each cell, lines as a list."""
        book = json.loads(self.file.read_text(encoding="utf-8"))
        for cell in self.cells:
            lines = "".join(cell["source"]).splitlines(keepends=True)
            cell["source"] = lines
            if cell["cell_type"] == "code":
                cell["metadata"]["vscode"] = {"languageId": "python"}
        book["cells"] = self.cells
        self.file.write_text(json.dumps(book, indent=1), encoding="utf-8")

    def click(self, shown: list[dict[str, Any]], option: int) -> None:
        """Choose an option of the buttons in an output, as the renderer says it to the kernel."""
        view = next(o["data"]["application/vnd.jupyter.widget-view+json"] for o in shown if "data" in o and
                    "application/vnd.jupyter.widget-view+json" in o["data"])  # fmt: skip
        buttons = [id for id, state in self.opened.items() if state.get("_model_name") == "ButtonModel"]
        assert view["model_id"] in self.opened
        click = {"method": "custom", "content": {"event": "click"}}
        message = self.kernel.session.msg("comm_msg", {"comm_id": buttons[option], "data": click})
        self.kernel.shell_channel.send(message)

    def seqlab(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "seqlab", *words]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=300)

    def _ask(self, code: str, silent: bool = False, **metadata: str) -> list[dict[str, Any]]:
        content = {"code": code, "silent": silent, "store_history": not silent, "user_expressions": {},
                   "allow_stdin": not silent, "stop_on_error": False}  # fmt: skip
        message = self.kernel.session.msg("execute_request", content, metadata=metadata)
        self.kernel.shell_channel.send(message)
        outputs: list[dict[str, Any]] = []
        self.opened: dict[str, dict[str, Any]] = {}
        while True:
            said = self.kernel.get_iopub_msg(timeout=SECONDS)
            if said["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            kind, content = said["msg_type"], said["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return outputs
            if kind == "comm_open":
                self.opened[content["comm_id"]] = content["data"]["state"]
            if kind in ("stream", "display_data", "execute_result", "error"):
                outputs.append(content)


def text(outputs: list[dict[str, Any]]) -> str:
    """The text that a reader sees in outputs."""
    parts = []
    for output in outputs:
        data = output.get("data", {})
        parts.append(output.get("text") or data.get("text/plain") or "\n".join(output.get("traceback", [])))
    return "".join(parts)


@pytest.fixture(scope="module")
def code(root: Path, lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Code]:
    """The handout in a workspace's subfolder: the kernel starts in the workspace and then changes to the notebook's folder."""
    workspace = tmp_path_factory.mktemp("my work space")
    folder = make_release(lab, root, workspace)
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(workspace))
    kernel = manager.client()
    try:
        kernel.start_channels()
        kernel.wait_for_ready(timeout=SECONDS)
        book = json.loads((folder / "lab.ipynb").read_text(encoding="utf-8"))
        found = Code(kernel, folder, book["cells"])
        found.hidden(SET_UP.format(folder=str(folder), file=str(found.file)))
        yield found
    finally:
        kernel.stop_channels()
        manager.shutdown_kernel(now=True)


def test_the_set_up_runs_and_the_map_is_drawn(code: Code) -> None:
    for cell in ("HANDOUT =", "import math", "import copy"):
        assert not text(code.run(cell))
    said = text(code.run("progress.show()"))
    assert "q1    One LSTM step" in said and "worth 0 of 100 points" in said


def test_a_figure_has_its_text_and_its_numbers(code: Code) -> None:
    [shown] = [output["data"] for output in code.run("diagrams.lstm_cell(") if "data" in output]
    assert 'alt="Drawing of one LSTM step' in shown["text/html"] and shown["image/png"]


def test_a_failing_answer_is_reported_with_its_own_line(code: Code, lab: Lab) -> None:
    code.write("def lstm_step", lab.reference("q1").replace("torch.tanh(", "torch.tanh(nowhere + ", 1))
    code.run("def lstm_step")
    said = text(code.run('grader.check("q1")'))
    assert "nowhere" in said and "vscode-notebook-cell" not in said and "Traceback" not in said
    assert re.search(r"line \d+", said), said


def test_what_was_run_and_never_saved_is_not_packed(code: Code, lab: Lab) -> None:
    code.write("def lstm_step", lab.reference("q1"))
    code.run("def lstm_step")
    assert "All test cases passed!" in text(code.run('grader.check("q1")'))
    assert re.search(r"q1 .* passed", text(code.run("progress.show()")))
    done = code.seqlab("submit")
    assert done.returncode == 1 and "save the notebook" in " ".join(done.stdout.split()), done.stdout


def test_a_prediction_is_made_by_a_click(code: Code) -> None:
    code.click(code.run("guess_gradient = predict.predict("), 1)
    kept, end = code.folder / ".seqlab" / "progress.json", time.monotonic() + SECONDS
    while not json.loads(kept.read_text(encoding="utf-8"))["predicted"]:
        assert time.monotonic() < end
        code.run("guess_gradient = predict.predict(")
    memory = json.loads(kept.read_text(encoding="utf-8"))
    assert len(memory["predicted"]) == 1


def test_a_slip_in_an_answer_is_noticed_by_its_cell(code: Code, lab: Lab) -> None:
    """The definition of the last good run stays in the kernel; the check must not praise it."""
    code.write("def lstm_step", "def lstm_step(x, h, c:\n    return h")
    code.run("def lstm_step")
    assert "All test cases passed!" not in text(code.run('grader.check("q1")'))
    code.write("def lstm_step", lab.reference("q1"))
    code.run("def lstm_step")


def test_saved_it_is_checked_and_packed(code: Code) -> None:
    code.save()
    done = code.seqlab("submit")
    assert re.search(r"q1 +passed", done.stdout) and "Not answered: q2, q3" in done.stdout, (
        done.stdout + done.stderr
    )
    assert len(list(code.folder.glob("*.zip"))) == 1 and "defined" not in done.stdout
