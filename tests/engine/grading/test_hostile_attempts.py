"""An attempt that goes by the kit's own names can still do what it tries where nothing confines it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import gatelab
from gatelab.build.new import TEMPLATE, new_lab
from gatelab.lab.spec import lab_names
from helpers.tiny_lab import TINY, tiny_kit
from hostile.build import ATTEMPTS, read


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
