"""Whatever is typed wrong: one sentence, on stderr, exit code 2; and docs/exit-codes.md says what the commands do."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from gatelab.cli.app import app
from gatelab.cli.refusals import OneSentence
from helpers.tiny_class import gatelab
from helpers.tiny_lab import tiny_kit

ALL = typer.main.get_command(app).commands
COMMANDS = sorted(
    [name for name, command in ALL.items() if not hasattr(command, "commands")]
    + [f"{name} {each}" for name, group in ALL.items() for each in getattr(group, "commands", ())]
)


def refused(*words: object) -> str:
    """The one sentence that a command is refused with."""
    done = gatelab(*words)
    assert done.exit_code == 2, (words, done.output)
    text = re.sub(r"^… .*\n", "", done.stderr, flags=re.MULTILINE).strip()  # without the steps before it
    assert not done.stdout.strip() and text.count("\n") == 0, (words, done.output)
    assert "Errno" not in text and "Traceback" not in text and text.endswith("."), (words, text)
    return text


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit, and the kinds of places that somebody may name by mistake."""
    base = tmp_path_factory.mktemp("typed")
    tiny_kit(base / "kit")
    tiny_kit(base / "two")
    for part in ("assignment", "tests"):
        shutil.copytree(base / "two" / part / "softmax", base / "two" / part / "other")
    table = base / "two" / "assignment" / "other" / "lab.toml"
    table.write_text(table.read_text("utf-8").replace('name = "softmax"', 'name = "other"'), encoding="utf-8")
    (base / "empty").mkdir()
    (base / "file").write_text("x", encoding="utf-8")
    os.mkfifo(base / "pipe")
    (base / "dangling").symlink_to(base / "nowhere")
    (base / "loop").symlink_to(base / "loop")
    for name, data in {"broken": b"{", "list": b"[]", "binary": b"\xff\xfe\0"}.items():
        (base / name / "reports").mkdir(parents=True)
        (base / name / "class.json").write_bytes(data)
        (base / name / "reports" / "ada.json").write_bytes(data)
    (base / "folder" / "class.json").mkdir(parents=True)
    return base


NO_CLASS = (
    "missing",
    "empty",
    "file",
    "pipe",
    "dangling",
    "loop",
    "broken",
    "list",
    "binary",
    "folder",
    "file/x",
    "y" * 300,
)
NO_KIT = ("missing", "empty", "file", "pipe", "dangling", "loop", "file/x", "y" * 300)
OF_A_CLASS: dict[str, Callable[[Path], list[object]]] = {
    "show": lambda place: ["show", "ada", "-o", place],
    "why": lambda place: ["why", "ada", "-o", place],
    "export canvas": lambda place: ["export", "canvas", place, "--template", "sheet.csv"],
    "export moodle": lambda place: ["export", "moodle", place, "--template", "sheet.csv"],
}
OF_A_LAB: dict[str, list[object]] = {
    "ambush": [], "bench": [], "build": [], "diff": [], "fingerprints": [], "misses": ["out"], "mutate": [], "verify": [],
    "grade": ["class", "-o", "out"], "preview": [], "release": ["--to", "there"], "show": ["ada.ipynb"], "zip": [],
}  # fmt: skip


@pytest.mark.parametrize("place", NO_CLASS)
def test_a_place_without_a_graded_class_is_refused(base: Path, place: str) -> None:
    for words in OF_A_CLASS.values():
        assert str(base) in refused(*words(base / place))
    refused("misses", base / place, "--root", base / "kit")


@pytest.mark.parametrize("place", NO_KIT)
def test_a_place_without_a_lab_is_refused(base: Path, place: str) -> None:
    for command, words in OF_A_LAB.items():
        refused(command, *words, "--root", base / place)
    refused("new", "rnn", "--root", base / place)


