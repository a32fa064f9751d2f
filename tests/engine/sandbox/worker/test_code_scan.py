"""What staff are told about a submission's code before it runs."""

import gc

import pytest

from gatelab.grading.workers import ConfinedWorkers
from gatelab.lab.spec import Lab
from gatelab.sandbox.forkserver import ForkServer
from gatelab.sandbox.worker.scan import Hint
from gatelab.sandbox.worker.scan import hints as all_hints
from gatelab.submission.notebook import CodeCell

# A lab's own, as its policy lists them.
SHORTCUTS = {
    "LSTM": "torch.nn.LSTM",
    "GRU": "torch.nn.GRU",
    "LSTMCell": "torch.nn.LSTMCell",
    "GRUCell": "torch.nn.GRUCell",
    "lstm_cell": "torch.lstm_cell",
    "gru_cell": "torch.gru_cell",
}


def hints(cells: list[list]) -> list[Hint]:
    return all_hints(cells, shortcuts=SHORTCUTS)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("o = h.grad_fn._saved_self", "reads tensors that the graph saved (._saved_self)"),
        (
            "from torch.ao.nn.quantizable import LSTMCell as C",
            "imports LSTMCell from torch.ao.nn.quantizable",
        ),
        ("import torch.ao.nn.quantizable as q", "imports torch.ao.nn.quantizable"),
        ("from torch import _decomp as d", "imports from torch"),
        ("cell = torch.ao.nn.quantizable.x", "uses torch.ao"),
        ("__import__('torch')", "calls __import__"),
        ("place = torch.nn.__path__", "asks for the library's files (torch.nn.__path__)"),
        ("open('lib/site-packages/x')", "mentions site-packages"),
        ("cell = backend.torch.lstm_cell", "uses torch.lstm_cell (as backend.torch.lstm_cell)"),
        ("import torch as t; cell = t.lstm_cell", "uses torch.lstm_cell (as t.lstm_cell)"),
        ("from torch import nn as n; cell = n.LSTMCell", "uses torch.nn.LSTMCell (as n.LSTMCell)"),
        ("import torch as t; cell = t._decomp.x", "uses torch._decomp"),
        ("t = torch; cell = t.lstm_cell", "uses torch.lstm_cell (as t.lstm_cell)"),
        ("getattr(q, 'LSTM' + 'Cell')", "calls getattr with a computed name"),
    ],
)
def test_a_way_to_the_librarys_own_cell_is_reported(source: str, says: str) -> None:
    assert hints([[3, source]]) == [(3, 1, says)]


BACK = "from torch import _decomp as d\ncell = torch.lstm_cell\n"
WRITES = f"open('b.py', 'w').write({BACK!r})\nimport b"
INDENTED = BACK.strip().replace("\nc", "\n    c")


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        (f"%%writefile mine.py\n{BACK}", (2, 3)),
        (f"\n%%file mine.py\n\n{BACK}", (4, 5)),
        (f"x = 1\nopen('mine.py', 'w').write({BACK!r})", (2, 2)),
        (f"Path('mine.py').write_text('''{BACK}''')", (1, 2)),
        (f"write(dedent('''\n    {INDENTED}\n'''))", (2, 3)),
        (f"%%bash\ncat > mine.py <<'EOF'\n{BACK}EOF\npython mine.py", (3, 4)),
        (f"%%script python\n{BACK}", (2, 3)),
        (f"name = 'mine'\nwrite(f'''{BACK}import {{name}}''')", (2, 3)),
        (f"write({WRITES!r} + rest)", (1, 1)),
    ],
    ids=["writefile", "file", "open", "pathlib", "dedent", "here-document", "script", "f-string", "text in a text"],
)  # fmt: skip
def test_a_shortcut_in_a_file_that_the_notebook_writes_is_reported(
    source: str, lines: tuple[int, int]
) -> None:
    first, second = lines
    assert hints([[3, source]]) == [
        (3, first, "imports from torch, in a string"),
        (3, second, "uses torch.lstm_cell (as torch.lstm_cell), in a string"),
    ]


@pytest.mark.parametrize(
    "source",
    [
        'def lstm():\n    """Compare with\n\n    torch.nn.LSTM\n    """',
        "print('torch.nn.LSTM is faster')\nlabels = ['torch.nn.LSTM', 'nn.GRU']",
        "%%writefile layers.py\nimport torch\nfrom torch import nn\n\nlayer = nn.Linear(2, 2)\n",
        "%%markdown\nWe import os\nand use nn.LSTM.",
    ],
    ids=["docstring", "labels", "module", "prose"],
)
def test_text_outside_code_is_not_reported(source: str) -> None:
    assert hints([[3, source]]) == []


def test_ordinary_code_is_not_reported() -> None:
    source = "import torch\nfrom torch import nn\nx = getattr(x, 'h').grad_fn\nnn.Linear(2, 2)\nn = getattr(x, name)"
    source += "\nnn.RNN(3, width)"  # q5 counts its numbers
    source += "\nself.gru = model.LSTM = layers.LSTMCell(2, 2)\nprint(t'{x} and {y!r}')\nfile = data.__file__"
    assert hints([[3, source]]) == []


def test_code_that_cannot_be_scanned_is_reported_and_hides_no_other_code() -> None:
    deep = "vars(torch" + ".x" * 900 + ")"
    found = hints([[0, f"{deep}\ntorch.lstm_cell"], [1, "torch.lstm_cell"]])
    assert found == [
        (0, 1, "is nested too deeply to be examined"),
        *((k, 2 - k, "uses torch.lstm_cell (as torch.lstm_cell)") for k in (0, 1)),
    ]


def test_many_shortcuts_do_not_hide_that_there_are_more() -> None:
    found = hints([[3, "import ctypes\n" * 50 + "torch.lstm_cell"]])
    assert len(found) == 20 and found[-1] == (0, 0, "and 32 more")


@pytest.mark.parametrize(
    "slow",
    ["x = [" + "1, " * 200_000 + "]\n", "%%bash\n" + "cat > a <<'END'\n" * 60_000],
    ids=["list", "here-documents"],
)
def test_code_that_takes_too_long_to_scan_is_reported(slow: str) -> None:
    cells = [[0, "torch.lstm_cell"], [1, slow], [2, slow], [3, "torch.gru_cell"]]
    gc.disable()  # hypothesis listens to the collector here, and would be interrupted in the middle of the parser; no worker has that
    try:
        first, *others = all_hints(cells, shortcuts=SHORTCUTS, cpu_seconds=0.05)
    finally:
        gc.enable()
    assert first == (1, 0, "the code from here on was not scanned, because that took too long")
    assert others == [(0, 1, "uses torch.lstm_cell (as torch.lstm_cell)")]


def test_a_missing_answer_is_reported_to_staff_and_no_cell_is_confused_with_another(
    lab: Lab, server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gatelab.grading.workers.SCAN_SECONDS", 0.02)
    cells = [CodeCell(0, f"x = {[1] * 9000}"), CodeCell(1, "raise ValueError('here')"), CodeCell(2, "y = 1")]
    workers = ConfinedWorkers(lab, cells, server.client, server.library)
    try:
        workers.load()
    finally:
        workers.unload()
    assert [what.split(":")[0] for _, _, what in workers.hints] == [
        "the code could not be scanned for shortcuts"
    ]
    assert {index: problem.message.split(" (")[0] for index, problem in workers.problems.items()} == {
        1: "ValueError: here"
    }
