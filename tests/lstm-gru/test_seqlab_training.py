"""The training loop: does it train, stop when it should, and say what went wrong?"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "assignment" / "lstm-gru"))

from seqlab import models, tasks, training

torch.set_num_threads(1)  # with more, the threads of such small models wait for each other on a busy machine

TASK = tasks.StoreTask(K=2, T=6, shortest=4)
RECIPE = tasks.Recipe(embedding_size=4, hidden_size=8, steps=40, batch_size=16, learning_rate=0.05)
DIGITS = tasks.ReverseTask(digits=3, shortest=1, longest=3)


class Bag(nn.Module):
    """Reads the whole padded sequence at once: enough to be trained, no model of the lab."""

    def __init__(self, task: tasks.StoreTask = TASK, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.table = nn.Embedding(task.vocab_size, 8)
        self.mix = nn.Sequential(
            nn.Flatten(), nn.Linear(8 * task.T, 32), nn.Tanh(), nn.Linear(32, task.num_classes)
        )

    def forward(self, tokens, lengths):
        return self.mix(self.table(tokens))


def train(model, **options):
    options = {"seed": 1, "progress": False} | options
    return training.train_classifier(
        model, options.pop("task", TASK), options.pop("recipe", RECIPE), **options
    )


def test_the_loss_falls_and_every_step_is_in_the_history():
    history = train(Bag(), steps=100)
    assert history.steps == len(history.losses) == 100
    assert history.stopped == "steps" and history.checks == [] and history.seconds > 0
    assert sum(history.losses[-20:]) < 0.8 * sum(history.losses[:20])


def test_the_same_seed_trains_the_same_model():
    one, two, other = Bag(), Bag(), Bag()
    losses = train(one).losses
    assert train(two).losses == losses
    assert train(other, seed=2).losses != losses
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


def test_time_used_up_keeps_what_was_reached():
    model = Bag()
    before = model.table.weight.clone()
    history = train(model, seconds=0.0)
    assert history.stopped == "time" and history.steps == 1
    assert not torch.equal(before, model.table.weight)


def test_it_stops_when_it_is_good_enough():
    history = train(Bag(), stop_at=0.0, check_every=5)
    assert history.stopped == "early" and history.steps == 5
    assert history.steps_to(0.0) == 5 and history.steps_to(1.1) is None


def test_accuracy_is_checked_every_so_many_steps():
    history = train(Bag(), check_every=10)
    steps, scores = history.scores("long")
    assert steps == [10, 20, 30, 40] and all(0 <= score <= 1 for score in scores)
    assert [set(found) for _, found in history.checks] == [set(tasks.STRATA)] * 4
    assert history.steps_to(max(scores), "long") == steps[scores.index(max(scores))]


def test_gradients_are_clipped():
    model = Bag()
    train(model, recipe=replace(RECIPE, clip=1e-3), steps=1)
    assert torch.cat([p.grad.flatten() for p in model.parameters()]).norm() <= 1.001e-3


def test_subnormal_numbers_are_flushed():
    train(Bag(), steps=1)
    assert float(torch.tensor([1e-38]) * 1e-2) == 0.0


def test_the_bar_is_on_standard_output_and_can_be_off(capsys):
    train(Bag(), steps=3, progress=True, label="my bar")
    shown = capsys.readouterr()
    assert "my bar" in shown.out and shown.err == ""
    train(Bag(), steps=3)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda logits: logits * float("nan"), "the loss is nan at training step 1"),
        (lambda logits: logits.unsqueeze(1), r"logits of shape \(16, 1, 2\); wanted \(N, K\) = \(16, 2\)"),
        (lambda logits: (logits, None), r"returned tuple; wanted logits \(N, K\)"),
    ],
)
def test_what_cannot_be_trained_is_named(wrong, message):
    class Wrong(Bag):
        def forward(self, tokens, lengths):
            return wrong(super().forward(tokens, lengths))

    with pytest.raises(training.TrainingError, match=message):
        train(Wrong())


def test_measuring_leaves_the_model_as_it_was():
    model = Bag()
    batch = TASK.batch(32, 0)
    found = training.predictions(model, *batch.inputs)
    assert found.shape == (32,) and found.dtype == torch.int64 and not found.requires_grad
    assert model.training
    assert training.accuracy(model, batch) == pytest.approx((found == batch.labels).double().mean().item())
    assert set(training.accuracies(model, TASK, n=8)) == set(tasks.STRATA)
    assert len(training.accuracy_by_delay(model, TASK, [0, 3, 5], n=8)) == 3


def test_the_given_layers_are_called_like_the_students():
    x = torch.randn(2, 5, 3)
    for make in (models.rnn, models.torch_gru, models.torch_lstm):
        outputs, _ = make(3, 4)(x)
        assert outputs.shape == (2, 5, 4)


# --- the encoder-decoder's loop ----------------------------------------------------------------------------------


class Calls:
    """Takes the place of the student's `training_step` and notes what it is given."""

    def __init__(self, loss: object = 1.0) -> None:
        self.loss, self.rates, self.given = loss, [], None

    def __call__(self, model, optimizer, source, source_lengths, targets, pad, clip):
        self.rates.append(optimizer.param_groups[0]["lr"])
        self.given = (source, source_lengths, targets, pad, clip)
        return self.loss