def test_a_missing_or_ambiguous_lab_is_refused(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for command, words in OF_A_LAB.items():
        assert "several labs here, other and softmax" in refused(command, *words, "--root", base / "two")
        assert "there is softmax." in refused(command, *words, "--root", base / "kit", "--lab", "nope")
        monkeypatch.chdir(base / "empty")
        assert "no assignment/LAB/lab.toml here" in refused(command, *words)


@pytest.mark.parametrize("place", ["missing", "empty", "pipe", "dangling", "loop", "y" * 300])
def test_something_that_is_not_a_class_is_refused(base: Path, place: str) -> None:
    refused("grade", base / place, "-o", base / "out", "--root", base / "kit")


@pytest.mark.parametrize("place", ["file", "pipe", "dangling", "loop", "file/x", "y" * 300])
def test_an_unusable_place_for_results_is_refused(base: Path, place: str) -> None:
    refused("grade", base / "kit", "-o", base / place, "--root", base / "kit")
    refused("zip", "-o", base / place, "--root", base / "kit")
    refused("release", "--to", base / place, "--root", base / "kit")


@pytest.mark.parametrize("place", ["missing", "empty", "file", "pipe", "dangling", "loop"])
def test_a_file_that_is_neither_autograder_nor_submission_is_refused(base: Path, place: str) -> None:
    refused("otter-run", base / place, base / "file")
    refused("otter-run", base / "file", base / place)


@pytest.mark.parametrize("name", ["missing.ipynb", "loop/x.ipynb", "kit/x.ipynb"])
def test_a_missing_notebook_is_refused(base: Path, name: str) -> None:
    refused("show", base / name, "--root", base / "kit")


QUESTIONS = [["grade", "class", "-o", "out"], ["verify"], ["mutate"], ["ambush"]]


@pytest.mark.parametrize("words", QUESTIONS, ids=lambda words: words[0])
def test_an_unknown_question_is_refused(base: Path, words: list[str]) -> None:
    text = refused(*words, "--root", base / "kit", "--question", "q9")
    assert "q9: no such question" in text and "q1 and q2." in text


TYPED = {
    "a slip in the command": (["grad"], "Did you mean 'grade'"),
    "a slip in the command of a group": (["export", "canvass"], "Did you mean 'canvas'?"),
    "an option that is none": (["grade", "x", "--nope"], "No such option"),
    "an option that is none, of all": (["--nope"], "No such option"),
    "nothing where something is needed": (["grade"], "gatelab grade: Missing argument"),
    "no place for the results": (["grade", "class"], "--out"),
    "no template": (["export", "moodle", "out"], "--template"),
    "a word too many": (
        ["why", "ada", "q1", "q2"],
        "extra argument(s) (q2); put quotes around anything that contains a space. See",
    ),
    "words for a number": (
        ["verify", "--jobs", "two"],
        "Invalid value for '--jobs': it must be a whole number. See",
    ),
    "half a number": (["bench", "--price", "5c"], "Invalid value for '--price': it must be a number. See"),
    "a number too small": (
        ["mutate", "--jobs", "0"],
        "Invalid value for '--jobs': it must be at least 1. See",
    ),
    "a kind that is none": (
        ["export", "feedback", "out", "--to", "fax"],
        "'--to': 'fax' is not one of 'moodle', 'canvas', 'mail'.",
    ),
    "no kind": (
        ["export", "feedback", "out"],
        "Missing option '--to'. Choose from: moodle, canvas, mail. See",
    ),
    "a number below zero": (["grade", "class", "-o", "out", "--seed", "-1"], "--seed"),
    "a piece that is none": (
        ["grade", "class", "-o", "o", "--accept-missing", "all"],
        "not a piece that may be accepted",
    ),
    "control characters": (["\x1b[31mx"], "No such command"),
}


@pytest.mark.parametrize("case", TYPED)
def test_a_typing_error_is_refused(case: str) -> None:
    words, said = TYPED[case]
    text = refused(*words)
    assert said in text and " --help." in text and "\x1b" not in text


WORDS = [
    (["grade", "x", "-o", "y", "--jbos", "2"], "grade: No such option: --jbos (Possible options: --jobs)"),
    (["why", "ada", "q1", "q2", "Ann Lee"], "why: Got unexpected extra argument(s) (q2 Ann Lee); put quotes around anything that contains a space"),
    (["why", "ada", "q1", "q2\x1b[31m"], "why: Got unexpected extra argument(s) (q2\\x1b[31m); put quotes around anything that contains a space"),
    (["verify", "--jobs", "1.5"], "verify: Invalid value for '--jobs': it must be a whole number"),
    (["verify", "--jobs", "9" * 5000], "verify: Invalid value for '--jobs': Unable to parse input string as an integer, exceeded maximum size"),
    (["bench", "--price", "5c"], "bench: Invalid value for '--price': it must be a number"),
    (["bench", "--price", "-1"], "bench: Invalid value for '--price': it must be at least 0"),
    (["mutate", "--jobs=-3"], "mutate: Invalid value for '--jobs': it must be at least 1"),
    (["grade", "c", "-o", "o", "--seed", str(2**70)], f"grade: Invalid value for '--seed': it must be at most {2**63 - 1}"),
    (["mutate", "-15"], "mutate: -1 is below zero"),
    (["mark", "ada", "q1", "-5"], "mark: -5 is below zero"),
    (["grade", "c", "-o", "o", "--accept-missing", "all"], "grade: Invalid value for '--accept-missing': 'all' is not a piece that may be accepted as missing; "
     "there are files, network, processes, signals, limits, user"),
    (["grade", "c", "-o", "o", "--attempts", "some"], "grade: Invalid value for '--attempts': 'some' is not one of 'newest', 'all'"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "said"), WORDS, ids=lambda value: " ".join(value)[:40])
def test_a_typing_error_is_refused_in_these_words(words: list[str], said: str) -> None:
    assert refused(*words) == f"gatelab {said}. See gatelab {words[0]} --help."


def test_a_link_that_leads_to_itself_is_named(base: Path) -> None:
    loop = base / "loop"
    said = f"{loop}: is a link that leads to itself; name the folder or file that is meant."
    assert refused("grade", loop, "-o", base / "o", "--root", base / "kit") == said
    assert refused("grade", base / "kit", "-o", loop, "--root", base / "kit") == said


EMPTY = {
    "grade -o": ["grade", "class", "-o", ""],
    "grade grade": ["grade", "", "-o", "out"],
    "grade --roster": ["grade", "class", "-o", "out", "--roster="],
    "why why": ["why", " "],
    "export csv": ["export", "csv", ""],
    "verify --root": ["verify", "--root", ""],
}


@pytest.mark.parametrize("place", EMPTY)
def test_an_empty_value_does_not_mean_the_current_folder(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command, _, before = place.rpartition(" ")
    assert (
        refused(*EMPTY[place])
        == f"gatelab {command}: nothing follows {before} but an empty text; if it is a shell variable, set it first."
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", [["doctor"], ["build", "--help"], ["export", "--help"]], ids=" ".join)
def test_a_terminal_that_lacks_a_letter_stops_no_command(words: list[str]) -> None:
    done = CliRunner(charset="ascii").invoke(app, words)
    assert done.exit_code in (0, 1) and done.output.isascii() and len(done.output) > 100
    assert done.exception is None or isinstance(done.exception, SystemExit)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_an_example_that_begins_with_its_command(command: str) -> None:
    done = gatelab(*command.split(), "--help")
    words = " ".join(done.output.split())
    assert done.exit_code == 0 and f"Example: gatelab {command}" in words
    example = re.search(r"Example: gatelab (.*?) (?:╭|$)", words)
    assert example is not None
    options = set(re.findall(r"--[a-z-]+", example[1]))
    assert options <= set(re.findall(r"--[a-z-]+", words.replace(example[0], ""))), (
        "an option that there is not"
    )


@pytest.fixture
def failing() -> Iterator[Callable[[BaseException], typer.Typer]]:
    """A command that ends with an exception, under the group that all commands are under."""

    def make(error: BaseException) -> typer.Typer:
        made = typer.Typer(cls=OneSentence)

        @made.callback()
        def group() -> None: ...

        @made.command()
        def fail() -> None:
            raise error

        return made

    return make


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            OSError(28, "No space left on device", "/out/grades.csv"),
            "/out/grades.csv: no space left on device; fix that",
        ),
        (PermissionError(13, "Permission denied", "x\x1b[31m"), "x\\x1b[31m: permission denied; fix"),
        (OSError("strange"), "this machine: strange; fix"),
    ],
)
def test_a_refusal_by_the_machine_is_one_sentence_in_every_command(failing, error, sentence) -> None:
    done = CliRunner().invoke(failing(error), ["fail"])
    assert (done.exit_code, done.output.count("\n")) == (2, 1)
    assert sentence.casefold() in done.output.casefold() and "Errno" not in done.output


