"""The messages of a class command about the marks and corrections that people typed into grades.csv."""

from __future__ import annotations

from gatelab.classrun.markbook import MarkBook
from gatelab.classrun.run import ClassRun
from gatelab.handed_out.lists import listed
from gatelab.limits import MARKS_SHOWN
from gatelab.report.whole_class.class_report import Row


def lines_of_read(book: MarkBook) -> list[str]:
    """What was read from grades.csv, and what was not."""
    lines = []
    for what, kinds in (("Marks", [""]), ("Corrections", ["points", "late", "comment"])):
        if changes := [str(change) for change in book.changes if change.what in kinds]:
            lines.append(f"{what} read from {book.grades_path}: {listed(changes, MARKS_SHOWN, '; ')}.")
    lines += book.notes
    if book.kept and book.notes:
        lines.append(f"The table as it was saved is kept as {book.kept}.")
    return lines


def lines_of_marks(run: ClassRun, rows: list[Row]) -> list[str]:
    """What was read from grades.csv, what was not, and what must be marked again."""
    book, works = run.book, run.works()
    lines = [*lines_of_read(book), *book.lines_of_too_high(works)]
    again = [
        f"{row.name} {id} (was {was})"
        for row, high in zip(rows, map(book.too_high, works), strict=True)
        for id, was in row.again.items()
        if id not in high
    ]
    if again:
        lines.append(
            f"To be marked again, because the submission is not the one that was marked: {listed(again, MARKS_SHOWN, '; ')}."
        )
    timeless = (
        [
            row.name
            for row in rows
            if row.report and not row.given.penalty and not (row.submission and row.submission.handed_in)
        ]
        if run.lab.late
        else []
    )
    if timeless:
        lines.append(
            f"The hand-in time of {listed(timeless, MARKS_SHOWN)} is not known, so no late penalty applies there."
        )
    if late := [
        row.name for row in rows if row.name in timeless and row.submission and row.submission.called_late
    ]:
        lines.append(
            f"The platform calls {listed(late, MARKS_SHOWN)} late; to take points off, use gatelab late NAME POINTS --why REASON."
        )
    by_hand = {id: spec.by_hand for id, spec in run.lab.questions.items()}
    for why, left in book.left_over(works, by_hand).items():
        lines.append(f"Kept and not counted, because {why}: {listed(left, MARKS_SHOWN, '; ')}.")
    for path, kept in ((book.marks_path, book.marks), (book.corrections_path, book.corrections)):
        if strangers := kept.strangers(works):
            lines.append(f"{path}: keeps {path.stem} of {listed(strangers, MARKS_SHOWN)}, not in this class.")
    return lines
