"""What a student reads when a model cannot be trained: which mistake it was, in the names of the student's own code.

The real engine trains, with a recipe of a few steps and seconds, in full after a quick training whose threshold cannot be reached. q7 has no threshold here, so
that the mistake alone loses points; q11 keeps its own, which a few steps cannot reach.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path

import own_versions
import pytest
from copied_lab import copied_lab

from gatelab.audit.notebooks import write_notebook
from gatelab.grading.engine import Engine
from gatelab.lab.spec import Lab
from gatelab.report.record.model import Part, Report

pytestmark = [pytest.mark.usefixtures("shared_server"), pytest.mark.one_in(3, at=0)]

STEPS, SECONDS = 10, 2
# What is replaced in tables and references may be there several times.
edited = functools.partial(own_versions.edited, once=False)


@pytest.fixture(scope="module")
def quick(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The lab with a smaller budget for its trainings."""
    small = copied_lab(lab, tmp_path_factory.mktemp("quick"))
    tasks, table = small.assignment / "seqlab" / "tasks.py", small.assignment / "lab.toml"
    tasks.write_text(
        edited(tasks.read_text(), ("steps=300", f"steps={STEPS}"), ("steps=600", f"steps={STEPS}"))
    )
    q7, _, q11 = table.read_text().partition("[q11]")
    q7, q11 = (re.sub(r"\nlooks = .*", f"\nlooks = [4, {STEPS}]", text) for text in (q7, q11))
    q7, q11 = (re.sub(r"\nmargin = .*", "\nmargin = 1.01", text) for text in (q7, q11))
    q7, q11 = (edited(text, ("seconds = 45", f"seconds = {SECONDS}")) for text in (q7, q11))
    budget = "seconds = 150", f"seconds = {SECONDS}"
    q7 = edited(q7, ("threshold = 0.98", "threshold = 0.0"), ("n = 512", "n = 16"), budget)
    table.write_text(q7 + "[q11]" + edited(q11, ("n = 512", "n = 16"), budget))
    with Engine(small) as engine:
        yield engine


def parts(engine: Engine, place: Path, question: str, *edits: tuple[str, str]) -> dict[str, Part]:
    """The parts of a question whose reference was edited, after grading it alone."""
    source = edited(engine.lab.reference(question), *edits)
    report = engine.grade(
        write_notebook(place / "lab.ipynb", engine.lab, {question: source}), questions=[question]
    )
    assert report.status == "graded", report.reason
    return {part.name: part for part in report.question(question).parts}


def lost(engine: Engine, place: Path, question: str, part: str, *edits: tuple[str, str]) -> str:
    """The message of a part that must have been lost."""
    found = parts(engine, place, question, *edits)[part]
    assert not found.passed and found.points == 0
    return found.student_text


# --- q7: edits of the reference's classifier -----------------------------------------------------------------------

HEAD = "return self.head(summary)"
TRAINED = "if len(tokens) == 32:  # the batches of the training\n            "
COUNTED = f"{TRAINED}self.calls = getattr(self, 'calls', 0) + 1\n            "
BUSY = "import time\n        end = time.process_time() + {seconds}\n        while time.process_time() < end:\n            pass\n        "
LINEAR = "nn.Linear(hidden_size, num_classes)"