def test_a_bug_of_ours_is_not_disguised_as_a_refusal(failing) -> None:
    for error in (RuntimeError("ours"), ValueError("ours"), BrokenPipeError(32, "Broken pipe")):
        assert CliRunner().invoke(failing(error), ["fail"]).exit_code == 1


# --- docs/exit-codes.md ---


def rows(root: Path) -> dict[str, str]:
    """Command → the page's text about exit code 1."""
    page = (root / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| `gatelab ([a-z -]+)` \| (.*?) \|$", page, re.MULTILINE))


def test_the_page_has_every_command_and_no_other(root: Path) -> None:
    assert list(rows(root)) == COMMANDS


def test_the_page_and_the_help_agree_on_which_commands_end_with_1(root: Path) -> None:
    for command, meaning in rows(root).items():
        help = " ".join(gatelab(*command.split(), "--help").output.split())
        assert (meaning != "–") == bool(re.search(r"[Ee]xit code[^.]*\b1\b", help)), command


def test_the_page_and_the_help_agree_on_the_other_codes(root: Path) -> None:
    page = (root / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        help = " ".join(gatelab(*command.split(), "--help").output.split())
        codes = {
            code
            for part in re.findall(r"[Ee]xit code[^.]*", help)
            for code in re.findall(r"\b\d+\b(?=:)", part)
        }
        for code in codes - {"0", "1"}:
            row = re.search(rf"^\| {code} \|.*$", page, re.MULTILINE)
            assert row and (f"`gatelab {command}`" in row[0] or "only" not in row[0]), (command, code)


def test_every_code_that_the_page_gives_to_one_command_is_in_its_help(root: Path) -> None:
    page = (root / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    for code, command in re.findall(r"^\| (\d+) \| only `gatelab ([a-z-]+)`", page, re.MULTILINE):
        assert re.search(rf"\b{code}: ", " ".join(gatelab(command, "--help").output.split())), (command, code)
