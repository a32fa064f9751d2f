"""`gatelab grade` where something stops it: a file in the way, Ctrl-C, wrong words."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers.notebooks import write_notebook
from helpers.tiny_class import Tiny, gatelab
from helpers.tiny_lab import RIGHT, tiny_kit

pytestmark = pytest.mark.usefixtures("shared_server")

COMMAND = str(Path(sys.executable).with_name("gatelab"))
LOOP = "def softmax(logits):\n    while True:\n        pass\n"


def graded(tiny: Tiny) -> dict[str, list[str]]:
    return {name: [row["status"], row["q1"], row["q2"], row["total"]] for name, row in tiny.rows().items()}


def test_a_file_that_cannot_be_written_costs_no_other_submission_its_grade(tmp_path: Path) -> None:
    tiny = Tiny.lay_out(tmp_path, dict.fromkeys(("ada", "bob", "cleo"), (RIGHT["q1"],)))
    in_the_way = [tiny.out / "reports/ada.json", tiny.out / "feedback/bob.html", tiny.out / "class.json"]
    for path in in_the_way:
        (path / "x").mkdir(parents=True)
    said = tiny.grade("--question", "q1")
    assert said.exit_code == 1, said.output
    rows = tiny.rows()
    assert {(row["status"], row["q1"]) for row in rows.values()} == {("graded", "4")} and len(rows) == 3
    for name, path in zip(("ada", "bob"), in_the_way, strict=False):
        assert rows[name]["reason"].startswith(f"{path}: could not be written")
    assert rows["cleo"]["reason"] == ""
    assert all(f"{path}: could not be written" in said.stderr for path in in_the_way)

    for path in in_the_way:
        shutil.rmtree(path)
    said = tiny.grade("--question", "q1")
    assert said.exit_code == 0 and "2 of 3 notebooks are done from an earlier run" in said.stderr
    assert all(path.is_file() for path in in_the_way)


def stopped_at_b(tiny: Tiny, arguments: list[str], *more: str) -> str:
    """Grade until a is said to be done, and stop there; what was said."""
    said = tiny.folder.parent / "said.txt"
    with said.open("w", encoding="utf-8") as to:
        running = subprocess.Popen(
            [COMMAND, "grade", *arguments, *more],
            stdout=subprocess.DEVNULL,
            stderr=to,
            start_new_session=True,
        )
    deadline = time.monotonic() + 300
    # Its page and its report come a moment before the line, so they are not what is waited for.
    while "] a: " not in said.read_text(encoding="utf-8") and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)  # as the terminal does it: everyone in the group hears it
    running.wait(timeout=120)
    assert running.returncode == 130, said.read_text(encoding="utf-8")
    return said.read_text(encoding="utf-8")


def test_a_stopped_run_is_resumed(tmp_path: Path) -> None:
    """Ctrl-C in the middle: finished work is kept, the table says what is missing, and the same command continues."""
    tiny = Tiny.lay_out(tmp_path, {"a": (RIGHT["q1"], RIGHT["q2"]), "b": (LOOP,)})
    pdf = tiny.folder / "c" / "softmax" / "c.pdf"  # takes no time and is in neither number
    pdf.parent.mkdir(parents=True)
    pdf.write_bytes(b"%PDF")
    arguments = [str(tiny.folder), "-o", str(tiny.out), "--root", str(tiny.kit), "--jobs", "1"]
    said = stopped_at_b(tiny, arguments)
    assert "Stopped: 1 of 2 notebooks are done and kept. Run the same command again to continue" in said
    assert "[1/2] a: 10 of 10\n" in said and "Traceback" not in said
    assert [row["status"] for row in tiny.rows().values()] == ["graded", "not graded yet", "ungradable"]

    again = stopped_at_b(tiny, arguments, "--fresh")
    assert "Stopped: 1 of 2 notebooks are done and kept. Run the command without --fresh to continue" in again

    tiny.hand_in("b", RIGHT["q1"])
    shutil.rmtree(tiny.folder / "c")
    again = tiny.grade()
    assert again.exit_code == 0 and "1 of 2 notebooks are done from an earlier run" in again.stderr
    assert graded(tiny) == {"a": ["graded", "4", "6", "10"], "b": ["graded", "4", "0", "4"]}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere", "-o", "out"], "nowhere: there is no such folder; name the one with the submissions."),
        (["void", "-o", "out"], "void: nothing was handed in here"),
        (["class", "-o", "class"], "class: is the folder of the submissions; choose another -o."),
        (["class", "-o", "a-file"], "a-file: cannot be written to"),
        (
            ["class", "-o", "out", "--question", "q99"],
            "--question q99: no such question; this lab has q1, q2 and q3.",
        ),
        (["class", "-o", "out", "--question", "q3"], "--question q3: is marked by hand"),
        (["class", "-o", "out", "--root", "class"], "no assignment/LAB/lab.toml here"),
        (["class"], "Missing option '--out'"),
        (["class", "-o", "out", "--jobs", "-1"], "--jobs"),
    ],
)
def test_wrong_usage_gets_one_sentence_and_exit_code_2(
    by_hand: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "void").mkdir()
    (tmp_path / "class").mkdir()
    (tmp_path / "a-file").write_text("")
    write_notebook(tmp_path / "class" / "ada.ipynb", RIGHT["q1"])
    said = gatelab("grade", *arguments, *([] if "--root" in arguments else ["--root", by_hand]))
    assert said.exit_code == 2
    assert sentence in " ".join(said.stderr.split()) and "Traceback" not in said.stderr
    assert not (tmp_path / "out" / "grades.csv").exists()


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny lab with a third question, which is marked by hand."""
    return tiny_kit(tmp_path_factory.mktemp("kit") / "kit", by_hand=True)
