"""What a class command says of the marks and corrections that people typed into grades.csv."""

from __future__ import annotations

from gatelab.classrun.run import ClassRun
from gatelab.report.classbook import Row


def lines_of_marks(run: ClassRun, rows: list[Row]) -> list[str]:
    """What was read from grades.csv, what was not, and what must be marked again."""
    book, works, lines = run.book, run.works(), []
    for what, kinds in (("Marks", [""]), ("Corrections", ["points", "late", "comment"])):
        if changes := [str(change) for change in book.changes if change.what in kinds]:
            lines.append(f"{what} read from {book.grades_path}: {some(changes, '; ')}.")
    lines += book.notes
    if book.kept and book.notes:
        lines.append(f"The table as it was saved is kept as {book.kept}.")
    again = [f"{row.name} {id} (was {was})" for row in rows for id, was in row.again.items()]
    if again:
        lines.append(
            f"To be marked again, because the submission is not the one that was marked, or the question is worth less now: {some(again, '; ')}."
        )
    timeless = (
        [row.name for row in rows if row.report and not (row.submission and row.submission.handed_in)]
        if run.lab.late
        else []
    )
    if timeless:
        lines.append(f"The hand-in time of {some(timeless)} is not known, so no late penalty applies there.")
    if late := [
        row.name for row in rows if row.name in timeless and row.submission and row.submission.called_late
    ]:
        lines.append(
            f"The platform calls {some(late)} late; to take points off, use gatelab late NAME POINTS --why REASON."
        )
    by_hand = {id: spec.by_hand for id, spec in run.lab.questions.items()}
    if left := book.left_over(works, by_hand):
        lines.append(
            f"Kept and not counted, because lab.toml has no such question now, or another kind of question: {some(left, '; ')}."
        )
    for path, kept in ((book.marks_path, book.marks), (book.corrections_path, book.corrections)):
        if strangers := kept.strangers(works):
            lines.append(f"{path}: keeps {path.stem} of {some(strangers)}, not in this class.")
    return lines


def some(items: list[str], between: str = ", ", most: int = 12) -> str:
    """The first few, and how many more there are."""
    more = [f"and {len(items) - most} more"] if len(items) > most else []
    return between.join([*items[:most], *more])
