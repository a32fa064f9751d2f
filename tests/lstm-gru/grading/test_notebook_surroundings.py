"""What a student's notebook holds is there while it is graded: the world of the grader is the notebook's.

Each case is the solved notebook with a change that is right in Jupyter; it must earn what the solved notebook earns.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from solved_notebook import Cells, answer, code, containing, full, place, swap

from helpers.shares import WHOLE

pytestmark = pytest.mark.one_in(3, at=2)

SHADOW = "def {name}(*args, **kwargs):\n    raise RuntimeError('an older attempt')\n\n"


# 1. Every name that the released notebook defines, and every definition a student adds to any cell.
def uses_deepcopy(cells: Cells) -> None:
    swap(
        answer(cells, "q4"),
        "def gradient_norms(layer, x):",
        "def gradient_norms(layer, x):\n    layer = copy.deepcopy(layer)",
    )


def uses_models_and_tqdm(cells: Cells) -> None:
    cell = answer(cells, "q5")
    cell["source"] = (
        "def count_parameters(module):\n"
        "    return sum(p.numel() for p in tqdm(list(module.parameters())) if p.requires_grad)\n\n\n"
        "def matched_hidden_size(target_params, input_size):\n"
        "    size = lambda width: count_parameters(models.rnn(input_size, width))\n"
        "    width = 1\n    while size(width + 1) <= target_params:\n        width += 1\n"
        "    return min(width, width + 1, key=lambda w: (abs(size(w) - target_params), w))\n"
    )


def helper_in_a_cell_that_plots(cells: Cells) -> None:
    k = place(cells, "q10-solution")
    cells.insert(k, code(
        "plt.figure()\nplt.plot([1, 2, 3])\nplt.show()\n\n\ndef pick(logits):\n    return logits.argmax(dim=-1)\n", tags=["experiment"],
    ))  # fmt: skip
    swap(
        answer(cells, "q10"),
        ".argmax(1)" if ".argmax(1)" in answer(cells, "q10")["source"] else ".argmax(dim=1)",
        "",
        1,
    )
    source = answer(cells, "q10")["source"]
    assert "logits" in source
    cells[k + 1]["source"] = source.replace("= logits", "= pick(logits)", 1)


def helper_typed_into_a_picture_cell(cells: Cells) -> None:
    cell = containing(cells, "diagrams.lstm_cell(")
    cell["source"] += "\n\n\ndef squash(v):\n    return 1 / (1 + torch.exp(-v))\n"
    source = answer(cells, "q1")["source"]
    assert "torch.sigmoid" in source
    answer(cells, "q1")["source"] = source.replace("torch.sigmoid", "squash")


def device_in_the_import_cell(cells: Cells) -> None:
    containing(cells, "import otter")["source"] += (
        '\ndevice = torch.device("cuda" if torch.cuda.is_available() else "cpu")\nprint(device)\n'
    )
    swap(answer(cells, "q1"), "pre = x", "x = x.to(device)\n    pre = x")


def name_of_an_experiment(cells: Cells) -> None:
    """`lstm_size`, which the experiment of Part 2 counts, in a later answer."""
    swap(
        answer(cells, "q6"),
        "def last_valid(outputs, lengths):",
        "def last_valid(outputs, lengths):\n    assert lstm_size > 0",
    )


def name_made_of_an_experiments_result(cells: Cells) -> None:
    k = place(cells, "q6-solution")
    cells.insert(
        k,
        code(
            "twice = {name: 2 * size for name, size in contestants.items()} if isinstance(contestants, dict) else 2\nROWS = len(contestants)"
        ),
    )
    swap(
        answer(cells, "q6"),
        "def last_valid(outputs, lengths):",
        "def last_valid(outputs, lengths):\n    assert ROWS > 0 and twice",
    )


def tags_copied_along(cells: Cells) -> None:
    """The answer was written into a copy of an experiment cell and of a check cell."""
    k = place(cells, "q1-solution")
    text = cells[k]["source"]
    cells[k]["source"] = ""
    cells[k + 1 : k + 1] = [
        code(text, tags=["experiment"], nbgrader={"grade": True, "solution": False, "grade_id": "q1"})
    ]


@pytest.mark.parametrize(
    ("change", "question"),
    [
        (uses_deepcopy, "q4"), (uses_models_and_tqdm, "q5"), (helper_in_a_cell_that_plots, "q10"),
        (helper_typed_into_a_picture_cell, "q1"), (device_in_the_import_cell, "q1"), (name_of_an_experiment, "q6"),
        (name_made_of_an_experiments_result, "q6"), (tags_copied_along, "q1"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)  # fmt: skip
def test_what_the_notebook_defines_is_there(graded: Callable, change: Callable, question: str) -> None:
    assert full(graded(change, question), question)


# 2. What Jupyter runs.
IN_FRONT = {
    "magics": "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n%config InlineBackend.figure_format = 'retina'\n",
    "shell": "!pip install -q einops\nfiles = !ls\n!nvidia-smi\n",
    "pip magic": "%pip install -q torchinfo\n%conda install x\n",
    "environment": "%env CUBLAS_WORKSPACE_CONFIG=:4096:8\n%cd .\n%pwd\n",
    "await": "import asyncio\nawait asyncio.sleep(0)\nasync def three():\n    return 3\nTHREE = await three()\nassert THREE == 3\n",
    "threads": "torch.set_num_threads(16)\ntorch.set_num_interop_threads(4)\nassert torch.get_num_threads() == 16\n",
    "backend": "import matplotlib\nmatplotlib.use('TkAgg')\nplt.switch_backend('nbagg')\nplt.ion()\n",
    "debugger": "import pdb\npdb.set_trace()\nbreakpoint()\nimport ipdb; ipdb.set_trace()\nfrom IPython.core.debugger import set_trace; set_trace()\n",
    "person": "name = input('your name: ')\nimport getpass\n",
    "timing": "%timeit sum(range(10))\nt = %timeit -o sum(range(10))\ntotal = %time sum(range(10))\nassert total == 45\n",
    "help": "torch.sigmoid?\n?nn.LSTM\n",
    "reset": "%reset_selective -f nothing_like_this\n",
    "blank lines": "\n\n\n   \n",
    "loader": (
        "from torch.utils.data import DataLoader, TensorDataset\n"
        "batches = list(DataLoader(TensorDataset(torch.arange(4.0)), batch_size=2, num_workers=2, persistent_workers=True, pin_memory=True))\n"
        "assert len(batches) == 2\n"
    ),
    "widgets": "from tqdm.notebook import tqdm as bar, trange\nfor _ in bar(range(3)):\n    pass\nassert [k for k in trange(2)] == [0, 1]\n",
    "sleep": "import time\ntime.sleep(60)\n",
    "display": "from IPython.display import display, clear_output, HTML\ndisplay(HTML('<b>x</b>'))\nclear_output()\n",
    "seeds": "torch.use_deterministic_algorithms(True)\ntorch.backends.cudnn.deterministic = True\nnp.random.seed(0)\n",
    "style": "plt.style.use('no-such-style')\nplt.rcParams['figure.dpi'] = 120\n",
    "pools": (
        "import multiprocessing as mp\nfrom concurrent.futures import ThreadPoolExecutor, ProcessPoolExecutor\n"
        "def twice(k):\n    return 2 * k\n"
        "with mp.Pool(2) as pool:\n    assert pool.map(twice, [1, 2]) == [2, 4]\n"
        "EXECUTOR = ThreadPoolExecutor(2)\nassert list(EXECUTOR.map(twice, [1, 2])) == [2, 4]\n"
        "with ProcessPoolExecutor() as other:\n    assert other.submit(twice, 3).result() == 6\n"
    ),
    "classes": (
        "from dataclasses import dataclass, field\nfrom typing import NamedTuple\nimport pickle\n"
        "@dataclass\nclass Config:\n    size: int = 3\n    names: list = field(default_factory=list)\n"
        "class Pair(NamedTuple):\n    a: int\n    b: int = 2\n"
        "assert pickle.loads(pickle.dumps(Config(4))) == Config(4) and Pair(1).b == 2\n"
    ),
    "shell asked": (
        "from IPython import get_ipython as ipython\nipython().run_line_magic('matplotlib', 'inline')\n"
        "if 'google.colab' in str(get_ipython()):\n    raise RuntimeError\nget_ipython().system('ls')\n"
    ),
    "files": (
        "import os\nos.makedirs('figures', exist_ok=True)\nplt.plot([1, 2])\nplt.savefig('figures/a.png')\n"
        "torch.save({'a': torch.ones(2)}, 'weights.pt')\nassert torch.load('weights.pt')['a'].sum() == 2\n"
    ),
    "strict": "import warnings\nwarnings.filterwarnings('error')\nnp.seterr(all='raise')\ntorch.autograd.set_detect_anomaly(True)\n",
    "future": "from __future__ import annotations\n",
}  # fmt: skip


@pytest.mark.parametrize("name", IN_FRONT)
@pytest.mark.one_in(4)
def test_what_jupyter_runs_in_front_of_an_answer_costs_nothing(graded: Callable, name: str) -> None:
    def change(cells: Cells) -> None:
        cell = answer(cells, "q1")
        cell["source"] = IN_FRONT[name] + cell["source"]

    assert full(graded(change, "q1"), "q1")


@pytest.mark.parametrize("magic", ["%%time", "%%capture", "%%capture out", "%%prun -l 5", "\n\n%%time"])
def test_a_cell_magic_over_an_answer_costs_nothing(graded: Callable, magic: str) -> None:
    def change(cells: Cells) -> None:
        cell = answer(cells, "q1")
        cell["source"] = f"{magic}\n{cell['source']}"

    assert full(graded(change, "q1"), "q1")


def test_a_module_written_by_a_cell_can_be_imported(graded: Callable) -> None:
    def change(cells: Cells) -> None:
        k = place(cells, "q1-solution")
        text = cells[k]["source"]
        cells[k]["source"] = "import my_cells\nfrom my_cells import lstm_step"
        cells.insert(k, code(f"%%writefile my_cells.py\nimport torch\n{text}"))

    assert full(graded(change, "q1"), "q1")


def test_a_file_written_by_a_cell_can_be_run(graded: Callable) -> None:
    def change(cells: Cells) -> None:
        k = place(cells, "q1-solution")
        text = cells[k]["source"]
        cells[k]["source"] = "%run my_cells.py"
        cells.insert(k, code(f"%%writefile my_cells.py\nimport torch\n{text}"))

    assert full(graded(change, "q1"), "q1")


def test_layers_in_a_module_call_the_step_next_to_them(graded: Callable) -> None:
    """Another step that is put into the notebook is put there, too."""

    def change(cells: Cells) -> None:
        answer(cells, "q3")["source"] = (
            "%%writefile layers.py\nimport math\nimport torch\nfrom torch import nn\nfrom __main__ import lstm_step, gru_step\n\n"
            + answer(cells, "q3")["source"]
        )
        cells.insert(place(cells, "q3"), code("from layers import *"))

    assert full(graded(change, "q3"), "q3")


@pytest.mark.parametrize(
    "decorated",
    [
        "@torch.jit.ignore\n",
        "@torch.jit.unused\n",
        "@torch.autocast('cpu', enabled=False)\n",
        "@torch.compile\n",
        "@torch.compile(mode='reduce-overhead', fullgraph=True)\n",
        "@torch.compile()\n",
        "@torch.compiler.disable\n",
    ],
)
def test_a_compiled_answer_is_left_alone_or_compiled(graded: Callable, decorated: str) -> None:
    def change(cells: Cells) -> None:
        cell = answer(cells, "q1")
        cell["source"] = decorated + cell["source"]

    assert full(graded(change, "q1"), "q1")


# 3. One line that fails costs what it defines.
FAILS = {
    "module that is missing": "import seaborn as sns\n",
    "drive": "from google.colab import drive\ndrive.mount('/content/drive')\n",
    "folder": "import os\nos.chdir('/content/drive/MyDrive/lab')\n",
    "gpu asserted": "assert torch.cuda.is_available()\n",
    "file": "state = torch.load('weights.pt')\n",
    "slow loop": "total = 0\nwhile True:\n    total += 1\n",
    "slow call": "n = sum(k * k for k in range(10**12))\n",
}


# What is slow takes a cell's whole time, so each of the two is tried in only one of the places.
ELSEWHERE = {("slow loop", "answer"), ("slow call", "set-up")}
FAILING = [
    (name, where)
    for where in ("set-up", "answer")
    for name in FAILS
    if WHOLE or (name, where) not in ELSEWHERE
]


@pytest.mark.parametrize(("name", "where"), FAILING)
@pytest.mark.one_in(4)
def test_a_line_that_fails_or_takes_forever_costs_what_it_defines(
    graded: Callable, name: str, where: str
) -> None:
    def change(cells: Cells) -> None:
        cell = containing(cells, "import math\n\nimport numpy") if where == "set-up" else answer(cells, "q3")
        cell["source"] = FAILS[name].replace("torch.load", "__import__('torch').load") + cell["source"]

    assert full(graded(change, "q3"), "q3")


# 6. Which of several definitions is the student's.
def raw_cell(cells: Cells) -> None:
    answer(cells, "q1")["cell_type"] = "raw"


def markdown_cell(cells: Cells) -> None:
    answer(cells, "q1")["cell_type"] = "markdown"


def answer_above_the_stub(cells: Cells) -> None:
    k = place(cells, "q1-solution")
    cells.insert(k, code(cells[k]["source"]))
    head = cells[k + 1]["source"].split("    # BEGIN")[0].split("    pre =")[0]
    cells[k + 1]["source"] = head + '    raise NotImplementedError("q1: not written yet")\n'


def star_import_later(cells: Cells) -> None:
    cells.append(code("from torch.nn import *"))


def instance_under_the_class_name(cells: Cells) -> None:
    cells.append(code("LSTM = LSTM(16, 32)\nGRU = GRU(4, 5)"))


def result_under_the_function_name(cells: Cells) -> None:
    cells.append(
        code(
            "lstm_step = lstm_step(*[torch.ones(1, 1)] * 3, torch.ones(4, 1), torch.ones(4, 1), torch.ones(4), torch.ones(4))"
        )
    )


def an_older_attempt_above(cells: Cells) -> None:
    cells.insert(place(cells, "q1-solution"), code(SHADOW.format(name="lstm_step")))


@pytest.mark.parametrize(
    ("change", "question"),
    [
        (raw_cell, "q1"), (markdown_cell, "q1"), (answer_above_the_stub, "q1"), (star_import_later, "q3"),
        (instance_under_the_class_name, "q3"), (result_under_the_function_name, "q1"), (an_older_attempt_above, "q1"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)  # fmt: skip
def test_the_students_own_answer_is_graded(graded: Callable, change: Callable, question: str) -> None:
    assert full(graded(change, question), question)


def test_a_name_that_is_bound_again_is_reported_with_its_cell(graded: Callable) -> None:
    report = graded(instance_under_the_class_name, "q3")
    assert any("binds `LSTM`" in cell.message or "binds `GRU`" in cell.message for cell in report.cells)


def test_the_last_of_two_own_definitions_counts_as_in_jupyter(graded: Callable) -> None:
    def change(cells: Cells) -> None:
        cells.insert(place(cells, "q1"), code(SHADOW.format(name="lstm_step")))

    report = graded(change, "q1")
    assert report.question("q1").points == 0
    (message,) = [cell.message for cell in report.cells if cell.what == "bound again"]
    assert message.startswith("It defines `lstm_step` again, after cell 13;")


def test_any_mix_of_such_lines_costs_nothing(graded: Callable, request: pytest.FixtureRequest) -> None:
    seed = random.SystemRandom().randrange(10**9)
    draw = random.Random(seed)
    pool = [*IN_FRONT.values(), *(text for name, text in FAILS.items() if not name.startswith("slow"))]

    def change(cells: Cells) -> None:
        for question in ("q1", "q2", "q3"):
            answer(cells, question)["source"] = (
                "".join(["import torch\n", *draw.sample([p for p in pool if "__future__" not in p], 4)])
                + answer(cells, question)["source"]
            )

    assert full(graded(change, "q1", "q2", "q3"), "q1", "q2", "q3"), f"seed {seed}"
