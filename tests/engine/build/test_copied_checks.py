"""The public checks and the hidden suites compare with the same code: a lab's package contains the engine's own files."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import jupytext
import pytest

from gatelab.build.checks import SOURCE, keep_up
from gatelab.build.new import TEMPLATE, new_lab
from helpers.tiny_lab import ROOT, tiny_lab


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.name)
def test_what_students_get_imports_nothing_of_the_engine(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        assert not [name for name in names if name.split(".")[0] == "gatelab"]


def test_a_copy_that_is_missing_or_was_changed_is_rewritten(tmp_path: Path) -> None:
    lab = tiny_lab(tmp_path)
    keep_up(lab)
    (lab.package / "checking" / "likeness.py").write_text("# mine", encoding="utf-8")
    (lab.package / "runs.py").unlink()
    kept = (lab.package / "checking" / "__init__.py").read_bytes()
    assert {path.name for path in keep_up(lab)} == {"likeness.py", "runs.py"}
    assert keep_up(lab) == [] and (lab.package / "checking" / "__init__.py").read_bytes() == kept


@pytest.mark.parametrize(
    "name", ["near.py", "checking/differ.py", "handin/__init__.py", "__main__.py", "start.py"]
)
def test_a_copy_says_at_its_top_that_it_is_one(tmp_path: Path, name: str) -> None:
    lab = tiny_lab(tmp_path)
    keep_up(lab)
    copy = (lab.assignment if name == "start.py" else lab.package) / name
    original = (SOURCE / name).read_text(encoding="utf-8")
    lines = copy.read_text(encoding="utf-8").splitlines(keepends=True)
    if name in ("__main__.py", "start.py"):  # a lab may have its own; which it is, a line of it says
        assert "".join(lines) == original and "# Written by gatelab build; " in original
    else:
        assert (
            lines[0]
            == f"# Written by gatelab build from autograder/gatelab/handed_out/{name}; change it there.\n"
        )
        assert "".join(lines[1:]) == original


def test_every_copy_runs_and_has_its_docstring(tmp_path: Path) -> None:
    lab = tiny_lab(tmp_path)
    keep_up(lab)
    copies = [lab.package / path.relative_to(SOURCE) for path in SOURCE.rglob("*.py")]
    there = [path for path in copies if path.is_file() and not path.samefile(lab.package / "__init__.py")]
    assert len(there) > 30
    for path in there:
        source = path.read_text(encoding="utf-8")
        compile(source, path, "exec", dont_inherit=True)  # `from __future__` is where it must be
        assert ast.get_docstring(ast.parse(source)), path


def test_a_mistyped_check_of_a_new_lab_is_answered_in_one_sentence(tmp_path: Path) -> None:
    """After the notebook's own set-up cells, before any check has run."""
    shutil.copytree(ROOT / TEMPLATE, tmp_path / TEMPLATE)
    assignment, _ = new_lab(tmp_path, "rnn-basics")
    cells = [cell.source for cell in jupytext.read(assignment / "lab.py").cells if cell.cell_type == "code"]
    last = next(at for at, source in enumerate(cells) if "otter.Notebook" in source)
    code = "\n".join([*cells[: last + 1], "grader.check('Q1')"])
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=assignment, capture_output=True, text=True, timeout=120
    )
    said = 'There is no question Q1; did you mean grader.check("q1")? There are q1 and q2.'
    assert done.stderr.splitlines()[-1].endswith(said), done.stderr
