"""An answer may be in a file that cells write, run or import, however it got there.

Every case is the solved notebook with q1's answer moved into a file: if the file is not read, q1 has no answer, and with WRONG it has a
wrong one.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.solved_notebook import Cells, code, full, place

IMPORTED = "from mm import softmax"


def module(*cells_before: str, then: str) -> Callable[[Cells], None]:
    """q1's answer moved into a file by cells that hold ANSWER, and brought back from there."""

    def change(cells: Cells) -> None:
        at = place(cells, "q1-solution")
        text = "import torch\n" + cells[at]["source"]
        cells[at]["source"] = then
        wrong = text.replace("powers.sum(dim=1", "powers.sum(dim=0")
        assert wrong != text
        cells[at:at] = [code(c.replace("ANSWER", text).replace("WRONG", wrong)) for c in cells_before]

    return change


FILES = {
    "a module that is imported": module("%%writefile my_cells.py\nANSWER", then="import my_cells\nfrom my_cells import softmax"),
    "a file that is run": module("%%writefile my_cells.py\nANSWER", then="%run my_cells.py"),
    "a folder made by the shell": module("!mkdir -p utils\n!touch utils/__init__.py", "%%writefile utils/cells.py\nANSWER", then="from utils.cells import softmax"),
    "a folder made by a magic": module("%mkdir utils", "%%writefile utils/cells.py\nANSWER", then="from utils.cells import softmax"),
    "a file written by bash": module("%%bash\ncat > mm.py <<EOF\nANSWER\nEOF", then=IMPORTED),
    "a file run without a percent sign": module("%%writefile my_cells.py\nANSWER", then="run my_cells.py"),
    "a module written again and reloaded": module("%%writefile m1.py\nWRONG", "import m1", "%%writefile m1.py\nANSWER", then="import importlib\nimportlib.reload(m1)\nfrom m1 import softmax"),
    "a module written again under autoreload": module("%load_ext autoreload\n%autoreload 2", "%%writefile m1.py\nWRONG", "import m1", "%%writefile m1.py\nANSWER", then="softmax = m1.softmax"),
    "appended to": module("%%file mm.py\nimport torch", "%%writefile -a mm.py\nANSWER", then=IMPORTED),
    "made by a program that the shell runs": module("%%writefile make.py\nimport sys\nopen('mm.py', 'w').write(open(sys.argv[1]).read())", "%%writefile text.txt\nANSWER", "!python make.py text.txt && ls", then=IMPORTED),
    "written after get_ipython was imported": module("from IPython import get_ipython\nip = get_ipython()\nassert ip is not None", "%%writefile mm.py\nANSWER", then=IMPORTED),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_an_answer_may_be_in_a_file_however_it_got_there(graded: Callable, name: str) -> None:
    report = graded(FILES[name], "q1")
    assert full(report, "q1")
    assert report.cells == []


READ_LAST = {
    "imported": module("%%writefile mm.py\nWRONG", then=IMPORTED),
    "run": module("%%writefile my_cells.py\nWRONG", then="%run my_cells.py"),
    "appended below": module("%%file mm.py\nANSWER", "%%writefile -a mm.py\nWRONG", then=IMPORTED),
    "reloaded": module("%%writefile m1.py\nANSWER", "import m1", "%%writefile m1.py\nWRONG", then="import importlib\nimportlib.reload(m1)\nfrom m1 import softmax"),
}  # fmt: skip


@pytest.mark.parametrize("name", READ_LAST)
def test_a_wrong_answer_in_a_file_is_the_one_that_is_graded(graded: Callable, name: str) -> None:
    assert graded(READ_LAST[name], "q1").question("q1").recognised == "over-the-batch"
