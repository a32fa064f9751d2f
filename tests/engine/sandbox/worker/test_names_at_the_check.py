"""An answer finds each name as it was at the cell of its public check.

Every case is a notebook of a few cells, loaded in this process; cells that begin with HANDED_OUT are unchanged experiments.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import pytest
import torch

from gatelab.sandbox.worker import cells
from gatelab.sandbox.worker.cells import Known, Notebook
from gatelab.sandbox.worker.patched import Patches
from gatelab.sandbox.worker.statements import statements

HANDED_OUT = "# an experiment\n"
CHECK = 'check("q1")'
TOTAL = "def answer():\n    return sum([1, 2])"
OWN_SUM = "def sum(values):\n    return 'own'"
HELPER = "def helper():\n    return 'own'"
CALLS = "def answer():\n    return helper()"
RUNS = HANDED_OUT + "helper = str('given')"
READS = "def answer():\n    return x"
GIVES = HANDED_OUT + "x = int(7)"


@pytest.fixture(autouse=True)
def no_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of IPython's shell, which would change this process."""

    def new_shell() -> types.SimpleNamespace:
        return types.SimpleNamespace(
            user_ns={"__name__": "__main__", "check": lambda question: None},
            has_own_magic=lambda name: False,
            end_capture=lambda: None,
            keep_shown=lambda value: None,
        )

    monkeypatch.setattr(cells, "new_shell", new_shell)


def answered(*sources: str) -> Any:
    """What `answer()` returns when q1 is graded."""
    known = {s.fingerprint for text in sources if text.startswith(HANDED_OUT) for s in statements(text, 0)}
    notebook = Notebook(Known(frozenset(known), asked=("answer",)))
    for index, source in enumerate(sources):
        found = notebook.run_cell(source, index, 5)
        assert "error" not in found, found
    notebook.settle()
    notebook.prepare(["answer"], "q1")
    return notebook.namespace["answer"]()


BUILTIN = {
    "a star import at the end": [TOTAL, CHECK, "from torch import *"],
    "a star import in a block": [TOTAL, CHECK, "if True:\n    from torch import *"],
    "an import by name": [TOTAL, CHECK, "from torch import sum"],
    "an import of a module": [TOTAL, CHECK, "import types as sum"],
    "a function": [TOTAL, CHECK, OWN_SUM],
    "a lambda": [TOTAL, CHECK, "sum = lambda values: values"],
    "a class": [TOTAL, CHECK, "class sum:\n    pass"],
    "a loop": [TOTAL, CHECK, "for sum in (min, max):\n    pass"],
    "a with": [TOTAL, CHECK, "import contextlib\nwith contextlib.nullcontext(max) as sum:\n    pass"],
    "globals": [TOTAL, CHECK, "globals().update(sum=max)"],
    "a number, then a function": [TOTAL, CHECK, "sum = 0", OWN_SUM],
    "a number deleted above the answer": ["sum = 0\nsum += 1", "del sum", TOTAL, CHECK],
    "a function deleted in the answer's cell": [OWN_SUM + "\nsum([])\ndel sum\n" + TOTAL, CHECK],
    "a function deleted below": [TOTAL, CHECK, OWN_SUM, "del sum"],
    "a function deleted, no check": [OWN_SUM, "del sum", TOTAL],
}  # fmt: skip


@pytest.mark.parametrize("name", BUILTIN)
def test_an_answer_finds_the_builtin_that_it_was_checked_with(name: str) -> None:
    assert answered(*BUILTIN[name]) == 3


OWN_BUILTIN = {
    "above the answer": [OWN_SUM, TOTAL, CHECK],
    "in the answer's cell": [OWN_SUM + "\n" + TOTAL, CHECK],
    "between the answer and its check": [TOTAL, OWN_SUM, CHECK],
    "below a first check that failed": [TOTAL, CHECK, OWN_SUM, CHECK],
    "with the answer, below all checks": [CHECK, OWN_SUM + "\n" + TOTAL],
    "by globals": ["globals().update(sum=lambda values: 'own')", TOTAL, CHECK, "sum = 0"],
    "no check": [TOTAL, OWN_SUM],
    "deleted below the check": [OWN_SUM, TOTAL, CHECK, "del sum"],
    "a star import below the check": [OWN_SUM, TOTAL, CHECK, "from torch import *"],
    "deleted below, and checked again": [OWN_SUM, TOTAL, CHECK, "del sum", CHECK],
}  # fmt: skip


