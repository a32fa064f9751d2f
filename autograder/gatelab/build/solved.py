"""Makes and executes the solved notebooks, which show what the finished lab looks like."""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import shutil
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode

from gatelab.build import check_outcomes, master, regions
from gatelab.build.errors import BuildError
from gatelab.build.settings import Settings
from gatelab.folders import temporary_folder
from gatelab.lab.spec import Lab
from gatelab.limits import CHECK_TEXT, SOLVED_CELL_SECONDS
from gatelab.text import brief, cell_start

# Makes runs reproducible: one thread, fixed hashes, no dates in figures.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "0"}
_PRAISE = re.compile(r"passed! [^\w\s<]+")
_PROGRESS = re.compile(r"^.*\d%\|[^\n]*(\n|$)", re.MULTILINE)  # tqdm's last line, with its speed
_OVERWRITTEN = re.compile(r".*\r(?=[^\n])")  # text that a carriage return overwrites
_ADDRESS = re.compile(r"\bat 0x[0-9a-f]+")


def solve(lab: Lab, root: Path) -> dict[str, NotebookNode]:
    """File name → solved notebook without outputs, for each master."""
    solved = {}
    for path in master.masters_of(lab):
        file = path.with_suffix(".ipynb").name
        notebook = master.convert(path, lab, Settings.of(lab))
        for cell in notebook.cells:
            cell.source = regions.solved(cell)
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        solved[file] = notebook
    return solved


def recipe(notebook: NotebookNode, release: Path) -> str:
    """A hash of everything that a solved notebook's outputs depend on: its own text, the package and the public checks."""
    digest = hashlib.sha256(master.dumps(notebook).encode())
    for path in sorted(release.rglob("*")):
        if path.is_file() and path.suffix not in (".ipynb", ".md", ".txt"):
            digest.update(path.relative_to(release).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def executed(name: str, notebook: NotebookNode, release: Path, old: Path) -> NotebookNode:
    """The notebook with its outputs.

    Times differ between runs, and so do the last digits of trained numbers on another processor. So a notebook in `old` that was
    made from exactly the same text and files is kept and not executed again.
    """
    current_recipe = recipe(notebook, release)
    if old.is_file():
        kept: NotebookNode = nbformat.read(old, as_version=4)
        if kept.metadata.get("gatelab", {}).get("recipe") == current_recipe:
            return kept
    notebook = execute(name, notebook, release)
    notebook.metadata["gatelab"] = {"recipe": current_recipe}
    return notebook


def execute(name: str, notebook: NotebookNode, release: Path) -> NotebookNode:
    """Run a notebook next to a copy of the students' files, in a kernel of its own."""
    with temporary_folder("gatelab-solve-") as scratch:
        folder = scratch / "lab"
        shutil.copytree(release, folder)
        (folder / name).write_text(master.dumps(notebook), encoding="utf-8")
        check_outcomes.listen(scratch / "ipython")
        client = NotebookClient(
            notebook,
            timeout=SOLVED_CELL_SECONDS,
            startup_timeout=SOLVED_CELL_SECONDS,  # for the kernel; nbclient's default, a minute, is too short on a busy machine
            kernel_name=master.KERNEL["name"],
            resources={"metadata": {"path": str(folder)}},
            record_timing=False,
            extra_arguments=[
                "--IPKernelApp.log_level=40"
            ],  # only errors, because it warns about its own local sockets
        )
        environment = {**os.environ, **ENVIRONMENT, "IPYTHONDIR": str(scratch / "ipython")}
        try:
            client.execute(env=environment)
        except CellExecutionError as error:
            raise BuildError(
                f"{name}, solved, {_failed_cell(notebook)}: raised {error.ename}: {error.evalue}; fix it in the master."
            ) from error
        except (CellTimeoutError, RuntimeError) as error:  # the kernel died or did not start
            atexit.unregister(client._cleanup_kernel)  # it would fail, because there is no kernel any more
            raise BuildError(f"{name}, solved: {str(error).splitlines()[0]}") from error
    notebook.metadata["language_info"] = dict(
        master.LANGUAGE
    )  # which the kernel has replaced by one with its version
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata.pop("execution", None)
            outputs = (_reproducible(output) for output in _merge_streams(cell.outputs))
            cell.outputs = [output for output in outputs if output.get("text") != ""]
    return notebook


def check_public(notebook: NotebookNode, lab: Lab) -> None:
    """Raise BuildError if a public check in an executed notebook does not accept the solution. Takes out what only this asks for.

    The hidden suites cannot notice that: fingerprints.json may be older than the check's calls.
    """
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            for failed in check_outcomes.taken_from(output):
                if failed["id"] in lab.questions:
                    said = " ".join(failed["said"].split())
                    raise BuildError(
                        f"{failed['id']}: the solution does not pass its own public check ({brief(said, CHECK_TEXT)}); run "
                        "gatelab fingerprints if the check's calls have changed, otherwise fix the check or the solution."
                    )


def _failed_cell(notebook: NotebookNode) -> str:
    """`cell 12 ("x = 3")`: the cell that stopped the run, which is the last one with an error among its outputs."""
    failed = [
        (number, cell)
        for number, cell in enumerate(notebook.cells, 1)
        if any(output.output_type == "error" for output in cell.get("outputs", ()))
    ]
    if not failed:
        return "a cell"
    number, cell = failed[-1]
    return f'cell {number} ("{cell_start(cell.source)}")'


def _merge_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The outputs without stderr, with consecutive pieces of text joined, however the kernel sent them.

    Text that was printed after a figure stays after it (nbclient's own `coalesce_streams` puts it before the figure).
    """
    joined: list[NotebookNode] = []
    for output in outputs:
        if output.get("name") == "stderr":
            continue
        if output.output_type == "stream" and joined and joined[-1].output_type == "stream":
            joined[-1].text += output.text
        else:
            joined.append(output)
    for output in joined:
        if output.output_type == "stream":
            output.text = _OVERWRITTEN.sub("", output.text)
    return joined


def _reproducible(output: NotebookNode) -> NotebookNode:
    """An output without progress bars, addresses of objects and the emoji that otter picks at random."""
    if output.output_type == "stream":
        output.text = _PROGRESS.sub("", _ADDRESS.sub("at 0x…", output.text))
    for kind in ("text/plain", "text/html"):
        if kind in output.get("data", {}):
            output.data[kind] = _PRAISE.sub("passed!", _ADDRESS.sub("at 0x…", output.data[kind]))
    return output
