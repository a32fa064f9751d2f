"""What Jupyter, IPython's magics and the shell do for a cell costs an answer nothing.

Every case is the solved notebook with one change that is right in Jupyter.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.solved_notebook import Cells, answer, before_q1, code, full, place


def in_front(*sources: str) -> Callable[[Cells], None]:
    """Cells in front of q1's answer, which check for themselves what they get."""
    return lambda cells: cells.__setitem__(slice(2, 2), [code(source) for source in sources])


def over_q1(*lines: str) -> Callable[[Cells], None]:
    """Lines on top of q1's answer."""

    def change(cells: Cells) -> None:
        answer(cells, "q1")["source"] = "\n".join([*lines, answer(cells, "q1")["source"]])

    return change


def under_a_magic_of_ones_own(cells: Cells) -> None:
    own = "from IPython.core.magic import register_cell_magic\n@register_cell_magic\ndef timed(line, cell):\n    get_ipython().run_cell(cell)\n"
    over_q1("%%timed")(cells)
    cells.insert(place(cells, "q1-solution"), code(own))


SHELL = {
    "output of pwd": before_q1("cwd = !pwd\nROOT = cwd[0]\nver = !python --version\nVER = ver[0].split()[1]", use="assert ROOT and VER"),
    "what a program prints": in_front("%%writefile five.py\nprint('a')\nprint(5)\nraise SystemExit(1)", "said = !python five.py\ncores = !nproc\nassert int(said[-1]) == 5 and int(cores[0]) >= 1"),
    "what a cell has printed": in_front("%%capture cap\nprint('loss 0.5')", "print('seen')\nassert float(cap.stdout.split()[-1]) == 0.5"),
    "a program": before_q1("import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'pip', 'install', 'x'])\nGIT = subprocess.run(['git', 'rev-parse', 'HEAD'], capture_output=True, text=True).stdout.strip() or 'none'", use="assert GIT"),
    "the user's name": before_q1("import getpass, os\nME = getpass.getuser() + os.environ['USER']", use="assert ME"),
    "a temporary file": before_q1("import tempfile\nwith tempfile.NamedTemporaryFile('w', suffix='.py', delete=False) as file:\n    file.write('K = 1')\nexec(open(file.name).read())", use="assert K == 1"),
    "a database": before_q1("import sqlite3\nONE = sqlite3.connect('a.db').execute('select 1').fetchone()[0]", use="assert ONE == 1"),
    "a task awaited later": before_q1("import asyncio\nasync def one():\n    return 1\ntask = asyncio.create_task(one())\nONE = await task", use="assert ONE == 1"),
    "magics without a percent sign": in_front("pip install torchinfo", "ls", "cd .", "matplotlib inline"),
    "a magic nobody knows": over_q1("%%wandb"),
    "a magic of one's own": under_a_magic_of_ones_own,
    "code on the magic's own line": in_front("%%time one = 1", "%%prun -q -l 5 two = one + 1", "%%capture said\n%%time\nprint(two)", "assert two == 2 and said.stdout == '2\\n'"),
    "a kernel's arguments": before_q1("import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('-f')\nparser.add_argument('--scale', type=float, default=1.0)\nARGS = parser.parse_args()\nBOTH = argparse.ArgumentParser().parse_known_args()[1]", use="assert ARGS.f and BOTH[0] == '-f'; x = x * ARGS.scale"),
    "two magics": over_q1("%%capture", "%%time"),
}  # fmt: skip


@pytest.mark.parametrize("name", SHELL)
def test_what_jupyter_and_its_shell_do_costs_nothing(graded: Callable, name: str) -> None:
    report = graded(SHELL[name], "q1")
    assert full(report, "q1")
    assert report.cells == []


@pytest.mark.parametrize("magic", ["%%time", "%%capture", "%%capture out", "%%prun -l 5", "\n\n%%time"])
def test_a_cell_magic_over_an_answer_costs_nothing(graded: Callable, magic: str) -> None:
    report = graded(over_q1(magic), "q1")
    assert full(report, "q1")
    assert report.cells == []


@pytest.mark.parametrize(
    "decorated",
    [
        "@torch.jit.ignore",
        "@torch.jit.unused",
        "@torch.autocast('cpu', enabled=False)",
        "@torch.compile",
        "@torch.compile(mode='reduce-overhead', fullgraph=True)",
        "@torch.compile()",
        "@torch.compiler.disable",
    ],
)
def test_a_compiled_answer_is_left_alone_or_compiled(graded: Callable, decorated: str) -> None:
    report = graded(over_q1(decorated), "q1")
    assert full(report, "q1")
    assert report.cells == []
