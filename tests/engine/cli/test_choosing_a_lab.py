"""Every command that works on a lab: `--lab`, else the lab whose folder is the current one, else the only one."""

from __future__ import annotations

import hashlib
import inspect
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import typer

from gatelab.cli.app import app
from gatelab.integrations.otter.plugin import KIT
from gatelab.lab.choose import chosen_lab
from gatelab.lab.spec import LabError
from helpers.command import gatelab

# The commands that read no lab: they take what was made of one, which says which. (`doctor` looks at the machine.)
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
def test_neither_of_two_labs_is_guessed(two: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(two)
    said = gatelab(command, *ARGUMENTS.get(command, ()))
    assert said.exit_code == 2
    words = " ".join(said.output.split())
    assert "there are several labs here, rnn and softmax; name the one you mean with --lab." in words
    assert "Traceback" not in words


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_lab_is_reported_with_the_existing_ones(two: Path, command: str) -> None:
    arguments = [command, *ARGUMENTS.get(command, ()), "--root", str(two), "--lab", "rnns"]
    said = gatelab(*arguments)
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
    said = gatelab(*arguments)
    assert said.exit_code == 2 and "several labs" not in said.output
    said = gatelab(*arguments, "--lab", "rnn")
    assert said.exit_code == 2
    assert f"--lab rnn: {two / 'out'} is of the lab softmax; leave --lab out." in " ".join(
        said.output.split()
    )


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("assignment/rnn", "rnn"),
        ("tests/softmax/hidden", "softmax"),
        ("tests/softmax", "softmax"),
        ("docs/rnn", "rnn"),
    ],
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


