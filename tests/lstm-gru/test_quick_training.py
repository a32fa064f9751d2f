"""The quick training before the full one: it ends once its threshold is reached, can only help, and a model's own claim does not count.

The real engine, with recipes of a few steps. The model says each of its training batches, so what was trained is counted in
the question's output.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from copied_lab import copied_lab

from gatelab.audit.bench_training import in_full
from gatelab.audit.notebooks import write_notebook
from gatelab.grading.engine import Engine
from gatelab.lab.spec import Lab
from gatelab.report.outputs.pages import feedback_page
from gatelab.report.record.model import Question, Report

pytestmark = [pytest.mark.usefixtures("shared_server"), pytest.mark.one_in(3, at=1)]

FULL, LOOKS = 9, [4, 6]


@pytest.fixture(scope="module")
def small(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    made = copied_lab(lab, tmp_path_factory.mktemp("quick"))
    tasks = made.assignment / "seqlab" / "tasks.py"
    tasks.write_text(re.sub(r"steps=[36]00", f"steps={FULL}", tasks.read_text()))
    table = made.assignment / "lab.toml"
    text = re.sub(r"\nlooks = .*", f"\nlooks = {LOOKS}", table.read_text())
    text = re.sub(r"\nmargin = .*", "\nmargin = 0.0", re.sub(r"\nn = \d+", "\nn = 16", text))
    table.write_text(re.sub(r"\nshort_until = .*", "\nshort_until = 4", text))
    return made


@pytest.fixture(scope="module")
def easy(small: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Everything reaches the threshold."""
    assignment = Path(shutil.copytree(small.assignment, tmp_path_factory.mktemp("easy") / "assignment"))
    table = assignment / "lab.toml"
    table.write_text(re.sub(r"threshold = .*", "threshold = 0.0", table.read_text()))
    with Engine(Lab(assignment, small.hidden, small.bank)) as engine:
        yield engine


@pytest.fixture(scope="module")
def hard(small: Lab) -> Iterator[Engine]:
    """Nothing that a few steps have trained reaches the threshold."""
    with Engine(small) as engine:
        yield engine


HEAD = "return self.head(summary)"
SAYS = f"print('<', *tokens.shape, '>')\n        {HEAD}"
# What the task asks for, read off the tokens by a loop: right without any training.
KNOWS = """
class SequenceClassifier(SequenceClassifier):
    def forward(self, tokens, lengths):
        logits = 0 * super().forward(tokens, lengths)
        for n, length in enumerate(lengths.tolist()):
            stores = [int(token) - 8 for token in tokens[n, :length].tolist() if token >= 8]
            logits[n, stores[-1] if stores and logits.shape[1] == 8 else 0] += 10.0
        return logits
"""
# Every hook that the driver leaves in reach says at once that all is done.
SAYS_WON = """
import builtins

from seqlab import tasks, training

tasks.generator = training.generator = lambda *args: torch.Generator()
builtins.next = lambda losses: 0.0
training.predictions = lambda model, tokens, lengths: torch.tensor(
    [max([i for i, t in enumerate(row[:n]) if t >= 8], default=0) and [t - 8 for t in row[:n] if t >= 8][-1]
     for row, n in zip(tokens.tolist(), lengths.tolist())]
)
"""


def graded(engine: Engine, place: Path, question: str = "q7", source: str | None = None) -> Question:
    code = {} if source is None else {question: source}
    report = engine.grade(write_notebook(place / "lab.ipynb", engine.lab, code), questions=[question])
    assert report.status == "graded", report.reason
    return report.question(question)


def accuracy(question: Question) -> tuple[bool, str]:
    return next((part.passed, part.student_text) for part in question.parts if part.name == "accuracy")


def said(question: Question) -> list[str]:
    """The shapes of the training batches, in the order in which they came."""
    return re.findall(r"< (32 \d+) >", question.output)


def speaking(engine: Engine) -> str:
    source = engine.lab.reference("q7")
    assert HEAD in source
    return source.replace(HEAD, SAYS)


def test_a_quick_training_ends_at_the_first_look_at_which_the_model_passes(
    easy: Engine, tmp_path: Path
) -> None:
    question = graded(easy, tmp_path, source=speaking(easy))
    assert accuracy(question) == (True, "")
    assert said(question) == ["32 40"] * LOOKS[0]


