"""A kit of two questions in a temporary folder, for the tests of the build and of nbgrader.

The master is small and its own, the hidden suites, the bank and the engine are the real ones.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from gatelab.build.pipeline import accept_now
from gatelab.lab.spec import Lab

REPOSITORY = Path(__file__).resolve().parents[1]

QUESTIONS = """
title = "Two steps"
name = "lstm-gru"
notebook = "lab.ipynb"
release = ["AGENTS.md", "CONTRACT.md", "requirements.txt", "seqlab", "tests"]
shared_lines = SHARED
colab_base = "https://colab.research.google.com/github/your-course/lstm-gru-lab/blob/main"
handout_url = "https://your-course.example.org/lstm-gru.zip"

[q1]
title = "One LSTM step"
points = 10
names = ["lstm_step"]

[q2]
title = "One GRU step"
points = 8
names = ["gru_step"]

[q12a]
title = "In your own words"
points = 2
by_hand = true
"""

MASTER = '''
# %% [markdown]
# # Two steps
# [Colab]({{COLAB_URL}})

# %%
import torch

# %% tags=["experiment"]
class grader:
    check = staticmethod(print)

# %% nbgrader={"grade_id": "q1-solution", "solution": true}
def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    """One step of an LSTM."""
    # BEGIN SOLUTION
    pre = x @ w_ih.T + b_ih + h @ w_hh.T + b_hh  # (N, 4H)
    i, f, g, o = pre.chunk(4, dim=1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    c = f * c + i * g
    h = o * torch.tanh(c)
    # END SOLUTION
    return h, c, {"i": i, "f": f, "g": g, "o": o}  # GIVEN

# %% nbgrader={"grade_id": "q1", "grade": true, "locked": true}
grader.check("q1")

# %% nbgrader={"grade_id": "q2-solution", "solution": true}
def gru_step(x, h, w_ih, w_hh, b_ih, b_hh):
    """One step of a GRU."""
    # BEGIN SOLUTION
    x_r, x_z, x_n = (x @ w_ih.T + b_ih).chunk(3, dim=1)
    h_r, h_z, h_n = (h @ w_hh.T + b_hh).chunk(3, dim=1)
    r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
    n = torch.tanh(x_n + r * h_n)
    h = (1 - z) * n + z * h
    # END SOLUTION
    return h, {"r": r, "z": z, "n": n}  # GIVEN

# %% nbgrader={"grade_id": "q2", "grade": true, "locked": true}
grader.check("q2")

# %% [markdown] nbgrader={"grade_id": "q12a", "grade": true, "solution": true}
# <!-- # BEGIN SOLUTION -->
# The cell state carries the memory, the hidden state shows some of it to the rest of the network.
# <!-- # END SOLUTION -->

# %% tags=["experiment"]
print("figures go here", 1 / 3)
'''


def make_kit(root: Path, master: str = MASTER) -> Path:
    """Write the kit into `root` and return it."""
    shutil.copytree(_made(master).name, root, dirs_exist_ok=True)
    return root


@cache
def _made(master: str) -> TemporaryDirectory[str]:
    """The kit, made once for all tests of a process: accepting a release takes seconds."""
    folder = TemporaryDirectory(prefix="minikit-")
    _make(Path(folder.name), master)
    return folder


def _make(root: Path, master: str) -> None:
    lab = root / "assignment" / "lstm-gru"
    shutil.copytree(REPOSITORY / "assignment" / "lstm-gru" / "seqlab", lab / "seqlab", ignore=_litter)
    (lab / "tests").mkdir()
    for question in ("q1", "q2"):
        (lab / "tests" / f"{question}.py").write_text("# a public check\n", encoding="utf-8")
    for name in ("AGENTS.md", "CONTRACT.md", "requirements.txt"):
        shutil.copyfile(REPOSITORY / "assignment" / "lstm-gru" / name, lab / name)
    # The real suites and the real package share the lines that the real lab lists.
    shared = json.dumps(Lab.in_repository(REPOSITORY, "lstm-gru").settings.shared_lines)
    (lab / "lab.toml").write_text(QUESTIONS.replace("SHARED", shared), encoding="utf-8")
    (lab / "LESSON_PLAN.md").write_text("for staff\n", encoding="utf-8")
    write_master(root, master)
    shutil.copytree(
        REPOSITORY / "tests" / "lstm-gru" / "hidden", root / "tests" / "lstm-gru" / "hidden", ignore=_litter
    )
    policy = root / "tests" / "lstm-gru" / "hidden" / "policy.toml"
    policy.write_text(policy.read_text(encoding="utf-8").split("# What `gatelab bench`")[0], encoding="utf-8")
    for path in (root / "tests" / "lstm-gru" / "hidden").glob("test_q*.py"):
        if not path.name.startswith(("test_q1_", "test_q2_")):
            path.unlink()
    for question in ("q1", "q2"):
        for kind in ("wheat", "chaff"):
            bank = Path("tests", "lstm-gru", "bank", kind, question)
            shutil.copytree(REPOSITORY / bank, root / bank, ignore=_litter)
    for name in ("pyproject.toml", "nbgrader_config.py"):
        shutil.copyfile(REPOSITORY / name, root / name)
    accept_now(root)


def write_master(root: Path, master: str) -> None:
    """Replace the kit's master."""
    (root / "assignment" / "lstm-gru" / "lab.py").write_text(master.lstrip("\n"), encoding="utf-8")


def files(folder: Path) -> dict[str, bytes]:
    """Relative path → bytes of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def load(path: Path) -> dict:
    """A notebook as plain JSON."""
    return json.loads(path.read_text(encoding="utf-8"))


def save(notebook: dict, path: Path) -> Path:
    """Write plain JSON as a notebook, folders included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def cell(notebook: dict, grade_id: str) -> dict:
    """The notebook's cell of this grade_id."""
    for found in notebook["cells"]:
        if found["metadata"].get("nbgrader", {}).get("grade_id") == grade_id:
            return found
    raise KeyError(grade_id)


def read_book(path: Path) -> dict[str, dict[str, float | None]]:
    """Student → grade cell → automatic points, from nbgrader's SQLite file."""
    rows = sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute(
        """select submitted_assignment.student_id, base_cell.name, grade.auto_score from grade
           join base_cell on base_cell.id = grade.cell_id
           join submitted_notebook on submitted_notebook.id = grade.notebook_id
           join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id"""
    )
    book: dict[str, dict[str, float | None]] = {}
    for student, cell, points in rows:
        book.setdefault(student, {})[cell] = points
    return book


def waiting(path: Path) -> dict[str, set[str]]:
    """Student → grade cells that nbgrader's formgrader asks a person to mark."""
    rows = sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute(
        """select submitted_assignment.student_id, base_cell.name, grade.needs_manual_grade from grade
           join base_cell on base_cell.id = grade.cell_id
           join submitted_notebook on submitted_notebook.id = grade.notebook_id
           join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id"""
    )
    found: dict[str, set[str]] = {}
    for student, cell, waits in rows:
        found.setdefault(student, set()).update({cell} if waits else ())
    return found


_litter = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
