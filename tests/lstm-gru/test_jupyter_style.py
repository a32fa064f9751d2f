"""A whole lab as people write in Jupyter (tests/lstm-gru/bank/wheat/_notebooks): full points with all three ways of

grading. Models are trained in only one of them: in the others the questions that train are left empty.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gatelab.audit.notebooks import write_notebook
from gatelab.lab.bank import Bank
from gatelab.lab.spec import Lab
from helpers.shares import WHOLE
from hostile.doors import class_command, nbgrader, otter_inside, place, whole_course

pytestmark = pytest.mark.one_in(3, at=1)

TRAINED = ("q7", "q11")


@pytest.mark.parametrize("way", [class_command, otter_inside, nbgrader], ids=lambda way: way.__name__)
@pytest.mark.one_in(3)
def test_a_notebook_as_people_write_in_jupyter_has_all_its_points(
    way: Callable, lab: Lab, bank: Bank, tmp_path: Path
) -> None:
    empty = () if way is class_command or WHOLE else TRAINED
    course = whole_course(tmp_path, lab)
    for notebook in bank.notebooks:
        write_notebook(place(course, notebook.id), lab, {**notebook.cells, **dict.fromkeys(empty, "")})
    full = {id: spec.points for id, spec in lab.questions.items() if not spec.by_hand and id not in empty}
    outcomes = way(course)
    got = {name: {id: outcome.points[id] for id in full} for name, outcome in outcomes.items()}
    assert got == {notebook.id: full for notebook in bank.notebooks}
