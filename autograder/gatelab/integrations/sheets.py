"""Grades into Canvas's or Moodle's own sheet: the downloaded sheet comes back with two columns filled.

Everything else in the sheet (other columns, order of rows, byte order mark, separator, line ends) stays as the
system wrote it, so that it finds its rows again; only a name that a spreadsheet would run as a formula gets an apostrophe. A
row is filled only when exactly one submission belongs to it, by the person's number, address, login or name. Where the
sheet's maximum is not the lab's, every total is scaled to it.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gatelab.report.corrected import said_of, said_of_question
from gatelab.report.graded import ExportError
from gatelab.report.model import Report
from gatelab.report.plain import equal, number
from gatelab.report.sheet import BOM, normal
from gatelab.submission.people import Person, Roster
from gatelab.text import escape_formula

PARTICIPANT = re.compile(r"^\D*\b(\d+)$")

CANVAS_STUDENT = ("Student", "ID", "SIS User ID", "SIS Login ID")
# A worksheet's headers are in its site's language: German ones → the English ones, as mod_assign's language packs have them.
GERMAN = {
    "Vollständiger Name": "Full name",
    "E-Mail-Adresse": "Email address",
    "ID-Nummer": "ID number",
    "Anmeldename": "Username",
    "Bewertung": "Grade",
    "Bestwertung": "Maximum Grade",
    "Bewertung kann geändert werden": "Grade can be changed",
    "Feedback als Kommentar": "Feedback comments",
    "Skala": "Scale",
}
MOODLE_CHANGEABLE = "Grade can be changed"  # Moodle passes over the rows that say no here
MOODLE_STUDENT = ("Identifier", "Full name", "Email address", "ID number", "Username")


# What a spreadsheet runs as a formula, unless it is a number: at the start of a cell, or after a semicolon, where a
# spreadsheet of another locale starts a new cell.
FORMULA = re.compile(r"""(^|[;\t\r\n])(?=[\s"]*[=+\-@＝＋－＠])""")

# How `_by_question` begins, in the HTML that Moodle may make of it.
OURS = re.compile(r"\s*(?:<\w+[^>]*>\s*)*\w+: [\d.]+ of [\d.]+(?:;|<|\s|$)")

People = Mapping[str, tuple[Person, ...]]  # of a submission, by its name


@dataclass(frozen=True)
class Rules:
    """How totals are entered. `out_of`: the lab's points, 0 where they are not to be compared with the sheet's maximum;
    `called`: how staff know a submission, by its name; `left_out`: names of submissions whose totals are not to be entered yet."""

    out_of: float = 0.0
    people: People = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)
    left_out: Collection[str] = ()


@dataclass
class Sheet:
    """A downloaded sheet, read so that everything not filled in can be written back unchanged."""

    header: list[str]
    rows: list[list[str]]
    bom: bool
    dialect: type[csv.Dialect]

    @property
    def titles(self) -> list[str]:
        """The header, in English where it is known."""
        return [GERMAN.get(title.strip(), title.strip()) for title in self.header]

    def columns(self, name: str) -> list[int]:
        """Indices of the columns with this header, in its own language or in English."""
        own, known = (
            [k for k, title in enumerate(row) if _folded(title) == _folded(name)]
            for row in (self.header, self.titles)
        )
        return own or known

    def column(self, name: str, path: Path, option: str) -> int:
        """Index of the column with this header."""
        found = self.columns(name)
        if len(found) != 1:
            some = "more than one column" if found else "no column"
            raise ExportError(
                f"{path}: it has {some} {name!r}; name one of its columns with {option}: {', '.join(self.header)}."
            )
        return found[0]

    def text(self) -> str:
        """The sheet as text, in the form it came in."""
        written = io.StringIO()
        writer = csv.writer(written, self.dialect)
        writer.writerow(self.header)
        writer.writerows(self.rows)
        return (BOM if self.bom else "") + written.getvalue()


