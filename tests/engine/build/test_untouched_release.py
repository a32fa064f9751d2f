"""Does everything that a question asks for raise NotImplementedError by itself in the untouched release?"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from gatelab.build import BuildError, untouched_release
from gatelab.lab.spec import Lab
from helpers.tiny_lab import TINY

STUB = 'raise NotImplementedError("q1: not written yet")'
WANTED = {"q1-solution": {"softmax", "Layer.__init__", "Layer.forward"}}
LAYER = f'''
def softmax(logits, *, scale=None):
    """Probabilities."""
    {STUB}
    return logits, scale


class Layer(list):
    """A layer."""

    def __init__(self, size):
        super().__init__()
        {STUB}

    def forward(self, x, state=None):
        {STUB}
        return x, state
'''


def check(tmp_path: Path, source: str, wanted: dict | None = None, *others: str) -> None:
    """Check a release whose notebook asks for `softmax` and `Layer`."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in (*others, source)]
    notebook.cells[-1].metadata["nbgrader"] = {"grade_id": "q1-solution", "solution": True, "grade": False}
    nbformat.write(notebook, tmp_path / "lab.ipynb")
    untouched_release.check(tmp_path, Lab.in_repository(TINY), wanted or WANTED)


def test_a_release_with_a_stub_in_every_function_and_method_passes(tmp_path):
    check(tmp_path, LAYER)


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda s: s.replace(f"        {STUB}\n        return x, state", "        return x, state"), "Layer.forward .* returned"),
        (lambda s: s.replace(f"        {STUB}\n        return x, state", "        return self.step(x)"), "Layer.forward .* AttributeError"),
        (lambda s: s.replace(f"        super().__init__()\n        {STUB}", "        super().__init__()"), "Layer.__init__ .* returned"),
        (lambda s: s.replace("    return logits, scale", "    yield logits, scale"), "softmax .* returned"),
        (lambda s: s.replace("def softmax", "async def softmax"), "softmax .* returned"),
        (lambda s: s.replace("q1: not", "q2: not", 1), "softmax .*q2: not written"),
        (lambda s: s.replace(f"        {STUB}\n        return x, state", "        self.step(x)\n"), "Layer.forward"),
        (lambda s: s.replace("    def forward(self, x, state=None):\n", "    @staticmethod\n    def forward(x):\n        x.shape\n"), "Layer.forward .* AttributeError"),
        (lambda s: s.replace("def softmax", "def softmaxx"), "softmax .* KeyError"),
        (lambda s: f"{s}\n{STUB}", "starts .* stops at a stub that is outside"),
        (lambda s: f"{s}\nprint(undefined)", "raised NameError"),
        (lambda s: f"{s}\nimport os; os._exit(3)", "could not be run"),
    ],
)  # fmt: skip
def test_a_name_that_does_not_raise_its_own_error_is_named(tmp_path, edit, sentence):
    source = edit(LAYER)
    assert source != LAYER
    with pytest.raises(BuildError) as caught:
        check(tmp_path, source)
    assert re.search(sentence, str(caught.value)), caught.value
    assert "\n" not in str(caught.value)


def test_a_table_of_answers_stops_its_cell(tmp_path):
    wanted = {"q1-solution": {""}}
    check(tmp_path, f'answers = {{"c1": ""}}\n{STUB}', wanted)
    with pytest.raises(BuildError, match="does not stop at its stub, it returned"):
        check(tmp_path, 'answers = {"c1": ""}', wanted)


def test_other_cells_are_run_first_and_must_run(tmp_path):
    check(tmp_path, LAYER.replace("(list)", "(Base)"), None, "class Base(list):\n    pass")
    with pytest.raises(BuildError, match="raised NameError"):
        check(tmp_path, LAYER.replace("(list)", "(Base)"))