@pytest.mark.parametrize("name", OWN_BUILTIN)
def test_a_helper_of_the_students_with_a_builtins_name_is_kept(name: str) -> None:
    assert answered(*OWN_BUILTIN[name]) == "own"


@pytest.mark.parametrize(
    "later", ["def floor(value):\n    return 'other'", "floor = 1", "from numpy import *"]
)
def test_an_answer_finds_what_a_star_import_gave_it(later: str) -> None:
    answer = "def answer():\n    return floor(2.5)"
    assert answered("from math import *", answer, CHECK, later) == 2
    assert type(answered("from math import *", answer, CHECK, later)) is int


BOUND = {
    "a function": HELPER,
    "a class": "class helper(str):\n    def __new__(cls):\n        return 'own'",
    "a lambda": "helper = lambda: 'own'",
    "an import": "from builtins import str as helper",
    "a loop": "for helper in [lambda: 'own']:\n    pass",
    "a with": "import contextlib\nwith contextlib.nullcontext(lambda: 'own') as helper:\n    pass",
    "a walrus": "(helper := lambda: 'own')",
    "unpacking": "helper, other = (lambda: 'own'), 2",
}  # fmt: skip


@pytest.mark.parametrize("name", BOUND)
@pytest.mark.parametrize("apart", [True, False], ids=["in a cell of its own", "in the answer's cell"])
def test_an_experiment_below_the_check_does_not_rebind_a_name_of_the_students(name: str, apart: bool) -> None:
    """An experiment above binds the name too, before the student does."""
    own = [BOUND[name], CALLS] if apart else [BOUND[name] + "\n" + CALLS]
    expected = "" if name == "an import" else "own"
    assert answered(RUNS, *own, CHECK, RUNS) == expected


