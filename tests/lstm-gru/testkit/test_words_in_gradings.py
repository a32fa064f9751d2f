"""Which of the lab's references a question is given, and which messages a student is shown then."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
import torch

from gatelab.grading.engine import Engine
from gatelab.grading.references import injection
from gatelab.handed_out.checking.terms import FILE, Terms
from gatelab.lab.spec import Lab
from gatelab.testkit.words import Words
from helpers.common_errors import raised
from helpers.words_of_gradings import is_given_a_reference, own_message_shown

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "assignment" / "lstm-gru"))

from seqlab import tasks, training


@pytest.fixture
def words(lab: Lab) -> Words:
    """For a submission whose worker was given reference code."""
    words = Words({}, lab.policy.names, (*lab.policy.messages, lab.policy.withheld.says))
    words.given = True
    return words


def test_what_is_withheld_and_the_layers_parameters_have_their_words(lab: Lab, words: Words) -> None:
    assert words.message(lab.policy.withheld.says) == lab.policy.withheld.says
    assert words.shown("weight_ih_l0") == "weight_ih_l0"


def test_every_message_of_the_students_training_loop_is_shown(words: Words) -> None:
    batch = tasks.STORE.batch(2, torch.Generator())
    for code in (
        lambda: training._finite((1, 2), 3),
        lambda: training._finite(float("nan"), 3),
        lambda: training._finite(-float("inf"), 600),
        lambda: training._checked(None, batch, tasks.STORE),
        lambda: training._checked(torch.ones(8, 2), batch, tasks.STORE),
    ):
        error = raised(code)
        assert error["type"] == "TrainingError" and words.error(error)["message"] == error["message"]


@pytest.mark.parametrize(
    ("question", "own", "given"),
    [
        ("q3", set(), {"lstm_step", "gru_step"}),
        ("q7", {"lstm_step", "LSTM"}, {"last_valid"}),
        ("q7", set(), {"last_valid", "lstm_step", "gru_step", "LSTM", "GRU"}),
        ("q8", set(), {"last_valid", "lstm_step", "gru_step", "LSTM", "GRU"}),
        ("q10", set(), {"lstm_step", "gru_step", "LSTM", "GRU", "shift_right", "Seq2Seq"}),
        ("q11", {"lstm_step", "LSTM", "shift_right", "Seq2Seq", "sequence_loss"}, {"greedy_decode"}),
    ],
)
def test_a_question_is_given_the_references_it_builds_on_and_no_other(
    lab: Lab, question: str, own: set[str], given: set[str]
) -> None:
    sources = injection(lab, lab.questions[question], own)["arguments"]["sources"]
    defined = [node.name for source in sources for node in ast.parse(source).body if hasattr(node, "name")]
    assert set(defined) == given


def test_a_question_that_builds_on_nothing_is_given_nothing(lab: Lab) -> None:
    assert injection(lab, lab.questions["q9"], set()) is None
    assert injection(lab, lab.questions["q11"], set(lab.questions["q11"].builds_on)) is None


@pytest.mark.parametrize(
    ("order", "given"),
    [
        (["q1"], False),
        (["q1", "q3"], True),
        (["q3", "q4"], False),
        (["q4", "q9"], False),
        (["q7", "q9"], True),
        (["q9", "q10"], True),
    ],
)
def test_every_message_is_filtered_after_the_first_reference_was_given(
    lab: Lab, order: list[str], given: bool
) -> None:
    assert is_given_a_reference(lab, order) is given


def test_a_message_is_withheld_only_in_a_question_that_received_a_reference(
    plain_engine: Engine, lab: Lab, tmp_path: Path
) -> None:
    """In a whole grading: the questions that build on nothing are graded before any reference is in reach."""
    shown = own_message_shown(plain_engine, lab, tmp_path / "lab.ipynb")
    assert shown == {id: not lab.questions[id].builds_on for id in shown} != {}


def test_what_the_build_wrote_is_what_the_policy_says(lab: Lab) -> None:
    assert Terms.read(lab.package / "checking" / FILE) == lab.policy.terms
