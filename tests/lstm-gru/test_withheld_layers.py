"""PyTorch's own LSTM and GRU in the questions that ask for their equations: no spelling gets there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from kit_lab import kit_lab
from torch import nn

from gatelab.audit.notebooks import write_notebook
from gatelab.grading.engine import Engine
from gatelab.lab.spec import Lab
from gatelab.sandbox.worker.withheld import withheld
from helpers.notebooks import write_notebook as write_cells

pytestmark = pytest.mark.one_in(3, at=0)

HELD = kit_lab().policy.withheld
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
torch.ops.aten.mkldnn_rnn_layer(x[None], *weights[:2], *mkldnn, h[None], h[None], False, [], 2, 4, 1, False, False, False, False)
decompositions.lstm_cell(x @ weights[0].T, h, h, weights[1], weights[3], None, 1)
python_cell(x, (h, h))
torch.ops.quantized.quantized_lstm_cell_dynamic(x, [h, h], *halves, *weights[2:])
torch.ops.quantized.quantized_gru_cell_dynamic(x, h, *thirds, weights[2][:12], weights[3][:12])
torch.quantized_lstm_cell(x, (h, h), *eighths)
half_cell(x, (h, h))
half_gru_cell(x, h)
half_layer(x[None])
half_layer(nn.utils.rnn.pack_sequence([x]))
half_gru(x[None])
nn.RNN(3, 4)(x)
nn.LSTM(3, 4).state_dict()
"""

SCRIPT = """
import json
import torch
from torch import nn
from torch._decomp import decompositions
from torch.ao.nn.quantizable import LSTMCell
from torch.ao.nn.quantized import dynamic

from gatelab.sandbox.worker.withheld import withhold

x, h = torch.randn(2, 3), torch.randn(2, 4)
weights = [torch.randn(16, 3), torch.randn(16, 4), torch.randn(16), torch.randn(16)]
# What a notebook may have laid aside before.
cell, scripted = torch.lstm_cell, torch.jit.script(nn.GRUCell(3, 4))
python_cell = LSTMCell(3, 4)
# Its cells once more, with weights of half or a quarter of the digits.
half_cell, half_gru_cell = dynamic.LSTMCell(3, 4, dtype=torch.float16), dynamic.GRUCell(3, 4, dtype=torch.float16)
half_layer, half_gru = dynamic.LSTM(3, 4, dtype=torch.float16), dynamic.GRU(3, 4, dtype=torch.float16)
pack = torch.ops.quantized.linear_prepack_fp16
halves = [pack(w, b) for w, b in zip(weights[:2], weights[2:], strict=True)]
thirds = [pack(w[:12], b[:12]) for w, b in zip(weights[:2], weights[2:], strict=True)]
whole, offsets, scales, zeros = zip(*(torch.fbgemm_linear_quantize_weight(w) for w in weights[:2]), strict=True)
packed = [torch.fbgemm_pack_quantized_matrix(w, k, 16) for w, k in zip(whole, (3, 4), strict=True)]
eighths = [*whole, *weights[2:], *packed, *offsets, *scales, *zeros]
# Tensors of another kind in places that are not looked at lead to another kernel of an operator.
mkldnn = [w.to_mkldnn() for w in weights[2:]]


def said(way):
    try:
        eval(way)
        return ""
    except Exception as error:
        return str(error) or type(error).__name__


ways, held = json.loads(input())
before = {way: said(way) for way in ways}
withhold(**held)
print(json.dumps([before, {way: said(way) for way in ways}]))
"""


