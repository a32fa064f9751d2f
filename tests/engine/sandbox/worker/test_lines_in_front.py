"""Lines that notebooks begin with cost the answers below them nothing: those that run in Jupyter, and those that fail here.

Every case is the solved notebook with such lines on top of a cell.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from helpers.shares import WHOLE
from helpers.solved_notebook import Cells, answer, full, use_in_q1

PLOTS = "import matplotlib.pyplot as plt\n"
IN_FRONT = {
    "magics": "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n%config InlineBackend.figure_format = 'retina'\n",
    "shell": "!pip install -q einops\nfiles = !ls\n!nvidia-smi\n",
    "pip magic": "%pip install -q torchinfo\n%conda install x\n",
    "environment": "%env CUBLAS_WORKSPACE_CONFIG=:4096:8\n%cd .\n%pwd\n",
    "await": "import asyncio\nawait asyncio.sleep(0)\nasync def three():\n    return 3\nTHREE = await three()\nassert THREE == 3\n",
    "threads": "torch.set_num_threads(16)\ntorch.set_num_interop_threads(4)\nassert torch.get_num_threads() == 16\n",
    "backend": PLOTS + "import matplotlib\nmatplotlib.use('TkAgg')\nplt.switch_backend('nbagg')\nplt.ion()\n",
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
    "display": "from IPython.display import display, clear_output, HTML\ndisplay(HTML('<b>x</b>'))\nclear_output()\n",
    "seeds": "torch.use_deterministic_algorithms(True)\ntorch.backends.cudnn.deterministic = True\nnp.random.seed(0)\n",
    "style": PLOTS + "plt.style.use('ggplot')\nplt.rcParams['figure.dpi'] = 120\n",
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
        PLOTS + "import os\nos.makedirs('figures', exist_ok=True)\nplt.plot([1, 2])\nplt.savefig('figures/a.png')\n"
        "torch.save({'a': torch.ones(2)}, 'weights.pt')\nassert torch.load('weights.pt')['a'].sum() == 2\n"
    ),
    "strict": "import warnings\nwarnings.filterwarnings('error')\nnp.seterr(all='raise')\ntorch.autograd.set_detect_anomaly(True)\n",
    "future": "from __future__ import annotations\n",
}  # fmt: skip


# Names of the set-up cell, of which q1's answer needs none by itself.
ALL_THERE = "assert F.relu and nn.Linear and np.ones and torch.ones"


@pytest.mark.parametrize("name", IN_FRONT)
@pytest.mark.one_in(4)
def test_what_jupyter_runs_in_front_of_an_answer_costs_nothing(graded: Callable, name: str) -> None:
    def change(cells: Cells) -> None:
        cell = answer(cells, "q1")
        cell["source"] = IN_FRONT[name] + cell["source"]

    report = graded(change, "q1")
    assert full(report, "q1")
    assert report.cells == []


# Each of these lines fails, and costs what it defines.
FAILS = {
    "module that is missing": "import seaborn as sns\n",
    "drive": "from google.colab import drive\ndrive.mount('/content/drive')\n",
    "folder": "import os\nos.chdir('/content/drive/MyDrive/lab')\n",
    "gpu asserted": "assert torch.cuda.is_available()\n",
    "file": "state = torch.load('weights.pt')\n",
    "style": PLOTS + "plt.style.use('no-such-style')\n",
}
SLOW = {
    "loop": "total = 0\nwhile True:\n    total += 1\n",
    "call": "n = sum(k * k for k in range(10**12))\n",
    "wait": "import time\ntime.sleep(60)\n",
}
PLACES = ("set-up", "answer")


def on_top(line: str, where: str) -> Callable[[Cells], None]:
    """The line above the set-up, of which q1's answer then needs every name, or above q1's answer."""

    def change(cells: Cells) -> None:
        use_in_q1(cells, ALL_THERE)
        cell = cells[0] if where == "set-up" else answer(cells, "q1")
        cell["source"] = line + cell["source"]

    return change


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("name", FAILS)
def test_a_line_that_fails_costs_what_it_defines(graded: Callable, name: str, where: str) -> None:
    line = FAILS[name].replace("torch.", "__import__('torch').")
    assert full(graded(on_top(line, where), "q1"), "q1")


# Each takes a cell's whole time, so in most runs it is tried in only one of the places.
ELSEWHERE = {("loop", "answer"), ("call", "set-up"), ("wait", "set-up")}
TAKES_FOREVER = [
    (name, where) for name in SLOW for where in PLACES if WHOLE or (name, where) not in ELSEWHERE
]


@pytest.mark.parametrize(("name", "where"), TAKES_FOREVER)
@pytest.mark.one_in(3)
def test_a_line_that_takes_forever_costs_what_it_defines(graded: Callable, name: str, where: str) -> None:
    report = graded(on_top(SLOW[name], where), "q1")
    assert full(report, "q1")
    assert [cell.what for cell in report.cells] == ["timed out"]


def test_any_mix_of_such_lines_costs_nothing(graded: Callable) -> None:
    seed = random.SystemRandom().randrange(10**9)
    draw = random.Random(seed)
    pool = [*IN_FRONT.values(), *FAILS.values()]

    def change(cells: Cells) -> None:
        use_in_q1(cells, ALL_THERE)
        for question in ("q1", "q2"):
            answer(cells, question)["source"] = (
                "".join(["import torch\n", *draw.sample([p for p in pool if "__future__" not in p], 4)])
                + answer(cells, question)["source"]
            )

    assert full(graded(change, "q1", "q2"), "q1", "q2"), f"seed {seed}"
