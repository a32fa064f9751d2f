"""The bank is read from its files, and a broken file is named."""

from pathlib import Path

import pytest

from gatelab.lab.bank import BankError, compose, load_bank
from gatelab.lab.spec import Lab

QUESTIONS = (
    'title = "t"\nname = "toy"\nnotebook = "lab.ipynb"\n[q1]\ntitle = "one"\npoints = 1\nnames = ["f"]\n'
)
REFERENCE = "def f(x):\n    a = x + 1\n    b = x * 2\n    return a, b\n"


@pytest.fixture
def toy(tmp_path: Path) -> Lab:
    """A lab of one question and an empty bank."""
    lab = Lab(tmp_path / "assignment", tmp_path / "hidden", tmp_path / "bank")
    for folder in (
        lab.assignment,
        lab.hidden / "reference",
        lab.bank / "chaff" / "q1",
        lab.bank / "wheat" / "q1",
    ):
        folder.mkdir(parents=True)
    (lab.assignment / "lab.toml").write_text(QUESTIONS)
    (lab.hidden / "reference" / "q1.py").write_text(REFERENCE)
    return lab


def chaff(
    lab: Lab, name: str, code: str, doc: str = '"""It is wrong.\n\nHint: Look again,\nand think.\n"""\n'
) -> Path:
    path = lab.bank / "chaff" / "q1" / f"{name}.py"
    path.write_text(doc + code)
    return path


def test_edits_are_applied_to_the_reference(toy):
    chaff(toy, "minus", 'EDITS = [("x + 1", "x - 1")]\n')
    (found,) = load_bank(toy).chaffs
    assert (found.id, found.question, found.key) == ("minus", "q1", "q1/minus")
    assert found.misconception == "It is wrong."
    assert found.hint == "Look again, and think."
    assert found.source == REFERENCE.replace("x + 1", "x - 1")


def test_whole_code_is_used_as_written(toy):
    path = chaff(toy, "whole", "def f(x):\n    return x\n")
    (found,) = load_bank(toy).chaffs
    assert found.source == path.read_text()
    assert found.edits is None


def test_reading_a_file_does_not_run_it(toy):
    chaff(toy, "loud", "raise SystemExit\n")
    (toy.bank / "wheat" / "q1" / "loud.py").write_text("raise SystemExit\n")
    bank = load_bank(toy)
    assert len(bank.chaffs_of("q1")) == len(bank.wheats_of("q1")) == 1


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ('EDITS = [("x", "y")]\n', "must occur once in the reference, found 3 times"),
        ('EDITS = [("nowhere", "y")]\n', "found 0 times"),
        ("EDITS = [open('x')]\n", "plain list"),
        ("EDITS = [(1, 2)]\n", "plain list"),
        ('EDITS = [("x + 1", "x - 1")]\nprint(1)\n', "EDITS come alone"),
        ('EDITS = [("x + 1", "x + ")]\n', "is not valid Python"),
        ("", "neither EDITS nor code"),
        ("def f(:\n", "is not valid Python"),
    ],
)
def test_an_invalid_file_is_reported_by_name(toy, code, says):
    path = chaff(toy, "broken", code)
    with pytest.raises(BankError, match=says) as raised:
        load_bank(toy)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("doc", ["", '"""Only the misconception."""\n', '"""Hint: only a hint."""\n'])
def test_a_chaff_needs_its_misconception_and_hint(toy, doc):
    chaff(toy, "silent", 'EDITS = [("x + 1", "x - 1")]\n', doc)
    with pytest.raises(BankError, match="names the misconception"):
        load_bank(toy)


def test_a_folder_of_no_question_is_named(toy):
    (toy.bank / "chaff" / "q99").mkdir()
    with pytest.raises(BankError, match="no question q99"):
        load_bank(toy)


def test_two_mistakes_are_put_together_unless_they_collide(toy):
    chaff(toy, "a", 'EDITS = [("x + 1", "x - 1")]\n')
    chaff(toy, "b", 'EDITS = [("x * 2", "x * 3")]\n')
    chaff(toy, "c", 'EDITS = [("a = x + 1", "a = x")]\n')
    chaff(toy, "d", "def f(x):\n    return x\n")
    bank = load_bank(toy)
    a, b, c, d = bank.chaffs_of("q1")
    both = compose(a, b)
    assert both.id == "a+b"
    assert both.source == REFERENCE.replace("x + 1", "x - 1").replace("x * 2", "x * 3")
    assert compose(a, c) is None
    assert compose(a, d) is None
    assert [pair.id for pair in bank.pairs_of("q1")] == ["a+b", "b+c"]


def test_a_lab_without_a_bank_has_an_empty_one(toy):
    bank = load_bank(Lab(toy.assignment, toy.hidden, None))
    assert bank.wheats == bank.chaffs == ()
