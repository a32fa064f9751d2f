"""`gatelab show` and `gatelab why`: what staff see of a student's work, and what a student may be told about it."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path

import pytest

from gatelab.classrun.lookup import ClassRow
from gatelab.cli.screen import screen
from gatelab.report.record.model import Question, Report
from gatelab.text import visible
from helpers import mixed_class
from helpers.command import printed
from helpers.mixed_class import HOSTILE
from helpers.notebooks import write_notebook
from helpers.tables import grades
from helpers.tiny_class import gatelab
from helpers.tiny_lab import TINY

pytestmark = pytest.mark.usefixtures("shared_server")

HIDDEN = TINY / "tests" / "softmax" / "hidden"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The class, graded, with a mark for adam that is in grades.csv and was not read yet."""
    out = mixed_class.graded(tmp_path_factory.mktemp("class"))
    path = out / "grades.csv"
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    column = rows[0].index("q3")
    next(row for row in rows if row[0] == "adam")[column] = "1.5"
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")
    return out


def test_show_lists_each_checks_call_result_and_mistake(out: Path) -> None:
    text = printed("show", "adam", "-o", out)
    assert "over-the-batch: " in text and "Hint: " in text
    for name in ("probabilities 0/1", "gradient 0/1"):
        assert name in text
    assert re.search(r"test_q1_softmax\.py:\d+, test_probabilities", text)  # where it was asked …
    assert (
        'close(student.softmax(logits).value, logits.softmax(dim=1), "softmax(logits)"' in text
    )  # … and what
    assert "✓ loss 4, gradient 2" in text


def test_show_counts_the_marks_by_hand(out: Path) -> None:
    points = json.loads((out / "reports" / "adam.json").read_text(encoding="utf-8"))["points"]
    text = printed("show", "adam", "-o", out)
    assert f"adam {points + 1.5:g} of 12" in text and "In your own words 1.5 of 2 marked by hand" in text
    assert "no mark yet (of 2)" in printed("show", "ada", "q3", "-o", out)


def test_show_has_the_students_line_and_what_it_raised(out: Path) -> None:
    text = printed("show", "grace", "q1", "-o", out)
    assert re.search(r"line cell 1:4, softmax raise ValueError\(", text)
    assert "raised ValueError" in text and "the student's code:" in text


@pytest.mark.parametrize("command", ["show", "why"])
@pytest.mark.parametrize("name", ["grace", "eve"])
def test_text_of_a_submission_cannot_affect_a_terminal(out: Path, command: str, name: str) -> None:
    done = gatelab(command, name, *(["q1"] if command == "show" else []), "-o", out)
    assert done.exit_code == 0
    assert not {char for char in done.output if not char.isprintable() and char != "\n"}
    assert "[bold]" in done.output  # as it was written, and not as rich would draw it


def test_the_same_file_is_found_by_its_bytes(out: Path) -> None:
    notebook = out.parent / "class" / "adam.ipynb"
    assert "adam " in printed("show", notebook, "-o", out)
    other = write_notebook(out.parent / "adam.ipynb", mixed_class.SOFTMAX)
    assert "is not what was graded in" in printed("show", other, "-o", out, code=2)
    for renamed in ("download.ipynb (1)", "download.json"):
        shutil.copy(notebook, out.parent / renamed)
        assert "adam " in printed("show", out.parent / renamed, "-o", out)


def test_a_notebook_is_graded_on_the_spot(out: Path) -> None:
    notebook = out.parent / "class" / "adam.ipynb"
    text = printed("show", notebook, "q1", "--root", out.parent / "kit")
    assert "q1 Softmax" in text and "over-the-batch" in text and "q2" not in text
    assert "not a readable notebook" in printed(
        "show", _broken(out.parent), "--root", out.parent / "kit", code=1
    )


def _broken(folder: Path) -> Path:
    path = folder / "broken.ipynb"
    path.write_text('{"cells": [', encoding="utf-8")
    return path


NAMES = {
    "its beginning": ("gra", "grace"),
    "the whole of a name that others begin with": ("ada", "ada"),
    "small letters": ("zoë", "Zoë Müller"),
    "an accent composed otherwise": ("Zoe\u0308 Mu\u0308ller", "Zoë Müller"),
    "no accents": ("zoe mull", "Zoë Müller"),
    "a file that is not here": ("grace.ipynb", "grace"),
}


@pytest.mark.parametrize("case", NAMES)
def test_a_name_is_found(out: Path, case: str) -> None:
    typed, name = NAMES[case]
    assert printed("why", typed, "-o", out).startswith("Subject: ") and f"Hello {name}," in printed(
        "why", typed, "-o", out
    )


