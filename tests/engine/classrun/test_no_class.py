"""Every command that reads a graded folder says the same of one that is none, in one sentence, and leaves it as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_class import Tiny
from typer.testing import CliRunner, Result

from gatelab.cli.app import app

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


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    tiny = Tiny.lay_out(tmp_path_factory.mktemp("graded"))
    assert tiny.grade().exit_code == 0
    return tiny


def run(tiny: Tiny, command: str) -> Result:
    places = {"OUT": str(tiny.out), "KIT": str(tiny.kit), "FOLDER": str(tiny.folder)}
    said = CliRunner().invoke(app, [places.get(word, word) for word in COMMANDS[command]])
    assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
    return said


@pytest.mark.parametrize("way", WAYS)
def test_a_folder_that_holds_no_graded_class_is_told_in_the_same_words(
    graded: Tiny, tmp_path: Path, way: str
) -> None:
    tiny = graded.copy(tmp_path)
    spoil, says = WAYS[way]
    spoil(tiny.out)
    kept = {path: path.read_bytes() for path in tiny.out.rglob("*") if path.is_file()}
    said = {
        command: run(tiny, command)
        for command in COMMANDS
        # Grading again what changed is just what mends a report that cannot be read.
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


def test_a_report_that_is_gone_is_told_before_a_correction_costs_its_points(
    graded: Tiny, tmp_path: Path
) -> None:
    tiny = graded.copy(tmp_path)
    (tiny.out / "reports" / "bob.json").unlink()
    before = tiny.rows()
    said = run(tiny, "mark")
    assert (said.exit_code, said.stderr) == (
        2,
        f"{tiny.out}/reports/bob.json: is missing; run the same gatelab grade again.\n",
    )
    assert tiny.rows() == before
