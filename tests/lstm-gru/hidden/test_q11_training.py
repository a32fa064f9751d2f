"""q11: one training step with full teacher forcing, and the exact match that such steps reach."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import quick
import torch
from torch import Tensor, nn
from trained import Scores, best, check_strata, check_training, run_training, tasks, training
from twins import TwinSeq2Seq, after_eos, check_state_dict, draw_weights, unsorted_lengths

from gatelab.testkit import Tolerance, close, kind, near, needs, part
from seqlab.padding import other_padding

VS, VT, E, H, BOS, PAD = 8, 9, 4, 6, 1, 5
TRAINED = "a Seq2Seq with your training_step"
NO_PAD = -100  # leaves no token out: the default of PyTorch's cross_entropy
RATE = 0.5  # of the plain gradient step, which shows the gradient that the optimiser got

# One or two steps of plain gradient descent on a Seq2Seq with given weights. `old` is put into `.grad` first.
STEP = """
def main(ns, weights, sizes, batch, pad, rate, old, keywords, steps):
    torch.manual_seed(steps)
    model = ns["Seq2Seq"](*sizes).double()
    model.load_state_dict(weights, strict=False)  # the student's model may have a buffer of its own
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, old) if old else None
    named = dict(model.named_parameters(remove_duplicate=False))  # a layer may have two names
    before = {name: p.detach().clone() for name, p in named.items()}
    returned = [ns["training_step"](model, optimizer, *batch, pad, **keywords) for _ in range(steps)]
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    return {
        # Not required; it tells some mistakes apart.
        "left": sum(float((g**2).sum()) for g in grads) ** 0.5,
        "returned": returned,
        "update": {name: (before[name] - p.detach()) / rate for name, p in named.items()},
    }
