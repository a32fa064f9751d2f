"""Mistakes in a lab's files are reported in one sentence by `gatelab diff` and `gatelab build`, before anything is handed out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from helpers.build_kit import make_kit
from helpers.tiny_class import gatelab

Q2, TABLE = "assignment/softmax/tests/q2.py", "assignment/softmax/lab.toml"
CHAFF = "tests/softmax/bank/chaff/q1/over-the-batch.py"

# The file, what is written in place of what, and what must be said of it
SLIPS = {
    "a check that is copied": (Q2, 'name = "q2"', 'name = "q1"', f'{Q2}, line 10: name is "q1" in the check of q2; write "q2".'),
    "a check under another name": (Q2, "Check(name)", 'Check("q1")', f'{Q2}, line 11: Check("q1") is in the check of q2; write Check("q2").'),
    "a check that is not Python": (Q2, "@check.calls", "@check.calls(", f"{Q2}, line 17: is not valid Python ('(' was never closed); fix it."),
    "another file for students that is not Python": (
        "assignment/softmax/softmax_lab/__init__.py", "", "def more(:\n",
        "assignment/softmax/softmax_lab/__init__.py, line 1: is not valid Python (invalid syntax); fix it.",
    ),
    "a question that asks for nothing": (
        TABLE, 'names = ["cross_entropy"]\nbuilds_on = ["softmax"]\n', "",
        f'{TABLE}, [q2]: has nothing that could be graded; write as names what students define for it, as in names = ["softmax"], or by_hand = true.',
    ),
    "names of a question marked by hand": (
        TABLE, "by_hand = true", 'by_hand = true\nnames = ["essay"]',
        f"{TABLE}, [q3]: is marked by hand, and names are for questions that the grader gives points for; remove them, or by_hand = true.",
    ),
    "more than names": (
        TABLE, "by_hand = true", 'by_hand = true\nbuilds_on = ["softmax"]\npairs = true',
        "[q3]: is marked by hand, and builds_on, pairs are for questions that the grader gives points for; remove them, or by_hand = true.",
    ),
    "the master, for students": (
        TABLE, 'release = [', 'release = ["lab.py", ',
        f"{TABLE}: release names lab.py, which is a master, with the solutions; take it out of release.",
    ),
    "the rubric, for students": (
        TABLE, 'release = [', 'release = ["RUBRIC.md", ',
        f"{TABLE}: release names RUBRIC.md, which is a page for staff; take it out of release.",
    ),
    "the settings, for students": (
        TABLE, 'release = [', 'release = ["lab.toml", ',
        f"{TABLE}: release names lab.toml, which is the settings, for staff; take it out of release.",
    ),
    "the accepted snapshot, for students": (
        TABLE, 'release = [', 'release = ["released.snapshot", ',
        f"{TABLE}: release names released.snapshot, which is a record of what was released, for staff; take it out of release.",
    ),
    "a shared section that is not there": (
        TABLE, 'release = [', 'shared_sections = ["No such heading"]\nrelease = [',
        f'{TABLE}: shared_sections holds "No such heading", and no page for staff (RUBRIC.md, LESSON_PLAN.md) has a section',
    ),
    "edits that do not fit the solution": (
        CHAFF, 'EDITS = [("', 'EDITS = [("no such text ',
        "found 0 times; copy it from tests/softmax/hidden/reference/q1.py as it is there now.",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_kit(tmp_path_factory.mktemp("misfits") / "kit")


@pytest.fixture(params=SLIPS)
def slipped(whole: Path, tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Path, str]:
    """A kit with a slip, and what must be said of it."""
    place, was, new, sentence = SLIPS[request.param]
    kit = Path(shutil.copytree(whole, tmp_path / "kit"))
    text = (kit / place).read_text(encoding="utf-8")
    assert was in text
    (kit / place).write_text(text.replace(was, new, 1) if was else new + text, encoding="utf-8")
    return kit, sentence


@pytest.mark.parametrize("command", [["diff"], ["build", "--no-execute", "--accept"]], ids=" ".join)
def test_a_slip_is_reported_in_one_sentence(slipped: tuple[Path, str], command: list[str]) -> None:
    kit, sentence = slipped
    done = gatelab(*command, "--root", kit)
    said = done.output.replace(f"{kit}/", "").replace(f"{kit.resolve()}/", "")
    assert done.exit_code != 0 and sentence in said and "Traceback" not in said, said
    assert not (kit / "release").exists()


def test_a_lab_that_was_never_built_is_told_to_run_the_build(whole: Path, tmp_path: Path) -> None:
    kit = Path(shutil.copytree(whole, tmp_path / "kit"))
    start = (kit / TABLE).with_name("start.py")
    start.unlink()
    done = gatelab("diff", "--root", kit)
    assert done.exit_code != 0
    assert f"{start}: is missing; gatelab build writes it: run that first." in " ".join(done.output.split())
    assert gatelab("build", "--no-execute", "--accept", "--root", kit).exit_code == 0
    assert gatelab("diff", "--root", kit).output == "Students get the same.\n"


def test_a_lab_without_misfits_is_compared(whole: Path) -> None:
    assert "by_hand = true" in (whole / TABLE).read_text(encoding="utf-8")
    assert "new file: tests/q2.py" in gatelab("diff", "--root", whole).output
