"""Right work in notebooks of further habits has all its points: loops, cells in another order, magics of one's own.

Every case is the solved notebook with one change, as in test_odd_notebooks.py.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from solved_notebook import Cells, answer, code, containing, full, place, swap

pytestmark = pytest.mark.one_in(3, at=2)

PRE = "pre = "
OLD = "def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):\n    return h, c, {}\n"


def before_q1(*sources: str, use: str) -> Callable[[Cells], None]:
    """Cells in front of q1's answer, and a line in the answer that uses what they give."""

    def change(cells: Cells) -> None:
        at = place(cells, "q1-solution")
        cells[at:at] = [code(source) for source in sources]
        swap(answer(cells, "q1"), PRE, f"{use}\n    {PRE}")

    return change


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


def set_up_last(cells: Cells) -> None:
    """The import cell was moved below the answers, after it had run."""
    cells.append(cells.pop(cells.index(containing(cells, "import math\n\nimport numpy"))))


def bases_below(cells: Cells) -> None:
    swap(answer(cells, "q3"), "class LSTM(nn.Module)", "class LSTM(Base)")
    cells += [code("class Base(Deeper): ..."), code("class Deeper(nn.Module): ...")]


@pytest.mark.parametrize("change", [set_up_last, bases_below], ids=lambda change: change.__name__)
def test_names_from_a_cell_below_are_available_to_the_answers_above(
    graded: Callable, change: Callable
) -> None:
    assert full(graded(change, "q3"), "q3")


def test_a_stub_below_the_answer_is_a_stub_even_with_another_docstring(graded: Callable) -> None:
    stub = OLD.replace("    return", '    """Mine."""\n    raise NotImplementedError("q1")\n    return')
    report = graded(lambda cells: cells.insert(place(cells, "q1"), code(stub)), "q1")
    assert full(report, "q1")


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
        swap(answer(cells, "q1"), PRE, f"raise ValueError('here')\n    {PRE}")
        answer(cells, "q1")["source"] = f"%%timed\n{answer(cells, 'q1')['source']}"
        cells.insert(
            place(cells, "q1-solution"), code(OWN.format(name="timed", body="get_ipython().run_cell(cell)"))
        )

    said = graded(change, "q1").question("q1").parts[0].student_text
    assert "ValueError: here (cell " in said and "raise ValueError('here')" in said


def test_an_attribute_that_only_the_students_class_has_is_not_called_another_mistake(
    graded: Callable,
) -> None:
    """Every call fails with an AttributeError, as for anyone who packs the source; the error is about another object."""

    def change(cells: Cells) -> None:
        swap(
            answer(cells, "q8"),
            "def encode(self, source, source_lengths):\n",
            "def encode(self, source, source_lengths):\n        self.encoder.width\n",
        )

    question = graded(change, "q8").question("q8")
    assert (question.mistakes, question.note) == ([], "")
    assert any("'LSTM' object has no attribute 'width'" in part.student_text for part in question.parts)


def test_what_a_layer_returns_is_not_cut_before_it_is_shown(graded: Callable) -> None:
    """Outputs without the state: no part calls the first sequence of the batch the outputs."""

    def change(cells: Cells) -> None:
        swap(answer(cells, "q3"), "outputs, (h, c)", "outputs")

    parts = [part for part in graded(change, "q3").question("q3").parts if not part.passed]
    assert "lstm-state-dict" in [part.name for part in parts]
    assert all("should return two things: outputs and the state" in part.student_text for part in parts)


PLAIN = {
    "half precision": ("x = x.half()", "Tensors of two dtypes were combined"),
    "a cast": ("h = h.float()", "`.float()`"),
    "a graph that was cut": ("h.data.sum().backward()", "cut the graph?"),
}


@pytest.mark.parametrize("name", PLAIN)
def test_common_errors_are_explained_in_true_words(graded: Callable, name: str) -> None:
    line, words = PLAIN[name]
    said = graded(before_q1(use=line), "q1").question("q1").parts[0].student_text
    assert words in said, said
    assert "float32 and float64" not in said


def test_adding_to_an_existing_gradient_is_reported(graded: Callable) -> None:
    """The norms are right wherever x has no .grad before: that they are not right yet would be false."""
    added = "def gradient_norms(layer, x):\n    x.requires_grad_(True)\n    layer(x)[0][:, -1].sum().backward()\n    return x.grad.norm(dim=(0, 2))\n"

    def change(cells: Cells) -> None:
        answer(cells, "q4")["source"] += "\n" + added

    (left,) = [p for p in graded(change, "q4").question("q4").parts if not p.passed]
    first, _, then = left.student_text.partition(" When x and the weights already have a .grad")
    assert first.startswith("After a call of `gradient_norms`, a `.grad` is no longer what it was") and then