def test_a_quick_training_that_does_not_pass_is_followed_by_the_full_one(
    hard: Engine, tmp_path: Path
) -> None:
    question = graded(hard, tmp_path, source=speaking(hard))
    curve = question.curve
    assert curve is not None and not curve.won
    assert [look.step for look in curve.looks] == LOOKS and curve.points[-1].step == LOOKS[-1]
    assert curve.band == []  # none was measured with these settings
    quick = ["32 40"] * 4 + ["32 100"] * (LOOKS[-1] - 4)
    assert said(question) == quick + ["32 100"] * FULL
    assert not accuracy(question)[0]


def test_a_near_miss_continues_to_the_late_looks(small: Lab, tmp_path: Path) -> None:
    assignment = Path(shutil.copytree(small.assignment, tmp_path / "assignment"))
    table = assignment / "lab.toml"
    text = re.sub(r"\nlate_from = .*", "\nlate_from = 0.0", table.read_text())
    table.write_text(re.sub(r"\nlate_looks = .*", "\nlate_looks = [7, 8]", text))
    with Engine(Lab(assignment, small.hidden, small.bank)) as engine:
        question = graded(engine, tmp_path, source=speaking(engine))
    assert said(question) == ["32 40"] * 4 + ["32 100"] * (8 - 4) + ["32 100"] * FULL


@pytest.mark.parametrize("question", ["q7", "q11"])
def test_a_model_that_does_not_pass_the_quick_training_is_graded_as_if_there_were_none(
    hard: Engine, small: Lab, tmp_path: Path, question: str
) -> None:
    whole = in_full(small, tmp_path)
    assert whole is not None
    with Engine(whole) as engine:
        alone = graded(engine, tmp_path, question)
    after = graded(hard, tmp_path, question)
    assert [(p.name, p.points, p.student_text) for p in after.parts] == [
        (p.name, p.points, p.student_text) for p in alone.parts
    ]


LYING = """
import builtins

_next = builtins.next


def lying(steps, *default):
    loss = _next(steps, *default)
    return float("LOSS") if getattr(steps, "__name__", "") == "losses" else loss


builtins.next = lying
"""


@pytest.mark.parametrize("loss", ["nan", "-1e300", "inf"])
def test_reported_losses_that_are_nonsense_cost_nothing_and_break_no_page(
    easy: Engine, tmp_path: Path, loss: str
) -> None:
    question = graded(easy, tmp_path, source=easy.lab.reference("q7") + LYING.replace("LOSS", loss))
    assert accuracy(question) == (True, "")
    assert question.curve is not None
    page = feedback_page(easy.lab, Report("ada", "graded", questions=[question]))
    assert ("<svg" in page) == (loss == "-1e300")


@pytest.mark.parametrize("trick", [KNOWS, SAYS_WON], ids=["answers by a loop", "says that it is done"])
def test_right_predictions_without_trained_weights_do_not_pass(
    hard: Engine, tmp_path: Path, trick: str
) -> None:
    question = graded(hard, tmp_path, source=hard.lab.reference("q7") + trick)
    assert not accuracy(question)[0]


def test_the_real_encoder_decoder_passes_without_a_full_training(engine: Engine, tmp_path: Path) -> None:
    """With the lab's own settings and as many steps as these need."""
    source = engine.lab.reference("q11").replace(
        "    return loss", "    print('<', *source.shape, '>')\n    return loss"
    )
    question = graded(engine, tmp_path, "q11", source)
    settings = engine.lab.questions["q11"].training_settings
    trained = re.findall(rf"< {sum(settings['quick']['batch'].values())} \d+ >", question.output)
    assert accuracy(question) == (True, "")
    assert len(trained) in settings["quick"]["looks"]
    curve = question.curve
    assert curve is not None and curve.won
    assert curve.looks[-1].step == len(trained) and curve.looks[-1].score >= curve.needed
    band = {row.step: row for row in curve.band}
    near = [band[p.step].low * 0.7 <= p.loss <= band[p.step].high * 1.4 for p in curve.points]
    assert len(near) >= 10 and sum(near) >= 0.8 * len(near), curve


def test_a_model_that_crashes_its_process_is_not_trained_again_and_again(
    easy: Engine, tmp_path: Path
) -> None:
    source = easy.lab.reference("q7").replace(
        HEAD, f"if len(tokens) == 32:\n            import os; os._exit(0)\n        {HEAD}"
    )
    passed, message = accuracy(graded(easy, tmp_path, source=source))
    assert not passed and "Your code ended its process" in message
