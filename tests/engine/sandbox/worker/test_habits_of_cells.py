"""Right work in notebooks of further habits has all its points: loops, f-strings of a newer Python, magics of one's own.

Every case is the solved notebook with one change.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.solved_notebook import Cells, answer, before_q1, code, full, place, use_in_q1

pytestmark = pytest.mark.one_in(3, at=2)

OLD = "def softmax(logits):\n    return logits\n"


ASYNC = "import asyncio\nasync def one():\n    await asyncio.sleep(0)\n    return 1\n"
LOOPS = {
    "asked for where nothing awaits": before_q1(ASYNC + "loop = asyncio.get_running_loop()\ntask = loop.create_task(one())", "ONE = await task", use="assert ONE == 1"),
    "a task that nobody awaits": before_q1(ASYNC + "task = asyncio.create_task(one())\nbox = []\ntask.add_done_callback(lambda task: box.append(task.result()))", "ONE = task.result()", use="assert ONE == 1 and box == [1]"),
    "a task that never ends": before_q1(ASYNC + "async def beat():\n    while True:\n        await asyncio.sleep(1)\ntask = asyncio.create_task(beat())", "task.cancel()\nONE = 1", use="assert ONE == 1"),
    "one loop after another": before_q1(ASYNC + "A = asyncio.run(one())\nB = asyncio.get_event_loop().run_until_complete(one())\nloop = asyncio.new_event_loop()\nasyncio.set_event_loop(loop)\nD = loop.run_until_complete(one())\nloop.close()\nE = await one()", use="assert A == B == D == E == 1"),
    "run inside of what is awaited": before_q1(ASYNC + "async def outer():\n    return asyncio.run(one())\nONE = await outer()", use="assert ONE == 1"),
    "run by the answer": before_q1(ASYNC, use="assert asyncio.run(one()) == 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", LOOPS)
def test_the_event_loop_of_a_notebook_runs_in_every_cell(graded: Callable, name: str) -> None:
    report = graded(LOOPS[name], "q1")
    assert full(report, "q1")
    assert report.cells == []


SHELL = {
    "a display that is updated": before_q1("bar = display('0 %', display_id=True)\nbar.update('1 %')", use="bar.update('2 %')"),
    "magics by their old name": before_q1("get_ipython().magic('matplotlib inline')\nONE = get_ipython().magic('%time 1')", use="assert bool(get_ipython().magic)"),
    "seeds that stay apart": before_q1("with torch.random.fork_rng():\n    torch.manual_seed(3)\n    ONE = torch.ones(1)", use="with torch.random.fork_rng(): assert ONE"),
    "several processors": before_q1("model = nn.DataParallel(nn.Linear(1, 1))\nOUT = model(torch.ones(2, 1))", use="assert len(OUT) == 2"),
    "the last value shown": before_q1("import asyncio\n[1, 2, 3]", "NUMBERS = _\nNUMBERS", "print('nothing to show')", "4 + 4;", "await asyncio.sleep(0, 5)", "FIVE, LIST, EMPTY = _, __, ___", use="assert (FIVE, LIST) == (5, [1, 2, 3]) and LIST is NUMBERS is EMPTY"),
    "a name of one's own that Jupyter uses": before_q1("_ = 7", "[1, 2]", "SEVEN = _", use="assert SEVEN == 7"),
    "a look for what may be missing": before_q1("from importlib.util import find_spec\nimport ipdb\nFOUND = [find_spec(name) for name in ('ipdb', 'pudb', 'otter', 'torch')]", use="assert all(FOUND)"),
    "debuggers left in": before_q1("import code, pdb", use="import IPython; IPython.embed(); code.interact(local=locals()); pdb.runcall(len, [])"),
}  # fmt: skip


@pytest.mark.parametrize("name", SHELL)
def test_names_and_functions_of_jupyter_are_available(graded: Callable, name: str) -> None:
    report = graded(SHELL[name], "q1")
    assert full(report, "q1")
    assert report.cells == []


# As Python 3.12 reads them: a notebook comes from Colab, the grader may run 3.11.
F_STRINGS = {
    "the same quotes inside": """print(f"{d["a"]:>{d["w"]}} {f"{d["a"]}"}")""",
    "a backslash inside": """text = f'{'\\n'.join(f"{k}: {v!r}" for k, v in d.items())}'\nassert text == "a: 1\\nw: 3" """,
    "several lines inside": """assert f"{\n    d["a"]\n}" == "1" """,
}


@pytest.mark.parametrize("name", F_STRINGS)
def test_a_newer_pythons_f_string_costs_nothing(graded: Callable, name: str) -> None:
    def change(cells: Cells) -> None:
        answer(cells, "q1")["source"] += f"\nd = {{'a': 1, 'w': 3}}\n{F_STRINGS[name]}\n"

    report = graded(change, "q1")
    assert full(report, "q1")
    assert report.cells == []


def test_an_invalid_f_string_is_shown_as_it_is_written(graded: Callable) -> None:
    def change(cells: Cells) -> None:
        answer(cells, "q1")["source"] += "\nprint(f'{1')\n"

    said = graded(change, "q1").question("q1").parts[0].student_text
    assert "SyntaxError" in said and "print(f'{1')" in said


MISSED = {
    "it only logs": ("import wandb; wandb.log({'n': len(x)})", True),
    "it gives a value": ("import einx; x = einx.rearrange(x, 'n d -> n d') * 1", False),
}


@pytest.mark.parametrize("name", MISSED)
def test_a_module_missing_inside_of_an_answer_costs_what_needs_its_value(graded: Callable, name: str) -> None:
    line, costs_nothing = MISSED[name]
    report = graded(before_q1(use=line), "q1")
    if costs_nothing:
        assert full(report, "q1")
    else:
        said = report.question("q1").parts[0].student_text
        assert "ModuleNotFoundError: No module named 'einx'" in said and "requirements.txt" in said


OWN = "from IPython.core.magic import register_cell_magic\n@register_cell_magic\ndef {name}(line, cell):\n    {body}\n"
SWITCHED_OFF = {
    "by a magic of one's own": [OWN.format(name="leave", body="return"), f"%%leave\n{OLD}"],
    "by an extension": ["%load_ext skip_kernel_extension", f"%%skip True\n{OLD}"],
    "by a program": [f"%%script false --no-raise-error\n{OLD}"],
}


@pytest.mark.parametrize("name", SWITCHED_OFF)
def test_a_cell_that_a_magic_switches_off_is_not_an_answer(graded: Callable, name: str) -> None:
    def change(cells: Cells) -> None:
        at = place(cells, "q1") + 1
        cells[at:at] = [code(source) for source in SWITCHED_OFF[name]]

    assert full(graded(change, "q1"), "q1")


@pytest.mark.parametrize("body", ["get_ipython().run_cell(cell)", "exec(cell, get_ipython().user_ns)"])
def test_a_cell_run_by_the_notebooks_own_magic_is_run(graded: Callable, body: str) -> None:
    def change(cells: Cells) -> None:
        answer(cells, "q1")["source"] = f"%%timed\n{answer(cells, 'q1')['source']}"
        cells.insert(place(cells, "q1-solution"), code(OWN.format(name="timed", body=body)))

    report = graded(change, "q1")
    assert full(report, "q1")
    assert report.cells == []


def test_an_error_below_the_notebooks_own_magic_has_the_students_line(graded: Callable) -> None:
    def change(cells: Cells) -> None:
        use_in_q1(cells, "raise ValueError('here')")
        answer(cells, "q1")["source"] = f"%%timed\n{answer(cells, 'q1')['source']}"
        cells.insert(
            place(cells, "q1-solution"), code(OWN.format(name="timed", body="get_ipython().run_cell(cell)"))
        )

    said = graded(change, "q1").question("q1").parts[0].student_text
    assert "ValueError: here (cell " in said and "raise ValueError('here')" in said
