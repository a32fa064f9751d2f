"""A module that is not installed where a notebook is graded costs what needs its value, and no more.

Every case is the solved notebook with one change. (How a missing module is recognised: test_missing_modules.py.)
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.solved_notebook import Cells, answer, before_q1, full, swap, use_in_q1

IMPORTS = "import math, numpy as np, torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
INDENTED = "    import math, torch\n    import numpy as np\n    import torch.nn.functional as F\n    from torch import nn\n"


def setup(text: str, more: str = "") -> Callable[[Cells], None]:
    """The set-up cell written otherwise; q1's answer needs every name of it."""

    def change(cells: Cells) -> None:
        cells[0]["source"] = text
        use_in_q1(cells, f"assert F.relu and nn.Linear and np.ones and torch.ones and math.pi {more}")

    return change


def over_q1(head: str, old: str = "", new: str = "") -> Callable[[Cells], None]:
    """Lines on top of q1's answer, which may have one change besides."""

    def change(cells: Cells) -> None:
        swap(answer(cells, "q1"), old, new)
        answer(cells, "q1")["source"] = head + answer(cells, "q1")["source"]

    return change


MISSING = {
    "in a list": setup("import seaborn as sns, math, numpy as np, torch\nfrom torch import nn\nimport torch.nn.functional as F\n"),
    "in a with": setup("import warnings\nwith warnings.catch_warnings():\n    import seaborn as sns\n" + INDENTED),
    "in a try": setup("try:\n    import seaborn as sns\n    sns.set_theme()\n" + INDENTED + "except ImportError:\n    print('pip install seaborn')\n"),
    "in a function": setup(IMPORTS + "def prepare():\n    global SQ\n    import seaborn as sns\n    sns.set_theme()\n    SQ = torch.sigmoid\nprepare()\nassert SQ\n", more="and SQ(x) is not None"),
    "in an annotation": over_q1("from jaxtyping import Float\nfrom torch import Tensor\n", "def softmax(logits)", "def softmax(logits: Float[Tensor, 'n k'])"),
    "as a decorator": over_q1("from beartype import beartype\n@beartype\n"),
    "as a decorator that is made": over_q1("from jaxtyping import jaxtyped\n@jaxtyped(typechecker=None)\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISSING)
def test_a_module_that_is_not_installed_costs_what_needs_its_value(graded: Callable, name: str) -> None:
    assert full(graded(MISSING[name], "q1", "q2"), "q1", "q2")


def test_code_that_needs_the_value_of_a_missing_module_reports_that_it_is_missing(graded: Callable) -> None:
    change = before_q1("import einx", use="x = einx.rearrange(x, 'n d -> n d') * 1")
    said = graded(change, "q1").question("q1").parts[0].student_text
    assert "ModuleNotFoundError: No module named 'einx'" in said and "requirements.txt" in said


def test_a_notebook_that_asks_whether_a_module_exists_gets_the_truth(graded: Callable) -> None:
    asks = "import seaborn\ntry:\n    import google.colab\n    IN_COLAB = True\nexcept ImportError:\n    IN_COLAB = False\n"
    assert full(graded(before_q1(asks, use="assert not IN_COLAB"), "q1"), "q1")
