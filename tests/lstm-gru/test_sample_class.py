"""The sample class, made from the release: is it the same every time, and does it get the points it must get?"""

from __future__ import annotations

import html
import re
import shutil
import sys
import tomllib
from pathlib import Path
from subprocess import run

import pytest

from helpers import tables
from helpers.files import files_below
from helpers.shares import WHOLE

sys.path.insert(0, str(Path(__file__).with_name("sample")))

import said
from kit_lab import kit_lab

from gatelab.report.record.schema import read_json
from helpers import accepted_texts

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "tests" / "lstm-gru" / "sample"
SAMPLED = ROOT / "out" / "sample"
COMMAND = Path(sys.executable).with_name("gatelab")

EXPECTED = tomllib.loads((SAMPLE / "expected.toml").read_text(encoding="utf-8"))
# Of the three that are right in everything, and train two models each, one. Their styles are all in test_bank.py.
GRADED = [name for name in EXPECTED if WHOLE or name not in ("grace", "karen")]


def make(folder: Path) -> Path:
    run([sys.executable, SAMPLE / "make.py", folder], check=True)
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("made") / "class")


def test_the_same_input_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    first, again = files_below(made), files_below(make(tmp_path / "class"))
    assert sorted(first) == sorted(again)
    assert [name for name in first if first[name] != again[name]] == []


def test_every_submission_has_an_expected_result(made: Path) -> None:
    entries = {path.name.removesuffix(".ipynb") for path in made.iterdir()}
    assert entries == set(EXPECTED) and len(entries) >= 16


@pytest.fixture(scope="module")
def graded(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command wrote for the sample class. Where `make grade` was here, it goes on from there: the command itself knows which
    of those reports still hold, and grades the others."""
    folder = tmp_path_factory.mktemp("sample")
    handed_in, out = shutil.copytree(made, folder / "class"), folder / "out"
    if (SAMPLED / "class.json").exists():
        shutil.copytree(SAMPLED, out)
    for name in EXPECTED.keys() - {*GRADED}:
        (handed_in / f"{name}.ipynb").unlink()
    said = run([COMMAND, "grade", handed_in, "-o", out, "--root", ROOT], capture_output=True, text=True)
    assert said.returncode == 1, said.stderr
    return out


@pytest.fixture(scope="module")
def grades(graded: Path) -> dict[str, dict[str, str]]:
    return tables.grades(graded)


def test_nothing_counts_as_begun_in_the_lab_as_handed_out(graded: Path) -> None:
    report = read_json((graded / "reports" / "untouched.json").read_text(encoding="utf-8"))
    assert [question.id for question in report.questions if question.attempted and not question.by_hand] == []


@pytest.mark.parametrize("name", GRADED)
def test_each_submission_gets_the_expected_result(grades: dict[str, dict[str, str]], name: str) -> None:
    row, expected = grades[name], EXPECTED[name]
    assert row["status"] == expected["status"], row["reason"]
    if expected["status"] == "ungradable":
        assert expected["says"] in row["reason"]
        return
    questions = [id for id, spec in kit_lab().questions.items() if not spec.by_hand]
    got = {id: float(row[id]) for id in questions if float(row[id])}
    assert got == expected["points"]
    assert float(row["total"]) == pytest.approx(sum(expected["points"].values()), abs=0.01)


def test_every_output_says_what_was_accepted(graded: Path) -> None:
    """Points, notes and messages; where a change of them is meant, `make accept` writes them down."""
    now, accepted = said.said(kit_lab(), graded), said.read()
    assert {name: text.splitlines() for name, text in now.items()} == {
        name: accepted.get(name, "").splitlines() for name in now
    }


def plain(text: str) -> str:
    """Text as it is read aloud, without what another processor rounds differently."""
    return " ".join(accepted_texts.MEASURED.sub("#", text).split())


def on_page(line: str) -> str:
    """How a line of said.txt reads on a feedback page: titles and headings around it, marks of code and some words left out."""
    line = re.sub(r"^  [a-z0-9-]+(, [a-z0-9-]+)*: ", "", line)  # the parts that have this message
    line = re.sub(r"^(q\d+): ", lambda found: f"{found[1]} {kit_lab().questions[found[1]].title} ", line)
    line = re.sub(r"^Not graded\. | from the grader\.$", "", line)
    line = re.sub(r'^(Cell \d+ \(".*?"\) \w+( \w+)?):', r"\1", line)
    return plain(line.replace("`", "").replace(" And: ", " ").replace("Hint: ", "Hint. "))


@pytest.mark.parametrize("name", GRADED)
def test_each_feedback_page_says_what_was_accepted(graded: Path, name: str) -> None:
    page = (graded / "feedback" / f"{name}.html").read_text(encoding="utf-8")
    body = re.sub(r"</?code>", "", page.partition("<body")[2])
    text = plain(html.unescape(re.sub(r"<[^>]*>", " ", body)))
    lines = said.read()[name].splitlines()
    if any(
        line.startswith("Nothing was written for q12a") or "as it was handed out" in line for line in lines
    ):
        # A page has the class run's total, which counts written answers that are missing: nobody will mark them.
        everything = sum(question.points for question in kit_lab().questions.values())
        lines = [
            re.sub(r" of \d+ points from the grader\.$", f" of {everything:g} points", line) for line in lines
        ]
    assert [line for line in lines if on_page(line) not in text] == []


def test_what_was_accepted_is_of_this_class() -> None:
    assert set(said.read()) == set(EXPECTED)