@dataclass
class Filled:
    """A filled sheet and what could not be filled."""

    text: str
    filled: int = 0
    columns: tuple[int, ...] = ()  # indices of the columns that are filled, the grade's first
    of: dict[int, str] = field(default_factory=dict)  # index of a filled row → who it is
    no_row: list[str] = field(default_factory=list)  # graded submissions that no row of the sheet is for
    no_grade: list[str] = field(default_factory=list)  # rows without a submission
    ungradable: list[str] = field(default_factory=list)  # rows whose submission could not be graded
    failed: list[str] = field(default_factory=list)  # rows whose submission the grader failed at
    replaced: dict[int, str] = field(default_factory=dict)  # row → "Lovelace, Ada: 55 → 96"
    feedback: dict[int, str] = field(default_factory=dict)  # row whose feedback was replaced by ours → who
    fixed: list[str] = field(default_factory=list)  # rows in which the platform takes no grade, and why
    unclear: list[str] = field(default_factory=list)  # one sentence each
    left_out: list[str] = field(default_factory=list)  # rows whose total is not entered yet
    notes: list[str] = field(default_factory=list)  # of the sheet as a whole, one sentence each


def read_sheet(path: Path) -> Sheet:
    """Read a downloaded sheet. Raises ExportError when it is not one."""
    try:
        raw = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ExportError(f"{path}: cannot be read ({error.strerror}); name the downloaded sheet.") from error
    except UnicodeDecodeError as error:
        raise ExportError(
            f"{path}: it is not UTF-8 text; download the sheet again as CSV, not as Excel."
        ) from error
    return sheet_of(raw, path)


def sheet_of(raw: str, path: Path) -> Sheet:
    """The sheet of this text; `path` is what a message names."""
    text = raw.removeprefix(BOM)
    first = text.splitlines()[0] if text.strip() else ""

    class dialect(csv.excel):
        delimiter = max(",;\t", key=first.count)
        lineterminator = "\r\n" if "\r\n" in text else "\n"

    rows = list(csv.reader(io.StringIO(text, newline=""), dialect))
    if len(rows) < 2 or len(rows[0]) < 2:
        raise ExportError(f"{path}: there is no table of students in it; download the sheet again as CSV.")
    return Sheet(rows[0], rows[1:], raw != text, dialect)


def canvas(
    path: Path, reports: Iterable[Report], assignment: str | None = None, rules: Rules | None = None
) -> Filled:
    """Fill the assignment's column of a sheet that Canvas's grade book exported.

    `assignment` is that column's title, with Canvas's "(ID)" or without, or its ID; without it, the one column titled "… (ID)" is taken, since Canvas
    makes a new assignment of a title it does not know.
    """
    sheet = read_sheet(path)
    if "ID" not in sheet.header or "Section" not in sheet.header:
        raise ExportError(
            f"{path}: no columns ID and Section as Canvas exports them; download it from Canvas's grade book."
        )
    grade = _canvas_column(sheet, path, assignment)
    student = [sheet.header.index(title) for title in CANVAS_STUDENT if title in sheet.header]
    id = sheet.header.index("ID")

    def keys(row: list[str]) -> list[str]:
        return [row[k] for k in student] if row[id].strip() else []

    def person(row: list[str]) -> Person:
        named = dict(zip((sheet.header[k] for k in student), (row[k].strip() for k in student), strict=True))
        ids = tuple(filter(None, (named.get(title, "") for title in CANVAS_STUDENT[2:])))
        return Person(named.get("Student", ""), number=row[id].strip(), ids=ids)

    rules = rules or Rules()
    first = sheet.header.index("Student") if "Student" in sheet.header else 0
    possible = [
        row[grade] for row in sheet.rows if len(row) > grade and _folded(row[first]) == "points possible"
    ]
    scale = _scale(path, possible, rules.out_of)

    def excused(row: list[str]) -> str:
        return "excused" if _folded(row[grade]) == "ex" else ""

    return _fill(sheet, reports, keys, person, rules, scale, {id}, excused, grade)


