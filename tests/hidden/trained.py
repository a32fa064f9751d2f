"""What the two trained questions share: their settings, and what is said when a training went wrong."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
from pathlib import Path
from typing import Any

from gatelab.suite import needs

# The examiner needs the tasks too. The students' package lies beside the master and is not installed.
if importlib.util.find_spec("seqlab") is None:
    sys.path.append(str(Path(__file__).resolve().parents[2] / "assignment" / "lstm-gru"))

from seqlab import tasks, training

__all__ = ["DRIVER", "check_strata", "check_training", "settings", "tasks", "training"]

THRESHOLDS = Path(__file__).with_name("thresholds.toml")
# A model of the right kind has lost far more than this share of its first loss by the end.
LEAST_PROGRESS = 0.05
# One state_dict gives two programs the same predictions, up to near-ties in float32.
LEAST_AGREEMENT = 0.98

# Goes before each `main` that trains. The training loop looks at the clock between two steps; the alarm ends a step
# that takes too long, and predictions that do. Together 1.75 times the seconds: less than the process may use.
DRIVER = """
import signal
from contextlib import contextmanager

from seqlab import training


class TimeUsedUp(BaseException):
    pass


@contextmanager
def within(seconds):
    def stop(number, frame):
        raise TimeUsedUp

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.5)  # again and again, for code that swallows it
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def trained(model, train, predict, inputs, steps, seconds):
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    history, predicted, kind = training.History(), None, training.History
    training.History = lambda: history  # the loop writes into ours: what was reached is known when the alarm ends it
    try:
        with within(1.25 * seconds):
            train()
    except TimeUsedUp:
        history.stopped = "time"
    finally:
        training.History = kind
    try:
        with within(0.5 * seconds):
            predicted = {name: predict(*batch) for name, batch in inputs.items()}
    except TimeUsedUp:
        pass
    return {
        "losses": [float(loss) for loss in history.losses],
        "stopped": history.stopped,
        "steps": steps,
        "predicted": predicted,
        "weights": dict(model.state_dict()),
        "weights_to_train": len(before),
        "stuck": [n for n, p in model.named_parameters() if n in before and torch.equal(before[n], p)],
    }
"""


def settings(question: str) -> dict[str, Any]:
    """Threshold, number of sequences a stratum, and seconds; chosen by the calibration."""
    return tomllib.loads(THRESHOLDS.read_text(encoding="utf-8"))[question]


def check_training(reply: Any, what: str) -> str:
    """Fail where the training itself failed, and say how; else return what must be said beside the scores.

    `reply` is what `trained` of DRIVER gave; `what` is the thing trained, in the student's own names.
    """
    if reply.error is not None:
        raise AssertionError(_failure(reply.error, what))
    losses, steps, stuck, all_weights = (
        reply[key] for key in ("losses", "steps", "stuck", "weights_to_train")
    )
    needs(
        len(losses) > 0,
        f"Training {what} took too long: not one training step was done when the time was used up.",
    )
    note = ""
    if reply["stopped"] == "time":
        note = f" The time was used up after {len(losses)} of {steps} steps; what was reached by then counts."
    if len(stuck) >= all_weights:
        raise AssertionError(
            f"{_capital(what)} never trains: none of the weights changed in {len(losses)} steps. Do the gradients "
            f"reach them, and is a step made with them?{note}"
        )
    unchanged = f" Never changed: {', '.join(map(str, stuck[:6]))}." if stuck else ""
    tenth = max(1, len(losses) // 10)
    first, last = sum(losses[:tenth]) / tenth, sum(losses[-tenth:]) / tenth
    needs(
        len(losses) < steps or last < (1 - LEAST_PROGRESS) * first,
        f"{_capital(what)} never trains: the loss was {first:.2f} over the first {tenth} steps and is {last:.2f} over "
        f"the last {tenth}.{unchanged or ' The weights do change, but the loss does not fall.'}",
    )
    needs(
        reply["predicted"] is not None,
        f"The time was used up after {len(losses)} of {steps} steps of training {what}, and its predictions then "
        "took too long to be judged.",
    )
    return note + unchanged


def _failure(error: Any, what: str) -> str:
    where = f" ({error.line})" if error.line else ""
    if "does not require grad" in error.message:
        return (
            f"{_capital(what)} never trains: no gradient flows from the loss back to a weight{where}. "
            "Is the graph cut (`.detach()`, `.data`, `.item()`, `no_grad`), or are the weights frozen?"
        )
    if error.type == "TrainingError":
        return f"Training {what} failed: {error.message}."
    if (
        error.type == "NotImplementedError" and "not implemented for" in error.message
    ):  # torch's, not a stub's
        return f"Training {what} failed: a tensor has a dtype that cannot be trained: {error.message}{where}"
    return f"Training {what} failed. {error}"


def _capital(what: str) -> str:
    return what[0].upper() + what[1:]


def check_strata(
    own: dict[str, float],
    again: dict[str, float],
    agree: float,
    threshold: float,
    what: str,
    measure: str,
    note: str,
) -> None:
    """Every stratum must reach the threshold, by the student's model and by PyTorch's with the same weights."""
    shown = ", ".join(f"{stratum} {score:.2f}" for stratum, score in own.items())
    needs(
        min(own.values()) >= threshold,
        f"Trained by the grader, {what} reaches the {measure} {shown}; {threshold} is needed on each.{note}",
    )
    needs(
        min(again.values()) >= threshold and agree >= LEAST_AGREEMENT,
        f"{_capital(what)} predicts well, but PyTorch's layers with the weights so trained do not predict the same "
        f"({agree:.0%} agree): the predictions must come from the weights in its state_dict.",
    )
