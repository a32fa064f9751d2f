"""How a check fails where more is known than that an assertion does not hold. The texts are for the student."""

from __future__ import annotations

from gatelab.report.model import Kind


class Failed(AssertionError):
    """What a failed part carries: its kind, the message, and a hint where there is one."""

    def __init__(self, message: str, kind: Kind = Kind.WRONG, hint: str = "") -> None:
        super().__init__(f"{message} {hint}" if hint else message)
        self.message, self.kind, self.hint = message, kind, hint


class LeftChanged(Failed):
    """A call left something changed: what a check finds itself is not counted again."""

    def __init__(self, message: str) -> None:
        super().__init__(message, Kind.LEFT_CHANGED)


class Unanswered(Failed):
    """A question in words was left open."""

    def __init__(self, message: str) -> None:
        super().__init__(message, Kind.UNTOUCHED)


class StudentError(Failed):
    """The student's code raised, took the worker down, or gave what the check cannot go on with."""
