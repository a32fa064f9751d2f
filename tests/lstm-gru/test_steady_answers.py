"""Equal calls that get different answers are reported as such, in every suite, and no other answer is."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatelab.audit.notebooks import write_notebook
from gatelab.grading.engine import Engine
from gatelab.testkit.steady import MESSAGES

RANDOM, KEPT = MESSAGES["random"], MESSAGES["kept"]
DROPOUT = "nn.functional.dropout({}, 0.4)"
COUNTED = "{} * (COUNTS.append(1) or 1 + len(COUNTS) % 5)"


def lost(engine: Engine, place: Path, question: str, *edits: tuple[str, str]) -> dict[str, str]:
    """Part → message, of the parts that an edited reference loses."""
    source = "from torch import nn\nCOUNTS = []\n" + engine.lab.reference(question)
    for old, new in edits:
        assert old in source, old
        source = source.replace(old, new)
    path = write_notebook(place / "lab.ipynb", engine.lab, {question: source})
    report = engine.grade(path, questions=[question], training=False)
    return {part.name: part.student_text for part in report.question(question).parts if not part.passed}


PLACES = {
    "q1": "o * shown",
    "q2": "fresh + kept",
    "q3": "torch.stack(outputs, dim=1)",
    "q7": "self.head(summary)",
    "q8": "torch.stack(steps, dim=1)",
}


@pytest.mark.parametrize("question", list(PLACES))
@pytest.mark.parametrize(("change", "message"), [(DROPOUT, RANDOM), (COUNTED, KEPT)])
@pytest.mark.one_in(3)
def test_a_dropout_left_on_and_a_counter_that_is_kept_are_told_apart(
    plain_engine: Engine, tmp_path: Path, question: str, change: str, message: str
) -> None:
    place = PLACES[question]
    messages = lost(plain_engine, tmp_path, question, (place, change.format(f"({place})")))
    assert message in messages.values()
    assert not {RANDOM, KEPT} - {message} & set(messages.values())


@pytest.mark.parametrize(
    ("question", "edit"),
    [
        ("q1", ("o * shown", "o * shown * 0.9")),
        ("q3", ("torch.stack(outputs, dim=1)", "torch.stack(outputs, dim=1) * 0.9")),
        (
            "q8",
            ("torch.rand(own.shape) < forcing", "torch.rand(own.shape) < forcing**2"),
        ),  # drawn, as it should be
        ("q10", ("argmax", "argmin")),
    ],
)
def test_a_wrong_answer_that_equal_calls_get_again_is_not_called_random(
    plain_engine: Engine, tmp_path: Path, question: str, edit: tuple[str, str]
) -> None:
    messages = lost(plain_engine, tmp_path, question, edit)
    assert messages and not {RANDOM, KEPT} & set(messages.values()), messages
