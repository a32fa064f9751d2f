"""The places where bytes that anybody may have written are read, each as a function of bytes that must not raise.

Each says what must hold of every input. `run.py` looks for inputs for which it does not, tests/engine/submission/test_fuzz_corpus.py
replays what was found.
"""

from __future__ import annotations

import contextlib
import io
import json
import socket
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import safetensors.torch
import torch

from gatelab.grading.question_worker import checked
from gatelab.integrations.otter.intake import take_in
from gatelab.integrations.otter.run import _unpack
from gatelab.lab.spec import Lab, LabError
from gatelab.limits import ANSWER, MAX_NODES
from gatelab.report.by_hand.corrections import POINTS, Corrections, read_corrections
from gatelab.report.by_hand.marks import Mark, Marks, MarksError, Work, read_marks
from gatelab.report.edited_table.readback import ReadbackOptions, parsed, read_back
from gatelab.sandbox.worker import wire
from gatelab.sandbox.worker.values import Box, ValueProblem, encode
from gatelab.submission.notebook import Ungradable, cells_of, parse
from gatelab.submission.notebook_file import without_outputs
from gatelab.submission.untouched import as_handed_out
from gatelab.testkit.student import WorkerLost
from gatelab.testkit.words import Words

TINY = Path(__file__).resolve().parents[1] / "engine" / "tiny-lab"
CORPUS = Path(__file__).parent / "corpus"
SECONDS = 10.0  # that one input may take
LONGEST = 1000  # characters of a sentence


def sentence(error: Exception) -> None:
    """A refusal is one line that a terminal can show."""
    said = str(error)
    assert said and "\n" not in said.strip() and "\x1b" not in said and len(said) <= LONGEST, repr(said)


@cache
def lab() -> Lab:
    return Lab.in_repository(TINY)


# --- the wire: what a worker sends to the examiner --------------------------------------------------------------------


def fuzz_wire(data: bytes) -> None:
    """An even first byte: the rest is what the worker sends. An odd one: JSON and tensors, a line `--` between, rightly framed."""
    if data[:1] and data[0] % 2:
        tree, _, blob = data[1:].partition(b"\n--\n")
        data = wire.HEAD.pack(wire.MAGIC, len(tree), len(blob)) + tree + blob
    else:
        data = data[1:]
    try:
        value = _heard(data[: 1 << 16])
    except wire.WireProblem as error:
        sentence(error)
        return
    box = Box()
    encode(value, box)  # what came in is a plain value, and goes out again
    assert box.nodes <= MAX_NODES
    if not isinstance(value, dict):
        return
    try:
        answer = checked(value)
    except WorkerLost as error:
        sentence(error)
        return
    if "error" in answer:
        json.dumps(Words({1: "x = 1"}).error(answer["error"]))


def _heard(data: bytes) -> object:
    near, far = socket.socketpair()
    with near, far:
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18)
        near.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            near.send(data)
        near.close()
        return wire.receive(far, time.monotonic() + SECONDS, limits=ANSWER)


def seeds_wire() -> Iterator[bytes]:
    for value in (
        {"value": ("a", 1, -2.5, None, True), "left": [("f", "seed")]},
        {"value": {"i": torch.zeros(2, 3), 4: [torch.ones(1, dtype=torch.int64)]}, "grads": {"0": None}, "after": {}},
        {"error": {"type": "ValueError", "message": "no", "frames": [{"cell": 1, "line": 1, "function": "f"}], "traceback": "…"}},
        {"error": {"type": "NotDefined", "message": "f"}, "left": [("f", "grad-mode"), ("", "nothing")]},
        {"grad_error": "the results do not fit", "pid": 7, "missing": ["a"]},
        float("nan"), 10**30, [[[()]]],
    ):  # fmt: skip
        box = Box()
        with contextlib.suppress(ValueProblem):
            tree = json.dumps(encode(value, box)).encode()
            blob = safetensors.torch.save(box.tensors) if box.tensors else b""
            yield b"\x01" + tree + b"\n--\n" + blob
            yield b"\x00" + wire.HEAD.pack(wire.MAGIC, len(tree), len(blob)) + tree + blob
    yield b'\x01{"ref":3,"type":"LSTM"}\n--\n'


