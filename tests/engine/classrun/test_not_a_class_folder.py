"""Every command that reads a graded folder says the same of a folder that is not one, in one sentence, and leaves it as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from helpers.command import gatelab
from helpers.tiny_class import Tiny

COMMANDS = {
    "mark": ["mark", "ada", "q1", "1", "--why", "so", "-o", "OUT", "--root", "KIT"],
    "comment": ["comment", "ada", "Well done.", "-o", "OUT", "--root", "KIT"],
    "regrade": ["regrade", "FOLDER", "-o", "OUT", "--root", "KIT"],
    "show": ["show", "ada", "-o", "OUT", "--root", "KIT"],
    "why": ["why", "ada", "-o", "OUT"],
    "csv": ["export", "csv", "OUT", "--partial"],
    "feedback": ["export", "feedback", "OUT", "--to", "mail"],
}
WAYS: dict[str, tuple[Callable[[Path], object], str]] = {
    "none": (lambda out: out.rename(out.with_name("elsewhere")), "{out}: there is no such folder; "),
    "a file": (
        lambda out: (out.rename(out.with_name("elsewhere")), out.write_text("x")),
        "{out}: is not a folder; ",
    ),
    "empty": (lambda out: (out / "class.json").unlink(), "{out}: there is no graded class in it; "),
    "cut off": (
        lambda out: (out / "class.json").write_text('{"submissions": ['),
        "{out}/class.json: is not a table of a graded class; run the same gatelab grade again.",
    ),
    "another's": (
        lambda out: (out / "class.json").write_text("[]"),
        "{out}/class.json: is not a table of a graded class; run the same gatelab grade again.",
    ),
    "a report of another version": (
        lambda out: (out / "reports" / "ada.json").write_text('{"format": 99}'),
        "{out}/reports/ada.json: is not a report of this version; run the same gatelab grade again.",
    ),
}


def run(tiny: Tiny, command: str) -> Result:
    places = {"OUT": str(tiny.out), "KIT": str(tiny.kit), "FOLDER": str(tiny.folder)}
    said = gatelab(*(places.get(word, word) for word in COMMANDS[command]))
    assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
    return said


@pytest.mark.parametrize("way", WAYS)
def test_a_folder_without_a_graded_class_is_reported_in_the_same_words(
    graded_tiny: Tiny, tmp_path: Path, way: str
) -> None:
    tiny = graded_tiny.copy(tmp_path)
    spoil, says = WAYS[way]
    spoil(tiny.out)
    kept = {path: path.read_bytes() for path in tiny.out.rglob("*") if path.is_file()}
    said = {
        command: run(tiny, command)
        for command in COMMANDS
        # Grading again what changed is just what repairs a report that cannot be read.
        if not (command == "regrade" and "report" in way)
    }
    wrong = {
        command: result.output
        for command, result in said.items()
        if result.exit_code != 2
        or not result.stderr.startswith(says.format(out=tiny.out))
        or result.stderr.count("\n") != 1
    }
    assert wrong == {}
    assert len({result.stderr for result in said.values()}) == 1
    assert {path: path.read_bytes() for path in tiny.out.rglob("*") if path.is_file()} == kept


def test_a_missing_report_is_reported_before_a_correction_costs_its_points(
    graded_tiny: Tiny, tmp_path: Path
) -> None:
    tiny = graded_tiny.copy(tmp_path)
    (tiny.out / "reports" / "bob.json").unlink()
    before = tiny.rows()
    said = run(tiny, "mark")
    assert (said.exit_code, said.stderr) == (
        2,
        f"{tiny.out}/reports/bob.json: is missing; run the same gatelab grade again.\n",
    )
    assert tiny.rows() == before


@pytest.mark.parametrize(
    "spoil",
    [
        lambda book: book["submissions"][0].pop("status"),
        lambda book: book["submissions"][0].update(status=3),
        lambda book: book["submissions"].append(None),
        lambda book: book["submissions"][0].update(marks=[]),
        lambda book: book["submissions"][0].update(lateness={"colour": "red"}),
        lambda book: book["submissions"][0].update(people=[{"sheet": "Ada"}]),
        lambda book: book["submissions"][0].update(handed_in="yesterday"),
        lambda book: book["questions"][0].update(max_points="four"),
        lambda book: book.update(by_hand={}),
        lambda book: book.update(seed="eleven"),
        lambda book: book.update(questions=3, all_questions=False),
    ],
)
def test_a_damaged_class_json_is_refused_in_one_sentence_and_written_again_by_the_same_grading(
    graded_tiny: Tiny, tmp_path: Path, spoil: Callable[[dict[str, Any]], object]
) -> None:
    tiny = graded_tiny.copy(tmp_path)
    before, book = tiny.rows(), tiny.book()
    spoil(book)
    (tiny.out / "class.json").write_text(json.dumps(book))
    says = f"{tiny.out}/class.json: is not a table of a graded class; run the same gatelab grade again.\n"
    wrong = {command: said.output for command in COMMANDS if (said := run(tiny, command)).stderr != says}
    assert wrong == {}
    again = tiny.grade()
    assert again.exit_code == 0 and "3 of 3 notebooks are done from an earlier run" in again.stderr
    assert tiny.rows() == before and run(tiny, "why").exit_code == 0


def test_a_class_json_of_an_older_or_newer_kit_is_read(graded_tiny: Tiny, tmp_path: Path) -> None:
    tiny = graded_tiny.copy(tmp_path)
    book = tiny.book()
    kept = ("lab", "title", "seed", "all_questions", "submissions", "questions", "by_hand", "folder")
    book = {key: book[key] for key in kept} | {"colour": "red"}
    book["submissions"] = [
        {key: row[key] for key in ("name", "file", "status", "reason")} | {"colour": "red"}
        for row in book["submissions"]
    ]
    (tiny.out / "class.json").write_text(json.dumps(book))
    assert {run(tiny, command).exit_code for command in ("show", "why", "csv", "mark")} == {0}
