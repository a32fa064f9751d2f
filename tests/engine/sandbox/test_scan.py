"""What staff are told of a submission's code before it runs."""

from pathlib import Path

import pytest

from gatelab.lab.spec import Lab
from gatelab.sandbox.worker.scan import hints as all_hints

ROOT = Path(__file__).resolve().parents[3]
SHORTCUTS = Lab.in_repository(ROOT).policy.shortcuts


def hints(cells: list[list]) -> list[str]:
    return all_hints(cells, shortcuts=SHORTCUTS)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("o = h.grad_fn._saved_self", "reads what the graph keeps (._saved_self)"),
        (
            "from torch.ao.nn.quantizable import LSTMCell as C",
            "imports LSTMCell from torch.ao.nn.quantizable",
        ),
        ("import torch.ao.nn.quantizable as q", "imports torch.ao.nn.quantizable"),
        ("from torch import _decomp as d", "imports from torch"),
        ("cell = torch.ao.nn.quantizable.x", "uses torch.ao"),
        ("getattr(q, 'LSTM' + 'Cell')", "calls getattr with a name that is put together"),
    ],
)
def test_a_way_to_the_librarys_own_cell_is_named(source: str, says: str) -> None:
    assert hints([[3, source]]) == [f"cell 3, line 1: {says}"]


def test_ordinary_code_is_not() -> None:
    source = "import torch\nfrom torch import nn\nx = getattr(x, 'h').grad_fn\nnn.Linear(2, 2)\nn = getattr(x, name)"
    source += "\nnn.RNN(3, width)"  # q5 counts its numbers
    assert hints([[3, source]]) == []


def test_code_that_cannot_be_looked_at_hides_no_other_cell() -> None:
    deep = "x" + ".LSTM" * 900
    assert hints([[0, deep], [1, "torch.lstm_cell"]])[-1].startswith("cell 1, line 1: uses torch.lstm_cell")
