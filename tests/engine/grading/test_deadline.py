"""A grading with a deadline: what is put off until the end?"""

from __future__ import annotations

import math
from pathlib import Path

from gatelab.lab.spec import Lab
from helpers.in_process import grading_order
from helpers.tiny_lab import tiny_lab


def test_training_comes_last_if_there_is_a_deadline_unless_another_question_builds_on_it(
    tmp_path: Path,
) -> None:
    lab = tiny_lab(tmp_path)
    suite = lab.hidden / "test_q1_softmax.py"
    text = suite.read_text(encoding="utf-8").replace("import torch\n", "import pytest\nimport torch\n", 1)
    trains = '@pytest.mark.training\n@part("q1", "gradient", 1)'
    suite.write_text(text.replace('@part("q1", "gradient", 1)', trains), encoding="utf-8")
    # q2 builds on q1: what trains there is not put off.
    assert grading_order(lab, math.inf) == grading_order(lab, 1e12) == (["q1", "q2"], {"q1"})
    table = lab.assignment / "lab.toml"
    text = table.read_text(encoding="utf-8").replace('builds_on = ["softmax"]\n', "")
    table.write_text(text, encoding="utf-8")
    alone = Lab.in_repository(tmp_path)
    assert grading_order(alone, math.inf) == (["q1", "q2"], {"q1"})
    assert grading_order(alone, 1e12) == (["q2", "q1"], {"q1"})