@pytest.fixture(scope="module")
def said() -> tuple[dict[str, str], dict[str, str]]:
    """The result of each way before and after (in a separate process, because it cannot be undone)."""
    ways = json.dumps([WAYS.strip().splitlines(), HELD.to_worker()])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT], input=ways, capture_output=True, text=True, check=True
    )
    return tuple(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("way", WAYS.strip().splitlines()[:-2])
def test_a_way_to_the_librarys_own_cell_is_closed(said, way: str) -> None:
    before, after = said
    assert before[way] == ""
    assert SHUT in after[way]


@pytest.mark.parametrize("way", WAYS.strip().splitlines()[-2:])
def test_a_plain_rnn_and_the_weights_of_a_layer_remain_available(said, way: str) -> None:
    assert said[1][way] == ""


REDISPATCHING = re.compile("debug|Tracer|Autocast|Autograd|Meta|ADInplaceOrView")
KERNEL = re.compile(r"^(\w+)(?:\[alias\])?: registered at (\S+)", re.MULTILINE)


def own_kernels(operator: str) -> dict[str, str]:
    """Dispatch key → where the kernel comes from, of those that compute."""
    kernels = dict(KERNEL.findall(torch._C._dispatch_dump(operator)))
    return {key: place for key, place in kernels.items() if not REDISPATCHING.match(key)}


def test_every_kernel_of_every_lstm_and_gru_is_refused() -> None:
    """Also of operators that a newer PyTorch has: those with a kernel here, but for backward passes and moved weights."""
    named = [
        operator
        for operator in torch._C._dispatch_get_all_op_names()
        if re.search(r"lstm|gru|mkldnn_rnn_layer(?!_weight)", operator)
        and not re.search(r"backward|\.out$", operator)
        and own_kernels(operator).keys() & {"CPU", "MkldnnCPU", "QuantizedCPU", "CompositeImplicitAutograd"}
    ]
    assert {operator.removeprefix("aten::") for operator in named} == HELD.operators.keys()
    with withheld(HELD.says, HELD.operators):
        for operator in named:
            left = {key for key, place in own_kernels(operator).items() if "withheld.py" not in place}
            assert left == set(), operator


def test_the_examiner_has_the_library_again_afterwards() -> None:
    layer, x = nn.LSTM(3, 4), torch.randn(2, 3)
    want = layer(x)[0]
    for _ in range(2):
        with withheld(HELD.says, HELD.operators), pytest.raises(RuntimeError, match="switched off"):
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
    assert q1.recognised == "left-to-the-library"
    assert all(SHUT in part.student_text for part in q1.parts)


# Ways that are laid while the notebook is loaded: each is a cell of its own before the answer, which asks `cell`.
LAID = {
    "the grader's own function": "import gatelab.sandbox.worker.main as kit\nkit.withhold = lambda: None\ncell = torch.lstm_cell",
    "the grader's own table": "from gatelab.sandbox.worker import withheld\nwithheld._refusals = lambda *args: None\ncell = torch.lstm_cell",
    "frames of the grader": """
import sys
frame = sys._getframe()
while frame is not None:
    for name in ("withhold", "OPERATORS", "refuse"):
        if name in frame.f_globals:
            frame.f_globals[name] = lambda *args, **kwargs: None
    frame = frame.f_back
cell = torch.lstm_cell
""",
    "modules of the grader": """
import gc, types
for module in [thing for thing in gc.get_objects() if isinstance(thing, types.ModuleType)]:
    if hasattr(module, "withhold"):
        module.withhold = lambda: None
cell = torch.lstm_cell
""",
    "kernel fetched": """
kernel = torch.library.get_kernel("aten::lstm_cell", "CPU")
keys = torch._C.DispatchKeySet(torch._C.DispatchKey.CPU)
cell = lambda *args: kernel.call_boxed(keys, *args)
""",
    "kernel put back": """
kernel = torch.library.get_kernel("aten::lstm_cell", "CPU")
keys = torch._C.DispatchKeySet(torch._C.DispatchKey.CPU)
library = torch.library.Library("aten", "IMPL")
library.impl("lstm_cell", lambda *args: kernel.call_boxed(keys, *args), "CPU")
cell = torch.lstm_cell
""",
    "operator laid aside": "cell = torch.ops.aten.lstm_cell.default",
    "layer traced": """
whole = nn.LSTMCell(3, 4)
try:
    traced = torch.jit.trace(torch.lstm_cell, (torch.ones(1, 3), (torch.ones(1, 4), torch.ones(1, 4)), *whole.parameters()))
except Exception:
    traced = torch.lstm_cell
cell = traced
""",
    "process forked": """
import os, pickle
to_child, from_parent = os.pipe()[::-1]
to_parent, from_child = os.pipe()[::-1]
if os.fork() == 0:
    os.close(to_child)
    while head := os.read(from_parent, 8):
        size = int.from_bytes(head, "big")
        data = b""
        while len(data) < size:
            data += os.read(from_parent, size - len(data))
        try:
            out = pickle.dumps([t.detach() for t in torch.lstm_cell(*pickle.loads(data))])
        except Exception as error:
            out = pickle.dumps(error)
        os.write(to_parent, len(out).to_bytes(8, "big") + out)
    os._exit(0)

def cell(*args):
    plain = pickle.dumps([a.detach() if hasattr(a, "detach") else tuple(t.detach() for t in a) for a in args])
    os.write(to_child, len(plain).to_bytes(8, "big") + plain)
    size = int.from_bytes(os.read(from_child, 8), "big")
    out = pickle.loads(os.read(from_child, size))
    if isinstance(out, Exception):
        raise out
    return out
""",
}
ANSWER = """
def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    pre = x @ w_ih.T + b_ih + h @ w_hh.T + b_hh
    i, f, g, o = pre.chunk(4, 1)
    h, c = cell(x, (h, c), w_ih, w_hh, b_ih, b_hh)
    return h, c, {"i": i.sigmoid(), "f": f.sigmoid(), "g": g.tanh(), "o": o.sigmoid()}
"""


@pytest.mark.parametrize("name", LAID)
def test_a_way_prepared_while_the_notebook_loads_is_closed_too(
    engine: Engine, tmp_path: Path, name: str
) -> None:
    path = write_cells(tmp_path / "laid.ipynb", "import torch\nfrom torch import nn", LAID[name], ANSWER)
    report = engine.grade(path, questions=["q1"], training=False)
    passed = {part.name for part in report.question("q1").parts if part.passed}
    assert report.status == "graded" and passed & {"new-hidden-state", "new-cell-state"} == set(), passed


@pytest.mark.parametrize("name", LAID)
def test_a_prepared_workaround_is_reported_to_staff(engine: Engine, tmp_path: Path, name: str) -> None:
    path = write_cells(tmp_path / "laid.ipynb", "import torch\nfrom torch import nn", LAID[name], ANSWER)
    assert engine.grade(path, questions=["q2"], training=False).hints


def test_an_honest_answer_next_to_cells_that_compare_with_the_library_keeps_its_points(
    engine: Engine, lab: Lab, tmp_path: Path
) -> None:
    """The cells fail when the library is withheld; their other definitions exist, and nobody gets a message."""
    compare = (
        "helper = 3\ntheirs = nn.LSTMCell(2, 3)(torch.ones(1, 2))\nHELPED = helper + 1\nprint(theirs[0])"
    )
    answer = lab.reference("q1").replace("def lstm_step(", "def _apart(): ...\n\n\ndef lstm_step(", 1)
    answer = answer.replace('"""', '"""', 1) + "\nassert HELPED == 4\n"
    path = write_cells(tmp_path / "compared.ipynb", "import torch\nfrom torch import nn", compare, answer)
    report = engine.grade(path, questions=["q1"], training=False)
    assert report.question("q1").points == 10
    assert report.cells == []


@pytest.mark.parametrize("name", LAID)
@pytest.mark.one_in(4)
def test_such_a_call_reaches_the_library_if_nothing_is_withheld(name: str) -> None:
    """So the tests above can fail."""
    script = (
        f"import torch\nfrom torch import nn\n{LAID[name]}\n"
        "x, h, w = torch.ones(2, 3), torch.ones(2, 4), list(nn.LSTMCell(3, 4).parameters())\n"
        "assert torch.allclose(cell(x, (h, h), *w)[0], torch.lstm_cell(x, (h, h), *w)[0])\n"
        "import os; os._exit(0)\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