def moodle(
    path: Path,
    reports: Iterable[Report],
    grade_column: str = "Grade",
    feedback_column: str = "Feedback comments",
    rules: Rules | None = None,
    maximum_column: str = "Maximum Grade",
) -> Filled:
    """Fill grade and feedback of Moodle's offline grading worksheet. Its headers are in the site's language, of which English and
    German are known; the first column holds "Participant 4711" in whichever."""
    sheet = read_sheet(path)
    if sheet.columns("Scale") and not sheet.columns(maximum_column):
        raise ExportError(
            f"{path}: its assignment is graded by a scale, which takes no points; set its grade to Point in Moodle and download the sheet again."
        )
    grade = sheet.column(grade_column, path, "--grade-column")
    feedback = sheet.column(feedback_column, path, "--feedback-column")
    titles = sheet.titles
    named = [k for k, title in enumerate(titles) if title in MOODLE_STUDENT and k]

    def keys(row: list[str]) -> list[str]:
        return [row[0], *(row[k] for k in named)]

    def person(row: list[str]) -> Person:
        found = PARTICIPANT.match(row[0].strip())
        cells = {titles[k]: row[k].strip() for k in named}
        ids = tuple(filter(None, (cells.get("ID number", ""), cells.get("Username", ""))))
        number = found[1] if found else ""
        return Person(cells.get("Full name", ""), cells.get("Email address", ""), number, ids)

    rules = rules or Rules()
    maximum = sheet.columns(maximum_column)
    cells = [row[maximum[0]] for row in sheet.rows if len(row) > maximum[0]] if maximum else []
    scale = _scale(path, cells, rules.out_of)
    changeable = sheet.columns(MOODLE_CHANGEABLE)

    def locked(row: list[str]) -> str:
        return "locked" if any(_folded(row[k]) in ("no", "nein") for k in changeable) else ""

    return _fill(sheet, reports, keys, person, rules, scale, {0}, locked, grade, feedback)


@dataclass(frozen=True)
class Scale:
    """The sheet's maximum over the lab's points, and a remark about it."""

    factor: float = 1.0
    note: str = ""


def _scale(path: Path, cells: list[str], out_of: float) -> Scale:
    """The factor for every total. Raises ExportError when the sheet's maximum cannot be honoured."""
    if not out_of:
        return Scale()
    maxima = {cell.strip() for cell in cells if cell.strip()}
    if not maxima:
        return Scale(1.0, f"{path}: it says no maximum; the totals are out of {number(out_of)}.")
    values = {value_of(cell) for cell in maxima}
    value = values.pop()
    if values or value is None or not 0 < value < float("inf"):
        said = ", ".join(sorted(maxima)[:3])
        raise ExportError(
            f"{path}: its maximum is {said} and the lab has {number(out_of)} points; set one maximum above 0 on the "
            "platform and download the sheet again."
        )
    if equal(value, out_of):
        return Scale()
    return Scale(
        value / out_of,
        f"{path}: its maximum is {number(value)} and the lab has {number(out_of)} points; every total is scaled by "
        f"{number(value)}/{number(out_of)}.",
    )


def _canvas_column(sheet: Sheet, path: Path, assignment: str | None) -> int:
    titled = {k: re.search(r"\((\d+)\)\s*$", title) for k, title in enumerate(sheet.header)}
    found = [
        k
        for k, match in titled.items()
        if match
        and (
            assignment is None
            or normal(assignment) in map(normal, (sheet.header[k], match.string[: match.start()], match[1]))
        )
    ]
    if len(found) != 1:
        titles = ", ".join(sheet.header[k] for k, match in titled.items() if match)
        if not titles:
            raise ExportError(
                f"{path}: it has no assignment; make the lab an assignment in Canvas and export the grade book again."
            )
        wanted = (
            f"{'more than one' if found else 'no'} column {assignment!r}"
            if assignment
            else "not exactly one assignment"
        )
        raise ExportError(
            f"{path}: it has {wanted}; choose with --assignment one of its assignments: {titles}."
        )
    return found[0]


