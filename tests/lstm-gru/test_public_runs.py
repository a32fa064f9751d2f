"""After a run that failed, a check says so and does not praise the answer of an earlier run. In a real Jupyter kernel."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient
from public_checks import first_message, names_with, student_folder

from gatelab.lab.spec import Lab

SETUP = "import otter, torch\nfrom torch import nn\nimport seqlab\ngrader = otter.Notebook('lab.ipynb', tests_dir='tests')"
CHECK = {q: f'grader.check("{q}")' for q in ("q1", "q5", "q12")}
CHECK_OF = 'grader.check("{}")'
COUNT = "def count_parameters(module):\n    return sum(p.numel() for p in module.parameters() if p.requires_grad)\n"
WIDTH = (
    "def matched_hidden_size(target_params, input_size):\n"
    "    return min(range(1, 5000), key=lambda h: abs(h * (input_size + h + 2) - target_params))\n"
)
FAILED = "The last run of the cell that defines `{}` failed ({}"
OLD = "The current definition is from an earlier run."


def shown(lab: Lab, folder: Path, cells: list[str]) -> list[str]:
    """What is under each cell of a notebook that is run from top to bottom, whatever its cells raise."""
    student_folder(lab, folder)
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in (SETUP, *cells)]
    nbformat.write(notebook, folder / "lab.ipynb")
    client = NotebookClient(
        notebook, timeout=300, allow_errors=True, resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    found = []
    for cell in notebook.cells[1:]:
        data = [
            output.get("data", {}).get("text/plain", "") or output.get("text", "") for output in cell.outputs
        ]
        found.append("\n".join(data))
    return found


def test_the_last_run_of_a_cell_counts(lab: Lab, tmp_path: Path) -> None:
    story = [  # a cell, and what is said under it ("": nothing is asked)
        (COUNT + WIDTH, ""),
        (CHECK["q5"], "All test cases passed"),
        ("\n\n" + COUNT.replace("):", ")"), ""),  # a slip in its syntax
        ("1 + 1", ""),  # other cells come between
        (CHECK["q5"], FAILED.format("count_parameters", "SyntaxError: expected ':', line 3 of the cell")),
        (COUNT + WIDTH + "\n1 / 0", ""),  # defined, and then an error
        (CHECK["q5"], "All test cases passed"),
        ("1 / 0\n" + WIDTH.replace("min(", "max("), ""),  # an error before anything was defined
        (CHECK["q5"], FAILED.format("matched_hidden_size", "ZeroDivisionError: division by zero")),
        (WIDTH, ""),
        (CHECK["q5"], "All test cases passed"),
        ("answers = {'c1': 'a'", ""),
        (CHECK["q12"], FAILED.format("answers", "SyntaxError")),
        ("\n%time 1\n\ndef lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):\n    return x @ x", ""),
        (CHECK["q1"], "In your line 5 of the cell: return x @ x"),
        ("import math as apart\nfor", ""),
        ("def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):\n    return apart.pi", ""),
        (CHECK["q1"], "imports `apart` failed (SyntaxError: invalid syntax, line 2 of the cell)"),
        ("import os\nhere = os.getcwd()\nos.chdir(os.sep)", ""),  # checks and map stay where the notebook is
        (CHECK["q5"], "All test cases passed"),
        (
            "from seqlab import progress\nprint(progress.state('q5'), str(progress.FOLDER) == here, os.getcwd())",
            "passed True /",
        ),
        ("def matched_hidden_size(*given):\n    raise KeyboardInterrupt", ""),
        (CHECK["q5"], ""),
        ("print(progress.state('q5'))", "passed"),  # stopped by hand: what is known stays
    ]
    for (cell, says), output in zip(story, shown(lab, tmp_path, [cell for cell, _ in story]), strict=True):
        assert says in output, (cell, output)
        if says.startswith("The last run"):
            assert (OLD in output) is ("answers" not in says), output


class Kernel:
    """A kernel in a student's folder, which gets cells with their IDs as JupyterLab sends them. Use it in a with statement."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        nbformat.write(nbformat.v4.new_notebook(), folder / "lab.ipynb")

    def __enter__(self) -> Kernel:
        self.manager, self.client = start_new_kernel(cwd=str(self.folder), kernel_name="python3")
        assert "Error" not in self.shown("setup", SETUP)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def shown(self, id: str, source: str) -> str:
        """What is under a cell once it was run."""
        content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False}
        request = self.client.session.msg("execute_request", content, metadata={"cellId": id})
        self.client.shell_channel.send(request)
        texts = []
        while True:
            answer = self.client.get_iopub_msg(timeout=120)
            if answer["parent_header"].get("msg_id") != request["header"]["msg_id"]:
                continue
            said = answer["content"]
            if answer["msg_type"] == "status" and said["execution_state"] == "idle":
                return "\n".join(texts)
            texts.append(said.get("text") or said.get("ename") or said.get("data", {}).get("text/plain", ""))