@pytest.mark.parametrize(
    "typed", ["softmax/", "assignment/softmax", "assignment/softmax/", "./tests/softmax", "docs\\softmax\\"]
)
def test_a_lab_is_taken_as_a_shell_completes_it(
    two: Path, typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gatelab.cli import doctor

    monkeypatch.chdir(two)
    monkeypatch.setattr(doctor, "findings", lambda here, kit: iter(()))
    out = graded(tmp_path / "out", "softmax")
    for words in (["build"], ["doctor"], ["show", "ada", "-o", str(out)]):
        plain, completed = (gatelab(*words, "--lab", name) for name in ("softmax", typed))
        assert (plain.exit_code, plain.output) == (completed.exit_code, completed.output), words
        assert "--lab" not in completed.output


@pytest.mark.parametrize("typed", ["/", "softmax/hidden", "elsewhere/softmax"])
def test_what_names_no_folder_of_a_lab_is_refused(two: Path, typed: str) -> None:
    said = gatelab("build", "--root", str(two), "--lab", typed)
    assert said.exit_code == 2 and f"--lab {typed}: there is no such lab in" in " ".join(said.output.split())


def test_a_mistyped_lab_is_answered_with_the_one_that_was_meant(two: Path) -> None:
    said = gatelab("build", "--root", str(two), "--lab", "sofmtax")
    assert "(did you mean softmax?); there is rnn and softmax." in " ".join(said.output.split())


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


def every_command() -> dict[str, Any]:
    """All commands by what is typed: `grade`, `export csv`."""
    found = {}
    for name, command in ALL.items():
        inner = getattr(command, "commands", None)
        found.update({f"{name} {sub}": one for sub, one in inner.items()} if inner else {name: command})
    return found


def test_every_command_but_the_one_that_makes_a_lab_takes_its_name() -> None:
    takes = {
        name
        for name, command in every_command().items()
        if any("--lab" in option.opts for option in command.params)
    }
    assert every_command().keys() - takes == {"new"}


def graded(out: Path, lab: str) -> Path:
    """A folder with the table of a class of that lab in which nobody handed in anything."""
    out.mkdir()
    table = {
        "lab": lab,
        "title": "T",
        "seed": 11,
        "all_questions": True,
        "submissions": [],
        "questions": [],
        "by_hand": [],
    }
    (out / "class.json").write_text(json.dumps(table), encoding="utf-8")
    return out


def receipt(folder: Path, lab: str) -> Path:
    """A receipt of that lab, beside its notebook ada.ipynb."""
    (folder / "ada.ipynb").write_bytes(b"{}")
    content = {"lab": lab, "sha256": hashlib.sha256(b"{}").hexdigest()}
    (folder / "receipt.json").write_text(json.dumps(content), encoding="utf-8")
    return folder / "receipt.json"


def autograder_zip(folder: Path, root: Path, lab: str) -> Path:
    """As much of an autograder zip as is read before anything is graded."""
    with zipfile.ZipFile(folder / "zip.zip", "w") as zip:
        plugin = {"gatelab.integrations.otter.plugin.GatelabPlugin": {"lab": lab}}
        zip.writestr("otter_config.json", json.dumps({"plugins": [plugin]}))
        for path in (*root.glob("assignment/**/*"), *root.glob("tests/**/*")):
            zip.write(path, f"{KIT}/{path.relative_to(root)}")
    return folder / "zip.zip"


def names_its_lab(two: Path, tmp_path: Path, command: str) -> list[str]:
    """The words of a command on something of the lab softmax."""
    if command == "receipt":
        return [command, str(receipt(tmp_path, "softmax")), str(tmp_path / "ada.ipynb")]
    if command == "otter-run":
        zipped = autograder_zip(tmp_path, two, "softmax")
        (tmp_path / "ada.ipynb").write_bytes(b"{}")
        return [command, str(zipped), str(tmp_path / "ada.ipynb"), "-o", str(tmp_path / "results")]
    out = graded(tmp_path / "out", "softmax")
    if command in ("why", "show"):
        return [command, "ada", "-o", str(out)]
    more = {
        "canvas": ["--template", "sheet.csv"],
        "moodle": ["--template", "sheet.csv"],
        "feedback": ["--to", "mail"],
    }
    _, kind = command.split()
    return ["export", kind, str(out), *more.get(kind, [])]


OF_ITSELF = [
    "why",
    "show",
    "receipt",
    "otter-run",
    *(name for name in every_command() if name.startswith("export ")),
]


@pytest.mark.parametrize("command", OF_ITSELF)
def test_a_file_that_names_its_lab_is_refused_for_another_lab(
    two: Path, command: str, tmp_path: Path
) -> None:
    said = gatelab(*names_its_lab(two, tmp_path, command), "--lab", "rnn")
    assert said.exit_code == 2
    words = " ".join(said.output.split())
    assert words.startswith("--lab rnn: ") and words.endswith(" is of the lab softmax; leave --lab out.")


@pytest.mark.parametrize("command", [name for name in OF_ITSELF if name != "otter-run"])
def test_its_own_lab_may_be_named_out_of_habit(two: Path, command: str, tmp_path: Path) -> None:
    words = names_its_lab(two, tmp_path, command)
    bare, named = (gatelab(*words, *more) for more in ([], ["--lab", "softmax"]))
    assert (bare.exit_code, bare.output) == (named.exit_code, named.output)
    assert "--lab" not in named.output


def test_the_doctor_also_looks_at_a_named_lab(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gatelab.cli import doctor

    monkeypatch.chdir(two)
    monkeypatch.setattr(doctor, "findings", lambda here, kit: iter(()))
    well = gatelab("doctor", "--lab", "softmax")
    assert well.exit_code == 0 and "softmax: 1 question" in well.output
    table = two / "assignment" / "softmax" / "lab.toml"
    table.write_text(table.read_text(encoding="utf-8").replace("points = 1", "points = -1"), encoding="utf-8")
    ill = gatelab("doctor", "--lab", "softmax")
    assert ill.exit_code == 1 and "[q1]: points must be" in " ".join(ill.output.split())
