"""A training curve as a picture: static SVG, and the same numbers as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import starmap
from typing import Any

from gatelab.report.record.curve import Curve

WIDTH, HEIGHT = 560, 240  # of the picture, in its own units
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 12, 44  # margins, with room for the numbers of the axes
ROOM = 1.15  # above the highest loss of a correct model; anything higher is drawn at the edge
TICKS = 4


def curve_picture(curve: Curve | None) -> dict[str, Any] | None:
    """The data that the template draws; None if no training was watched."""
    if curve is None or not (curve.points or curve.looks):
        return None
    steps = [point.step for point in curve.points] + [look.step for look in curve.looks]
    right = max(steps + [row.step for row in curve.band])
    highest = max((row.high for row in curve.band), default=max((p.loss for p in curve.points), default=1.0))
    top = max(ROOM * highest, 1e-6)

    def at(step: int, loss: float) -> tuple[str, str]:
        x = LEFT + (WIDTH - LEFT - RIGHT) * step / right
        y = TOP + (HEIGHT - TOP - BOTTOM) * (1 - min(max(loss / top, 0.0), 1.0))
        return f"{x:.1f}", f"{y:.1f}"

    def line(points: Iterable[tuple[int, float]]) -> str:
        return " ".join(map(",".join, starmap(at, points)))

    band = [(row.step, row.high) for row in curve.band]
    band += [(row.step, row.low) for row in reversed(curve.band)]
    ticks = [round(right * k / TICKS) for k in range(TICKS + 1)]
    losses = [top * k / TICKS for k in range(TICKS + 1)]
    return {
        "width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT, "top": TOP, "bottom": HEIGHT - BOTTOM,
        "line": line((point.step, point.loss) for point in curve.points),
        "dots": [at(point.step, point.loss) for point in curve.points],
        "band": line(band),
        "middle": line((row.step, row.middle) for row in curve.band),
        "steps": [(at(step, 0)[0], step) for step in ticks],
        "losses": [(at(0, loss)[1], f"{loss:.2g}") for loss in losses],
        "rows": _rows(curve),
        "measure": curve.measure,
        "models": curve.models,
        "verdict": _verdict(curve),
        "alt": _alt(curve),
    }  # fmt: skip


def _rows(curve: Curve) -> list[dict[str, str]]:
    """The rows of the table, one for each step with a number."""
    losses = {point.step: point.loss for point in curve.points}
    looks = {look.step: look.score for look in curve.looks}
    band = {row.step: row for row in curve.band}
    return [
        {
            "step": str(step),
            "loss": f"{losses[step]:.3g}" if step in losses else "–",
            "band": f"{band[step].low:.3g} to {band[step].high:.3g}" if step in band else "–",
            "score": f"{looks[step]:.3f}" if step in looks else "–",
        }
        for step in sorted({*losses, *looks, *band})
    ]


def _verdict(curve: Curve) -> str:
    """The outcome, as a sentence."""
    last = curve.looks[-1].step if curve.looks else curve.points[-1].step
    if curve.won:
        return f"After {last} steps every group of unseen inputs reached {curve.needed:g}, and training ended there."
    return (
        f"It did not pass by step {last} (every group of unseen inputs at {curve.needed:g}), so the grader trained your model "
        "again, in full; the points below are for that training."
    )


def _alt(curve: Curve) -> str:
    """A description of the picture, for its alt text."""
    sentences = []
    if curve.points:
        first, last = curve.points[0], curve.points[-1]
        sentences.append(
            f"Your training loss: {first.loss:.2g} over the first {first.step} steps, {last.loss:.2g} at step {last.step}."
        )
    if curve.band:
        above, below = _outside(curve)
        end = curve.band[-1]
        sentences.append(f"Correct models end between {end.low:.2g} and {end.high:.2g} at step {end.step}.")
        sentences.append(
            f"Your loss is above their band at {above} of {len(curve.points)} points and below it at {below}."
        )
    return " ".join(sentences)


def _outside(curve: Curve) -> tuple[int, int]:
    """The number of points at which the loss is above the band, and below it."""
    band = {row.step: row for row in curve.band}
    pairs = [(point.loss, band[point.step]) for point in curve.points if point.step in band]
    return sum(loss > row.high for loss, row in pairs), sum(loss < row.low for loss, row in pairs)
