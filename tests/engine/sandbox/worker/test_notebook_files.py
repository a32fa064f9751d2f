"""What a notebook writes to any place of its student's machine can be read again while it is graded.

Every case is the solved notebook with cells in front of q1's answer, which uses what they read.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.solved_notebook import before_q1, code
from helpers.solved_notebook import full as has_all

pytestmark = pytest.mark.one_in(3, at=0)

WRITTEN = {
    "a text in /tmp": (
        ["from pathlib import Path\nPath('/tmp/x.txt').write_text('1')", "one = int(open('/tmp/x.txt').read())"],
        "x = x * one",
    ),
    "a checkpoint on Drive": (
        ["import os\nD = '/content/drive/MyDrive/lab'\nos.makedirs(D, exist_ok=True)\ntorch.save({'k': 1}, f'{D}/m.pt')", "import glob\none = torch.load(glob.glob(f'{D}/*.pt')[-1])['k']"],
        "x = x * one",
    ),
    "a pickle of a class of one's own": (
        ["import pickle\nclass Settings:\n    one = 1\nwith open('/kaggle/working/s.pkl', 'wb') as f:\n    pickle.dump(Settings(), f)", "with open('/kaggle/working/s.pkl', 'rb') as f:\n    settings = pickle.load(f)"],
        "x = x * settings.one",
    ),
    "a module that is imported from there": (
        ["%%writefile /tmp/of_mine.py\ndef same(x):\n    return x", "import sys\nsys.path.append('/tmp')\nfrom of_mine import same"],
        "x = same(x)",
    ),
    "after going there": (
        ["%cd /tmp", "np.savez('a.npz', one=np.ones(1, 'float32'))\nnp.savetxt('b.txt', np.ones(2))", "one = torch.tensor(np.load('/tmp/a.npz')['one'])\nassert np.loadtxt('/tmp/b.txt').sum() == 2"],
        "x = x * one",
    ),
    "what libraries open by themselves": (
        ["import sqlite3\nwith sqlite3.connect('/tmp/a.db') as db:\n    db.execute('create table t (v)')\n    db.execute('insert into t values (1)')\ntorch.jit.script(nn.Identity()).save('/tmp/m.pt')", "one = sqlite3.connect('/tmp/a.db').execute('select v from t').fetchone()[0]\nsame = torch.jit.load('/tmp/m.pt')"],
        "x = same(x) * one",
    ),
    "copies, moves and a flag": (
        ["import shutil, shelve\nfrom pathlib import Path\nflag = Path('/tmp/runs/flag')\nflag.parent.mkdir(parents=True, exist_ok=True)\nflag.touch()\nflag.touch()\nflag.chmod(0o600)\nopen('a', 'w').write('1')\nshutil.copy2('a', '/tmp/runs/a')\nshutil.move('/tmp/runs/a', '/tmp/runs/b')\nwith shelve.open('kept') as kept:\n    kept['names'] = sorted(p.name for p in Path('/tmp/runs').iterdir())", "with shelve.open('kept') as kept:\n    names = kept['names']\none = int(Path('/tmp/runs/b').read_text())\nshutil.rmtree('/tmp/runs')"],
        "x = x * one; assert names == ['b', 'flag'] and not flag.exists()",
    ),
    "a program that is run from there": (
        ["%%writefile /content/make.py\nopen('/tmp/made.txt', 'w').write('1')\nTWO = 2", "!python /content/make.py", "import runpy\ntwo = runpy.run_path('/content/make.py')['TWO']\n%run /content/make.py\none = int(open('/tmp/made.txt').read()) * two / TWO"],
        "x = x * one",
    ),
    "in the answer itself": ([], "torch.save(x.detach(), '/tmp/x.pt'); assert torch.equal(torch.load('/tmp/x.pt'), x)"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_files_that_a_notebook_wrote_elsewhere_are_available(graded: Callable, name: str) -> None:
    written, use = WRITTEN[name]
    report = graded(before_q1(*written, use=use), "q1")
    assert has_all(report, "q1")
    assert report.cells == []


def test_a_file_that_nobody_wrote_is_reported_where_it_was_asked_for(graded: Callable) -> None:
    said = graded(before_q1(use="open('/tmp/nothing.txt')"), "q1").question("q1").parts[0].student_text
    assert "FileNotFoundError" in said and "'/tmp/nothing.txt'" in said, said


LEFT_ON = {
    "inference mode": "mode = torch.inference_mode()\nmode.__enter__()",
    "autocast": "mode = torch.autocast('cpu', dtype=torch.bfloat16)\nmode.__enter__()",
}


@pytest.mark.parametrize("name", LEFT_ON)
def test_a_mode_that_a_last_cell_leaves_on_costs_nothing(graded: Callable, name: str) -> None:
    assert has_all(graded(lambda cells: cells.append(code(LEFT_ON[name])), "q1", "q2"), "q1", "q2")