KEPT = {
    "no check": [RUNS, HELPER, CALLS, RUNS],
    "deleted below": [RUNS, HELPER, CALLS, CHECK, RUNS, "del helper"],
    "used by another experiment that the answer needs": [
        RUNS, GIVES, HELPER, "def answer():\n    x\n    return helper()", CHECK, HANDED_OUT + "helper = x = int(8)",
    ],
    "in a tuple with a name that the answer needs": [
        HANDED_OUT + "helper, x = divmod(1, 1)", HELPER, "def answer():\n    x\n    return helper()", CHECK, RUNS,
    ],
    "the experiment above has run": [
        HANDED_OUT + "helper = str", "first = helper()", HELPER, CALLS, CHECK, RUNS,
    ],
    "a method needs it": [RUNS, HELPER, "class A:\n    def go(self):\n        return helper()", "def answer():\n    return A().go()", CHECK, RUNS],
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_a_helper_is_kept_when_experiments_bind_its_name(name: str) -> None:
    assert answered(*KEPT[name]) == "own"


GIVEN = {
    "bound above the experiment by the student": ["x = 1", GIVES, READS, CHECK],
    "bound again below the check": [GIVES, READS, CHECK, "x = 2"],
    "bound again below by an experiment": [GIVES, READS, CHECK, HANDED_OUT + "x = int(8)"],
    "bound by the student, and below again by an experiment": ["x = 1", GIVES, READS, CHECK, HANDED_OUT + "x = int(8)", "x = 3"],
    "only below the check": [READS, CHECK, GIVES],
    "run early for a cell of the student's": [GIVES, "def near(y=x):\n    pass", READS, CHECK, HANDED_OUT + "x = int(8)"],
    "no check": [GIVES, READS],
}  # fmt: skip


@pytest.mark.parametrize("name", GIVEN)
def test_an_answer_finds_what_an_experiment_gave_it(name: str) -> None:
    assert answered(*GIVEN[name]) == 7


def test_an_answer_written_again_finds_names_as_they_were_at_the_check_below_it() -> None:
    assert answered("x = 1", READS, CHECK, "x = 7", READS + " * 1", CHECK, "x = 9", CHECK) == 7


PATCHES = {
    "of builtins": "import builtins\nbuiltins.sum = lambda *a: 'other'",
    "deleted from builtins": "import builtins\nvars(builtins).pop('sum', None)",
    "of torch": "import torch\ntorch.stack = lambda *a: 'other'",
    "of torch, twice": "import torch\ntorch.stack = None\ntorch.stack = print",
    "of a tensor": "import torch\ntorch.Tensor.chunk = None",
    "by setattr": "import torch\nsetattr(torch, 'stack', None)",
    "of functions": "import torch\ntorch.nn.functional.relu = None",
}  # fmt: skip
USES = """import torch
def answer():
    parts = torch.stack([torch.nn.functional.relu(torch.ones(2))] * 2).chunk(2)
    return sum(part.sum().item() for part in parts)"""


@pytest.mark.parametrize("patch", PATCHES)
@pytest.mark.parametrize("check", [CHECK, ""], ids=["checked", "not checked"])
def test_an_answer_finds_the_librarys_functions_as_they_were_at_its_check(patch: str, check: str) -> None:
    kept = patches_undone()
    try:
        assert answered(USES, check, PATCHES[patch], PATCHES[patch].replace("None", "0")) == 4
    finally:
        kept()


def test_a_patch_that_an_answer_was_checked_with_is_kept() -> None:
    kept = patches_undone()
    try:
        patch = "import torch\ntorch.stack = lambda *a: 'own'"
        answer = "def answer():\n    import torch\n    return torch.stack([])"
        assert answered(patch, answer, CHECK, "torch.stack = None") == "own"
        assert answered(answer, patch, CHECK, "del torch.stack") == "own"
    finally:
        kept()


def patches_undone() -> Callable[[], None]:
    before = Patches()

    def undo() -> None:
        before.record(1)
        before.undo_below(0)

    return undo


FIRST = "def helper():\n    return 'first'"
ONLY_ABOVE = {
    "with the answer": [FIRST + "\n" + CALLS, CHECK, HELPER + "\n" + CALLS + "  # again"],
    "above the answer": [FIRST, CALLS, CHECK, HELPER, CALLS + "  # again"],
    "below the answer": [FIRST, CALLS, CHECK, CALLS + "  # again", HELPER],
    "below, and the answer is the first": [FIRST, CHECK, CALLS, HELPER],
    "before another question": [CHECK, HELPER + "\n" + CALLS, 'check("q2")', FIRST],
    "the name becomes a number": [FIRST, CHECK, HELPER, CALLS, "helper = 3"],
    "only text below": [CHECK, CALLS, 'print("""\ncheck("q1")\n""")', HELPER],
    "only text above": [FIRST, 'print("""\ncheck("q1")\n""")', HELPER, CALLS],
    "only text between the answer and its check": [FIRST, CALLS, 'x = """\ncheck("q1")"""', HELPER, CHECK],
    "a constant": ["x = 'first'", CHECK, "x = 'own'\n" + READS],
    "a constant below": ["x = 'first'", CHECK, READS, "x = 'own'"],
    "a builtin's name": [CHECK, TOTAL, OWN_SUM],
}  # fmt: skip


@pytest.mark.parametrize("name", ONLY_ABOVE)
def test_an_answer_below_its_only_check_finds_nothing_older_than_itself(name: str) -> None:
    """A second attempt was written below, and the cell of the check was run again."""
    assert answered(*ONLY_ABOVE[name]) == "own"


@pytest.mark.parametrize("later", ["from torch import *", "from torch import sum", "sum = 3"])
def test_an_answer_below_its_only_check_finds_the_builtin_all_the_same(later: str) -> None:
    assert answered(CHECK, TOTAL, later) == 3


def test_an_answer_finds_what_experiments_had_filled_by_its_check() -> None:
    fills = HANDED_OUT + "losses = {}\nlosses['a'] = int(1)"
    answer = "def answer():\n    return losses"
    assert answered(fills, answer, CHECK, HANDED_OUT + "losses['b'] = int(2)", "losses = {}") == {"a": 1}
    assert answered(fills, "losses = {'own': 0}", answer, CHECK, HANDED_OUT + "losses = dict(b=2)") == {
        "own": 0
    }


DOUBLE = "import torch\ntorch.set_default_dtype(torch.float64)\n"
DTYPE = "def answer():\n    import torch\n    return torch.zeros(1).dtype"
HALF = "import torch\ntorch.set_default_dtype(torch.float16)"


@pytest.mark.parametrize(
    "notebook",
    [
        (DOUBLE, DTYPE, CHECK, HALF),
        (DOUBLE + DTYPE + "\n" + CHECK, HALF),
        (DTYPE, CHECK, DOUBLE, DTYPE + "  # again", CHECK, HALF),
        (DOUBLE + DTYPE, HALF),
    ],
    ids=["cell by cell", "in one cell", "below a red check", "without a check"],
)
def test_an_answer_finds_torchs_defaults_as_they_were_at_its_check(notebook: tuple[str, ...]) -> None:
    try:
        assert answered(*notebook) is torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
