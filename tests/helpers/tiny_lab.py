"""The tiny lab of tests/engine/tiny-lab, laid out as a kit of its own, and answers to its questions: a full grading of it is quick."""

from __future__ import annotations

import shutil
from pathlib import Path

from gatelab.lab.bank import load_bank
from gatelab.lab.spec import Lab

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "tests" / "engine" / "tiny-lab"
BY_HAND = '\n[q3]\ntitle = "In your own words"\npoints = 2\nby_hand = true\n'
WRITTEN = "q1"
WRITTEN_MASTER = """# %% [markdown]
# ## q1 · In your own words ({{POINTS q1}} points, marked by hand)
#
# What decides the probabilities of a row?

# %% [markdown] nbgrader={"grade_id": "q1", "grade": true, "solution": true}
# <!-- # BEGIN SOLUTION -->
# The differences between the logits of a row.
# <!-- # END SOLUTION -->
"""
SETUP = "import torch\n"
STUB = "def softmax(logits):\n    raise NotImplementedError('q1: not written yet')"
RIGHT = {
    id: (TINY / "tests/softmax/hidden/reference" / f"{id}.py").read_text(encoding="utf-8")
    for id in ("q1", "q2")
}
# Right except for large logits, and for the mean.
NAIVE = (
    "def softmax(logits):\n    powers = logits.exp()\n    return powers / powers.sum(dim=1, keepdim=True)\n"
)
SUMMED = RIGHT["q2"].replace(".mean()", ".sum()")


def tiny_kit(root: Path, by_hand: bool = False) -> Path:
    """Write the tiny lab below `root`, laid out like a repository; `by_hand`: with a third question, which is marked by hand."""
    shutil.copytree(TINY, root, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    if by_hand:
        table = root / "assignment" / "softmax" / "lab.toml"
        table.write_text(table.read_text(encoding="utf-8") + BY_HAND, encoding="utf-8")
    return root


def tiny_lab(root: Path, by_hand: bool = False) -> Lab:
    """The same, as a lab."""
    return Lab.in_repository(tiny_kit(root, by_hand))


def tiny_lab_here() -> Lab:
    """The tiny lab in its own place, for tests that only read. It has no release."""
    return Lab.in_repository(TINY)


def mistake(id: str) -> tuple[str, str]:
    """A wrong answer of the bank, and the sentence that names what is wrong in it."""
    chaff = next(chaff for chaff in load_bank(tiny_lab_here()).chaffs if chaff.id == id)
    return chaff.source, chaff.misconception


def written_kit(root: Path) -> Path:
    """Write a kit with a lab of one question, which is marked by hand: no suite, no reference, no public check."""
    tiny_kit(root)
    assignment, tests = root / "assignment" / "softmax", root / "tests" / "softmax"
    for path in (
        *assignment.glob("tests/q*.py"),
        *tests.glob("hidden/test_*.py"),
        *tests.glob("hidden/reference/q*.py"),
    ):
        path.unlink()
    shutil.rmtree(tests / "bank")
    (assignment / "tests" / "fingerprints.json").write_text("{}\n", encoding="utf-8")
    (assignment / "CONTRACT.md").write_text("# The contract\n\nNothing to define.\n", encoding="utf-8")
    table, master = assignment / "lab.toml", assignment / "lab.py"
    settings = table.read_text(encoding="utf-8").partition("[q1]")[0]
    table.write_text(settings + BY_HAND.replace("q3", WRITTEN), encoding="utf-8")
    text = master.read_text(encoding="utf-8").partition("# %% [markdown]\n# ## q1")[0]
    master.write_text(text + WRITTEN_MASTER, encoding="utf-8")
    return root
