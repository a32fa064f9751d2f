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

__all__ = ["check_strata", "check_training", "settings", "tasks", "training"]

THRESHOLDS = Path(__file__).with_name("thresholds.toml")
# A model of the right kind has lost far more than this share of its first loss by the end.
LEAST_PROGRESS = 0.05
# One state_dict gives two programs the same predictions, up to near-ties in float32.
LEAST_AGREEMENT = 0.98


def settings(question: str) -> dict[str, Any]:
    """Threshold, number of sequences a stratum, and seconds; chosen by the calibration."""
    return tomllib.loads(THRESHOLDS.read_text(encoding="utf-8"))[question]


def check_training(reply: Any, name: str) -> str:
    """Fail where the training itself failed; else return what must be said beside the scores.

    `reply` gives "losses" (of every step), "steps" (planned) and "stopped" ("steps" | "time").
    """
    if reply.error is not None and reply.error.type == "TrainingError":
        raise AssertionError(f"Training your {name} failed: {reply.error.message}.")
    losses, steps = reply["losses"], reply["steps"]
    needs(len(losses) > 0, f"Your {name} finished no training step in the time it had.")
    tenth = max(1, len(losses) // 10)
    first, last = sum(losses[:tenth]) / tenth, sum(losses[-tenth:]) / tenth
    note = ""
    if reply["stopped"] == "time":
        note = f" The time was used up after {len(losses)} of {steps} steps; what was reached by then counts."
    needs(
        len(losses) < steps or last < (1 - LEAST_PROGRESS) * first,
        f"Your {name} never trains: the loss was {first:.2f} over the first {tenth} steps and is {last:.2f} over "
        f"the last {tenth}. Do all weights get a gradient and a step?{note}",
    )
    return note


def check_strata(
    own: dict[str, float],
    again: dict[str, float],
    agree: float,
    threshold: float,
    name: str,
    measure: str,
    note: str,
) -> None:
    """Every stratum must reach the threshold, by the student's model and by PyTorch's with the same weights."""
    shown = ", ".join(f"{stratum} {score:.2f}" for stratum, score in own.items())
    needs(
        min(own.values()) >= threshold,
        f"Trained by the grader, your {name} reaches the {measure} {shown}; "
        f"{threshold} is needed on each.{note}",
    )
    needs(
        min(again.values()) >= threshold and agree >= LEAST_AGREEMENT,
        f"Your {name} predicts well, but PyTorch's layers with the weights you trained do not predict the same "
        f"({agree:.0%} agree): the predictions must come from the weights in its state_dict.",
    )