"""


def one_step(
    student: Any, draw: Any, clip: float | None, old: float = 0.0, steps: int = 1
) -> tuple[dict, list[float], dict[str, Tensor], float, Callable[[], str]]:
    """What `training_step` did and returned; what it should have: losses, summed updates / rate, first gradient norm.

    Last comes a function that says what `pad_taken` finds, for when something is wrong.
    """
    twin = TwinSeq2Seq(VS, VT, E, H, BOS).double()
    n, s, t = 5, 6, 4
    source, lengths = draw.integers(1, VS, n, s), unsorted_lengths(draw, n, s)
    real = torch.tensor([4, 1, 3, 2, 4]).unsqueeze(1)  # tokens of each target
    targets = torch.where(torch.arange(t) < real, draw.integers(2, VT, n, t), PAD)

    def forced_loss(pad: int) -> Tensor:
        logits = twin.forced(source, lengths, targets).flatten(0, 1)
        return nn.functional.cross_entropy(logits, targets.flatten(), ignore_index=pad)

    def steep(weights: dict[str, Tensor]) -> bool:
        """Whether the gradient is above every limit in use, so that it shows whether it is clipped, and at which."""
        twin.load_state_dict(weights)
        grads = torch.autograd.grad(forced_loss(PAD), list(twin.parameters()))
        return math.sqrt(sum(float((g**2).sum()) for g in grads)) > 1.5

    weights = draw.search(lambda: draw_weights(twin, draw, scale=1.5), steep)
    keywords = {} if clip is None else {"clip": clip}
    made = student.run(
        STEP, weights=weights, sizes=[VS, VT, E, H, BOS], batch=(source, lengths, targets), pad=PAD, rate=RATE,
        old=old, keywords=keywords, steps=steps,
    ).value  # fmt: skip

    def with_pad(pad: int) -> tuple[list[float], dict[str, Tensor], float]:
        twin.load_state_dict(weights)
        optimizer = torch.optim.SGD(twin.parameters(), lr=RATE)
        losses, norms = [], []
        for _ in range(steps):
            optimizer.zero_grad()
            loss = forced_loss(pad)
            loss.backward()
            norms.append(float(nn.utils.clip_grad_norm_(twin.parameters(), 1.0 if clip is None else clip)))
            optimizer.step()
            losses.append(loss.item())
        update = {name: (weights[name] - p.detach()) / RATE for name, p in twin.named_parameters()}
        return losses, update, norms[0]

    return made, *with_pad(PAD), lambda: pad_taken(made, with_pad)


def pad_taken(made: dict, with_pad: Callable[[int], tuple]) -> str:
    """A sentence where the update, or the returned loss, is that of a pad other than the argument; else ""."""

    def fits(pad: int | None) -> bool:
        losses, update, norm = with_pad(NO_PAD if pad is None else pad)
        same = math.isfinite(norm) and all(
            near(made["update"][name], right, clipped(min(norm, 1.0))) for name, right in update.items()
        )
        return same or all(map(same_loss, made["returned"], losses))

    tokens = [None, *(token for token in range(VT) if token != PAD)]
    found = other_padding(PAD, tokens, fits, f"counts token {PAD} as well")
    return found and f" These are the numbers of {found}"


def clipped(size: float) -> Tolerance:
    """For the steps of a clipped gradient of this norm: ways of clipping differ in a small number that they add to the norm."""
    return Tolerance(1e-4, 1e-4 * size)


def same_loss(got: Any, want: float) -> bool:
    """A loss computed in float32 counts as the same."""
    return isinstance(got, float) and near(
        torch.tensor(got).double(), torch.tensor(want).double(), Tolerance(1e-6, 0.0)
    )


def norm_of_step(made: dict) -> float:
    """The norm of the gradient that the step was made with, if it is a number."""
    norm = math.sqrt(sum(float((g**2).sum()) for g in made["update"].values()))
    needs(
        math.isfinite(norm),
        "After the step of training_step the weights hold nan or inf: is the loss, and so its gradient, finite?",
    )
    return norm


def check_update(made: dict, want: dict[str, Tensor], size: float, why: Callable[[], str]) -> None:
    """The step must be that of the clipped gradient; `size` is its norm, which sets what counts as equal.

    `why` may add what else is known about a wrong step.
    """
    got = made["update"]
    needs(
        norm_of_step(made) > 0,
        "The weights did not change: does the optimiser take its step after the gradients are computed, and are they nonzero?",
    )
    for name, update in want.items():
        by = clipped(size)
        label = f"the step of {name} (in units of the learning rate)"
        try:
            close(got[name], update, label, " ".join("?" * update.ndim), rtol=by.rtol, atol=by.atol)
        except AssertionError as error:
            raise AssertionError(f"{error}{why()}") from None


@part("q11", "step", 1)
@pytest.mark.parametrize("steps", [1, 2])
def test_one_optimiser_step_along_the_gradient_of_the_forced_loss(student, draw, steps):
    made, _, update, norm, why = one_step(student, draw, clip=1e6, steps=steps)
    check_update(made, update, norm, why)


@part("q11", "clip-and-clear", 1.5)
@pytest.mark.parametrize(("clip", "old"), [(0.01, 0.0), (None, 0.0), (1e6, 3.0), (0.01, 3.0)])
def test_old_gradients_are_zeroed_and_the_norm_is_clipped(student, draw, clip, old):
    made, _, update, norm, why = one_step(student, draw, clip=clip, old=old)
    limit = 1.0 if clip is None else clip
    got = norm_of_step(made)
    needs(
        got <= 1.001 * limit,
        f"The step, in units of the learning rate, has the norm {got:.3g}; with clip = {limit:g} it should be at most {limit:g}.",
    )
    check_update(made, update, min(norm, limit), why)


@part("q11", "returned-loss", 0.5)
def test_returns_the_loss_as_a_number(student, draw):
    made, losses, _, _, why = one_step(student, draw, clip=1.0)
    for got, want in zip(made["returned"], losses, strict=True):
        needs(
            isinstance(got, float),
            f"training_step should return the loss as a Python number (float), not {kind(got)}.",
        )
        differs = not same_loss(got, want)
        needs(
            not differs,
            f"training_step returned {got:.4g}, which is not the loss of the batch it was given.{why() if differs else ''}",
        )


MODEL = """
from seqlab import tasks, training

task, recipe = tasks.REVERSE, tasks.REVERSE_RECIPE
special = task.max_len, task.BOS, task.EOS, task.PAD


def model_of(ns, seed):
    torch.manual_seed(seed)
    model = ns["Seq2Seq"](task.vocab_size, task.vocab_size, recipe.embedding_size, recipe.hidden_size, task.BOS)
    return model.float()  # a layer that starts in float64 is also right
