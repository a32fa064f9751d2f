"""The tiny lab with a short master of its own, for the tests of the build and of nbgrader: every kind of cell, and lines that the build must keep secret."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from gatelab.build import checks, questions_file, snapshot
from gatelab.build.master import bring_points_up_to_date
from gatelab.build.pipeline import built_release, inspect
from gatelab.build.settings import Settings
from gatelab.lab.spec import Lab
from helpers.tiny_lab import tiny_kit

NAME = "softmax"
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
def softmax(logits):
    """Probabilities of logits."""
    # BEGIN SOLUTION
    shifted = logits - logits.max(dim=1, keepdim=True).values  # (N, K)
    powers = shifted.exp()
    rows = powers / powers.sum(dim=1, keepdim=True)
    # END SOLUTION
    return rows  # GIVEN

# %% nbgrader={"grade_id": "q1", "grade": true, "locked": true}
grader.check("q1")

# %% nbgrader={"grade_id": "q2-solution", "solution": true}
def cross_entropy(logits, labels, s=0.0):
    """The mean loss of a batch, a part s of it that of all classes."""
    # BEGIN SOLUTION
    logs = softmax(logits).log()
    right, even = logs[torch.arange(len(labels)), labels], logs.mean(dim=1)
    likely = (1 - s) * right + s * even
    loss = -likely.mean()
    # END SOLUTION
    return loss  # GIVEN

# %% nbgrader={"grade_id": "q2", "grade": true, "locked": true}
grader.check("q2")

# %% [markdown] nbgrader={"grade_id": "q3", "grade": true, "solution": true}
# <!-- # BEGIN SOLUTION -->
# The differences between the logits of a row decide its probabilities, and their common size does not.
# <!-- # END SOLUTION -->

# %% tags=["experiment"]
print("figures go here", 1 / 3)
'''


def make_kit(root: Path) -> Path:
    """Write the kit into `root`, with its release accepted, and return it."""
    shutil.copytree(_made().name, root, dirs_exist_ok=True)
    return root


@cache
def _made() -> TemporaryDirectory[str]:
    """The kit, made once for all tests of a process: accepting a release takes seconds."""
    folder = TemporaryDirectory(prefix="build-kit-")
    root = tiny_kit(Path(folder.name), by_hand=True)
    write_master(root, MASTER)
    accept_now(root)
    return folder


def accept_now(root: Path, name: str | None = None) -> Path:
    """Write the snapshot of what the masters now give students, without grading anything; returns its path."""
    root = Path(root).resolve()
    lab = Lab.in_repository(root, name)
    checks.keep_up(lab)
    bring_points_up_to_date(lab.master, lab)
    questions_file.keep_up(lab, Settings.of(lab))
    with built_release(lab, root) as release:
        inspect(release, lab, root)
        return snapshot.accept(release, lab)


def write_master(root: Path, master: str) -> None:
    """Replace the kit's master."""
    (root / "assignment" / NAME / "lab.py").write_text(master.lstrip("\n"), encoding="utf-8")
