"""The quick training as the student sees it on the feedback page: its loss beside that of correct models, and what was measured on the way.

The losses that the worker reports are only shown; they decide nothing.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from gatelab.testkit.curve import Band, Curve, Look, Point

BAND = Path(__file__).with_name("band.json")  # calibration/band.py makes it
MEASURES = {"q7": "accuracy", "q11": "exact match"}
MOST = 1e6  # a larger loss is shown as this


def curve_of(question: str, quick: dict[str, Any], enough: float) -> tuple[Curve, int]:
    """The curve of a training that begins, with its band, and the number of steps per point."""
    kept = json.loads(BAND.read_text(encoding="utf-8"))[question]
    made = Curve(MEASURES[question], round(enough, 4))
    if all(quick.get(key) == value for key, value in kept["settings"].items()):
        last = quick["looks"][-1]
        made.band = [Band(*point) for point in kept["points"] if point[0] <= last]
        made.models = kept["models"]
    return made, kept["every"]


def see(curve: Curve, every: int, step: int, losses: Any) -> None:
    """Take in the losses of all steps so far; a list that does not hold one number per step is ignored."""
    if not isinstance(losses, list) or len(losses) != step:
        return
    if not all(isinstance(loss, float) and math.isfinite(loss) for loss in losses):
        return
    ends = [*range(every, step, every), step]
    parts = [losses[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    means = [max(-MOST, min(MOST, math.fsum(part) / len(part))) for part in parts]
    curve.points = [Point(end, round(mean, 4)) for end, mean in zip(ends, means, strict=True)]


def looked(curve: Curve, step: int, worst: float) -> None:
    """Add what was measured at a look, after `step` steps."""
    curve.looks.append(Look(step, round(worst, 4)))
