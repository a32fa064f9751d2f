"""Which words from the worker a student may see, and which references the worker receives."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from gatelab.grading.engine import Engine
from gatelab.grading.plugin import LocalWorkers
from gatelab.grading.references import injection
from gatelab.grading.verdicts import Grading
from gatelab.lab.spec import Lab
from gatelab.limits import NOTEBOOK_CODE, TRACE_LIMIT
from gatelab.testkit.trace import Exchange, Trace
from gatelab.testkit.words import MAX_LENGTH, NO_NAME, OTHER_NAME, WITHHELD, Words, WorkerText
from helpers.common_errors import raised
from helpers.words_of_gradings import is_given_a_reference, own_message_shown

OWN = "class Model(nn.Module):\n    def __init__(self):\n        self.emb = 1\n        raise ValueError('too few weights')\n"
# Of a lab's policy.
MESSAGES = (
    "training step {n} returned {w}; wanted the loss as a number",
    "the library is switched off in this question",
)
FORGED = "pre_i, pre_f, pre_g, pre_o = pre.chunk(4, dim=1)"


@pytest.fixture
def words() -> Words:
    """Of a submission whose worker was given reference code."""
    words = Words({3: OWN}, ["softmax"], MESSAGES)
    words.restricted = True
    return words


def test_without_a_reference_a_message_is_shown_and_shortened() -> None:
    error = {"type": "ValueError", "message": "a\nb\x1b[2J" + "c" * 900, "frames": [], "traceback": "x"}
    shown = Words({}).error(error)
    assert shown["message"].startswith("a b [2Jc") and len(shown["message"]) == MAX_LENGTH
    assert "traceback" not in shown


def test_a_message_made_up_by_the_worker_is_withheld(words: Words) -> None:
    frames = [{"cell": 99, "line": 1, "function": FORGED}]
    error = {"type": FORGED, "message": FORGED, "frames": frames, "traceback": FORGED}
    assert words.error(error) == {
        "type": NO_NAME,
        "message": WITHHELD,
        "line": "",
        "withheld": True,
    }


def test_a_message_of_the_students_own_notebook_is_shown(words: Words) -> None:
    assert words.message("too few weights") == "too few weights"


ROW, MODEL = torch.ones(2, 3), nn.Linear(3, 2)


def spoilt() -> torch.Tensor:
    x = torch.ones(2, requires_grad=True).exp()
    y = x.exp()
    x += 1
    return y.sum().backward()


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (lambda: ROW @ ROW, "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)"),
        (lambda: ROW + torch.ones(2, 4), "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1"),
        (lambda: MODEL(ROW.double()), "mat1 and mat2 must have the same dtype, but got Double and Float"),
        (lambda: ROW.sum(dim=4), "Dimension out of range (expected to be in range of [-2, 1], but got 4)"),
        (lambda: ROW[5], "index 5 is out of bounds for dimension 0 with size 2"),
        (lambda: ROW.reshape(4, 2), "shape '[4, 2]' is invalid for input of size 6"),
        (lambda: torch.stack([ROW, ROW.T]), "stack expects each tensor to be equal size, but got [2, 3] at entry 0 and [3, 2] at entry 1"),
        (lambda: torch.cat([ROW, ROW.T]), "Sizes of tensors must match except in dimension 0. Expected size 3 but got size 2 for tensor number 1 in the list"),
        (lambda: ROW.sum().backward(), "element 0 of tensors does not require grad and does not have a grad_fn"),
        (lambda: MODEL(ROW).backward(), "grad can be implicitly created only for scalar outputs"),
        (spoilt, "one of the variables needed for gradient computation has been modified by an inplace operation"),
        (lambda: ROW.long().softmax(0), "\"…\" not implemented for 'Long'"),
        (lambda: ROW.new_zeros(10**13), "can't allocate memory: you tried to allocate 40000000000000 bytes"),
        (lambda: nn.Embedding(2, 2)(torch.tensor([5])), "index out of range in self"),
        (lambda: softmax, "name 'softmax' is not defined"),  # noqa: F821
        (lambda: MODEL.emb, "'Linear' object has no attribute 'emb'"),
        (lambda: {}.get(0)[0], "'NoneType' object is not subscriptable"),
        (lambda: [].emb, "'list' object has no attribute 'emb'"),
    ],
)  # fmt: skip
def test_the_messages_of_python_and_pytorch_that_help_are_shown(
    words: Words, code: Callable, shown: str
) -> None:
    text = words.message(raised(code)["message"])
    assert text.rpartition("DefaultCPUAllocator: ")[2] == shown


def test_a_message_of_the_labs_policy_is_shown_with_what_fits_its_places_and_nothing_more(
    words: Words,
) -> None:
    for message in ("training step 3 returned None; wanted the loss as a number", MESSAGES[1]):
        assert words.message(message) == message
    for message in (
        f"training step 3 returned {FORGED}; wanted the loss as a number",
        "training step 3 went wrong",
    ):
        assert words.message(message) == WITHHELD


def test_nothing_else_is_shown_with_a_known_message(words: Words) -> None:
    assert words.message("list index out of range " + FORGED) == "list index out of range"
    for message in (
        "name 'pre_i, pre_f' is not defined",
        "name 'from_input' is not defined",
        f"{FORGED} list index out of range",
        "index 123456789012345 is out of bounds for dimension 0 with size 2",
    ):
        assert words.message(message) == WITHHELD


def test_numbers_cannot_spell_a_message(words: Words) -> None:
    """A place for a size is one for six digits: twelve of them carry thirty letters."""
    text = "stack expects each tensor to be equal size, but got [512, 100, 32] at entry 0 and [512, 99, 32] at entry 1"
    assert words.message(text) == text
    spelt = "stack expects each tensor to be equal size, but got [668834, 280650, 795276] at entry 0 and [1] at entry 1"
    assert words.message(spelt) == WITHHELD


def test_an_overlong_notebook_contributes_no_displayable_words() -> None:
    dictionary = " ".join(f"w{n}" for n in range(NOTEBOOK_CODE // 4))
    words = Words({3: OWN, 4: dictionary}, ["softmax"])
    words.restricted = True
    assert words.shown("w77") == words.shown("emb") == OTHER_NAME
    assert words.message("too few weights") == WITHHELD
    assert words.error({"type": "Model", "message": "", "frames": [], "traceback": ""})["type"] == NO_NAME
    assert words.shown("softmax") == "softmax"


def test_the_line_is_quoted_from_our_copy(words: Words) -> None:
    def line(cell: int, number: int) -> str:
        return words.line([{"cell": 3, "line": 1}, {"cell": cell, "line": number, "function": FORGED}])

    assert line(3, 3) == 'cell 3 ("class Model…"), line 3: self.emb = 1'
    for cell, number in ((3, 99), (3, 0), (3, -1), (2, 1), (0, 1)):
        assert line(cell, number) == ""
    assert words.line([]) == ""


@pytest.mark.parametrize(
    "name", ["emb", "self.emb", "emb.0.weight", "head.weight".replace("head", "emb"), "softmax", "NoneType"]
)  # fmt: skip
def test_a_name_of_the_students_own_or_of_pytorch_is_shown(words: Words, name: str) -> None:
    assert words.shown(name) == name


def test_a_name_holds_at_most_one_of_pytorchs_names(words: Words) -> None:
    assert words.shown("sigmoid") == "sigmoid" and words.shown("emb.chunk") == "emb.chunk"
    for name in ("sigmoid.tanh", "chunk.sigmoid.tanh", "emb.Model.sigmoid", "torch.sigmoid.chunk"):
        assert words.shown(name) == OTHER_NAME


@pytest.mark.parametrize(
    "name", ["from_input", "emb.from_input", "self.emb.Model", "emb" * 30, "emb.emb.emb.emb.emb.emb", FORGED]
)
def test_any_other_name_is_hidden(words: Words, name: str) -> None:
    assert words.shown(name) == OTHER_NAME


def test_a_workers_text_is_filtered_however_it_is_put_into_a_message(words: Words) -> None:
    text = WorkerText(FORGED, words)
    assert text == FORGED and {text: 1}[FORGED] == 1 and text.raw() == FORGED
    for shown in (
        f"{text}",
        f"{text!r}",
        f"{text:>3}",
        f"{[text]}",
        str(text),
        f"{text[:40]}",
        " ".join(map(str, [text])),
    ):
        assert "pre" not in shown


# --- what a worker is given ---------------------------------------------------------------------------------------


def test_a_question_is_given_the_references_it_builds_on_and_no_other(lab: Lab) -> None:
    sources = injection(lab, lab.questions["q2"], set())["arguments"]["sources"]
    assert [node.name for source in sources for node in ast.parse(source).body] == ["softmax"]


def test_a_question_that_builds_on_nothing_is_given_nothing(lab: Lab) -> None:
    assert injection(lab, lab.questions["q1"], set()) is None
    assert injection(lab, lab.questions["q2"], {"softmax"}) is None


@pytest.mark.parametrize(("order", "given"), [(["q1"], False), (["q2"], True), (["q1", "q2"], True)])
def test_every_message_is_filtered_after_the_first_reference_was_given(
    lab: Lab, order: list[str], given: bool
) -> None:
    assert is_given_a_reference(lab, order) is given


def test_defining_source_counts_as_receiving_a_reference(lab: Lab) -> None:
    grading = Grading(lab, 1, LocalWorkers(lab, []), None)
    student = grading.student_for("q1", "test")
    student.run("def main(ns): return 1").value  # noqa: B018
    assert not grading.words.restricted
    student.define("one = 1")
    assert grading.words.restricted


def test_a_message_is_withheld_only_in_a_question_that_received_a_reference(
    engine: Engine, lab: Lab, tmp_path: Path
) -> None:
    """In a whole grading: the questions that build on nothing are graded before any reference is in reach."""
    shown = own_message_shown(engine, lab, tmp_path / "lab.ipynb")
    assert shown == {"q1": True, "q2": False} == {id: not lab.questions[id].builds_on for id in shown}


def test_answers_that_are_too_large_are_not_recorded() -> None:
    trace, answer = (
        Trace("q1"),
        {"value": torch.zeros(TRACE_LIMIT // 32)},
    )  # a quarter of the limit... of 8 bytes
    for _ in range(20):
        trace.keep(Exchange("test", 1, {}, answer, True))
        assert len(trace.exchanges) <= 8
    assert trace.exchanges == []