def _fill(
    sheet: Sheet,
    reports: Iterable[Report],
    keys: Callable[[list[str]], list[str]],
    person: Callable[[list[str]], Person],
    rules: Rules,
    scale: Scale,
    ids: set[int],
    fixed: Callable[[list[str]], str],
    grade: int,
    feedback: int | None = None,
) -> Filled:
    """Give each row the one submission that belongs to it: by the person, or, if unknown, by a student's name, login or
    ID. A number within a name is a person's only if it was recognised as one when the class was graded. `grade` and `feedback` are the columns to fill, `ids` those
    by which the platform knows its rows; `fixed` says why a row takes no grade, or nothing.
    """
    width = len(sheet.header)
    by_key: dict[str, set[int]] = defaultdict(set)
    listed: dict[int, Person] = {}
    for k, row in enumerate(sheet.rows):
        row.extend([""] * (width - len(row)))
        for key in keys(row):
            if key.strip():
                by_key[_folded(key)].add(k)
                listed.setdefault(k, person(row))
    shown = _shown(sheet, listed, ids)
    roster = Roster(listed.values())
    row_of = {id(one): k for k, one in listed.items()}
    filled = (grade,) if feedback is None else (grade, feedback)
    result = Filled("", columns=filled, notes=[scale.note] if scale.note else [])
    owner: dict[int, list[Report]] = defaultdict(list)
    doubtful: set[int] = set()  # rows of which nobody can say whose they are
    for report in reports:
        name = report.submission
        people = rules.people.get(name, ())
        fits = [[row_of[id(found)] for found in roster.fits(one)] for one in people]
        if not any(fits) and len(people) < 2:
            fits = [sorted(by_key.get(_folded(name), set()))]
        called = rules.called.get(name) or ", ".join(one.called for one in people) or name
        for k in {rows[0] for rows in fits if len(rows) == 1}:
            owner[k].append(report)
        for rows in fits:
            if len(rows) > 1:
                doubtful |= {*rows}
                result.unclear.append(f"{called}: {len(rows)} rows of the sheet fit; fill in by hand.")
        if not all(fits) and report.status == "graded":
            result.no_row.append(called)
    for k, who in shown.items():
        graded = [report for report in owner[k] if report.status == "graded"]
        if len(graded) == 1 and len(owner[k]) == 1 and graded[0].submission in rules.left_out:
            result.left_out.append(who)
        elif len(graded) == 1 and len(owner[k]) == 1:
            row, points = sheet.rows[k], number(graded[0].points * scale.factor)
            before = row[grade].strip()
            if why := fixed(row):
                result.fixed.append(f"{who} ({why})")
                continue
            if before not in ("", "-") and value_of(before) != float(points):
                result.replaced[k] = f"{who}: {before} → {points}"
            row[grade] = points
            if feedback is not None:
                said = _by_question(graded[0])
                if row[feedback].strip() and not OURS.match(row[feedback]) and row[feedback] != said:
                    result.feedback[k] = who
                row[feedback] = said
            result.filled += 1
            result.of[k] = who
        elif len(owner[k]) > 1:
            names = ", ".join(report.submission for report in owner[k])
            result.unclear.append(f"{who}: {len(owner[k])} submissions ({names}); fill in by hand.")
        elif owner[k] and owner[k][0].status == "failed":
            result.failed.append(who)
        elif owner[k]:
            result.ungradable.append(who)
        elif k not in doubtful:
            result.no_grade.append(who)
    _without_formulas(sheet, ids, result)
    result.text = sheet.text()
    return result


def _shown(sheet: Sheet, listed: dict[int, Person], ids: set[int]) -> dict[int, str]:
    """How staff know each row: by the name, and where several have it, by the platform's number too."""
    count = Counter(_folded(one.name) for one in listed.values())
    shown = {}
    for k, one in listed.items():
        number = " ".join(sheet.rows[k][column].strip() for column in sorted(ids))
        name = one.name.strip()
        shown[k] = f"{name} ({number})" if name and count[_folded(name)] > 1 else name or number
    return shown


def _without_formulas(sheet: Sheet, ids: set[int], result: Filled) -> None:
    """Put an apostrophe before every cell that a spreadsheet would run: people choose their own names."""
    count = 0
    for row in sheet.rows:
        for k, cell in enumerate(row):
            if k not in ids and (plain := escape_cell(cell)) != cell:
                row[k] = plain
                count += 1
    if count:
        cells = "1 cell holds" if count == 1 else f"{count} cells hold"
        result.notes.append(f"{cells} a formula; an apostrophe precedes it now.")


def escape_cell(cell: str) -> str:
    """The cell with an apostrophe before what a spreadsheet would run. Numbers and dashes are unchanged."""
    return cell if value_of(cell) is not None or cell.strip() == "-" else FORMULA.sub(r"\1'", cell)


def _by_question(report: Report) -> str:
    """Moodle's feedback: points by question, and the remarks of staff on each and on the whole."""
    said = [
        " ".join(
            [
                f"{q.id}: {number(q.points)} of {number(q.max_points)}",
                *(f"({line})" for line in said_of_question(q)),
            ]
        )
        for q in report.questions
        if q.parts or not q.by_hand or said_of_question(q)
    ]
    return escape_formula("; ".join([*said, *said_of(report)]))


def value_of(cell: str) -> float | None:
    """The number in a cell of the sheet, which may be written 7,50."""
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return None


def _folded(key: str) -> str:
    return " ".join(key.split()).casefold()
