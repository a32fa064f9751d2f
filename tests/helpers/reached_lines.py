"""Which lines of the engine run in the processes of its fork servers.

coverage.py cannot measure them: a worker ends with `os._exit` or is killed, and may not write files. Here every line has a byte in a
file that the fork server maps into memory before it forks, and that all its forks share.

As a plugin (`pytest -p helpers.reached_lines`, with GATELAB_REACHED=FILE in the environment) it marks the lines that all tests reach.
"""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "autograder" / "gatelab"
MOST = 2000  # lines of a file
CALLS = 2000  # calls of one function in one process, after which it is no longer traced
FILE = "GATELAB_REACHED"  # the environment variable that names the file of marks

# What is run in place of the fork server: first the tracer is installed, then the real fork server runs.
LAUNCH = """
import sys
sys.path[:0] = {path!r}
from helpers import reached_lines
reached_lines.trace({marks!r}, {rooms!r})
import runpy
runpy.run_module("gatelab.sandbox.worker.zygote", run_name="__main__", alter_sys=True)
"""


def files(rooms: Sequence[str]) -> list[Path]:
    """The files of these packages of the engine, in the order of their marks."""
    return sorted(path for room in rooms for path in (ENGINE / room).glob("**/*.py"))


def start(marks: Path, rooms: Sequence[str]) -> None:
    """From now on every fork server of this process marks the lines that it and its forks reach.

    If the file does not exist, it is created with no line marked.
    """
    if not marks.is_file():
        marks.parent.mkdir(parents=True, exist_ok=True)
        marks.write_bytes(bytes(len(files(rooms)) * MOST))
    path = [str(ROOT / "tests"), str(ROOT / "autograder")]
    launch = LAUNCH.format(path=path, marks=str(marks), rooms=list(rooms))

    class Popen(subprocess.Popen[bytes]):
        def __init__(self, command: Sequence[str], **more: object) -> None:
            if "gatelab.sandbox.worker.zygote" in command:
                at = list(command).index("-m")
                command = [*command[:at], "-c", launch, *command[at + 2 :]]
            super().__init__(command, **more)

    subprocess.Popen = Popen


def trace(marks: str, rooms: Sequence[str]) -> None:
    """Mark every line of these packages that this process, or a fork of it, reaches.

    A function whose lines are all marked, or that has been called CALLS times, is no longer traced.
    """
    import threading

    places = {str(path): k * MOST for k, path in enumerate(files(rooms))}
    with open(marks, "r+b") as file:
        bytes_ = mmap.mmap(file.fileno(), len(places) * MOST)
    calls: dict[int, int] = {}  # of a code object that lives as long as its module
    left_alone: set[int] = set()

    def look(frame, event, argument):
        code = frame.f_code
        if id(code) in left_alone:
            return None
        start = places.get(code.co_filename)
        if start is None:
            return None
        count = calls[id(code)] = calls.get(id(code), 0) + 1
        if count % 20 == 0 and (
            count >= CALLS or all(bytes_[start + line] for _, _, line in code.co_lines() if line)
        ):
            left_alone.add(id(code))
            return None

        def line(frame, event, argument):
            if event == "line":
                bytes_[start + frame.f_lineno] = 1
            return line

        bytes_[start + frame.f_lineno] = 1
        return line

    threading.settrace(look)
    sys.settrace(look)


def lines(path: Path) -> set[int]:
    """The lines of a file's functions that can be reached, without those that run at import."""

    def of(code: CodeType) -> Iterator[int]:
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                if constant.co_flags & 2:  # a function's, not a class's
                    yield from (
                        line
                        for _, _, line in constant.co_lines()
                        if line not in (None, constant.co_firstlineno)
                    )
                yield from of(constant)

    return set(of(compile(path.read_text(encoding="utf-8"), str(path), "exec")))


def reached(marks: Path, rooms: Sequence[str]) -> dict[Path, set[int]]:
    """File → its lines that are marked."""
    data = marks.read_bytes()
    return {
        path: {line for line in range(MOST) if data[k * MOST + line]} for k, path in enumerate(files(rooms))
    }


def state() -> str:
    """The commit whose lines a page lists, for the page's head, because later commits move lines."""
    shown = subprocess.run(
        ["git", "log", "-1", "--format=%h, %ad", "--date=format:%Y-%m-%d"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    commit, date = shown.stdout.strip().split(", ")
    return f"Files and lines are those of commit `{commit}` ({date})."


def ranges(numbers: list[int]) -> str:
    """1, 3–5"""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number <= parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(f"{part[0]}" if len(part) == 1 else f"{part[0]}–{part[-1]}" for part in parts)


# As a pytest plugin: the packages whose code also runs, or only runs, below a fork server.
ROOMS = ("sandbox", "grading", "testkit", "handed_out", "report", "submission", "lab")


def pytest_configure() -> None:
    if marks := os.environ.get(FILE):
        start(Path(marks), ROOMS)
