"""Exceptions for failed checks, with more information than a failed assertion. Their texts are for the student."""

from __future__ import annotations

from gatelab.report.record.model import Kind


class Failed(AssertionError):
    """A failed check: its kind, the message, and a hint if there is one."""

    def __init__(self, message: str, kind: Kind = Kind.WRONG, hint: str = "") -> None:
        super().__init__(f"{message} {hint}" if hint else message)
        self.message, self.kind, self.hint = message, kind, hint


class LeftChanged(Failed):
    """A call left something changed. If a check finds this itself, it is not counted a second time."""

    def __init__(self, message: str) -> None:
        super().__init__(message, Kind.LEFT_CHANGED)


class Unanswered(Failed):
    """A written question was left unanswered."""

    def __init__(self, message: str) -> None:
        super().__init__(message, Kind.UNTOUCHED)


class StudentError(Failed):
    """The student's code raised, crashed the worker, or returned something that the check cannot continue with."""
