"""One training loop for every model of the lab, and the accuracies it is judged by.

    history = training.train_classifier(model, tasks.STORE, tasks.STORE_RECIPE, seed=1)
    training.accuracies(model, tasks.STORE, seed=1)          # {"long": 0.99, "over": …}

The grader trains with these same functions, from another seed.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from .tasks import (
    REVERSE,
    REVERSE_RECIPE,
    STORE,
    STORE_RECIPE,
    STRATA,
    Batch,
    Pairs,
    Recipe,
    ReverseTask,
    StoreTask,
    generator,
)


class TrainingError(RuntimeError):
    """The training cannot go on; the message says why."""


@dataclass
class History:
    """What happened during a training: the loss of every step, the scores of every check, why it ended."""

    losses: list[float] = field(default_factory=list)
    checks: list[tuple[int, dict[str, float]]] = field(default_factory=list)  # (steps done, name → score)
    seconds: float = 0.0
    stopped: str = "steps"  # "steps": all done · "early": good enough · "time": budget used up

    @property
    def steps(self) -> int:
        """Steps that were done."""
        return len(self.losses)

    def scores(self, name: str) -> tuple[list[int], list[float]]:
        """Steps and scores of one check, ready for `plt.plot(*history.scores("long"))`."""
        return [step for step, _ in self.checks], [scores[name] for _, scores in self.checks]

    def steps_to(self, threshold: float, name: str | None = None) -> int | None:
        """Steps until this score (or the worst of all) first reached the threshold; None: never."""
        for step, scores in self.checks:
            if (min(scores.values()) if name is None else scores[name]) >= threshold:
                return step
        return None


# --- training ---------------------------------------------------------------------------------------------------


def train_classifier(
    model: nn.Module,
    task: StoreTask = STORE,
    recipe: Recipe = STORE_RECIPE,
    *,
    seed: int = 0,
    steps: int | None = None,
    seconds: float | None = None,
    check_every: int = 0,
    stop_at: float | None = None,
    progress: bool = True,
    label: str = "train",
) -> History:
    """Train `model(tokens (N, T), lengths (N,)) -> logits (N, K)` on batches of `task`.

    seed         of the batches (the model's weights were drawn before, when it was made)
    steps        instead of `recipe.steps`
    seconds      processor time of this process after which the training ends and keeps what it has reached
    check_every  steps between two measurements of the accuracies on the strata (0: none)
    stop_at      end as soon as the worst of these accuracies is at least this
    """
    stream = generator(seed, "train")
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate)

    def step() -> float:
        batch = task.batch(recipe.batch_size, stream)
        logits = _checked(model(*batch.inputs), batch, task)
        model.zero_grad()
        error = nn.functional.cross_entropy(logits, batch.labels)
        error.backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        optimizer.step()
        return error.item()

    def check() -> dict[str, float]:
        return accuracies(model, task, seed=seed, n=128, domain="check")

    return _train(
        step, check, optimizer, recipe, steps or recipe.steps, seconds, check_every, stop_at, progress, label
    )


def train_translator(
    model: nn.Module,
    training_step: Callable[..., float],
    task: ReverseTask = REVERSE,
    recipe: Recipe = REVERSE_RECIPE,
    *,
    seed: int = 0,
    steps: int | None = None,
    seconds: float | None = None,
    decode: Callable[..., Tensor] | None = None,
    check_every: int = 0,
    stop_at: float | None = None,
    progress: bool = True,
    label: str = "train",
) -> History:
    """Train an encoder-decoder with `training_step(model, optimizer, source, source_lengths, targets, pad, clip)`.

    `decode(model, source, source_lengths, max_len, bos, eos, pad)` is needed for `check_every` and `stop_at` only: the check is the exact
    match on sequences of the longest kind. The rest is as in `train_classifier`.
    """
    if decode is None and (check_every or stop_at is not None):
        raise ValueError("check_every and stop_at measure decoded sequences: pass decode=greedy_decode")
    stream = generator(seed, "train")
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate)

    def step() -> float:
        pairs = task.batch(recipe.batch_size, stream)
        return training_step(
            model, optimizer, pairs.source, pairs.source_lengths, pairs.targets, task.PAD, recipe.clip
        )

    def check() -> dict[str, float]:
        pairs = task.of_length(task.longest, 128, generator(seed, "check"))
        return {"longest": translate(model, decode, task, pairs)}

    return _train(
        step, check, optimizer, recipe, steps or recipe.steps, seconds, check_every, stop_at, progress, label
    )


def _train(
    step: Callable[[], float],
    check: Callable[[], dict[str, float]],
    optimizer: torch.optim.Optimizer,
    recipe: Recipe,
    steps: int,
    seconds: float | None,
    check_every: int,
    stop_at: float | None,
    progress: bool,
    label: str,
) -> History:
    # Vanishing gradients end as subnormal numbers, with which a processor is several times slower.
    torch.set_flush_denormal(True)
    if stop_at is not None and not check_every:
        check_every = 25
    history, start, spent = History(), time.perf_counter(), time.process_time()
    # Standard output, not standard error: nbgrader takes anything on standard error for a failed cell.
    with tqdm(total=steps, desc=label, file=sys.stdout, disable=not progress, mininterval=0.5) as bar:
        while history.steps < steps:
            for group in optimizer.param_groups:
                group["lr"] = recipe.rate(history.steps, steps)
            history.losses.append(_finite(step(), history.steps + 1))
            history.seconds = time.perf_counter() - start
            bar.update()
            if history.steps % 10 == 0:
                bar.set_postfix(loss=f"{history.losses[-1]:.3f}", refresh=False)
            if check_every and history.steps % check_every == 0:
                scores = check()
                history.checks.append((history.steps, scores))
                if stop_at is not None and min(scores.values()) >= stop_at:
                    history.stopped = "early"
                    break
            if seconds is not None and time.process_time() - spent >= seconds and history.steps < steps:
                history.stopped = "time"
                break
    history.seconds = time.perf_counter() - start
    return history


def _finite(loss: Any, step: int) -> float:
    """The loss as a number, or an error that says what is wrong with it."""
    try:
        number = float(loss)
    except (TypeError, ValueError) as error:
        raise TrainingError(
            f"training step {step} returned {type(loss).__name__}; wanted the loss as a number"
        ) from error
    if not math.isfinite(number):
        raise TrainingError(
            f"the loss is {number} at training step {step}: a division by zero, a logarithm of zero, "
            "or steps so large that the weights overflowed"
        )
    return number


def _checked(logits: Any, batch: Batch, task: StoreTask) -> Tensor:
    want = (len(batch), task.num_classes)
    if not isinstance(logits, Tensor):
        raise TrainingError(
            f"model(tokens, lengths) returned {type(logits).__name__}; wanted logits (N, K) = {want}"
        )
    if tuple(logits.shape) != want:
        raise TrainingError(
            f"model(tokens, lengths) returned logits of shape {tuple(logits.shape)}; wanted (N, K) = {want}"
        )
    return logits


# --- measuring --------------------------------------------------------------------------------------------------


@contextmanager
def _testing(model: nn.Module) -> Iterator[None]:
    """Evaluation mode, no graph; afterwards as before."""
    before = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(before)


def predictions(model: nn.Module, tokens: Tensor, lengths: Tensor) -> Tensor:
    """Most likely class of every sequence, (N,) int64."""
    with _testing(model):
        return model(tokens, lengths).argmax(dim=1)


def accuracy(model: nn.Module, batch: Batch) -> float:
    """Share of the sequences whose label the model finds."""
    return (predictions(model, *batch.inputs) == batch.labels).double().mean().item()


def accuracies(
    model: nn.Module, task: StoreTask = STORE, *, seed: int = 0, n: int = 512, domain: str = "test"
) -> dict[str, float]:
    """Accuracy on n new sequences of every stratum: `{"long": …, "over": …, "edge": …, "iid": …}`."""
    stream = generator(seed, domain)
    return {name: accuracy(model, task.stratum(name, n, stream)) for name in STRATA}


def accuracy_by_delay(
    model: nn.Module, task: StoreTask, delays: list[int], *, seed: int = 0, n: int = 256
) -> list[float]:
    """Accuracy when the last symbol was stored so many steps before the end, for each of the delays."""
    stream = generator(seed, "test")
    return [accuracy(model, task.delayed(delay, n, stream)) for delay in delays]


def exact_match(decoded: Tensor, targets: Tensor, pad: int = ReverseTask.PAD) -> float:
    """Share of the rows of `decoded (N, L)` equal to `targets (N, T)` up to and with the targets' EOS."""
    return matches(decoded, targets, pad).double().mean().item()


def matches(decoded: Tensor, targets: Tensor, pad: int = ReverseTask.PAD) -> Tensor:
    """Whether each row of `decoded` equals its target up to and with the target's EOS, (N,) bool."""
    width = targets.shape[1]
    decoded = nn.functional.pad(decoded[:, :width], (0, max(0, width - decoded.shape[1])), value=pad)
    return ((decoded == targets) | (targets == pad)).all(dim=1)


def translate(model: nn.Module, decode: Callable[..., Tensor], task: ReverseTask, pairs: Pairs) -> float:
    """Exact match of what `decode` makes of the pairs' sources."""
    with _testing(model):
        decoded = decode(model, *pairs.inputs, task.max_len, task.BOS, task.EOS, task.PAD)
    return exact_match(decoded, pairs.targets, task.PAD)
