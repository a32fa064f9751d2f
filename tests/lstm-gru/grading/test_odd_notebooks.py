"""Right work in notebooks of unusual habits has all its points: what surrounds an answer costs it nothing.

Every case is the solved notebook with one change. (test_notebook_surroundings.py has the usual habits.)
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from solved_notebook import Cells, answer, code, containing, full, place, swap

pytestmark = pytest.mark.one_in(3, at=2)

SETUP = "import math\n\nimport numpy"
PRE = "pre = "


def before_q1(source: str, use: str) -> Callable[[Cells], None]:
    """A cell in front of q1's answer, and a line in the answer that uses what it gives."""

    def change(cells: Cells) -> None:
        cells.insert(place(cells, "q1-solution"), code(source))
        swap(answer(cells, "q1"), PRE, f"{use}\n    {PRE}")

    return change


def inside_q1(line: str) -> Callable[[Cells], None]:
    """A line in the answer itself."""
    return lambda cells: swap(answer(cells, "q1"), PRE, f"{line}\n    {PRE}")


def module(*cells_before: str, then: str) -> Callable[[Cells], None]:
    """q1's answer moved into a file by cells that hold ANSWER, and brought back from there."""

    def change(cells: Cells) -> None:
        at = place(cells, "q1-solution")
        text = "import torch\n" + cells[at]["source"]
        cells[at]["source"] = then
        wrong = text.replace("+ i * g", "- 2 * i * g")
        cells[at:at] = [code(c.replace("ANSWER", text).replace("WRONG", wrong)) for c in cells_before]

    return change


