"""Gives each row of a sheet the one submission that belongs to it, and says why the others have none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gatelab.integrations.sheets.cells import escape_cell
from gatelab.integrations.sheets.downloaded import Sheet
from gatelab.integrations.sheets.feedback import by_question
from gatelab.integrations.sheets.filled import Filled
from gatelab.integrations.sheets.layout import Layout
from gatelab.integrations.sheets.scale import Scale
from gatelab.integrations.sheets.sheet_people import SheetPeople
from gatelab.report.record.model import Report
from gatelab.report.record.points import number
from gatelab.submission.people import Person, alike

People = Mapping[str, tuple[Person, ...]]  # of a submission, by its name


@dataclass(frozen=True)
class Rules:
    """How totals are entered. `out_of`: the lab's points, 0 if they are not to be compared with the sheet's maximum;
    `called`: how staff know a submission, by its name; `left_out`: names of submissions whose totals are not to be entered yet."""

    out_of: float = 0.0
    people: People = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)
    left_out: Collection[str] = ()


@dataclass
class Owners:
    """The submissions to which the rows of a sheet belong."""

    of: dict[int, list[Report]] = field(default_factory=lambda: defaultdict(list))  # by the row's index
    doubtful: set[int] = field(default_factory=set)  # rows that fit several people


def fill(sheet: Sheet, layout: Layout, reports: Iterable[Report], rules: Rules, scale: Scale) -> Filled:
    """Fill the sheet in place, with every total times the scale's factor."""
    in_sheet = SheetPeople(sheet, layout)
    filled = Filled(layout.to_fill, notes=[scale.note] if scale.note else [])
    owners = _owners(in_sheet, reports, rules, filled)
    for k, who in in_sheet.shown.items():
        row, owned = sheet.rows[k], owners.of[k]
        if len(owned) > 1:
            names = ", ".join(report.submission for report in owned)
            filled.unclear.append(f"{who}: {len(owned)} submissions ({names}); fill in by hand.")
        elif not owned:
            if k not in owners.doubtful:
                filled.no_grade.append(who)
        elif owned[0].status != "graded":
            (filled.failed if owned[0].status == "failed" else filled.ungradable).append(who)
        elif owned[0].submission in rules.left_out:
            filled.left_out.append(who)
        elif why := layout.fixed(row):
            filled.fixed.append(f"{who} ({why})")
        else:
            filled.enter(k, who, row, number(owned[0].points * scale.factor), by_question(owned[0]))
    _escape_formulas(sheet, layout.ids, filled)
    filled.text = sheet.text()
    return filled


def _owners(in_sheet: SheetPeople, reports: Iterable[Report], rules: Rules, filled: Filled) -> Owners:
    """The submissions that belong to each row. `filled` gets those that have no row, or several."""
    owners = Owners()
    for report in reports:
        name = report.submission
        people = rules.people.get(name, ())
        called = rules.called.get(name) or ", ".join(one.called for one in people) or name
        fits = in_sheet.rows_for(people, name)
        filled.notes += _other_names(in_sheet, people, fits)
        for k in {rows[0] for rows in fits if len(rows) == 1}:
            owners.of[k].append(report)
        for rows in fits:
            if len(rows) > 1:
                owners.doubtful |= {*rows}
                filled.unclear.append(f"{called}: {len(rows)} rows of the sheet fit; fill in by hand.")
        if not all(fits) and report.status == "graded":
            filled.no_row.append(called)
    return owners


def _other_names(in_sheet: SheetPeople, people: Sequence[Person], fits: list[list[int]]) -> list[str]:
    """A sentence for each person who has another name in the sheet and was found by the platform's number."""
    notes = []
    for one, rows in zip(people, fits, strict=False):
        row = in_sheet.people[rows[0]] if len(rows) == 1 else one
        if one.number and one.number == row.number and not alike(one.name, row.name):
            notes.append(
                f"{one.called}: number {one.number} is {row.called}'s in the sheet, so the row was filled in; check that the two names are "
                "one person's."
            )
    return notes


def _escape_formulas(sheet: Sheet, ids: set[int], filled: Filled) -> None:
    """Put an apostrophe before every cell that a spreadsheet would run: people choose their own names."""
    count = 0
    for row in sheet.rows:
        for k, cell in enumerate(row):
            if k not in ids and (plain := escape_cell(cell)) != cell:
                row[k] = plain
                count += 1
    if count:
        cells = "1 cell holds" if count == 1 else f"{count} cells hold"
        filled.notes.append(f"{cells} a formula; an apostrophe precedes it now.")
