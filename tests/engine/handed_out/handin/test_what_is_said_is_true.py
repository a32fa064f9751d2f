"""`check` and `submit` in a lab whose handed-out cells have names like those that it asks for, and a stub with a line below it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gatelab.lab.spec import Lab
from helpers.files import replace_in
from helpers.package_command import package_command
from helpers.released_lab import release
from helpers.tiny_lab import RIGHT, tiny_kit

pytestmark = pytest.mark.one_in(3)

Cells = list[dict]
HANDED_OUT = """
# %% tags=["experiment"]
from math import cos as soft_maxx

softmax_ = 3
for drawn in [[0.0, 1.0]]:
    rows = torch.tensor([drawn])


def softmaxes(logits):
    return [softmax(row) for row in logits]


# %%
cross_entropies = dict(one=1)
"""
RAISE = 'raise NotImplementedError("q1: not written yet")'
LEFT = f"def softmax(logits):\n    powers = logits.exp()\n    {RAISE}\n    return powers\n"
BELOW = f"def softmax(logits):\n    {RAISE}\n    return logits.softmax(dim=1)\n"
FINISHED = f"def softmax(logits):\n    probabilities = logits.softmax(dim=1)\n    {RAISE}\n    return probabilities\n"
GIVEN = "    return probabilities  # GIVEN"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    root = tiny_kit(tmp_path_factory.mktemp("kit"))
    master = root / "assignment" / "softmax" / "lab.py"
    replace_in(master, "\n# %% [markdown]\n# ## q1", f"{HANDED_OUT}\n# %% [markdown]\n# ## q1", 1)
    replace_in(master, "    return powers / powers.sum(dim=1, keepdim=True)\n    # END SOLUTION", f"    probabilities = powers / powers.sum(dim=1, keepdim=True)\n    # END SOLUTION\n{GIVEN}", 1)  # fmt: skip
    return release(Lab.in_repository(root), root)


@pytest.fixture
def folder(lab: Lab, tmp_path: Path) -> Path:
    """A student's."""
    return Path(shutil.copytree(lab.release, tmp_path / "softmax"))


def change(folder: Path, how: Callable[[Cells], object]) -> Cells:
    path = folder / "lab.ipynb"
    book = json.loads(path.read_text(encoding="utf-8"))
    how(book["cells"])
    path.write_text(json.dumps(book), encoding="utf-8")
    return book["cells"]


def own(cells: Cells, id: str) -> dict:
    return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == f"{id}-solution")


def put(id: str, text: str) -> Callable[[Cells], None]:
    return lambda cells: own(cells, id).update(source=text)


def code(text: str) -> dict:
    return {"cell_type": "code", "id": "mine", "metadata": {}, "source": text, "outputs": [], "execution_count": None}  # fmt: skip


def below(cells: Cells, id: str, *texts: str) -> None:
    at = cells.index(own(cells, id)) + 1
    cells[at:at] = [code(text) for text in texts]


def said(folder: Path, *words: str) -> str:
    done = package_command(folder, "softmax_lab", *words)
    return " ".join((done.stdout + done.stderr).split())


def number(cells: Cells, part: str) -> int:
    """The number of the last cell whose text contains something."""
    return max(k for k, cell in enumerate(cells, 1) if part in "".join(cell["source"]))


def test_a_deleted_cell_is_called_gone_and_no_handed_out_name_is_taken_for_the_answer(folder: Path) -> None:
    change(folder, lambda cells: (put("q2", RIGHT["q2"])(cells), cells.remove(own(cells, "q1"))))
    words = said(folder, "submit")
    assert "There is `" not in words and "softmaxes" not in words and "softmax_`" not in words, words
    assert (
        "q1: `softmax` is defined nowhere in the file, and the cell that was handed out for it is gone. A fresh copy of the notebook, "
        "from the handout, has it: copy it from there." in words
    )


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("softmaxx = 3", False),
        ("softmaxx = -0.5", False),
        ("softmaxx = 'text'", False),
        ("softmaxx = [1, 2]", False),
        ("softmaxx: int = 2 * 3", False),
        ("softmaxx = f'{1}'", False),
        ("softmaxx = lambda logits: logits", True),
        ("softmaxx = partial(softmax_of, dim=1)", True),
        ("def softmaxx(logits):\n    return logits", True),
    ],
)
def test_only_what_can_be_an_answer_is_asked_about(folder: Path, text: str, is_one: bool) -> None:
    change(folder, put("q1", text))
    words = said(folder, "submit", "--without-checks", "--anyway")
    assert ("There is `softmaxx` in cell" in words) is is_one, words
    assert "is gone" not in words


