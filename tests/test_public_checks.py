"""Do the public checks, run by otter as a student runs them, let right answers pass and name what is wrong?"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import jupytext
import nbformat
import pytest
import torch
from nbclient import NotebookClient
from otter.test_files import TestFile

import otter
from gatelab.bank.concepts import concepts
from gatelab.bank.fingerprints import PAIRED, fingerprints, namespace
from gatelab.bank.importing import importable
from gatelab.bank.load import Bank, load_bank
from gatelab.build.stubs import StubSolutions
from gatelab.lab import Lab

ROOT = Path(__file__).resolve().parents[1]
CODE = [f"q{k}" for k in range(1, 12)]
ALL = [*CODE, "q12"]

Check = Callable[[str, dict], TestFile]


@pytest.fixture(scope="module")
def bank(lab: Lab) -> Bank:
    return load_bank(lab)


@pytest.fixture(scope="module")
def check(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Check]:
    """grader.check in a folder as students have it: tests/ and seqlab/ beside the notebook."""
    folder = tmp_path_factory.mktemp("student")
    student_folder(lab, folder)
    before, threads = Path.cwd(), torch.get_num_threads()
    os.chdir(folder)
    torch.set_num_threads(1)
    with importable(folder):
        grader = otter.Notebook(tests_dir="tests")
        yield lambda question, names: grader.check(question, global_env=names)
    torch.set_num_threads(threads)
    os.chdir(before)


def student_folder(lab: Lab, folder: Path) -> None:
    for name in ("seqlab", "tests"):
        shutil.copytree(lab.assignment / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))


def names_with(lab: Lab, code: str) -> dict:
    """The references' namespace with this code run in it, as a cell of a notebook would be."""
    names = namespace(lab)
    exec(compile(code, "<cell>", "exec"), names)
    return names


def first_message(result: TestFile) -> str:
    """What stands first under the name of the check."""
    return next(r.test_case.failure_message for r in result.test_case_results if not r.passed)


@pytest.mark.parametrize("question", CODE)
def test_every_right_answer_passes(check, lab, bank, question):
    for wheat in (None, *bank.wheats_of(question)):
        result = check(question, namespace(lab, wheat))
        assert result.passed_all, f"{wheat}: {result}"


@pytest.mark.parametrize("question", CODE)
def test_every_known_mistake_is_named_and_no_other(check, lab, bank, question):
    for chaff in bank.chaffs_of(question):
        text = repr(check(question, namespace(lab, chaff)))
        assert chaff.misconception in text, f"{chaff.key}: {text}"
        assert chaff.hint in text, f"{chaff.key}: {text}"
        others = [
            other.key
            for other in bank.chaffs_of(question)
            if other is not chaff and other.misconception in text
        ]
        assert not others, f"{chaff.key} is also told as {others}"


