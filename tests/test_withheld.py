"""PyTorch's own LSTM and GRU in the questions that ask for their equations: no spelling gets there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from gatelab.bank.notebooks import write_notebook
from gatelab.engine import Engine
from gatelab.lab import Lab
from gatelab.worker.withheld import withheld

SHUT = "PyTorch's own LSTM and GRU are switched off in this question: write the equations out"

# Each line is a way to the library, as a student may spell it; the last two are none.
WAYS = """
nn.LSTM(3, 4)(x)
nn.GRU(3, 4)(x)
nn.LSTMCell(3, 4)(x)
nn.GRUCell(3, 4)(x)
nn.LSTM(3, 4)(nn.utils.rnn.pack_sequence([x]))
nn.GRU(3, 4, num_layers=2, bidirectional=True)(x)
torch.lstm_cell(x, (h, h), *weights)
cell(x, (h, h), *weights)
scripted(x)
torch._VF.lstm_cell(x, (h, h), *weights)
torch._C._VariableFunctions.lstm_cell(x, (h, h), *weights)
torch.ops.aten.lstm_cell(x, (h, h), *weights)
torch.ops.aten.lstm_cell.default(x, (h, h), *weights)
torch.ops.aten.lstm_cell.default.decompose(x, (h, h), *weights)
torch.func.jacrev(lambda x: torch.lstm_cell(x, (h, h), *weights)[0])(x)
torch.inference_mode()(lambda: torch.lstm_cell(x, (h, h), *weights))()
torch.ops.aten.mkldnn_rnn_layer(x[None], *weights, h, h, False, [], 2, 4, 1, True, False, False, False)
decompositions.lstm_cell(x @ weights[0].T, h, h, weights[1], weights[3], None, 1)
python_cell(x, (h, h))
nn.RNN(3, 4)(x)
nn.LSTM(3, 4).state_dict()
"""

SCRIPT = """
import json
import torch
from torch import nn
from torch._decomp import decompositions
from torch.ao.nn.quantizable import LSTMCell

from gatelab.worker.withheld import withhold

x, h = torch.randn(2, 3), torch.randn(2, 4)
weights = [torch.randn(16, 3), torch.randn(16, 4), torch.randn(16), torch.randn(16)]
# What a notebook may have laid aside before.
cell, scripted = torch.lstm_cell, torch.jit.script(nn.GRUCell(3, 4))
python_cell = LSTMCell(3, 4)


def said(way):
    try:
        eval(way)
        return ""
    except Exception as error:
        return str(error) or type(error).__name__


ways = json.loads(input())
before = {way: said(way) for way in ways}
withhold()
print(json.dumps([before, {way: said(way) for way in ways}]))
"""


@pytest.fixture(scope="module")
def said() -> tuple[dict[str, str], dict[str, str]]:
    """What each way says before and after (in a process of its own: it is for good)."""
    ways = json.dumps(WAYS.strip().splitlines())
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT], input=ways, capture_output=True, text=True, check=True
    )
    return tuple(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("way", WAYS.strip().splitlines()[:-2])
def test_a_way_to_the_librarys_own_cell_is_shut(said, way: str) -> None:
    before, after = said
    assert before[way] == ""
    assert SHUT in after[way]


@pytest.mark.parametrize("way", WAYS.strip().splitlines()[-2:])
def test_a_plain_rnn_and_the_weights_of_a_layer_are_at_hand(said, way: str) -> None:
    assert said[1][way] == ""


def test_the_examiner_has_the_library_again_afterwards() -> None:
    layer, x = nn.LSTM(3, 4), torch.randn(2, 3)
    want = layer(x)[0]
    for _ in range(2):
        with withheld(), pytest.raises(RuntimeError, match="switched off"):
            layer(x)
        assert torch.equal(layer(x)[0], want)


COMPARED = """
check = nn.LSTMCell(2, 3)
mine, _, _ = lstm_step(torch.ones(1, 2), torch.zeros(1, 3), torch.zeros(1, 3), *check.parameters())
assert torch.allclose(mine, check(torch.ones(1, 2))[0])
{}
"""


LAYER = """
class {kind}(nn.{kind}):
    def __init__(self, input_size, hidden_size, forget_bias=None):
        super().__init__(input_size, hidden_size, batch_first=True)
"""


def test_a_notebook_may_compare_with_pytorch_and_not_hand_it_in(
    engine: Engine, lab: Lab, tmp_path: Path
) -> None:
    compared = lab.reference("q1") + COMPARED.format("COMPARED = True")
    report = engine.grade(
        write_notebook(tmp_path / "compared.ipynb", lab, {"q1": compared}), questions=["q1", "q3"]
    )
    assert (report.question("q1").points, report.question("q3").points) == (10, 12)

    layer = LAYER.format(kind="LSTM") + LAYER.format(kind="GRU")
    report = engine.grade(write_notebook(tmp_path / "layers.ipynb", lab, {"q3": layer}), questions=["q3"])
    q3 = report.question("q3")
    assert [part.name for part in q3.parts if part.passed] == ["initial-weights"]

    library = "def lstm_step(x, h, c, *w):\n    return (*torch.lstm_cell(x, (h, c), *w), {})\n"
    report = engine.grade(write_notebook(tmp_path / "library.ipynb", lab, {"q1": library}), questions=["q1"])
    q1 = report.question("q1")
    assert q1.points == 0
    assert q1.misconception == "left-to-the-library"
    assert all(SHUT in part.message for part in q1.parts)
