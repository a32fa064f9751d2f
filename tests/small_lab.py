"""A lab of two questions and one that is marked by hand, cut out of the real one: a full grading of it is quick."""

from __future__ import annotations

import contextlib
import json
import shutil
import zipfile
from pathlib import Path

import pytest

from gatelab.grading.engine import Engine
from gatelab.lab.bank import load_bank
from gatelab.lab.spec import Lab

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = ("q1", "q2", "q12a")
SETUP = "import torch\nfrom torch import nn\n"
STUB = "def lstm_step(*args):\n    raise NotImplementedError('q1: one LSTM step')"


def small_lab(root: Path) -> Lab:
    """Lay the small lab out below `root` like a repository."""
    lab = Lab.in_repository(ROOT)
    assignment, hidden, chaff = (
        root / "assignment" / lab.name,
        root / "tests" / "lstm-gru" / "hidden",
        root / "tests" / "lstm-gru" / "bank" / "chaff",
    )
    (hidden / "reference").mkdir(parents=True)
    assignment.mkdir(parents=True)
    (assignment / "lab.toml").write_text(_table(lab), encoding="utf-8")
    shutil.copytree(
        lab.assignment / "seqlab", assignment / "seqlab", ignore=shutil.ignore_patterns("__pycache__")
    )
    for path in lab.hidden.glob("*.py"):
        if not path.name.startswith("test_"):
            shutil.copy(path, hidden)
    policy = (lab.hidden / "policy.toml").read_text(encoding="utf-8")
    (hidden / "policy.toml").write_text(policy.split("# What `gatelab bench`")[0], encoding="utf-8")
    for id in ("q1", "q2"):
        shutil.copy(next(lab.hidden.glob(f"test_{id}_*.py")), hidden)
        shutil.copy(lab.hidden / "reference" / f"{id}.py", hidden / "reference")
        shutil.copytree(lab.bank / "chaff" / id, chaff / id)
    return Lab.in_repository(root)


def _table(lab: Lab) -> str:
    """lab.toml without the other questions' tables."""
    text = (lab.assignment / "lab.toml").read_text(encoding="utf-8")
    head, *tables = text.split("\n[")
    return "\n[".join([head, *(table for table in tables if table.split("]")[0] in QUESTIONS)])


def solution(id: str) -> str:
    """A correct answer to a question."""
    return Lab.in_repository(ROOT).reference(id)


def mistake(question: str, id: str) -> tuple[str, str]:
    """A wrong answer and the sentence that names what is wrong in it."""
    chaff = next(c for c in load_bank(Lab.in_repository(ROOT)).chaffs if (c.question, c.id) == (question, id))
    return chaff.source, chaff.misconception


def write_notebook(path: Path, *sources: str, **metadata: object) -> Path:
    """A notebook of code cells, as its own JSON, so that a test may put anything into it."""
    cells = [
        {
            "cell_type": "code",
            "id": f"c{k}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for k, source in enumerate(sources)
    ]
    path.write_text(json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
    return path


def zipped(path: Path, members: dict[str, str | bytes]) -> Path:
    """An archive of these members."""
    with zipfile.ZipFile(path, "w") as zip:
        for name, data in members.items():
            zip.writestr(name, data)
    return path


def unpacked(autograder: Path, folder: Path) -> Path:
    """The autograder zip, unpacked where it is trusted."""
    with zipfile.ZipFile(autograder) as zip:
        zip.extractall(folder)
    return folder


def use_engine(patch: pytest.MonkeyPatch, engine: Engine) -> None:
    """Let otter's plugin grade with this engine, which stays open."""
    patch.setattr("gatelab.grading.engine.Engine", lambda *_, **__: contextlib.nullcontext(engine))


def by_question(results: dict) -> dict[str, tuple[float, str]]:
    """Question → points and the student's text, of what students can see."""
    shown = [test for test in results["tests"] if test["visibility"] == "visible"]
    return {test["name"].split(":")[0]: (test["score"], test["output"]) for test in shown}
