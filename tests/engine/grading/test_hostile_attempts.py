"""The attempts that fit every lab, tried on the tiny one: some of them at each run, all with GATELAB_ALL.

The kit's lab has its own besides (tests/<lab>/hostile); its tests send both through every door.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

import gatelab
from gatelab.build.new import TEMPLATE, new_lab
from gatelab.lab.spec import lab_names
from helpers.released_lab import released_kit
from helpers.shares import share, turn_of
from helpers.tiny_lab import TINY, tiny_kit, tiny_lab_here
from hostile import doors
from hostile.build import ATTEMPTS, Attempt, attempts, read
from hostile.checks import *  # noqa: F403
from hostile.checks import parametrize
from hostile.target import FIRST, Target

TARGET = Target(tiny_lab_here(), wrong="def softmax(logits):\n    return logits * 0\n")
SECONDS = 10  # as in the tests of the kit's lab: each of those that wait for ever does so for the time of a question


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    parametrize(metafunc, {"class_command": sent(turn_of(metafunc.config))})


def sent(turn: int) -> Sequence[Attempt]:
    return share(list(attempts(TARGET)), 12, turn)


@pytest.fixture(scope="module")
def class_command(tmp_path_factory: pytest.TempPathFactory, turn: int) -> doors.Class:
    course = shutil.copytree(released_kit(), tmp_path_factory.mktemp("tiny") / "course")
    table = course / "assignment" / "softmax" / "lab.toml"
    text = table.read_text(encoding="utf-8")
    for id in TARGET.first:
        text = text.replace(f"\n[{id}]\n", f"\n[{id}]\nseconds = {SECONDS}\n")
    table.write_text(text, encoding="utf-8")
    return doors.grade(doors.class_command, course, TARGET, sent(turn))


def test_an_attempt_at_any_lab_has_the_names_of_this_one() -> None:
    sources = "\n".join(cell for attempt in attempts(TARGET) for cell in attempt.cells)
    assert "def softmax(*args)" in sources and "def cross_entropy(*args)" in sources and FIRST not in sources


def test_the_references_are_found_in_a_kit_of_two_labs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kit = tiny_kit(tmp_path)
    shutil.copytree(TINY, kit / TEMPLATE)
    new_lab(kit, "another")
    assert len(lab_names(kit)) == 2
    monkeypatch.setattr(gatelab, "__file__", str(kit / "autograder" / "gatelab" / "__init__.py"))
    found: dict[str, object] = {}
    for cell in read(ATTEMPTS / "modules-searched.py").cells:
        exec(cell, found)
    assert callable(found["softmax"]) and callable(found["cross_entropy"])
    assert capsys.readouterr().out == ""