def test_the_students_step_gets_what_the_contract_says():
    step = Calls()
    recipe = replace(RECIPE, steps=1, clip=0.5)
    training.train_translator(Bag(), step, DIGITS, recipe, seed=4, progress=False)
    want = DIGITS.batch(recipe.batch_size, tasks.generator(4, "train"))
    source, lengths, targets, pad, clip = step.given
    assert torch.equal(source, want.source) and torch.equal(lengths, want.source_lengths)
    assert torch.equal(targets, want.targets) and pad == DIGITS.PAD and clip == 0.5


def test_the_learning_rate_falls_in_a_straight_line():
    step = Calls()
    recipe = replace(RECIPE, steps=5, learning_rate=0.5, last_rate=0.1)
    training.train_translator(Bag(), step, DIGITS, recipe, progress=False)
    assert step.rates == pytest.approx([0.5, 0.4, 0.3, 0.2, 0.1])
    late = Calls()
    training.train_translator(Bag(), late, DIGITS, replace(recipe, falls_from=0.5), progress=False)
    assert late.rates == pytest.approx([0.5, 0.5, 0.5, 0.3, 0.1])
    constant = Calls()
    training.train_translator(Bag(), constant, DIGITS, replace(recipe, last_rate=None), progress=False)
    assert constant.rates == [0.5] * 5


@pytest.mark.parametrize(
    ("loss", "message"), [(None, "returned NoneType"), (float("inf"), "the loss is inf at training step 1")]
)
def test_a_step_that_returns_no_loss_is_named(loss, message):
    with pytest.raises(training.TrainingError, match=message):
        training.train_translator(Bag(), Calls(loss), DIGITS, RECIPE, progress=False)


def test_checking_decoded_sequences_needs_a_decoder():
    with pytest.raises(ValueError, match="decode=greedy_decode"):
        training.train_translator(Bag(), Calls(), DIGITS, RECIPE, stop_at=0.9)

    def oracle(model, source, source_lengths, max_len, bos, eos, pad):
        strings = [DIGITS.text(row) for row in source]
        return DIGITS.encode(*strings).targets

    history = training.train_translator(
        Bag(), Calls(), DIGITS, RECIPE, decode=oracle, check_every=3, stop_at=1.0, progress=False
    )
    assert history.stopped == "early" and history.checks == [(3, {"longest": 1.0})]


pairs = st.integers(0, 10_000).map(lambda seed: DIGITS.batch(6, seed))


@settings(max_examples=30, deadline=None)
@given(pairs, st.integers(0, 3), st.integers(0, 5))
def test_only_the_tokens_up_to_eos_count(pairs, extra, junk):
    targets = pairs.targets
    assert training.exact_match(targets, targets) == 1.0
    longer = nn.functional.pad(targets, (0, extra), value=DIGITS.EOS)
    assert training.exact_match(longer, targets) == 1.0
    after = torch.where(targets == DIGITS.PAD, junk, targets)
    assert training.exact_match(after, targets) == 1.0
    longest = int((targets != DIGITS.PAD).sum(1).max())
    assert training.exact_match(targets[:, :longest], targets) == 1.0
    cut = training.matches(targets[:, : longest - 1], targets)
    assert torch.equal(cut, (targets != DIGITS.PAD).sum(1) < longest)


@settings(max_examples=30, deadline=None)
@given(pairs, st.integers(0, 5), st.integers(0, 3), st.integers(1, 4))
def test_one_wrong_token_is_a_wrong_sequence(pairs, row, column, shift):
    column = min(column, int(pairs.source_lengths[row]))
    decoded = pairs.targets.clone()
    decoded[row, column] = (decoded[row, column] + shift) % DIGITS.vocab_size
    want = torch.ones(6, dtype=torch.bool)
    want[row] = False
    assert torch.equal(training.matches(decoded, pairs.targets), want)
