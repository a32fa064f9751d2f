"""Runs the answers of a notebook's file and its public checks, and prints one line of JSON a check.

    python -m seqlab.handin.run NOTEBOOK [--all]

A process of its own: what a student's code prints, changes or ends stays in it. Experiments take minutes and no check
needs them, so of their cells only imports, definitions and constants are run, unless `--all` is given.
"""

from __future__ import annotations

import ast
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from seqlab import progress
from seqlab.handin import notebook

CHECK = re.compile(r"\s*grader\.(check|check_all|export)\(")


def main(path: Path, everything: bool) -> None:
    """Run the cells from top to bottom, then the checks in the order of the lab."""
    tell = os.fdopen(os.dup(1), "w", encoding="utf-8")  # the pipe; what the cells print goes nowhere
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.environ["MPLBACKEND"] = "agg"
    shell = _shell()
    read = notebook.read(path)
    for number, text in read.code():
        if CHECK.match(text):
            continue
        experiment = "experiment" in read.cells[number - 1].get("metadata", {}).get("tags", [])
        if experiment and not everything:
            text = _light(shell.transform_cell(text))
        shell.run_cell(text, store_history=False)
    for question in progress.table()["questions"]:
        if not question["by_hand"]:
            tell.write(json.dumps(_checked(question["id"], shell.user_ns)) + "\n")
            tell.flush()


def _shell() -> Any:
    """IPython's own, so that a cell means here what it means in Jupyter; errors of cells are shown by the checks."""
    import matplotlib

    matplotlib.use("agg")
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    settings = Config()
    settings.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=settings)
    shell.showtraceback = shell.showsyntaxerror = lambda *given, **named: None
    from seqlab import runs

    runs.listen()
    shell.user_ns["__name__"] = "__main__"
    return shell


def _light(text: str) -> str:
    """Of an experiment's cell what takes no time: imports, definitions, constants, and the grader."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        return ""
    return "\n".join(ast.unparse(statement) for statement in body if _is_light(statement))


def _is_light(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
        return True
    if not isinstance(statement, ast.Assign):
        return False
    if ast.unparse(statement.value).startswith("otter.Notebook("):
        return True
    try:
        ast.literal_eval(statement.value)
    except ValueError:
        return False
    return True


def _checked(id: str, names: dict[str, Any]) -> dict[str, Any]:
    """One check's outcome: `state` and, where it did not pass, `says`."""
    from otter.execute import Checker
    from otter.nbmeta_config import NBMetadataConfig

    from seqlab.checking import TESTS

    try:
        result = Checker.check(str(TESTS / f"{id}.py"), NBMetadataConfig(), None, names)
    except Exception as error:
        return {"id": id, "state": "not yet", "says": f"{type(error).__name__}: {error}"}
    if result.passed_all:
        return {"id": id, "state": "passed", "says": ""}
    says = next((str(one.test_case.failure_message or "") for one in result.test_case_results if not one.passed), "")
    first = says.split("\n")[0]
    return {"id": id, "state": "not written" if "is not written yet" in first else "not yet", "says": says}


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--all" in sys.argv[2:])
