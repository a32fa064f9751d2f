"""Every command that works on a lab: `--lab`, else the lab whose folder is the current one, else the only one."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from gatelab.cli.app import app
from gatelab.lab.choose import chosen_lab
from gatelab.lab.spec import LabError

# The commands that read no lab: they take what was made of one.
WITHOUT = {"otter-run", "new", "why", "doctor", "receipt"}
# Those that take the lab that a class was graded with.
OF_A_CLASS = {"mark": ["ada", "q1", "1"], "comment": ["ada", "x"], "late": ["ada"], "regrade": ["class"]}
ARGUMENTS = {
    "grade": ["class", "-o", "out"],
    "intake": ["class"],
    "misses": ["out"],
    "show": ["ada.ipynb"],
    "release": ["--to", "there"],
}
ALL = typer.main.get_command(app).commands
COMMANDS = sorted(
    {name for name, command in ALL.items() if not hasattr(command, "commands")} - WITHOUT - OF_A_CLASS.keys()
)


def a_lab(root: Path, name: str) -> None:
    """A lab of one question, marked by hand."""
    (root / "tests" / name / "hidden").mkdir(parents=True)
    table = root / "assignment" / name / "lab.toml"
    table.parent.mkdir(parents=True)
    table.write_text(
        f'title = "t"\nname = "{name}"\nnotebook = "lab.ipynb"\n[q1]\ntitle = "one"\npoints = 1\nby_hand = true\n',
        encoding="utf-8",
    )


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A kit of two labs."""
    a_lab(tmp_path, "rnn")
    a_lab(tmp_path, "softmax")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_of_two_labs_neither_is_guessed(two: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(two)
    said = CliRunner().invoke(app, [command, *ARGUMENTS.get(command, ())])
    assert said.exit_code == 2
    words = " ".join(said.output.split())
    assert "there are several labs here, rnn and softmax; name the one you mean with --lab." in words
    assert "Traceback" not in words


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_lab_is_reported_with_the_existing_ones(two: Path, command: str) -> None:
    arguments = [command, *ARGUMENTS.get(command, ()), "--root", str(two), "--lab", "rnns"]
    said = CliRunner().invoke(app, arguments)
    assert said.exit_code == 2
    assert "--lab rnns: there is no such lab" in " ".join(said.output.split())
    assert "there is rnn and softmax." in " ".join(said.output.split())


@pytest.mark.parametrize("command", OF_A_CLASS)
def test_a_graded_class_says_which_lab_it_is_of(two: Path, command: str) -> None:
    (two / "out").mkdir()
    book = {
        "lab": "softmax",
        "submissions": [],
        "questions": [],
        "by_hand": [],
        "seed": 11,
        "title": "T",
        "all_questions": True,
    }
    (two / "out" / "class.json").write_text(json.dumps(book), encoding="utf-8")
    arguments = [command, *OF_A_CLASS[command], "-o", str(two / "out"), "--root", str(two)]
    said = CliRunner().invoke(app, arguments)
    assert said.exit_code == 2 and "several labs" not in said.output
    said = CliRunner().invoke(app, [*arguments, "--lab", "rnns"])
    assert said.exit_code == 2
    assert "--lab rnns: there is no such lab" in " ".join(said.output.split())


@pytest.mark.parametrize(
    ("place", "name"),
    [("assignment/rnn", "rnn"), ("tests/softmax/hidden", "softmax"), ("tests/softmax", "softmax")],
)
def test_the_lab_of_the_current_folder_is_taken(two: Path, place: str, name: str) -> None:
    lab = chosen_lab(Path(), here=two / place)
    assert (lab.assignment, lab.hidden) == (two / "assignment" / name, two / "tests" / name / "hidden")
    assert chosen_lab(two, here=two / place).assignment.name == name


@pytest.mark.parametrize("place", ["", "tests", "assignment", "tests/engine", "tests/rnn-old"])
def test_a_folder_outside_any_lab_chooses_none(two: Path, place: str) -> None:
    (two / place).mkdir(exist_ok=True, parents=True)
    with pytest.raises(LabError, match="several labs"):
        chosen_lab(Path(), here=two / place)


def test_a_named_lab_counts_more_than_the_current_folder(two: Path) -> None:
    assert chosen_lab(Path(), "rnn", here=two / "tests" / "softmax").assignment.name == "rnn"


def test_the_only_lab_needs_no_name(tmp_path: Path) -> None:
    a_lab(tmp_path, "rnn")
    assert chosen_lab(tmp_path, here=Path("/")).assignment.name == "rnn"
    assert chosen_lab(Path(), here=tmp_path / "tests").assignment.name == "rnn"


def test_a_kit_without_labs_is_reported(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"no assignment/LAB/lab\.toml here"):
        chosen_lab(tmp_path)


def test_no_command_that_takes_a_kit_forgets_the_lab() -> None:
    for name, command in ALL.items():
        parameters = inspect.signature(command.callback).parameters if command.callback else {}
        assert ("root" in parameters) == ("lab_name" in parameters) or name in WITHOUT, name
