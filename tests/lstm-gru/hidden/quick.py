"""The quick training: paused now and then for a look at the model, and over as soon as it is won.

It can only be won. A submission that does not win it is graded by the full trainings (trained.py, `best`) as if there had
been no quick one: it costs no points, and saves most of the time where the model is right. Nothing that the worker says
ends it: at each look the examiner scores the weights, in PyTorch's own layers, on a batch whose inputs the worker does not
have. Where every stratum exceeds the threshold by the margin, a second, larger, fresh batch confirms it; only then does the
worker get the inputs, for the student's own predictions. Each look draws its own batches, so more looks are not more tries.

The looks end before a wrong model could win. If the question's settings have `late_looks`, a training that has reached
`late_from` by then, as no wrong one has, continues to these: it needs only a few more steps, and a full training costs more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from curve import curve_of, looked, see
from torch import Tensor
from trained import DRIVER, LEAST_AGREEMENT, Scores, tasks

# A training as an iterator: each item takes one step and is its loss, so that it can be paused and resumed. The loops are those of
# training.train_classifier and train_translator; they are here because the students' package never pauses a training.
STEPS = """
import torch
from torch import nn

from seqlab.tasks import generator
from seqlab.training import TrainingError


def classifier_steps(model, task, recipe, seed, steps):
    stream = generator(seed, "train")
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate)

    def step():
        batch = task.batch(recipe.batch_size, stream)
        logits = model(*batch.inputs)
        if not isinstance(logits, torch.Tensor) or tuple(logits.shape) != (len(batch), task.num_classes):
            raise TrainingError("no logits (N, K)")
        model.zero_grad()
        error = nn.functional.cross_entropy(logits, batch.labels)
        error.backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        optimizer.step()
        return error.detach()

    return losses(step, optimizer, recipe, steps)


def translator_steps(model, training_step, task, recipe, seed, steps, betas):
    stream = generator(seed, "train")
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate, betas=betas)

    def step():
        batch = task.batch(recipe.batch_size, stream)
        given = batch.source, batch.source_lengths, batch.targets
        return training_step(model, optimizer, *given, task.PAD, recipe.clip)

    return losses(step, optimizer, recipe, steps)


def losses(step, optimizer, recipe, steps):
    # Vanishing gradients become subnormal numbers, which slow a processor down several times.
    torch.set_flush_denormal(True)
    for done in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate(done, steps)
        loss = float(step())
        if loss != loss or loss in (float("inf"), -float("inf")):
            raise TrainingError("the loss is no number")
        yield loss
"""

# The quick training of q7: shorter sequences first, on which a model learns much sooner what to keep.
GROWING = """
from dataclasses import replace

from seqlab import tasks


class Growing:
    def __init__(self, task, short, until):
        self.task, self.short, self.until, self.made = task, tasks.StoreTask(T=short), until, {}
        self.num_classes = task.num_classes

    def batch(self, n, stream):
        made = self.made[stream] = self.made.get(stream, 0) + 1
        return (self.short if made <= self.until else self.task).batch(n, stream)
"""

# Of q11: mostly the longest sources. In a batch they cost no more than short ones, and they are learned last.
LONGER = """
from dataclasses import replace

from seqlab import tasks


class Longer:
    def __init__(self, task, counts):
        self.task, self.counts, self.PAD = task, {int(length): n for length, n in counts.items()}, task.PAD

    def batch(self, n, stream):
        groups = [self.task.of_length(length, count, stream) for length, count in self.counts.items()]
        fields = "source", "source_lengths", "targets"
        return tasks.Pairs(*(torch.cat([getattr(group, field) for group in groups]) for field in fields))
"""

# Comes after DRIVER and the source that defines `begin(going, seed, quick)`, which returns the model and its training, an iterator
# of losses, and `predict(ns, model, *batch)`. `going` keeps both between requests; its `ns` are the names of the current request,
# which shows what a call leaves changed. The seconds are for all requests together; the alarm allows a quarter more.
SESSION = """
import time


class Going:
    def __init__(self):
        self.done, self.spent, self.losses, self.heard = 0, 0.0, None, []


def main(ns, seed, quick, going, until, inputs):
    start, late, predicted = time.process_time(), False, None
    going = going or Going()
    going.ns = ns
    try:
        with within(max(0.001, 1.25 * quick["seconds"] - going.spent)):
            if going.losses is None:
                going.model, going.losses = begin(going, seed, quick)
            while going.done < until and not late:
                going.heard.append(float(next(going.losses)))
                going.done += 1
                late = going.spent + time.process_time() - start > quick["seconds"]
            if inputs is not None:
                predicted = {name: predict(ns, going.model, *batch) for name, batch in inputs.items()}
    except TimeUsedUp:
        late = True
    going.spent += time.process_time() - start
    weights = dict(going.model.state_dict())
    return {"going": going, "late": late, "losses": going.heard, "weights": weights, "predicted": predicted}
"""


class Inputs(Protocol):
    """A batch: the part that a model may see."""

    @property
    def inputs(self) -> tuple[Tensor, Tensor]: ...


Some = TypeVar("Some", bound=Inputs)
Batches = dict[str, Some]
Judge = Callable[[dict[str, Tensor], Batches, dict[str, Tensor] | None], Scores]


def won(
    student: Any,
    question: str,
    source: str,
    seed: int,
    set_: dict[str, Any],
    fresh: Callable[[int, Any], Batches],
    judge: Judge,
) -> Scores | None:
    """The scores of a quick training that was won, None for any other.

    set_    the question's settings (lab.toml); without a table `quick` there is no quick training
    fresh   (n, stream) → a batch of n sequences for every stratum
    judge   (weights, batches, predictions of the student's own model) → scores; without predictions PyTorch's are used.
            Raises AssertionError where weights or predictions are malformed.

    Raises StudentError where the student's code ends its process.
    """
    quick = set_.get("quick")
    if not quick:
        return None
    enough = set_["threshold"] + quick["margin"]
    going, near = None, 0.0
    student.curve, every = curve_of(question, quick, enough)

    def go_on(until: int, inputs: dict[str, Any] | None = None) -> Any:
        nonlocal going
        reply = student.run(
            DRIVER + source + SESSION, replay=False, seed=seed, quick=quick, going=going, until=until, inputs=inputs
        )  # fmt: skip
        if reply.error is not None or reply["late"] is not False:
            return None
        going = reply["going"]
        see(student.curve, every, until, reply["losses"])
        return reply

    def worst(batches: Batches, reply: Any, at: int = 0) -> float:
        scores = judge(reply["weights"], batches, None)
        if at:
            looked(student.curve, at, scores.worst)
        return scores.worst

    try:
        for look in [*quick["looks"], *quick.get("late_looks", [])]:
            if look > quick["looks"][-1] and near < quick["late_from"]:
                return None
            reply = go_on(look)
            if reply is None:
                return None
            near = worst(fresh(quick["n"], tasks.generator(seed, f"look {look}")), reply, at=look)
            if near < enough:
                continue
            batches = fresh(set_["n"], tasks.generator(seed, f"win {look}"))
            if worst(batches, reply) < enough:
                continue
            reply = go_on(look, {name: batch.inputs for name, batch in batches.items()})
            if reply is None:
                return None
            scores = judge(reply["weights"], batches, reply["predicted"])
            if scores.agree >= LEAST_AGREEMENT and min(*scores.again.values(), scores.worst) >= enough:
                student.curve.won = True
                return scores
    except AssertionError as error:
        if hasattr(error, "kind"):  # StudentError: the process is gone, and would be again
            student.curve = None
            raise
        return None  # the full training says what is wrong with them
    return None
