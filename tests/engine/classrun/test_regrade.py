"""After a change of a suite or of points: who gains and who loses is shown before anything is replaced, and the earlier run is kept."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gatelab.classrun.run import ClassRun
from helpers.tiny_class import Tiny

pytestmark = [pytest.mark.usefixtures("shared_server"), pytest.mark.one_in(3, at=1)]

LARGE = '@part("q1", "large-logits", 1)\n'
WITHOUT = LARGE.replace("@part", "# @part")


def without_large_logits(tiny: Tiny) -> None:
    """The suite of q1 as it was corrected: bob's point depends on it no more."""
    text = tiny.suite.read_text(encoding="utf-8")
    head, tail = text.split(LARGE)
    rest = tail[tail.index("@part") :].replace('"gradient", 1)', '"gradient", 2)')
    tiny.suite.write_text(head + rest, encoding="utf-8")


def cut_off_while_it_replaces(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """A regrade that has replaced the reports, and nothing else yet."""

    def cut_off(run: ClassRun) -> None:
        raise SystemExit(137)

    with monkeypatch.context() as patched:
        patched.setattr(ClassRun, "write_class", cut_off)
        assert tiny.gatelab("regrade", tiny.folder, "--jobs", "1", "--yes").exit_code == 137


def regrade(tiny: Tiny, *words: object) -> object:
    return tiny.gatelab("regrade", tiny.folder, "--jobs", "1", *words)


def timeless(tiny: Tiny, name: str) -> str:
    """The report without its timings, the hashes of what it was made with, and the kit's path."""
    report = json.loads((tiny.out / "reports" / f"{name}.json").read_text(encoding="utf-8"))
    for row in (report, *report["questions"]):
        for key in ("cpu_seconds", "wall_seconds", "seconds", "versions", "grading_hashes"):
            row.pop(key, None)
    return re.sub(r'"/[^"]*/kit/', '"kit/', json.dumps(report, indent=1))


def words_of(page: str) -> str:
    return re.sub(r'content="[0-9a-f]{32}"', "", page)


def outputs(tiny: Tiny) -> dict[str, bytes]:
    """All that people read, without what a regrading keeps for itself."""
    found = (path for path in tiny.out.rglob("*") if path.is_file() and ".regraded" not in path.parts)
    return {str(path.relative_to(tiny.out)): path.read_bytes() for path in found}


def test_a_comment_a_docstring_and_a_line_break_in_a_suite_do_not_count_as_a_change(tiny: Tiny) -> None:
    tiny.replace(tiny.suite, '"""q1: probabilities', '"""Another sentence.\n\nq1: probabilities')
    tiny.replace(
        tiny.suite,
        "def test_large_logits(student, draw):\n",
        'def test_large_logits(\n    student, draw\n):\n    """What it is."""\n    # and why\n\n',
    )
    tiny.replace(tiny.table, "# The settings of the lab", "# All settings of the lab")
    tiny.replace(tiny.table, "your-labs/blob", "our-labs/blob")
    assert "3 of 3 notebooks are done from an earlier run and have not changed." in tiny.grade().stderr
    before = outputs(tiny)
    said = regrade(tiny)
    assert (said.exit_code, said.stdout) == (
        0,
        "Nothing that decides a grade was changed since these were graded.\n",
    )
    assert outputs(tiny) == before


def test_the_end_of_the_input_at_the_prompt_replaces_nothing(tiny: Tiny) -> None:
    """Ctrl-D in a terminal; Ctrl-C is the same exception."""
    without_large_logits(tiny)
    before = outputs(tiny)
    terminal, typed = os.openpty()
    os.write(terminal, b"\x04")
    words = ["regrade", tiny.folder, "--jobs", "1", "-o", tiny.out, "--root", tiny.kit]
    command = [Path(sys.executable).with_name("gatelab"), *words]
    said = subprocess.run(command, stdin=typed, capture_output=True, text=True, timeout=300)
    os.close(terminal)
    os.close(typed)
    assert said.returncode == 1 and "Aborted" not in said.stderr
    assert "Nothing was replaced. What was graded is kept" in said.stdout
    assert outputs(tiny) == before


def test_what_changes_is_shown_and_nothing_is_replaced_until_somebody_agrees(tiny: Tiny) -> None:
    tiny.gatelab("mark", "ada", "q1", "1", "--why", "copied from bob")
    tiny.gatelab("mark", "bob", "q2", "2", "--why", "handed in on paper")
    without_large_logits(tiny)
    before = outputs(tiny)
    said = regrade(tiny)
    assert said.exit_code == 1 and "Nothing was replaced." in said.stdout
    assert outputs(tiny) == before
    assert (
        "bob: total 5 → 6\n    q1: 3 → 4 (gradient: 1 → 2, large logits: no longer a part)\n" in said.stdout
    )
    assert "1 gains, 0 lose, 2 keep their total, of 3 graded again." in said.stdout
    assert "q1: 1 up, 0 down, +1 points on average of those." in said.stdout

    said = regrade(tiny, "--yes")
    assert said.exit_code == 0 and "3 reports replaced. The earlier run is kept in" in said.stdout
    assert {name: row["total"] for name, row in tiny.rows().items()} == {
        "ada": "7",
        "bob": "6",
        "cleo": "7.6",
    }
    assert "copied from bob" in tiny.page("ada") and "handed in on paper" in tiny.page("bob")
    (run,) = (tiny.out / "earlier").glob("run-*")
    for name, data in before.items():
        if not name.startswith("earlier"):
            assert (run / name).read_bytes() == data
    assert (run / "changes.txt").read_text().startswith("bob q1: 3 → 4 (")
    assert run.name in (tiny.out / "index.html").read_text()
    assert "3 of 3 notebooks are done from an earlier run" in tiny.grade().stderr
    assert regrade(tiny).stdout.startswith("Nothing that decides a grade was changed")


@pytest.mark.parametrize("only", [(), ("--question", "q1")], ids=["all", "one question"])
def test_a_regraded_report_and_its_page_say_all_that_an_ordinary_grading_says(
    tiny: Tiny, tmp_path: Path, only: tuple[str, ...]
) -> None:
    other = tiny.copy(tmp_path / "other")
    for one in (tiny, other):
        one.replace(one.suite, '"large-logits", 1)', '"large-logits", 1.5)')
        one.replace(one.suite, '"gradient", 1)', '"gradient", 0.5)')
    assert regrade(tiny, *only, "--yes").exit_code == 0
    other.grade()
    for name in ("ada", "bob", "cleo"):
        regraded, graded = (timeless(one, name) for one in (tiny, other))
        assert regraded == graded
        assert words_of(tiny.page(name)) == words_of(other.page(name))
        assert bool(re.search(r'"message": "[^"]', graded)) == (name != "ada")


def test_grading_the_ordinary_way_says_that_something_was_changed(tiny: Tiny) -> None:
    without_large_logits(tiny)
    said = tiny.grade()
    assert "3 of 3 notebooks are graded again, because what decides grades was changed since" in said.stderr
    assert {name: row["total"] for name, row in tiny.rows().items()} == {
        "ada": "10",
        "bob": "10",
        "cleo": "7.6",
    }


def test_one_name_and_one_question_can_be_graded_again_alone(tiny: Tiny) -> None:
    without_large_logits(tiny)
    tiny.replace(
        tiny.suite.with_name("test_q2_cross_entropy.py"), 'part("q2", "loss", 4)', 'part("q2", "loss", 5)'
    )
    tiny.replace(
        tiny.suite.with_name("test_q2_cross_entropy.py"),
        'part("q2", "gradient", 2)',
        'part("q2", "gradient", 1)',
    )
    before = tiny.rows()
    said = regrade(tiny, "--only", "bob", "--question", "q1", "--yes")
    assert said.exit_code == 0, said.output
    assert "1 gains, 0 lose, 0 keep their total, of 1 graded again." in said.stdout
    assert (
        "3 submissions still have results from the earlier suites or points; run gatelab regrade without"
        in said.stdout
    )
    assert tiny.rows() == before | {"bob": before["bob"] | {"q1": "4", "total": "10"}}
    said = regrade(tiny, "--only", "bob", "--yes")
    assert "0 gain, 0 lose, 1 keeps its total, of 1 graded again." in said.stdout
    assert "2 submissions still have results from the earlier" in said.stdout
    assert len(tiny.book()["earlier_runs"]) == 2


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--only", "bobo"], "'bobo': no submission of this class has that name; did you mean bob?"),
        (["--question", "q9"], "--question q9: no such question"),
    ],
)
def test_bad_input_gets_one_sentence(tiny: Tiny, words: list[str], why: str) -> None:
    before = outputs(tiny)
    said = regrade(tiny, *words)
    assert said.exit_code == 2 and said.stderr.startswith(why) and said.stderr.count("\n") == 1
    assert outputs(tiny) == before