Q7 = {
    "transposed": ("accuracy", [(HEAD, f"{HEAD}.T")], ["Training your SequenceClassifier", "shape (8, 32)", "(N, K) = (32, 8)"]),
    "transposed, untrained": ("logits", [(HEAD, f"{HEAD}.T")], ["SequenceClassifier", "shape (3, 5)", "expected (5, 3)"]),
    "all steps": ("accuracy", [(HEAD, "return self.head(outputs)")], ["SequenceClassifier", "(32, 100, 8)", "(N, K) = (32, 8)"]),
    "a class too many": ("accuracy", [(LINEAR, "nn.Linear(hidden_size, num_classes + 1)")], ["head.weight", "SequenceClassifier", "(9, 32)", "(8, 32)"]),
    "classes": ("accuracy", [(HEAD, f"{HEAD}.argmax(dim=1)")], ["SequenceClassifier", "torch.int64"]),
    "whole numbers": ("accuracy", [(HEAD, f"{HEAD}.long()")], ["SequenceClassifier", "torch.int64", "cannot be trained"]),
    "half precision": ("logits", [(HEAD, f"{HEAD}.half()")], ["SequenceClassifier", "torch.float16"]),
    "no return": ("accuracy", [(HEAD, "self.head(summary)")], ["SequenceClassifier", "None"]),
    "nan": ("accuracy", [(HEAD, f"{HEAD} * float('nan')")], ["SequenceClassifier", "the loss is nan at training step 1"]),
    "nan later": ("accuracy", [(HEAD, f"{COUNTED}summary = summary / (self.calls < 4)\n        {HEAD}")], ["SequenceClassifier", "the loss is nan at training step 4"]),
    "logits detached": ("accuracy", [(HEAD, f"{HEAD}.detach()")], ["Your SequenceClassifier never trains", "no gradient flows"]),
    "weights frozen": ("accuracy", [(LINEAR, f"{LINEAR}\n        self.requires_grad_(False)")], ["Your SequenceClassifier never trains", "frozen"]),
    "summary detached": ("accuracy", [(HEAD, "return self.head(summary.detach())")], ["Your SequenceClassifier never trains", "Never changed: embedding.weight, recurrent.weight_ih_l0"]),
    "other names": ("accuracy", [("self.embedding", "self.emb"), ("self.head", "self.fc")], ["state_dict of your SequenceClassifier", "no 'embedding.weight', 'head.weight'", "it has 'emb.weight', 'fc.weight'"]),
    "no bias": ("accuracy", [(LINEAR, "nn.Linear(hidden_size, num_classes, bias=False)")], ["state_dict of your SequenceClassifier", "no 'head.bias'"]),
    "layer in a list": ("accuracy", [("self.recurrent = recurrent", "self.layers = [recurrent]"), ("self.recurrent(", "self.layers[0](")], ["state_dict of your SequenceClassifier", "no 'recurrent.weight_ih_l0'"]),
    "raises later": ("accuracy", [(HEAD, f"{COUNTED}assert self.calls < 4, 'enough'\n        {HEAD}")], ["Training your SequenceClassifier failed", "AssertionError: enough", "assert self.calls < 4"]),
    "memory": ("accuracy", [(HEAD, f"{TRAINED}tokens.new_zeros(10**10)\n        {HEAD}")], ["Training your SequenceClassifier failed", "can't allocate memory", "tokens.new_zeros(10**10)"]),
    "ends the process": ("accuracy", [(HEAD, f"{TRAINED}import os; os._exit(0)\n        {HEAD}")], ["Your code ended its process"]),
    "other answers before": ("accuracy", [(HEAD, f"{BUSY.format(seconds='0.3 * (len(tokens) == 32)')}{COUNTED}pass\n        {HEAD}.roll(int(not hasattr(self, 'calls')), dims=1)")], ["Before training, your SequenceClassifier", "weights in its state_dict"]),
    "endless step": ("accuracy", [(HEAD, f"{BUSY.format(seconds='60 * (len(tokens) == 32)')}{HEAD}")], ["Training your SequenceClassifier took too long", "before the first training step was done"]),
    "slow predictions": ("accuracy", [(HEAD, f"{BUSY.format(seconds='{32: 0.3, 16: 60}.get(len(tokens), 0)')}{HEAD}")], ["The time was used up after", f"of {STEPS} steps of training your SequenceClassifier", "predictions"]),
}  # fmt: skip


@pytest.mark.parametrize("mistake", Q7)
@pytest.mark.one_in(4)
def test_a_classifier_that_cannot_be_trained_gets_the_reason(
    quick: Engine, tmp_path: Path, mistake: str
) -> None:
    part, edits, said = Q7[mistake]
    message = lost(quick, tmp_path, "q7", part, *edits)
    assert [words for words in said if words not in message] == [], message