FILES = {
    "a folder made by the shell": module("!mkdir -p utils\n!touch utils/__init__.py", "%%writefile utils/cells.py\nANSWER", then="from utils.cells import lstm_step"),
    "a folder made by a magic": module("%mkdir utils", "%%writefile utils/cells.py\nANSWER", then="from utils.cells import lstm_step"),
    "a file written by bash": module("%%bash\ncat > mm.py <<EOF\nANSWER\nEOF", then="from mm import lstm_step"),
    "a file run without a percent sign": module("%%writefile my_cells.py\nANSWER", then="run my_cells.py"),
    "a module written again and reloaded": module("%%writefile m1.py\nWRONG", "import m1", "%%writefile m1.py\nANSWER", then="import importlib\nimportlib.reload(m1)\nfrom m1 import lstm_step"),
    "a module written again under autoreload": module("%load_ext autoreload\n%autoreload 2", "%%writefile m1.py\nWRONG", "import m1", "%%writefile m1.py\nANSWER", then="lstm_step = m1.lstm_step"),
    "appended to": module("%%file mm.py\nimport torch", "%%writefile -a mm.py\nANSWER", then="from mm import lstm_step"),
    "made by a program that the shell runs": module("%%writefile make.py\nimport sys\nopen('mm.py', 'w').write(open(sys.argv[1]).read())", "%%writefile text.txt\nANSWER", "!python make.py text.txt && ls", then="from mm import lstm_step"),
    "written after get_ipython was imported": module("from IPython import get_ipython\nip = get_ipython()\nassert ip is not None", "%%writefile mm.py\nANSWER", then="from mm import lstm_step"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
@pytest.mark.one_in(4)
def test_an_answer_may_be_in_a_file_however_it_got_there(graded: Callable, name: str) -> None:
    assert full(graded(FILES[name], "q1"), "q1")


SHELL = {
    "output of pwd": before_q1("cwd = !pwd\nROOT = cwd[0]\nver = !python --version\nVER = ver[0].split()[1]", "assert ROOT and VER"),
    "what a program prints": lambda cells: cells.__setitem__(slice(4, 4), [code("%%writefile five.py\nprint('a')\nprint(5)\nraise SystemExit(1)"), code("said = !python five.py\ncores = !nproc\nassert int(said[-1]) == 5 and int(cores[0]) >= 1")]),
    "what a cell has printed": lambda cells: cells.__setitem__(slice(4, 4), [code("%%capture cap\nprint('loss 0.5')"), code("print('seen')\nassert float(cap.stdout.split()[-1]) == 0.5")]),
    "a program": before_q1("import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'pip', 'install', 'x'])\nGIT = subprocess.run(['git', 'rev-parse', 'HEAD'], capture_output=True, text=True).stdout.strip() or 'none'", "assert GIT"),
    "the user's name": before_q1("import getpass, os\nME = getpass.getuser() + os.environ['USER']", "assert ME"),
    "a temporary file": before_q1("import tempfile\nwith tempfile.NamedTemporaryFile('w', suffix='.py', delete=False) as file:\n    file.write('K = 1')\nexec(open(file.name).read())", "assert K == 1"),
    "a database": before_q1("import sqlite3\nONE = sqlite3.connect('a.db').execute('select 1').fetchone()[0]", "assert ONE == 1"),
    "a task awaited later": before_q1("import asyncio\nasync def one():\n    return 1\ntask = asyncio.create_task(one())\nONE = await task", "assert ONE == 1"),
    "magics without a percent sign": lambda cells: cells.__setitem__(slice(4, 4), [code("pip install torchinfo"), code("ls"), code("cd ."), code("matplotlib inline")]),
    "a magic nobody knows": lambda cells: answer(cells, "q1").update(source="%%wandb\n" + answer(cells, "q1")["source"]),
    "a magic of one's own": lambda cells: (cells.insert(place(cells, "q1-solution"), code("from IPython.core.magic import register_cell_magic\n@register_cell_magic\ndef timed(line, cell):\n    get_ipython().run_cell(cell)\n")), answer(cells, "q1").update(source="%%timed\n" + answer(cells, "q1")["source"])),
    "code on the magic's own line": lambda cells: cells.__setitem__(slice(4, 4), [code("%%time one = 1"), code("%%prun -q -l 5 two = one + 1"), code("%%capture said\n%%time\nprint(two)"), code("assert two == 2 and said.stdout == '2\\n'")]),
    "a kernel's arguments": before_q1("import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('-f')\nparser.add_argument('--scale', type=float, default=1.0)\nARGS = parser.parse_args()\nBOTH = argparse.ArgumentParser().parse_known_args()[1]", "assert ARGS.f and BOTH[0] == '-f'; x = x * ARGS.scale"),
    "two magics": lambda cells: answer(cells, "q1").update(source="%%capture\n%%time\n" + answer(cells, "q1")["source"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SHELL)
@pytest.mark.one_in(4)
def test_what_jupyter_and_its_shell_do_costs_nothing(graded: Callable, name: str) -> None:
    report = graded(SHELL[name], "q1")
    assert full(report, "q1")
    assert report.cells == []


def setup(text: str) -> Callable[[Cells], None]:
    return lambda cells: containing(cells, SETUP).update(source=text)


IMPORTS = "import math, numpy as np, torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
MISSING = {
    "in a list": setup("import seaborn as sns, math, numpy as np, torch\nfrom torch import nn\nimport torch.nn.functional as F\n"),
    "in a with": setup("import warnings\nwith warnings.catch_warnings():\n    import seaborn as sns\n    import math, torch\n    import numpy as np\n    import torch.nn.functional as F\n    from torch import nn\n"),
    "in a try": setup("try:\n    import seaborn as sns\n    sns.set_theme()\n    import math, torch\n    import numpy as np\n    import torch.nn.functional as F\n    from torch import nn\nexcept ImportError:\n    print('pip install seaborn')\n"),
    "in a function": setup(IMPORTS + "def prepare():\n    global SQ\n    import seaborn as sns\n    sns.set_theme()\n    SQ = torch.sigmoid\nprepare()\nassert SQ\n"),
    "in an annotation": lambda cells: answer(cells, "q1").update(source="from jaxtyping import Float\nfrom torch import Tensor\n" + answer(cells, "q1")["source"].replace("def lstm_step(x, h,", "def lstm_step(x: Float[Tensor, 'n d'], h,")),
    "as a decorator": lambda cells: answer(cells, "q1").update(source="from beartype import beartype\n@beartype\n" + answer(cells, "q1")["source"]),
    "as a decorator that is made": lambda cells: answer(cells, "q1").update(source="from jaxtyping import jaxtyped\n@jaxtyped(typechecker=None)\n" + answer(cells, "q1")["source"]),
}  # fmt: skip


@pytest.mark.parametrize("name", MISSING)
@pytest.mark.one_in(4)
def test_a_module_that_is_not_installed_costs_what_needs_its_value(graded: Callable, name: str) -> None:
    assert full(graded(MISSING[name], "q1", "q2"), "q1", "q2")


def test_code_that_needs_the_value_of_a_missing_module_reports_that_it_is_missing(graded: Callable) -> None:
    change = before_q1("import einx", "x = einx.rearrange(x, 'n d -> n d') * 1")
    said = graded(change, "q1").question("q1").parts[0].student_text
    assert "ModuleNotFoundError: No module named 'einx'" in said and "requirements.txt" in said


def test_a_notebook_that_asks_whether_a_module_exists_gets_the_truth(graded: Callable) -> None:
    asks = "import seaborn\ntry:\n    import google.colab\n    IN_COLAB = True\nexcept ImportError:\n    IN_COLAB = False\n"
    assert full(graded(before_q1(asks, "assert not IN_COLAB"), "q1"), "q1")


def at_the_end(source: str) -> Callable[[Cells], None]:
    return lambda cells: cells.append(code(source))


def helper_of_another_question(cells: Cells) -> None:
    """`mask` is one thing for q6 and another for q9, further down."""
    swap(answer(cells, "q6"), "rows = torch", "assert mask(lengths) is lengths\n    rows = torch")
    answer(cells, "q6")["source"] += "\ndef mask(lengths):\n    return lengths\n"
    answer(cells, "q9")["source"] = (
        "def mask(targets, pad):\n    return None\n" + answer(cells, "q9")["source"]
    )


def name_of_an_experiment(cells: Cells) -> None:
    """`width`, which the contest of Part 2 counts with, is a helper here."""
    answer(cells, "q5")["source"] += "\ndef width(d, h):\n    return h * (d + h + 2)\n"
    swap(
        answer(cells, "q5"),
        "def count_parameters(module):",
        "def count_parameters(module):\n    assert width(1, 1) == 4",
    )


def value_under_a_check_in_capitals(cells: Cells) -> None:
    """Where file names have no case, otter finds the test of q1 for it."""
    swap(answer(cells, "q1"), "pre = ", "x = x * one\n    pre = ")
    check = cells[place(cells, "q1")]
    check["source"] = check["source"].replace('"q1"', '"Q1"')
    cells.insert(place(cells, "q1") + 1, code("one = 2"))
    cells.insert(place(cells, "q1-solution"), code("one = 1"))


LATER = {
    "a builtin": (at_the_end("sum = 0\nfor k in range(3):\n    sum += k\nmax = 3; min = 2; list = [1]"), ("q5", "q9")),
    "a module": (at_the_end("F = 440.0  # Hz"), ("q9",)),
    "a helper": (helper_of_another_question, ("q6", "q9")),
    "a helper and an experiment": (name_of_an_experiment, ("q5",)),
    "a value, under a check in capitals": (value_under_a_check_in_capitals, ("q1",)),
    "the answers": (at_the_end("answers = {}"), ("q12",)),
    "everything deleted": (at_the_end("del torch, np, nn, F, math, LSTM, GRU, lstm_step, gru_step\nimport gc; gc.collect()"), ("q1", "q2", "q3", "q6")),
    "everything reset": (at_the_end("%reset -f"), ("q1", "q2", "q3", "q6")),
}  # fmt: skip


@pytest.mark.parametrize("name", LATER)
@pytest.mark.one_in(4)
def test_an_answer_finds_what_it_used_when_it_was_checked(graded: Callable, name: str) -> None:
    change, questions = LATER[name]
    report = graded(change, *questions)
    assert full(report, *questions)


OLD = "def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):\n    return h, c, {}\n"
STOPS = {
    "an old attempt below a stop in the same cell": lambda cells: cells.insert(place(cells, "q1") + 1, code(f"raise SystemExit('old attempts')\n\n{OLD}")),
    "scratch cells below a stop": lambda cells: cells.extend([code("class StopExecution(Exception): ...\nraise StopExecution"), code(OLD)]),
    "old attempts below sys.exit": lambda cells: cells.extend([code("import sys\nsys.exit()"), code(OLD)]),
}  # fmt: skip


@pytest.mark.parametrize("name", STOPS)
def test_code_below_a_deliberate_stop_is_not_an_answer(graded: Callable, name: str) -> None:
    assert full(graded(STOPS[name], "q1"), "q1")


def test_work_that_continues_below_a_stop_is_graded_as_in_jupyter(graded: Callable) -> None:
    """A stop in the middle, with answers below it that are the only ones."""

    def change(cells: Cells) -> None:
        cells.insert(place(cells, "q2-solution"), code("SEED = 2\nraise KeyboardInterrupt"))
        cells.insert(place(cells, "q2-solution"), code("SEED = 1"))
        swap(answer(cells, "q2"), "r = torch", "assert SEED == 1\n    r = torch")

    assert full(graded(change, "q1", "q2"), "q1", "q2")


def scripted(cells: Cells) -> None:
    answer(cells, "q1")["source"] = (
        OLD
        + answer(cells, "q1")["source"].replace("def lstm_step", "def _core")
        + "\nimport torch\nlstm_step = torch.jit.trace\nlstm_step = lambda *args: _core(*args)\n"
    )


def partial_class(cells: Cells) -> None:
    answer(cells, "q3")["source"] += "\nimport functools\nLSTM = functools.partial(LSTM)\n"


def answers_anew(cells: Cells) -> None:
    at = place(cells, "q12-solution")
    cells.insert(at + 1, code("from collections import OrderedDict\nanswers = OrderedDict(answers)"))


def compared_where_it_is_defined(cells: Cells) -> None:
    check = (
        "def verified(function):\n    args = [torch.ones(1, 1)] * 3 + [torch.ones(4, 1)] * 2 + [torch.zeros(4)] * 2\n"
        "    cell = nn.LSTMCell(1, 1)\n    cell(torch.ones(1, 1))\n    function(*args)\n    return function\n\n@verified\n"
    )
    answer(cells, "q1")["source"] = check + answer(cells, "q1")["source"]


@pytest.mark.parametrize(
    ("change", "question"),
    [(scripted, "q1"), (partial_class, "q3"), (answers_anew, "q12"), (compared_where_it_is_defined, "q1")],
    ids=lambda value: getattr(value, "__name__", value),
)
@pytest.mark.one_in(4)
def test_the_last_own_binding_is_the_answer(
    graded: Callable,
    change: Callable,
    question: str,
) -> None:
    assert full(graded(change, question), question)


def test_an_own_step_may_take_more_than_the_contract_asks(graded: Callable) -> None:
    def change(cells: Cells) -> None:
        swap(
            answer(cells, "q8"),
            "def step(self, token, state):",
            "def step(self, token, state, temperature=1.0):",
        )
        swap(answer(cells, "q10"), "model.step(token, state)", "model.step(token, state, temperature=1.0)")

    assert full(graded(change, "q8", "q9", "q10"), "q8", "q10")


SAID = {
    "the cell that failed is named": (lambda cells: answer(cells, "q1").update(source=answer(cells, "q1")["source"].replace("):", ")", 1)), "q1", "`lstm_step` is not defined in the notebook. Cell ", "SyntaxError"),
    "marks of a merge": (lambda cells: answer(cells, "q1").update(source="<<<<<<< HEAD\n" + answer(cells, "q1")["source"] + "\n=======\n>>>>>>> theirs\n"), "q1", "marks of a merge conflict", "keep one"),
    "an indentation error has its line": (lambda cells: answer(cells, "q1").update(source=answer(cells, "q1")["source"].replace(f"    {PRE}", f"      {PRE}")), "q1", "line ", "pre ="),
    "torch's own NotImplementedError is no stub": (lambda cells: swap(answer(cells, "q1"), PRE, f"torch.ones(2, dtype=torch.long).sigmoid_(); nn.Module()(x)\n    {PRE}"), "q1", "Your code raised", ""),
    "a name that failed is not what an experiment further down calls so": (before_q1("writer = 1 / 0", "writer.add(x)"), "q1", "NameError: name 'writer' is not defined", ""),
    "nothing returned": (lambda cells: answer(cells, "q1").update(source="def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):\n    c = c * 1"), "q1", "None (is a `return` missing?)", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
@pytest.mark.one_in(4)
def test_messages_are_true_and_lead_on(graded: Callable, name: str) -> None:
    change, question, *words = SAID[name]
    message = graded(change, question).question(question).parts[0].student_text
    assert all(word in message for word in words), message
    assert "Not written yet" not in message and "<tokenize>" not in message


def test_a_notebook_that_runs_through_gets_no_remark_on_its_cells(graded: Callable) -> None:
    """An experiment that was put off fills a dict, and a plain line of the same cell reads what is in it."""
    report = graded(lambda cells: None, "q1", "q4")
    assert report.cells == []
    assert full(report, "q1", "q4")


@pytest.mark.parametrize(
    "line",
    [
        "first = a_step['RNN', 200]",
        "print(a_step['GRU', 20])",
        "both = {**a_step}\nlowest = min(both.values())",
        "for name in fresh:\n    assert a_step[name, 20] < 1",
    ],
)
@pytest.mark.one_in(4)
def test_a_line_of_the_students_waits_for_what_an_experiment_fills(graded: Callable, line: str) -> None:
    report = graded(lambda cells: cells.insert(place(cells, "q5-solution"), code(line)), "q4", "q5")
    assert report.cells == []
    assert full(report, "q4", "q5")


def test_an_answer_can_use_what_an_experiment_fills(graded: Callable) -> None:
    def change(cells: Cells) -> None:
        swap(
            answer(cells, "q5"),
            "def count_parameters(module):",
            "def count_parameters(module):\n    assert a_step['RNN', 20] < 1",
        )

    assert full(graded(change, "q5"), "q5")


def test_the_answers_that_a_function_fills_in_are_the_answers(graded: Callable) -> None:
    """The name is bound where no statement of a cell's top level binds it."""

    def change(cells: Cells) -> None:
        at = place(cells, "q12-solution")
        cells[at]["source"] += (
            "\nRIGHT = answers\nanswers = dict.fromkeys(RIGHT)\n"
            "def fill():\n    global answers\n    answers = dict(RIGHT)\nfill()\n"
        )

    assert full(graded(change, "q12"), "q12")
