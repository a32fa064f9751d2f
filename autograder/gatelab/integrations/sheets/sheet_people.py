"""The people of a sheet: whose each row is, how staff know them, and which rows may be a submission's."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cached_property

from gatelab.integrations.sheets.cells import folded
from gatelab.integrations.sheets.downloaded import Sheet
from gatelab.integrations.sheets.layout import Layout
from gatelab.submission.people import Person, Roster


class SheetPeople:
    """Everybody who has a row. Rows are known by their index in the sheet."""

    def __init__(self, sheet: Sheet, layout: Layout) -> None:
        self.sheet, self.layout = sheet, layout
        self.people: dict[int, Person] = {}
        self._by_key: dict[str, set[int]] = defaultdict(set)
        for k, row in enumerate(sheet.rows):
            keys = [folded(key) for key in layout.keys(row) if key.strip()]
            for key in keys:
                self._by_key[key].add(k)
            if keys:
                self.people[k] = layout.person(row)
        self._roster = Roster(self.people.values())
        self._row_of = {id(person): k for k, person in self.people.items()}

    def rows_for(self, people: Sequence[Person], name: str) -> list[list[int]]:
        """The rows that each owner of a submission may have: by the person, or, if the sheet knows nobody of them, by the submission's
        name, which may be a student's name, login or ID. A number within a name is a person's only if it was recognised as one when the
        class was graded."""
        fits = [[self._row_of[id(found)] for found in self._roster.fits(one)] for one in people]
        if not any(fits) and len(people) < 2:
            fits = [sorted(self._by_key.get(folded(name), set()))]
        return fits

    @cached_property
    def shown(self) -> dict[int, str]:
        """How staff know each row: by the name, and where several have it, by the platform's number too."""
        count = Counter(folded(one.name) for one in self.people.values())
        shown = {}
        for k, one in self.people.items():
            number = " ".join(self.sheet.rows[k][column].strip() for column in sorted(self.layout.ids))
            name = one.name.strip()
            shown[k] = f"{name} ({number})" if name and count[folded(name)] > 1 else name or number
        return shown
