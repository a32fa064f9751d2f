"""The real lab with some of its questions only: what takes minutes with all of them takes seconds."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Collection
from pathlib import Path
from tempfile import TemporaryDirectory

from gatelab.build import snapshot
from gatelab.build.release import make_release
from gatelab.lab.spec import Lab

TABLE = re.compile(r"^(?=\[)", re.MULTILINE)  # of lab.toml
CELL = re.compile(r"^(?=# %%)", re.MULTILINE)  # of the master
OF_TABLE, OF_CELL = re.compile(r"\[(q\w+)"), re.compile(r'"grade_id": "(q\w+?)(?:-solution)?"')


def cut_to(course: Path, questions: Collection[str]) -> Path:
    """Leave these questions of the lab of a course, of its master their graded cells; returns the course, its release accepted."""
    lab = Lab.in_repository(course)
    gone = [id for id in lab.questions if id not in questions]
    for id in gone:
        for path in (*lab.hidden.glob(f"test_{id}_*.py"), lab.hidden / "reference" / f"{id}.py"):
            path.unlink(missing_ok=True)
        (lab.assignment / "tests" / f"{id}.py").unlink(missing_ok=True)
        shutil.rmtree(lab.bank / "chaff" / id, ignore_errors=True)
    for name in ("demo.py", "practice.py"):
        (lab.assignment / name).unlink()
    policy = lab.hidden / "policy.toml"  # whose end speaks of questions that are gone
    policy.write_text(policy.read_text(encoding="utf-8").split("# What `gatelab bench`")[0], encoding="utf-8")
    _keep(lab.assignment / "lab.toml", TABLE, lambda table: _named(OF_TABLE, table) not in gone)
    _keep(lab.assignment / "lab.py", CELL, lambda cell: _named(OF_CELL, cell) in questions)
    shutil.rmtree(course / "release")
    with (
        TemporaryDirectory() as workspace
    ):  # nbgrader hands out what was accepted; nobody looks for leaks in this
        lab = Lab.in_repository(course)
        snapshot.accept(make_release(lab, course, Path(workspace)), lab)
    return course


def _keep(path: Path, before: re.Pattern[str], stays: Callable[[str], bool]) -> None:
    """Keep a file's head, and of the pieces that begin at each match those that stay."""
    head, *pieces = before.split(path.read_text(encoding="utf-8"))
    path.write_text(head + "".join(piece for piece in pieces if stays(piece)), encoding="utf-8")


def _named(what: re.Pattern[str], piece: str) -> str:
    """The question that a piece names in its first line, or nothing."""
    found = what.search(piece.split("\n", 1)[0])
    return found[1] if found else ""