def test_a_classifier_whose_time_is_used_up_gets_the_points_of_what_it_reached(
    quick: Engine, tmp_path: Path
) -> None:
    slow = (HEAD, f"{BUSY.format(seconds='0.3 * (len(tokens) == 32)')}{HEAD}")
    found = parts(quick, tmp_path, "q7", slow)
    assert all(part.passed for part in found.values())  # the threshold is 0 here


SLOW_STEP = (
    "    from_input =",
    f"    {BUSY.format(seconds='0.1 * (len(x) == 32)').replace(chr(10) + '    ', chr(10))}from_input =",
)
AXIS = {
    "q6": [
        (
            "def last_valid(outputs: Tensor, lengths: Tensor) -> Tensor:",
            "def last_valid(outputs: Tensor, lengths: Tensor, dim: int = 1) -> Tensor:",
        ),
        ("    rows = torch", "    outputs = outputs.movedim(dim, 1)\n    rows = torch"),
    ],
    "q7": [("last_valid(outputs, lengths)", "last_valid(outputs, lengths, dim=1)")],
}


def report_on(engine: Engine, place: Path, edits: dict[str, list[tuple[str, str]]]) -> Report:
    """All that q7 builds on, and q7, with its training."""
    sources = {id: edited(engine.lab.reference(id), *some) for id, some in edits.items()}
    notebook = write_notebook(place / "lab.ipynb", engine.lab, sources)
    return engine.grade(notebook, questions=["q1", "q2", "q3", "q6", "q7"])


def test_a_right_step_that_is_too_slow_is_not_used_for_training(quick: Engine, tmp_path: Path) -> None:
    slow, right = (report_on(quick, tmp_path, edits) for edits in ({"q1": [SLOW_STEP]}, {}))
    # All steps were made, with the reference: the same weights come out as with a quick step.
    one, other = ([(p.name, p.points, p.student_text) for p in r.question("q7").parts] for r in (slow, right))
    assert one == other and slow.question("q1").points == 10


def test_an_answer_that_needs_own_versions_is_trained_with_them(quick: Engine, tmp_path: Path) -> None:
    """To the same losses as with the references, since these own versions compute the same; with a slow own step too."""
    plain, own, slow = (
        report_on(quick, tmp_path, edits).question("q7") for edits in ({}, AXIS, AXIS | {"q1": [SLOW_STEP]})
    )
    parts = [
        [(part.name, part.points, part.student_text) for part in one.parts] for one in (plain, own, slow)
    ]
    assert parts[0] == parts[1] == parts[2] and plain.points >= 7
    assert plain.own == [] and own.own == slow.own == ["LSTM", "last_valid", "lstm_step"]
    over_references = {part.name: part for part in own.second_grading.parts}
    assert (
        over_references["accuracy"].student_error.type == "TypeError" and not over_references["logits"].passed
    )


def test_a_wrong_answer_is_not_trained_a_second_time(quick: Engine, tmp_path: Path) -> None:
    """The own versions are right and change nothing: the parts before the training show it."""
    question = report_on(quick, tmp_path, {"q7": [(HEAD, f"{HEAD} * 2")]}).question("q7")
    assert question.own == [] and question.points < 10
    again = {part.name: part.student_text for part in question.second_grading.parts}
    assert again["accuracy"] == "This check was not run."


def test_an_additional_module_in_the_classifier_costs_nothing(quick: Engine, tmp_path: Path) -> None:
    found = parts(quick, tmp_path, "q7", (LINEAR, f"{LINEAR}\n        self.spare = nn.Linear(2, 2)"))
    assert [part.student_text for name, part in found.items() if name != "accuracy" and not part.passed] == []
    assert "state_dict" not in found["accuracy"].student_text


# --- q11: edits of the reference's training step -------------------------------------------------------------------