def test_an_output_folder_that_was_moved_alone_can_be_continued(tiny: Tiny, tmp_path: Path) -> None:
    """As when the disk is full: the class stays where it is, the grades go where there is room."""
    tiny.gatelab("mark", "ada", "q1", "1", "--why", "copied from bob")
    (tmp_path / "elsewhere" / "deep").mkdir(parents=True)
    tiny.out = tiny.out.rename(tmp_path / "elsewhere" / "deep" / "out")
    said = tiny.grade()
    assert said.exit_code == 0 and "3 of 3 notebooks are done from an earlier run" in said.stderr
    assert tiny.rows()["ada"]["q1"] == "1"
    # Where the other folder is there, it may be another class.
    other = tmp_path / "other" / tiny.folder.name
    shutil.copytree(tiny.folder, other)
    said = tiny.gatelab("grade", other, "--jobs", "1")
    assert said.exit_code == 2 and "holds the grading of the folder" in said.stderr


def test_a_folder_without_a_graded_class_is_refused(tiny: Tiny) -> None:
    (tiny.out / "class.json").unlink()
    said = regrade(tiny)
    assert said.exit_code == 2 and said.stderr.startswith(
        f"{tiny.out}: there is no graded class in it; name the folder"
    )


def test_the_commands_of_the_page_on_corrections_run_as_written(tiny: Tiny, root: Path) -> None:
    text = (root / "docs" / "corrections.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    # The two others need a rule for late work and a grade book: test_typed_pages.py says where they run.
    commands = "".join(one for one in blocks if "gatelab late" not in one and "gradebook.db" not in one)
    for part in ("assignment", "tests"):
        shutil.copytree(tiny.kit / part, tiny.base / part)
    (tiny.base / "submissions").symlink_to(tiny.folder)
    place = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", commands],
        cwd=tiny.base,
        env={**os.environ, "PATH": place},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0 and commands.count("gatelab") == 6, done.stdout + done.stderr
    assert "ada q1: 3 of 4 instead of the grader's 4." in done.stdout and "ada q1: taken back." in done.stdout
    assert tiny.rows()["ada"]["comment_for_student"] == "Please come to see me."