def test_the_check_takes_no_handed_out_name_for_the_answer(folder: Path) -> None:
    change(folder, put("q1", "x = 1"))
    words = said(folder, "check", "--all")
    assert "the notebook defines no `softmax`" in words and "is that your answer" not in words, words
    change(folder, put("q1", "def softmaxx(logits):\n    return logits"))
    assert "There is `softmaxx`; is that your answer?" in said(folder, "check", "--all")


def test_a_students_own_definition_under_a_handed_out_name_is_asked_about(folder: Path) -> None:
    change(folder, put("q1", "def softmax_(logits):\n    return logits"))
    words = said(folder, "submit")
    assert "There is `softmax_`; is that your answer?" in words and "There is `softmax_` in cell" in words


@pytest.mark.parametrize(
    ("text", "where"), [(LEFT, "above and below"), (BELOW, "below"), (FINISHED, "above")]
)
def test_code_beside_the_stubs_line_is_seen(folder: Path, text: str, where: str) -> None:
    change(folder, put("q1", text))
    words = said(folder, "submit")
    line = text[: text.index("raise")].count("\n") + 1
    assert (
        f"q1 is not finished: line {line} of its cell, in `softmax`, is still `raise NotImplementedError(?)`, which ends the call. "
        f"There is code {where}" in words
    ), words
    assert "if that is your answer, delete the line" in words and "replace that line" not in words
    assert "is not written yet" not in words.partition("q2 not written")[0]
    assert "Not answered: q1 (`softmax`), q2." in words


def test_a_stub_with_nothing_beside_it_but_what_was_handed_out_is_replaced(folder: Path) -> None:
    change(
        folder,
        put("q1", f'def softmax(logits):\n    """Mine."""\n    ...\n    {RAISE}\n    return probabilities\n'),
    )
    words = said(folder, "submit")
    assert "replace that line with your code." in words and "q1 is not written yet: `softmax`" in words, words
    assert "Not answered: q1 (`softmax`), q2." in words


def test_a_stubs_line_that_is_never_reached_leaves_nothing_open(folder: Path) -> None:
    change(folder, put("q1", RIGHT["q1"].rstrip() + f"\n    {RAISE}\n"))
    words = said(folder, "submit")
    assert "q1 passed" in words and "Not answered: q2." in words and "is still in" in words


@pytest.mark.parametrize("command", ["check", "submit"])
def test_with_two_copies_the_command_that_was_typed_is_advised(folder: Path, command: str) -> None:
    shutil.copyfile(folder / "lab.ipynb", folder / "lab-Copy1.ipynb")
    assert f'softmax_lab {command} "lab' in said(folder, command)


def test_a_cell_that_needs_an_experiments_name_is_not_said_to_fail(folder: Path) -> None:
    """Nor one that needs what such a cell gives; one that fails by itself is said to."""
    cells = change(
        folder,
        lambda cells: (
            put("q1", RIGHT["q1"])(cells),
            below(cells, "q1", "shown = softmax(rows)", "print(shown)", "print(nothing_at_all)"),
        ),
    )
    words = said(folder, "check")
    one, two, three = (number(cells, text) for text in ("shown = softmax", "print(shown)", "print(nothing"))
    given = number(cells, "softmax_ = 3")
    assert (
        f"cell {one} needs `rows`, which cell {given} gives: an experiment, which is run only with `--all`. So cell {one} was not run to "
        "its end." in words
    ), words
    assert f"cell {one} fails" not in words and f"cell {two} fails" not in words
    assert f"cell {three} fails (NameError: name 'nothing_at_all' is not defined" in words
    words = said(folder, "check", "--all")
    assert "which is run only with" not in words and f"cell {one} fails" not in words


def test_a_name_that_an_experiment_gives_only_further_down_is_not_there_in_jupyter_either(
    folder: Path,
) -> None:
    cells = change(folder, lambda cells: cells.insert(0, code("print(rows)")))
    assert number(cells, "print(rows)") == 1
    assert "cell 1 fails (NameError: name 'rows' is not defined" in said(folder, "check")


def test_how_long_the_checks_take_is_said_before_they_run(folder: Path) -> None:
    words = said(folder, "check")
    assert words.index("usually takes less than a minute") < words.index("q1 not written")
    assert "less than a minute" in said(folder, "--help")