STATE = "from seqlab import progress\nprint('The map:', progress.state('{}'))"
LAST = "def last_valid(outputs, lengths):\n    return outputs[torch.arange(len(outputs)), lengths - 1]"
LAST_STUB = "def last_valid(outputs, lengths):\n    raise NotImplementedError('q6: not written yet')"


@pytest.mark.one_in(2)
def test_an_answer_whose_name_was_misspelt_is_not_judged_by_the_one_before(lab: Lab, tmp_path: Path) -> None:
    student_folder(lab, tmp_path)
    misspelt = LAST.replace("last_valid", "last_vaild").replace(" - 1", "")
    with Kernel(tmp_path) as kernel:
        for before in (LAST_STUB, LAST):
            kernel.shown("answer", before)
            kernel.shown("answer", misspelt)
            said = kernel.shown("check", CHECK_OF.format("q6"))
            assert "The cell that defined `last_valid` was run again and no longer defines it" in said
            assert "It defines `last_vaild`; is that your answer? It must be called `last_valid`." in said
            assert "The map: not yet" in kernel.shown("map", STATE.format("q6"))
        kernel.shown("answer", LAST)
        assert "All test cases passed" in kernel.shown("check", CHECK_OF.format("q6"))


@pytest.mark.one_in(2)
def test_a_check_before_its_answers_cell_was_run_keeps_what_is_known(lab: Lab, tmp_path: Path) -> None:
    """After a restart; before the first run, or when the cell was run and defines something else, it says "not yet"."""
    student_folder(lab, tmp_path)
    with Kernel(tmp_path) as kernel:
        assert "not written yet" in kernel.shown("check", CHECK_OF.format("q6"))
        assert "The map: not yet" in kernel.shown("map", STATE.format("q6"))
        kernel.shown("answer", LAST)
        kernel.shown("width", COUNT + WIDTH)
        for question in ("q5", "q6"):
            assert "All test cases passed" in kernel.shown("check", CHECK_OF.format(question))
    with Kernel(tmp_path) as kernel:
        for question in ("q5", "q6"):
            assert "the notebook defines no" in kernel.shown("check", CHECK_OF.format(question))
            assert "The map: passed earlier" in kernel.shown("map", STATE.format(question))
        kernel.shown("answer", LAST.replace("last_valid", "last_vaild"))
        assert "There is `last_vaild`" in kernel.shown("check", CHECK_OF.format("q6"))
        assert "The map: not yet" in kernel.shown("map", STATE.format("q6"))
        kernel.shown("width", COUNT)
        kernel.shown("check", CHECK_OF.format("q5"))  # the other name has not been run
        assert "The map: passed earlier" in kernel.shown("map", STATE.format("q5"))
        kernel.shown("width", WIDTH.replace("min(", "max("))
        kernel.shown("check", CHECK_OF.format("q5"))
        assert "The map: not yet" in kernel.shown("map", STATE.format("q5"))


def test_without_jupyter_nothing_is_said_about_runs(check, lab) -> None:

    assert check("q6", names_with(lab, "")).passed_all


LIBRARY = {
    "q1": "def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):\n"
    "    i, f, g, o = (x @ w_ih.T + b_ih + h @ w_hh.T + b_hh).chunk(4, 1)\n"
    "    gates = {'i': i.sigmoid(), 'f': f.sigmoid(), 'g': g.tanh(), 'o': o.sigmoid()}\n"
    "    h, c = {cell}(x, (h, c){weights})\n"
    "    return h, c, gates",
    "q2": "def gru_step(x, h, w_ih, w_hh, b_ih, b_hh):\n"
    "    r, z = ((x @ w_ih.T + b_ih)[:, : 2 * h.shape[1]] + (h @ w_hh.T + b_hh)[:, : 2 * h.shape[1]]).sigmoid().chunk(2, 1)\n"
    "    n = ((x @ w_ih.T + b_ih)[:, 2 * h.shape[1] :] + r * (h @ w_hh.T + b_hh)[:, 2 * h.shape[1] :]).tanh()\n"
    "    return {cell}(x, h{weights}), {'r': r, 'z': z, 'n': n}",
}
MODULE = "torch.func.functional_call(nn.{0}(x.shape[1], h.shape[1], dtype=x.dtype), dict(zip(['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'], (w_ih, w_hh, b_ih, b_hh))), "
WAYS = {
    "q1": [("torch.lstm_cell", ", w_ih, w_hh, b_ih, b_hh"), ("torch._VF.lstm_cell", ", w_ih, w_hh, b_ih, b_hh"), (MODULE.format("LSTMCell"), ")")],
    "q2": [("torch.gru_cell", ", w_ih, w_hh, b_ih, b_hh"), (MODULE.format("GRUCell"), ")")],
}  # fmt: skip