REFUSED = {
    "two start alike": (
        ["ad"],
        "'ad': the names of 2 submissions begin like this; type one of these names: ada and adam.",
    ),
    "a slip": (["grcae"], "'grcae': no submission of this class has that name; did you mean grace?"),
    "nobody near": (
        ["qqqqqq"],
        "'qqqqqq': no submission of this class has that name; the names there: ",
        "and 1 more.",
    ),
    "nothing": ([""], "but an empty text"),
    "a word of the name": (
        ["muller"],
        "'muller': no submission of this class has that name; did you mean Zoë Müller?",
    ),
    "a question in capitals": (
        ["ada", "Q1"],
        "Q1: no such question here (did you mean q1?); there are q1, q2, q3.",
    ),
    "no such question": (["ada", "q9"], "q9: no such question here; there are q1, q2, q3."),
    "escapes": (["\x1b[31mx"], "no submission of this class has that name"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("command", ["show", "why"])
def test_an_unknown_name_gets_one_sentence(out: Path, command: str, case: str) -> None:
    words, *sentences = REFUSED[case]
    done = gatelab(command, *words, "-o", out)
    assert done.exit_code == 2 and done.output.count("\n") == 1 and "\x1b" not in done.output
    assert all(sentence in done.output for sentence in sentences), done.output


def test_what_has_no_grade_is_reported_with_its_reason(out: Path) -> None:
    assert "it is an exported page, not the notebook" in printed("show", "essay", "-o", out, code=1)
    mail = printed("why", "essay", "-o", out, code=1)
    assert "Hand in lab.ipynb itself." in mail and "essay.pdf" in mail


def test_a_mail_says_why_points_were_lost(out: Path) -> None:
    mail = gatelab("why", "adam", "-o", out).output
    assert mail.startswith("Subject: Softmax and cross-entropy: your result\n\nHello adam,\n")
    assert "Hint: " in mail and "q1, Softmax: " in mail
    assert "q2" not in mail  # nothing was lost there
    assert max(map(len, mail.splitlines())) <= 78
    assert "q3 (2 points) is not marked yet." in printed("why", "ada", "-o", out)
    assert "You lost no points." in printed("why", "ada", "-o", out)
    assert "q2, Cross-entropy: 6 of 6 points" in printed("why", "ada", "q2", "-o", out)


@pytest.mark.parametrize("name", ["adam", "grace", "Zoë", "eve"])
@pytest.mark.parametrize("question", [[], ["q1"], ["q2"]])
def test_a_mail_holds_nothing_of_the_hidden_tests(out: Path, name: str, question: list[str]) -> None:
    mail = gatelab("why", name, *question, "-o", out).output
    files = [path.stem for path in HIDDEN.rglob("*.py") if path.stem not in ("q1", "q2")]
    functions = re.findall(r"def (test_\w+)", "".join(p.read_text("utf-8") for p in HIDDEN.glob("*.py")))
    assert files and functions
    for secret in (
        *files,
        *functions,
        "reference",
        "Traceback",
        "gatelab",
        "hidden",
        str(HIDDEN),
        "over-the-batch",
    ):
        assert secret not in mail
    report = json.loads((out / "reports" / f"{_file(out, name)}.json").read_text(encoding="utf-8"))
    for row in report["questions"]:
        for part in row["parts"]:
            lines = [
                line.strip()
                for line in ((part["suite_error"] or {}).get("traceback", "")).splitlines()
                if len(line.strip()) > 12
            ]
            message = " ".join(part["message"].split())
            assert not [line for line in lines if line in mail and line not in message]


def _file(out: Path, name: str) -> str:
    table = json.loads((out / "class.json").read_text(encoding="utf-8"))
    return next(row["file"] for row in table["submissions"] if row["name"].startswith(name))


def test_show_writes_a_hostile_name_as_grade_does(out: Path) -> None:
    assert visible(HOSTILE) in printed("why", visible(HOSTILE), "-o", out)


def test_the_table_in_the_terminal_counts_the_marks_by_hand(out: Path, tmp_path: Path) -> None:
    shutil.copytree(out, tmp_path / "out")
    shutil.copytree(out.parent / "class", tmp_path / "class")
    done = gatelab("grade", tmp_path / "class", "-o", tmp_path / "out", "--root", out.parent / "kit")
    lines = {words[0]: words[1:] for line in done.output.splitlines() if (words := line.split())}
    rows = grades(tmp_path / "out")
    assert lines["submission"] == ["4", "6", "2", "12"]  # the points below q1, q2, q3 and total
    assert lines["adam"] == [rows["adam"][title] for title in ("q1", "q2", "q3", "total")]
    assert rows["adam"]["q3"] == "1.5"
    assert lines["ada"] == ["4", "6", "–", "10"] and lines["essay.pdf"] == ["–", "–", "–", "–"]


def test_the_end_of_what_the_code_printed_is_shown() -> None:
    printed = "".join(f"step {k}: loss {1 / (k + 1):.3f}\n" for k in range(1000))
    report = Report("ada", "graded", questions=[Question("q1", "One", 4.0, output=printed)])
    pieces = screen(ClassRow("ada", "ada", "graded", "", "", report), "q1")
    text = "\n".join(str(piece) for _, piece in pieces)
    assert text.endswith("step 999: loss 0.001") and "step 988" in text and "step 987" not in text


def test_a_run_of_some_questions_names_no_other(out: Path, tmp_path: Path) -> None:
    """Not as waiting for a mark either; once one is given, it is there."""
    kit, part = out.parent / "kit", tmp_path / "part"
    (tmp_path / "class").mkdir()
    shutil.copy(out.parent / "class" / "ada.ipynb", tmp_path / "class")
    words = ["grade", tmp_path / "class", "-o", part, "--root", kit, "--question", "q1", "--jobs", "1"]
    assert gatelab(*words).exit_code == 0
    mail = printed("why", "ada", "-o", part)
    assert "4 of 4 points" in mail and "q3" not in mail and "marked" not in mail
    assert "q3" not in printed("show", "ada", "-o", part)
    assert "q3" not in (part / "feedback" / "ada.html").read_text(encoding="utf-8")
    done = gatelab("why", "ada", "q3", "-o", part)
    assert done.exit_code == 2 and "q3: no such question here; there are q1." in done.output
    assert gatelab("mark", "ada", "q3", "1", "-o", part, "--root", kit).exit_code == 0
    assert "you have 5 of 6 points" in printed("why", "ada", "-o", part)