"""

TRAIN = """
def main(ns, seed, inputs, seconds):
    model, step = model_of(ns, seed), ns["training_step"]
    return trained(
        model,
        lambda: training.train_translator(model, step, task, recipe, seed=seed, seconds=seconds, progress=False),
        lambda *batch: ns["greedy_decode"](model, *batch, *special),
        inputs,
        recipe.steps,
        seconds,
    )
"""

QUICK = f"""{quick.STEPS}{quick.LONGER}

def begin(going, seed, quick):
    model, mixed = model_of(going.ns, seed), Longer(task, quick["batch"])
    falling = replace(recipe, last_rate=quick["last_rate"])

    def step(*given):
        return going.ns["training_step"](*given)

    return model, translator_steps(
        model, step, mixed, falling, seed, quick["steps"], tuple(quick["betas"])
    )


def predict(ns, model, *batch):
    return ns["greedy_decode"](model, *batch, *special)
"""


def strata(lengths: dict[str, list[int]], n: int, stream: torch.Generator) -> dict[str, tasks.Pairs]:
    """About n pairs for each stratum, which is a list of source lengths."""
    made = {}
    for name, some in lengths.items():
        groups = [tasks.REVERSE.of_length(length, -(-n // len(some)), stream) for length in some]
        fields = ("source", "source_lengths", "targets")
        made[name] = tasks.Pairs(*(torch.cat([getattr(g, field) for g in groups]) for field in fields))
    return made


@part("q11", "accuracy", 3)
@pytest.mark.training
def test_trained_by_the_grader_it_reverses_unseen_sequences(student, draw):
    set_, task, recipe = student.settings, tasks.REVERSE, tasks.REVERSE_RECIPE
    # The test pairs come from the test's own stream; their targets stay here.
    pairs = strata(set_["strata"], set_["n"], draw.generator)
    twin = TwinSeq2Seq(task.vocab_size, task.vocab_size, recipe.embedding_size, recipe.hidden_size, task.BOS)

    def judge(weights, pairs, predicted, note="", whole=True) -> Scores:
        check_state_dict(weights, twin, "Seq2Seq")
        twin.load_state_dict({key: weights[key] for key in twin.state_dict()})
        own, again, agree = {}, {}, []
        for name, batch in pairs.items():
            with torch.no_grad():
                repeated = twin.free(*batch.inputs, task.max_len).argmax(dim=-1)
            repeated = after_eos(repeated, task.EOS, task.PAD)
            decoded = repeated if predicted is None else predicted[name]
            needs(
                isinstance(decoded, Tensor) and decoded.ndim == 2 and len(decoded) == len(batch),
                "greedy_decode did not return a row of tokens for every source.",
            )
            # The loop of greedy_decode is q10's; here the model has not learned to end.
            endless = float((decoded != task.EOS).all(dim=1).double().mean())
            needs(
                endless < 0.5,
                f"The decoder never stops: {endless:.0%} of the rows it decodes ({name}) hold no eos after {task.max_len} "
                f"steps, so {TRAINED} has not learned when to stop.{note}",
            )
            right = [training.matches(rows, batch.targets, task.PAD) for rows in (decoded, repeated)]
            own[name], again[name] = (float(one.double().mean()) for one in right)
            agree.append(float(training.matches(decoded, repeated, task.PAD).double().mean()))
        return Scores(own, again, min(agree), note, whole)

    def train(seed: int) -> Scores:
        reply = run_training(
            student,
            MODEL + TRAIN,
            seed=seed,
            inputs={name: batch.inputs for name, batch in pairs.items()},
            seconds=set_["seconds"],
        )
        note = check_training(reply, TRAINED)
        return judge(reply["weights"], pairs, reply["predicted"], note, len(reply["losses"]) == recipe.steps)

    def fresh(n: int, stream: torch.Generator) -> dict[str, tasks.Pairs]:
        return strata(set_["strata"], n, stream)

    seeds = [int(n) for n in draw.integers(0, 2**31, 2)]
    quickly = int(draw.integers(0, 2**31, 1))
    scores = quick.won(student, "q11", MODEL + QUICK, quickly, set_, fresh, judge)
    scores = scores or best(train, seeds, set_["threshold"])
    check_strata(scores, set_["threshold"], TRAINED, "exact match")
