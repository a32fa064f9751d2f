"""What the columns of a platform's sheet mean: whose a row is, and where a grade goes."""

from __future__ import annotations

from typing import Protocol

from gatelab.submission.people import Person


class Layout(Protocol):
    """Where things are in one downloaded sheet."""

    @property
    def ids(self) -> set[int]:
        """Indices of the columns by which the platform knows its rows."""

    @property
    def to_fill(self) -> tuple[int, ...]:
        """Indices of the columns to fill, the grade's first; a second is for feedback."""

    def keys(self, row: list[str]) -> list[str]:
        """The cells that a submission may be named after; none for a row that is nobody's."""

    def person(self, row: list[str]) -> Person:
        """Whose the row is."""

    def fixed(self, row: list[str]) -> str:
        """Why the platform takes no grade in this row; "" if it takes one."""