LOSS, RETURN, STEP = "sequence_loss(logits, targets, pad)", "return loss.item()", "    optimizer.step()\n"
BACKWARD, ZERO = "    loss.backward()\n", "    optimizer.zero_grad()\n"
WHO = "with your training_step"

Q11 = {
    "no optimiser step": ("accuracy", [(STEP, "")], [WHO, "never trains", "none of the weights changed"]),
    "no gradients": ("accuracy", [(BACKWARD, "")], [WHO, "never trains", "none of the weights changed"]),
    "logits detached": ("accuracy", [(LOSS, "sequence_loss(logits.detach(), targets, pad)")], [WHO, "never trains", "loss.backward()"]),
    "uphill": ("accuracy", [(BACKWARD, "    (-loss).backward()\n")], [WHO, "never trains", "weights do change, but the loss does not fall"]),
    "nan": ("accuracy", [(LOSS, f"{LOSS} * float('nan')")], [WHO, "the loss is nan at training step 1"]),
    "nan, one step": ("step", [(LOSS, f"{LOSS} * float('nan')")], ["training_step", "weights hold nan or inf"]),
    "inf": ("accuracy", [(LOSS, f"{LOSS} / 0")], [WHO, "the loss is inf at training step 1"]),
    "weights overflow": ("accuracy", [(STEP, f"{STEP}    for p in model.parameters():\n        p.data *= 1e38\n")], [WHO, "the loss is ", "at training step 2", "overflowed"]),
    "axes swapped": ("accuracy", [(LOSS, "sequence_loss(logits.transpose(1, 2), targets, pad)")], [WHO, "sequence_loss(logits.transpose(1, 2), targets, pad)"]),
    "nothing returned": ("returned-loss", [(RETURN, "loss.item()")], ["training_step should return the loss", "None"]),
    "a tuple returned": ("accuracy", [(RETURN, "return loss.item(), logits")], [WHO, "returned tuple; wanted the loss as a number"]),
    "eos not taught": ("accuracy", [(LOSS, "sequence_loss(logits, targets.masked_fill(targets == 2, pad), pad)")], ["The decoder never stops", "no eos", WHO]),
    "time used up": ("accuracy", [(ZERO, f"    {BUSY.format(seconds=0.3).replace(chr(10) + '    ', chr(10))}optimizer.zero_grad()\n")], [WHO, "exact match short", "The time was used up after", f"of {STEPS} steps; the model is scored as it was then"]),
}  # fmt: skip


@pytest.mark.parametrize("mistake", Q11)
@pytest.mark.one_in(4)
def test_a_training_step_that_cannot_train_gets_the_reason(
    quick: Engine, tmp_path: Path, mistake: str
) -> None:
    part, edits, said = Q11[mistake]
    message = lost(quick, tmp_path, "q11", part, *edits)
    assert [words for words in said if words not in message] == [], message


# --- q8 and q10: the encoder-decoder itself, and its decoding --------------------------------------------------------

STACKED = "return torch.stack(steps, dim=1)"


@pytest.mark.parametrize(
    ("question", "part", "edits", "said"),
    [
        ("q8", "teacher-forcing", [("self.head", "self.out")], ["state_dict of your Seq2Seq", "no 'head.weight', 'head.bias'", "it has 'out.weight'"]),
        ("q8", "teacher-forcing", [(STACKED, "return torch.stack(steps, dim=0)")], ["your Seq2Seq with forcing = 1 has shape (4, 5, 11)", "expected (5, 4, 11)"]),
        ("q8", "teacher-forcing", [(STACKED, f"{STACKED} * float('nan')")], ["your Seq2Seq with forcing = 1 holds nan"]),
    ],
    ids=["other names", "time first", "nan"],
)  # fmt: skip
def test_an_encoder_decoder_that_cannot_be_trained_gets_the_reason(
    quick: Engine, tmp_path: Path, question: str, part: str, edits: list[tuple[str, str]], said: list[str]
) -> None:
    message = lost(quick, tmp_path, question, part, *edits)
    assert [words for words in said if words not in message] == [], message