@pytest.mark.parametrize(("question", "way"), [(q, way) for q, ways in WAYS.items() for way in ways])
def test_pytorchs_own_cell_is_reported_before_submission(
    check, lab, question: str, way: tuple[str, str]
) -> None:
    """Its numbers are right, and the grade would be nothing."""

    cell, weights = way
    code = LIBRARY[question].replace("{weights}", weights)
    code = code.replace("{cell}(x", cell + "(x") if weights != ")" else code.replace("{cell}(", cell + "(")
    result = check(question, names_with(lab, code))
    assert not result.passed_all
    assert "The grader switches it off in this question: write the equations out." in first_message(result), (
        repr(result)
    )


@pytest.mark.parametrize(
    ("question", "old", "new", "says"),
    [
        ("q1", "o * shown", "torch.dropout(o * shown, 0.3, True)", "drawn at random"),
        ("q7", "self.head(summary)", "nn.functional.dropout(self.head(summary), 0.3)", "drawn at random"),
        ("q8", "torch.stack(steps, dim=1)", "nn.functional.dropout(torch.stack(steps, dim=1), 0.3)", "drawn at random"),
        ("q3", "torch.stack(outputs, dim=1)", "nn.functional.dropout(torch.stack(outputs, dim=1), 0.3)", "drawn at random"),
        ("q7", "self.head(summary)", "self.head(summary + COUNT.append(1) or summary * len(COUNT))", "stopped with"),
        ("q7", "self.head(summary)", "self.head(summary) * (COUNT.append(1) or len(COUNT))", "What does it keep"),
        ("q8", "        outputs, state = self.decoder(x, state)\n        return", "        outputs, _ = self.decoder(x, state)\n        return", "the state it returns is the one it was given"),
        ("q11", "pad)", "0)", "takes token 0 for padding; only the argument `pad`, 3 here, is padding"),
        ("q11", "pad)", "-100)", "counts the padding as tokens"),
        ("q3", "x[:, t], h, c, self", "x[:, t], h * 0, c * 0, self", "the state is not carried from step to step|known mistake"),
    ],
)  # fmt: skip
def test_a_message_leads_to_the_mistake(check, lab, question: str, old: str, new: str, says: str) -> None:

    source = lab.reference(question)
    assert old in source
    code = "import torch\nfrom torch import nn\nCOUNT = []\n" + source.replace(old, new)
    assert re.search(says, repr(check(question, names_with(lab, code)))), repr(
        check(question, names_with(lab, code))
    )


@pytest.mark.parametrize(
    ("change", "carried"),
    [("outputs = outputs * torch.tensor([1.0, 2, 2, 2] + [2] * 20)[: outputs.shape[1], None]", True)],
)
def test_what_is_wrong_from_a_step_on_is_not_put_down_to_the_state_unless_that_was_found(
    check, lab, change: str, carried: bool
) -> None:

    code = (
        "Right = LSTM\nclass LSTM(Right):\n    def forward(self, x, state=None):\n"
        f"        outputs, state = super().forward(x, state)\n        {change}\n        return outputs, state"
    )
    said = first_message(check("q3", names_with(lab, code)))
    assert (
        "right up to time step t = 0 and wrong from t = 1 on" in said and ("carried" not in said) is carried
    )


def test_the_meaning_of_a_common_exception_is_explained(check, lab) -> None:

    code = "def last_valid(outputs, lengths):\n    return torch.nn.utils.rnn.pack_padded_sequence(outputs, lengths, True, False).shape"
    assert "`pack_padded_sequence` is for PyTorch's own layers" in first_message(
        check("q6", names_with(lab, code))
    )
    code = "def last_valid(outputs, lengths):\n    return outputs.cuda()"
    assert "There is no GPU here" in first_message(check("q6", names_with(lab, code)))


def test_a_cell_is_known_by_its_id_where_the_slip_is_in_its_name_and_not_by_what_it_once_held(
    monkeypatch,
) -> None:
    from seqlab import runs

    good = runs.Run("def q(x):\n    return 1", "a", None, True)
    spoilt = runs.Run("de q(x):\n    return 1", "a", SyntaxError("invalid syntax"), False)
    moved = runs.Run("def q(x):\n    return 2", "b", None, True)
    for story, reported in (
        ([good, spoilt], True),
        ([good, moved, spoilt], False),
        ([good, spoilt, good], False),
    ):
        monkeypatch.setattr(runs, "listen", lambda story=story: story)
        failed = runs.failed("q", good)
        assert (failed is not None) is reported
        assert failed is None or failed.says.startswith("The last run of the cell that defines `q` failed")
    monkeypatch.setattr(runs, "listen", lambda: [runs.Run("def q(x): pass", "a", KeyboardInterrupt(), True)])
    assert runs.failed("q") is None and runs.failed("other") is None
