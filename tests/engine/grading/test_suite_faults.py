"""A fault in a hidden suite or a reference does not silently cost anybody a point."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatelab.report.record.schema import read_json
from helpers.tiny_class import Tiny
from helpers.tiny_lab import RIGHT

pytestmark = pytest.mark.usefixtures("shared_server")

PROBABILITIES = "def test_probabilities(student, draw"


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return Tiny.lay_out(tmp_path_factory.mktemp("slips"), {"ada": (RIGHT["q1"], RIGHT["q2"])})


@pytest.fixture
def tiny(laid_out: Tiny, tmp_path: Path) -> Tiny:
    laid_out.out.mkdir(exist_ok=True)
    return laid_out.copy(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("draw(", "drow(", "NameError: name 'drow' is not defined"),
        (PROBABILITIES, PROBABILITIES.replace("draw", "drow"), "there is no fixture 'drow'"),
        ("student.softmax(", "student.softmaxx(", "The hidden suite of q1 uses softmaxx, which no question of lab.toml asks for (did you mean softmax?)"),
        ("torch.float64", "torch.flaot64", "AttributeError: module 'torch' has no attribute 'flaot64'"),
        (".value", ".valeu", "AttributeError: 'Reply' object has no attribute 'valeu'"),
    ],
)  # fmt: skip
def test_a_slip_in_a_suite_fails_the_grading_and_no_student(
    tiny: Tiny, old: str, new: str, said: str
) -> None:
    tiny.replace(tiny.suite, old, new)
    done = tiny.grade()
    row = tiny.rows()["ada"]
    assert done.exit_code == 1 and row["status"] == "not graded, our fault" and row["total"] == ""
    assert said in row["reason"] and "fix that and run the same command again" in row["reason"]


@pytest.mark.one_in(2)
@pytest.mark.parametrize("check", ['assert student is draw, ""', 'raise Failed("")'])
def test_a_part_that_is_lost_has_a_message_even_if_its_check_gives_none(tiny: Tiny, check: str) -> None:
    tiny.replace(tiny.suite, "unchanged\n", "unchanged\nfrom gatelab.testkit.failed import Failed\n")
    tiny.replace(
        tiny.suite, "    logits = draw(5, 3, scale=2)\n", f"    {check}\n    logits = draw(5, 3, scale=2)\n"
    )
    tiny.grade()
    (path,) = (tiny.out / "reports").glob("ada.json")
    parts = read_json(path.read_text(encoding="utf-8")).question("q1").parts
    assert [part.name for part in parts if not part.passed] == ["probabilities"]
    assert parts[0].message == "This check could not be completed on your answer."


def test_a_test_that_belongs_to_no_part_is_named(tiny: Tiny) -> None:
    with tiny.suite.open("a") as suite:
        suite.write("\n\ndef test_more(student):\n    student.softmax\n")
    done = tiny.grade()
    assert (
        done.exit_code == 2 and "test_more: a hidden test needs @part(question, name, points)" in done.stderr
    )
    assert done.stderr.count("\n") == 1 and "INTERNALERROR" not in done.stderr


def test_a_part_that_nobody_earned_is_named(tiny: Tiny) -> None:
    for name in ("bob", "cleo"):
        tiny.hand_in(name, RIGHT["q1"], RIGHT["q2"])
    assert "Nobody" not in tiny.grade().stderr
    reference = tiny.suite.parent / "reference" / "q1.py"
    reference.write_text(
        reference.read_text().replace("def softmax(logits):\n", "def softmax(logits):\n    1 / 0\n")
    )
    said = tiny.grade("--question", "q2", "--fresh")
    assert (
        said.exit_code == 0
        and "Nobody who attempted it passed: q2 " in said.stderr
        and "gatelab verify" in said.stderr
    )