@pytest.mark.parametrize("question", PAIRED)
def test_two_mistakes_at_once_are_both_named(check, lab, bank, question):
    pairs = bank.pairs_of(question)
    named = 0
    for pair in pairs[:: max(1, len(pairs) // 20)]:
        text = repr(check(question, namespace(lab, pair)))
        halves = [chaff for chaff in bank.chaffs_of(question) if chaff.id in pair.id.split("+")]
        named += all(chaff.misconception in text for chaff in halves)
    # A pair that comes out like one mistake alone (a gate scaled after it was left out) is told as that one.
    assert named >= 0.8 * len(pairs[:: max(1, len(pairs) // 20)])


def stubs(lab: Lab) -> dict:
    """The namespace of the untouched notebook: every solution cell of the master with its stub."""
    names = namespace(Lab(lab.assignment, lab.hidden / "nothing"))
    clear = StubSolutions()
    for cell in jupytext.read(lab.assignment / "lab.py").cells:
        if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code":
            cell, _ = clear.preprocess_cell(cell, {"language": "python"}, 0)
            try:
                exec(cell.source, names)
            except NotImplementedError:
                continue
    return names


@pytest.mark.parametrize("question", ALL)
def test_an_untouched_stub_is_called_not_written(check, lab, question):
    for names in (stubs(lab), {}):
        result = check(question, names)
        assert not result.passed_all
        assert first_message(result).startswith(f"{question} is not written yet"), repr(result)
        assert "NotWritten" in repr(result)


STEP = "def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):\n    "
LAYER = """
class LSTM(Right):
    def forward(self, x, state=None):
        outputs, state = super().forward(x, state)
        outputs = outputs.clone()
        {change}
        return outputs, state
"""


@pytest.mark.parametrize(
    ("question", "code", "says"),
    [
        (
            "q1",
            STEP + "return x @ w_hh.T",
            "stopped with RuntimeError: mat1 and mat2 .* In your line 2 of the cell",
        ),
        ("q1", STEP + "return None", "returned None. Is the `return` missing"),
        (
            "q1",
            STEP + "return h",
            r"should return a tuple of 3: \(h, c, gates\). Yours is a float64 tensor of shape \(3, 5\)",
        ),
        (
            "q1",
            STEP + "g = dict(i=h, f=h, g=h, o=h); return h.T, c, g",
            r"h has shape \(5, 3\), it should be \(N=3, H=5\)",
        ),
        (
            "q1",
            STEP + "g = dict(i=h, f=h, g=h, o=h); return h.float(), c, g",
            "h is torch.float32, it should be torch.float64",
        ),
        ("q1", STEP + "g = dict(i=h, f=h, g=h, o=h); return h / 0, c, g", "h holds inf"),
        (
            "q1",
            STEP + "g = dict(i=h, f=h, g=h, o=h); return h * 0.5, c, g",
            r"h is not right: largest difference at \[n=",
        ),
        ("q1", STEP + "if 1 <Ellipsis: pass", "In your line 2 of the cell"),
        (
            "q9",
            "def sequence_loss(logits, targets, pad):\n    return 1.0",
            "the loss should be a tensor, yours is of type float",
        ),
        (
            "q5",
            "def count_parameters(module):\n    return 16.0",
            "should return a Python int. Yours is of type float",
        ),
        ("q5", "def count_parameters(module):\n    return 17", "returned 17, it should be 16"),
        (
            "q3",
            "Right = LSTM\n" + LAYER.format(change="state = state[0]"),
            r"should return \(outputs, \(h, c\)\); the second item of yours is a single tensor",
        ),
        (
            "q4",
            "Right = gradient_norms\ndef gradient_norms(layer, x):\n    return Right(layer, x.requires_grad_(True))",
            "x.requires_grad is not what it was before the call",
        ),
        (
            "q6",
            "Right = masked_mean\ndef masked_mean(*given):\n    return Right(*given) * (1 + 1e-6)",
            r"yours (\S+), expected \1, they differ by 1e-06",
        ),
        (
            "q7",
            "Right = SequenceClassifier\nclass SequenceClassifier(Right):\n"
            "    def forward(self, *given):\n        return super().forward(*given).detach()",
            "the values are right, but the gradient that comes back through them is not",
        ),
        (
            "q8",
            "Right = Seq2Seq\nclass Seq2Seq(Right):\n"
            "    def forward(self, *given, **more):\n        return super().forward(*given, **more) + 1",
            "the logits of step 0 are not those of bos or of any other token",
        ),
        (
            "q9",
            "def sequence_loss(logits, targets, pad):\n"
            "    logits, targets = logits[:, :-1].flatten(0, 1), targets[:, 1:].flatten()\n"
            "    return F.cross_entropy(logits, targets, ignore_index=pad)",
            "the logits of step 2 get no gradient, though no target is padding",
        ),
        (
            "q10",
            "def greedy_decode(model, source, lengths, max_len, bos, eos, pad=0, right=greedy_decode):\n"
            "    return right(model, source, lengths, max_len, 1, eos, pad)",
            "the first step should read bos = 8, it read 1",
        ),
        (
            "q11",
            "def training_step(*given, clip=1.0, right=training_step):\n"
            "    return right(*given[:5], 0, clip)",
            "the optimiser's step is not that of this batch's gradient",
        ),
        ("q12", "answers = {'c1': 'e'}", "c1 should be one letter from a to d, yours is 'e'"),
        ("q12", "answers = {'c1': 'a'}", "no answer yet to c2, c3"),
        ("q12", "answers = 'abc'", "should be a dict"),
    ],
)
def test_an_unknown_mistake_gets_the_first_difference(check, lab, question, code, says):
    assert re.search(says, first_message(check(question, names_with(lab, code))))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("outputs[:, 2:] *= 1.5", "right up to t = 1 and wrong from t = 2"),
        ("outputs[:, 2:] = float('nan')", "NaN, first at time step t = 2"),
        ("outputs = outputs.detach()", "known mistake|the values are right, but the gradient"),
    ],
)
def test_a_layer_is_told_the_first_wrong_step(check, lab, change, says):
    result = check("q3", names_with(lab, "Right = LSTM\n" + LAYER.format(change=change)))
    assert re.search(says, first_message(result)), repr(result)


GATES = {
    "q1": (STEP + "return *LSTM_CELL(x, (h, c), w_ih, w_hh, b_ih, b_hh), {gates}", "'i', 'f', 'g', 'o'"),
    "q2": (
        "def gru_step(x, h, w_ih, w_hh, b_ih, b_hh):\n    return GRU_CELL(x, h, w_ih, w_hh, b_ih, b_hh), {gates}",
        "'r', 'z', 'n'",
    ),
}


@pytest.mark.parametrize(
    ("gates", "yours"),
    [
        ("dict(I=h, F=h, G=h)", "a dict with the keys 'I', 'F', 'G'"),
        ("dict(reset=h, update=h)", "a dict with the keys 'reset', 'update'"),
        ("(h, h, h)", "a tuple of 3 (tensor, tensor, tensor)"),
        ("h", r"a float64 tensor of shape (3, 5)"),
    ],
)
@pytest.mark.parametrize("question", ["q1", "q2"])
def test_gates_in_another_form_are_not_called_missing(check, lab, bank, question, gates, yours):
    """Known as just that mistake or told key by key; never that there are none."""
    code, keys = GATES[question]
    names = namespace(lab)
    names |= {"LSTM_CELL": torch.lstm_cell, "GRU_CELL": torch.gru_cell}
    exec(code.format(gates=gates), names)
    result = check(question, names)
    none = next(chaff for chaff in bank.chaffs_of(question) if chaff.id == "gates-left-out")
    assert none.misconception not in repr(result)
    assert f"gates should be a dict with the keys {keys}; yours is {yours}." in repr(result)


@pytest.mark.parametrize(
    ("question", "code", "argument"),
    [
        (
            "q4",
            "def cell_path_gain(g):\n"
            "    for t in range(len(g) - 2, -1, -1):\n        g[t] *= g[t + 1]\n"
            "    return torch.cat([g[1:], torch.ones_like(g[:1])])",
            "forget_gates",
        ),
        (
            "q4",
            "Right = gradient_norms\ndef gradient_norms(layer, x):\n"
            "    norms = Right(layer, x)\n    x.mul_(2)\n    return norms",
            "x",
        ),
        (
            "q8",
            "Right = Seq2Seq\nclass Seq2Seq(Right):\n    def encode(self, source, source_lengths):\n"
            "        source_lengths -= 1\n        return super().encode(source, source_lengths + 1)",
            "source_lengths",
        ),
    ],
)
def test_an_argument_changed_in_place_is_told_as_that(check, lab, question, code, argument):
    result = check(question, names_with(lab, code))
    assert f"changes {argument}, a tensor of the caller's" in first_message(result)
    assert "right for" not in repr(result) and "the values are right" not in repr(result)


def test_a_gradient_that_was_cleared_is_not_called_filled(check, lab, bank):
    code = """
def gradient_norms(layer, x):
    x = x.detach().clone().requires_grad_(True)
    layer(x)[0][:, -1].sum().backward()
    layer.zero_grad()
    return x.grad.norm(dim=(0, 2))
"""
    filled = next(chaff for chaff in bank.chaffs_of("q4") if chaff.id == "grads-left-in-the-layer")
    result = check("q4", names_with(lab, code))
    assert filled.misconception not in repr(result)
    assert "a parameter's .grad held a gradient before the call, and afterwards it is gone" in first_message(
        result
    )


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (
            "q1",
            "Right, last = lstm_step, {}\ndef lstm_step(x, h, c, *w):\n"
            "    h, c, gates = Right(x, last.get(h.shape, h), c, *w)\n    last[h.shape] = h.detach()\n    return h, c, gates",
        ),
        (
            "q2",
            "Right, last = gru_step, {}\ndef gru_step(x, h, *w):\n"
            "    h, gates = Right(x, last.get(h.shape, h), *w)\n    last[h.shape] = h.detach()\n    return h, gates",
        ),
        (
            "q3",
            "Right = GRU\nclass GRU(Right):\n    seen = 0\n    def forward(self, x, state=None):\n"
            "        outputs, state = super().forward(x, state)\n        self.seen += 1\n        return outputs * self.seen, state",
        ),
    ],
)
def test_a_result_that_the_same_arguments_do_not_give_again_is_told_as_that(check, lab, question, code):
    said = first_message(check(question, names_with(lab, code)))
    assert "called once more with the same arguments, it returns something else" in said


def test_steps_in_a_list_are_no_outputs(check, lab):
    code = LAYER.format(change="outputs = list(outputs.unbind(1))")
    said = first_message(check("q3", names_with(lab, "Right = LSTM\n" + code)))
    assert "outputs should be one tensor (N, T, H), yours is a list of 4 (tensor" in said


ODD = {
    "None": "None",
    "a number": "0.5",
    "a text": "'h'",
    "an empty tuple": "()",
    "a tensor (1,)": "torch.zeros(1)",
    "a large tensor": "torch.zeros(3, 4, 5, dtype=torch.float64)",
    "tensors in a tuple": "(torch.zeros(3, 5), torch.zeros(()), {'i': 1, 'f': None})",
    "NaN of integers": "(torch.zeros(3, 4, dtype=torch.int64), (torch.full((3, 5), torch.nan),) * 2)",
    "itself": "torch.nn.Identity()",
    "first argument": "arguments[0]",
    "all arguments": "arguments",
    "an error": "1 / 0",
}


@pytest.mark.parametrize("question", CODE)
def test_whatever_comes_back_is_described(check, lab, question):
    """No check trips over a result; the message is one of its own."""
    for about, value in ODD.items():
        for name in lab.questions[question].names:
            function = f"def {name}(*arguments, **keywords):\n    return {value}"
            module = f"class {name}({name}):\n    def forward(self, *arguments, **keywords):\n        return {value}"
            for code in (function, module) if name[0].isupper() else (function,):
                result = check(question, names_with(lab, code))
                if about not in ("first argument",):
                    assert not result.passed_all, f"{name} returns {about}"
                assert "could not go on" not in repr(result), f"{name} returns {about}: {result}"


def test_the_message_is_what_is_read_first(check, lab, bank):
    chaff = bank.chaffs_of("q1")[0]
    result = check("q1", namespace(lab, chaff))
    plain, html = repr(result), result._repr_html_()
    assert plain.index(chaff.misconception) < plain.index("❌")
    assert html.index(chaff.misconception) < html.index("❌")
    assert plain.splitlines()[1].strip().startswith("q1 lstm_step message: This looks like a known mistake:")


def test_no_message_is_lost_in_html(check, lab):
    result = check("q1", names_with(lab, STEP + "raise ValueError('got <class X> here')"))
    assert "‹class X> here" in result._repr_html_()


def test_mistakes_in_two_names_of_a_question_are_both_named(check, lab, bank):
    by_id = {chaff.id: chaff for chaff in bank.chaffs_of("q4")}
    gain, norms = by_id["own-gate-included"], by_id["loss-over-all-steps"]
    names = namespace(lab, gain)
    names["gradient_norms"] = namespace(lab, norms)["gradient_norms"]
    text = repr(check("q4", names))
    assert gain.misconception in text
    assert norms.misconception in text


def test_a_check_leaves_the_notebook_as_it_was(check, lab):
    names = namespace(lab)
    before = {name: value for name, value in names.items() if name != "__builtins__"}
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    for question in CODE:
        check(question, names)
    assert torch.equal(torch.rand(2), expected)
    assert {name: value for name, value in names.items() if name != "__builtins__"} == before


def test_the_concept_check_knows_only_whether_all_are_right(check, lab):
    key = tomllib.loads(lab.concept_key.read_text(encoding="utf-8"))
    answers = {id: row["answer"] for id, row in key.items()}
    assert check("q12", {"answers": answers}).passed_all
    wrong = {id: "abcd" if len(str(answer)) == 4 else answer for id, answer in answers.items()}
    message = first_message(check("q12", {"answers": wrong}))
    assert "not all of them are right" in message
    assert not re.search(r"\bc\d", message)


def test_the_committed_numbers_are_those_of_the_bank(lab):
    assert (lab.assignment / "tests" / "fingerprints.json").read_bytes() == fingerprints(lab), (
        "run `gatelab fingerprints`"
    )
    assert (lab.assignment / "tests" / "q12.json").read_bytes() == concepts(lab)


def test_otter_can_read_the_test_files_everywhere(lab):
    """otter opens them in the machine's own encoding, which is not UTF-8 on every Windows."""
    for question in ALL:
        (lab.assignment / "tests" / f"{question}.py").read_bytes().decode("ascii")


def test_the_students_requirements_are_the_kits():
    pins = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"])
    lines = (ROOT / "assignment" / "lstm-gru" / "requirements.txt").read_text().splitlines()
    assert {line for line in lines if line and not line.startswith("#")} <= pins


def test_a_kernel_shows_it_as_a_student_sees_it(lab, bank, tmp_path):
    """A real notebook, its folder as students have it; and otter's log opens where there is no seqlab."""
    student_folder(lab, tmp_path)
    wrong = next(chaff for chaff in bank.chaffs_of("q1") if chaff.id == "forget-and-input-swapped")
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    check = 'grader.check("q1")'
    cells = ["import otter, torch\ngrader = otter.Notebook('lab.ipynb', tests_dir='tests')", check]
    cells += [wrong.source, check, STEP + "y = x @ w_hh.T\n    return y", check]
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(notebook, tmp_path / "lab.ipynb")
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [cell.outputs[0].data for cell in notebook.cells if cell.source == check]
    for output, text in zip(
        shown,
        ["q1 is not written yet", wrong.misconception, "In your line 2 of the cell: y = x @ w_hh.T"],
        strict=True,
    ):
        assert text in output["text/plain"]
        assert text in output["text/html"]
    read = "from otter.check.logs import Log; print(len(Log.from_file('.OTTER_LOG').entries))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", read], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "4"  # the start and three checks
