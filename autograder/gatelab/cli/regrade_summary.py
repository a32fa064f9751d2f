"""What `gatelab regrade` shows before anything is replaced: who gains and who loses what, and why; then by question."""

from __future__ import annotations

from collections import defaultdict

from gatelab.classrun.regrade import Difference, Regrade, change
from gatelab.limits import REGRADED_LINES
from gatelab.report.record.points import less, number
from gatelab.text import visible


def summary(again: Regrade, found: list[Difference]) -> list[str]:
    """Who gains, who loses, and why; then by question."""
    lines, gain, lose = [], 0, 0
    by_name: dict[str, list[Difference]] = defaultdict(list)
    for difference in found:
        by_name[difference.name].append(difference)
    counted = [
        submission
        for submission in again.run.submissions
        if submission.name in again.new or submission.name in by_name
    ]
    totals = {submission.name: again.totals(submission) for submission in counted}
    for was, now in totals.values():
        gain += less(was or 0, now or 0)
        lose += less(now or 0, was or 0)
    for name, rows in by_name.items():
        was, now = totals[name]
        total = " → ".join("no grade" if points is None else number(points) for points in (was, now))
        lines.append(f"{visible(name)}: total {total}")
        for row in rows:
            of = f"{row.question}: " if row.question else ""
            lines.append(f"    {visible(of + change(row))}")
    if len(lines) > REGRADED_LINES:
        lines = [*lines[:REGRADED_LINES], f"… {len(lines) - REGRADED_LINES} more lines"]
    lines.append(_count(gain, lose, len(counted) - gain - lose, len(counted), len(again.new)))
    questions: dict[str, list[float]] = defaultdict(list)
    for difference in found:
        if difference.question and difference.was is not None and difference.now is not None:
            questions[difference.question].append(difference.now - difference.was)
    for id, moved in questions.items():
        if not (moves := [move for move in moved if move]):
            continue
        up, down = sum(move > 0 for move in moves), sum(move < 0 for move in moves)
        lines.append(
            f"{id}: {up} up, {down} down, {_signed(sum(moves) / len(moves))} points on average of those."
        )
    return lines


def _count(gain: int, lose: int, keep: int, counted: int, graded: int) -> str:
    kept = f"{keep} {'keeps its' if keep == 1 else 'keep their'} total"
    changes = f"{gain} {'gains' if gain == 1 else 'gain'}, {lose} {'loses' if lose == 1 else 'lose'}, {kept}"
    if counted == graded:
        return f"{changes}, of {graded} graded again."
    if graded:
        return f"{changes}; {graded} of these {counted} {'was' if graded == 1 else 'were'} graded again."
    return f"{changes}; nothing had to be graded again for that."


def _signed(points: float) -> str:
    return ("+" if points >= 0 else "−") + number(abs(points))