# --- the notebook -----------------------------------------------------------------------------------------------------


def fuzz_notebook(data: bytes) -> None:
    without_outputs(data)
    try:
        notebook = parse(data, "lab.ipynb")
        as_handed_out(notebook, lab())
        for cell in cells_of(notebook, "lab.ipynb", lab()):
            assert (
                isinstance(cell.source, str) and isinstance(cell.grade_id, str) and len(cell.grade_id) <= 80
            )
            json.dumps(cell.source)
    except Ungradable as error:
        sentence(error)


def seeds_notebook() -> Iterator[bytes]:
    code = {
        "cell_type": "code", "source": ["def softmax(x):\n", "    return x"], "outputs": [{"data": {"a": "é"}}],
        "metadata": {"nbgrader": {"grade_id": "q1-solution"}}, "execution_count": None,
    }  # fmt: skip
    text = {
        "cell_type": "markdown",
        "source": "```python\ndef gru_step(x): pass\n```",
        "attachments": {"a": {}},
    }
    kernel = {"kernelspec": {"language": "python"}, "language_info": {"name": "R"}}
    book = {"cells": [code, text], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    yield json.dumps(book).encode()
    yield json.dumps(book, ensure_ascii=False).encode("utf-16")
    yield json.dumps(book, ensure_ascii=False).encode("cp1252")
    yield json.dumps(
        {"worksheets": [{"cells": [{"cell_type": "code", "input": "def softmax(): pass"}]}], "nbformat": 3}
    ).encode()
    yield b'{"cells": [\n<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> b\n]}'
    yield json.dumps(book).encode()[:-20]


# --- the lab's own table ----------------------------------------------------------------------------------------------


def fuzz_table(data: bytes) -> None:
    """Staff write it; a slip is reported with the file's name before anything is graded."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "lab.toml").write_bytes(data)
        try:
            found = Lab(root, root / "hidden")
            assert all(question.points >= 0 for question in found.questions.values())
            found.check()
            raise AssertionError("a lab without suites is whole")
        except LabError as error:
            sentence(error)
            assert "lab.toml" in str(error) or "hidden" in str(error)


def seeds_table() -> Iterator[bytes]:
    yield (TINY / "assignment" / "softmax" / "lab.toml").read_bytes()
    head = b'title = "Lab"\nname = "l"\nnotebook = "lab.ipynb"\ncredit = 0.5\n'
    yield head + b'[q1]\ntitle = "One"\npoints = 1\nnames = ["f"]\nlibrary = false\ncpu_seconds = 2.5\n'
    yield (
        head
        + b'[q1]\ntitle = "One"\npoints = 1\nnames = ["f"]\n[q2]\ntitle = "Two"\npoints = 2\nbuilds_on = ["f"]\nby_hand = true\n'
    )
    yield head + b"q1.points = 1979-05-27\nq2 = [{a = 1}]\n[[q3]]\n"


# --- grades.csv and marks.csv as they come back -----------------------------------------------------------------------

NAMES = ("ada", "bob", "Jörg Ü")
QUESTIONS = {"q12a": 2.0, "q12b": 3.0}
COLUMNS = [
    "submission",
    "file",
    "status",
    "reason",
    "q1",
    "q12a",
    "q12b",
    "total",
    "out_of",
    "override_reason",
    "comment_for_student",
    "mark_again",
    "sha256",
]
WORKS = [Work.of(name, name, str(k) * 64, f"{name}.ipynb") for k, name in enumerate(NAMES)]
WRITTEN = "\n".join(
    [",".join(COLUMNS)]
    + [f"{work.name},{work.file},graded,,4,{mark},,4,10,,,,{work.sha256}" for work, mark in zip(WORKS, ("1.5", "", "0"), strict=True)]
) + "\n"  # fmt: skip


def fuzz_grades(data: bytes) -> None:
    marks = Marks()
    for work, points in zip(WORKS, (1.5, None, 0.0), strict=True):
        if points is not None:
            marks.give(Mark(work.name, "q12a", points, work.sha256, work.entry, "2026-01-01", "grades.csv"))
    before, corrections = dict(marks.by_key), Corrections()
    try:
        asked = ReadbackOptions(QUESTIONS, {"q1": 5.0}, COLUMNS, "2026-01-02")
        found = read_back(
            parsed(data, COLUMNS), [parsed(WRITTEN.encode(), COLUMNS)], None, WORKS, marks, corrections, asked
        )
    except MarksError as error:
        sentence(error)
        assert marks.by_key == before
    else:
        found.apply(marks, corrections)
        for mark in found.given:
            assert mark.submission and 0 <= mark.points <= QUESTIONS[mark.question]
        for what, mark in found.corrected:
            assert mark.submission in NAMES and (0 <= mark.points <= 5.0 or what != POINTS)
        assert read_corrections(corrections.text().encode()) == corrections
        withdrawn = set(found.withdrawn)
        for key in before:
            assert key in marks.by_key or key[:2] in withdrawn, "a mark is gone that nobody withdrew"
        for note in [*found.notes, *map(str, found.changes)]:
            sentence(ValueError(note))
        assert read_marks(marks.text().encode()).by_key == marks.by_key
    try:
        again = read_marks(data)
    except MarksError as error:
        sentence(error)
    else:
        assert read_marks(again.text().encode()).by_key == again.by_key, (
            "marks.csv does not come back as written"
        )


def seeds_grades() -> Iterator[bytes]:
    given = WRITTEN.replace("bob,bob,graded,,4,,", "bob,bob,graded,,4,2,").replace("1.5", "-")
    yield given.encode()
    yield given.encode("utf-16")
    yield ("sep=;\r\n" + given.replace(",", ";").replace("\n", "\r\n").replace("2;", "0,5;")).encode(
        "utf-8-sig"
    )
    yield ("Übung 3\n\n" + given.replace(",", "\t").title()).encode("cp1252")
    yield "|".join(COLUMNS).encode() + b'\nada|"x|y"|||4|1|' + b"\n"
    marks = Marks()
    marks.give(
        Mark("ada", "q12a", 0.1 + 0.2, "0" * 64, "ada.ipynb", "2026-01-01", "grades.csv", (("more", "é"),))
    )
    yield marks.text().encode()
    from helpers.marked_class import workbook

    yield workbook([["submission", "q12a"], ["ada", "1.5"]])


# --- archives ---------------------------------------------------------------------------------------------------------


def fuzz_archive(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        private = folder / "private"
        private.mkdir()
        (folder / "lab.zip").write_bytes(data)
        intake = take_in(folder / "lab.zip", private, lab())
        assert (intake.notebook is None) == bool(intake.reason) and not intake.machine_fault, intake.reason
        if intake.reason:
            sentence(ValueError(intake.reason))
        else:
            assert intake.notebook.parent == private and intake.notebook.is_file()
        assert {path.name for path in folder.iterdir()} == {"private", "lab.zip"}
        (folder / "zip").mkdir()
        with contextlib.suppress(LabError):
            _unpack(folder / "lab.zip", folder / "zip")
        assert {path.name for path in folder.iterdir()} == {"private", "lab.zip", "zip"}


def seeds_archive() -> Iterator[bytes]:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as zip:
            for name, text in (
                ("lab.ipynb", "{}"),
                ("../old/lab (1).ipynb", '{"cells": []}'),
                ("é/x.py", ""),
            ):
                zip.writestr(zipfile.ZipInfo(name), text, method)
            zip.comment = b"class"
        yield file.getvalue()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zip:
        zip.writestr("otter_config.json", '{"plugins": [{"gatelab.x": {}}]}')
        zip.writestr("../lab.ipynb", "{}")
    yield file.getvalue()


def target(name: str) -> tuple[Callable[[bytes], None], Callable[[], Iterator[bytes]]]:
    """What is fed, and what to begin with."""
    return globals()[f"fuzz_{name}"], globals()[f"seeds_{name}"]
