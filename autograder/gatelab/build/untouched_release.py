"""Runs the untouched release and calls its stubs: everything that a question asks for must raise its own NotImplementedError.

If only one stub of a class were called, the other methods could contain their solutions, or no stub at all, without anybody
noticing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat

from gatelab.build.errors import BuildError
from gatelab.build.regions import is_solution, question_id
from gatelab.folders import temporary_folder
from gatelab.handed_out.marks import is_experiment
from gatelab.lab.spec import Lab
from gatelab.limits import UNTOUCHED_SECONDS


def check(release: Path, lab: Lab, stubbed: dict[str, set[str]]) -> None:
    """Raise BuildError unless each function and method with a stub raises its own NotImplementedError when called.

    stubbed: grade_id of a solution cell → names with a stub of their own, `Layer.forward`; "" for the cell itself.

    The cells are run in a process of their own, in the release's folder.
    """
    notebook = nbformat.read(release / lab.notebook, as_version=4)
    cells = []
    for cell in notebook.cells:
        mark = cell.metadata.get("nbgrader", {})
        check_cell = mark.get("grade") and not mark.get("solution")
        if cell.cell_type != "code" or check_cell or is_experiment(cell):
            continue
        own = is_solution(cell)
        cells.append(
            {
                "source": cell.source,
                "question": question_id(cell) if own else "",
                "stubbed": sorted(stubbed.get(mark.get("grade_id"), ())) if own else [],
            }
        )
    for fault in _faults_of(cells, release):
        raise BuildError(f"{lab.notebook} of the untouched release: {fault}.")


def _faults_of(cells: list[dict[str, Any]], release: Path) -> list[str]:
    with temporary_folder("gatelab-untouched-") as scratch:
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "MPLCONFIGDIR": str(scratch),
        }
        answer = scratch / "answer.json"
        command = [sys.executable, "-m", "gatelab.build.stub_calls", str(answer)]
        try:
            done = subprocess.run(
                command,
                input=json.dumps(cells),
                cwd=release,
                env=environment,
                capture_output=True,
                text=True,
                timeout=UNTOUCHED_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise BuildError(
                f"The untouched release was still running after {UNTOUCHED_SECONDS} s."
            ) from error
        if done.returncode or not answer.is_file():
            last = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
            raise BuildError(f"The untouched release could not be run: {last}.")
        faults: list[str] = json.loads(answer.read_text(encoding="utf-8"))
        return faults
