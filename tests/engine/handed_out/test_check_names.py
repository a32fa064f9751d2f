"""Which check was meant, in labs that name their questions in other ways than q1, q2, …"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gatelab.handed_out import progress
from gatelab.handed_out.check_names import NoSuchCheck, guess, named_check
from gatelab.handed_out.check_names import tests as checks_of

CHECK = "OK_FORMAT = False\nname = {!r}\nfrom otter.test_files import test_case\n"
ASK = """
import otter
from gatelab.handed_out import check_names
check_names.install()
try:
    otter.Notebook(tests_dir="tests").check_all("e1")
except check_names.NoSuchCheck as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("asked", "there", "meant"),
    [
        ("1", ["e1", "e2", "e10"], "e1"),
        ("10", ["e1", "e2", "e10"], "e10"),
        ("Question 2", ["e1", "e2"], "e2"),
        ("q2", ["e1", "e2"], "e2"),
        ("E 02", ["e1", "e2"], "e2"),
        ("task3", ["task3", "task4"], "task3"),
        ("3", ["part03", "part04"], "part03"),
        ("1", ["a1", "b1"], None),  # nobody knows which
        ("B1", ["a1", "b1"], "b1"),
        ("1", ["loss", "step"], None),
        ("Loss", ["loss", "step"], "loss"),
        ("3", ["q1", "q2"], None),
    ],
)
def test_a_number_means_the_labs_question_with_that_number(
    asked: str, there: list[str], meant: str | None
) -> None:
    assert guess(asked, there) == meant


def test_examples_name_a_question_of_the_lab(tmp_path: Path) -> None:
    with pytest.raises(NoSuchCheck, match=r'as in grader\.check\("e2"\)'):
        named_check(None, ["e2", "e3"])
    (tmp_path / "tests").mkdir()
    for name in ("e3", "e2"):
        (tmp_path / "tests" / f"{name}.py").write_text(CHECK.format(name), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.stdout == (
        'grader.check_all() takes nothing: it runs every check. For one: grader.check("e2").\n'
    ), done.stderr


def test_checks_are_in_the_order_of_the_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("loss", "extra", "step"):
        (tmp_path / f"{name}.py").write_text(CHECK.format(name), encoding="utf-8")
    questions = tmp_path / "questions.json"
    questions.write_text('{"questions": [{"id": "step"}, {"id": "loss"}]}', encoding="utf-8")
    monkeypatch.setattr(progress, "QUESTIONS", questions)
    grader = type("Grader", (), {"_tests_dir": str(tmp_path)})()
    assert checks_of(grader) == ["step", "loss", "extra"]
