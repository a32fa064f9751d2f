"""The form of class.json, as far as a command reads it back. class_report.py writes more, for the class report alone.

A key that is not here is passed over, so that a file of a newer kit can be read, and one that older kits did not write may be missing.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NotRequired

from pydantic import AfterValidator, ConfigDict, OnErrorOmit, TypeAdapter, with_config
from typing_extensions import TypedDict


def _time(text: str) -> str:
    datetime.fromisoformat(text)
    return text


Time = Annotated[str, AfterValidator(_time)]


class PersonRow(TypedDict):
    """Somebody who handed it in; `ids` are of the platforms and lists."""

    sheet: str
    email: str
    number: str
    ids: list[str]
    moodle: NotRequired[bool]
    canvas: NotRequired[bool]


@with_config(ConfigDict(extra="forbid"))
class LatenessRow(TypedDict, total=False):
    """What `Lateness.to_dict` gives."""

    percent: float
    possible: bool
    text: str


class SubmissionRow(TypedDict):
    """What came in, its status, and what people gave it."""

    name: str
    file: str
    status: str
    reason: NotRequired[str]
    sha256: NotRequired[str]
    graded_with: NotRequired[str]
    points: NotRequired[float | None]
    marks: NotRequired[dict[str, float]]
    staff_remarks: NotRequired[list[str]]
    said: NotRequired[list[str]]  # the same in the files of earlier kits
    lateness: NotRequired[LatenessRow]
    place: NotRequired[str | None]
    called: NotRequired[str | None]
    entry: NotRequired[str | None]
    people: NotRequired[list[PersonRow]]
    handed_in: NotRequired[Time | None]
    attempts: NotRequired[int]
    newest: NotRequired[str | None]
    attempt: NotRequired[int]
    remarks: NotRequired[list[str]]
    called_late: NotRequired[bool]
    problem: NotRequired[str]


class QuestionRow(TypedDict):
    id: str
    title: str
    max_points: float


class ByHandRow(TypedDict):
    id: str
    title: str
    points: float


class ClassFile(TypedDict):
    """The whole file. `folder` and `roster` are places as seen from the output folder."""

    lab: str
    title: str
    seed: int
    all_questions: bool
    submissions: list[SubmissionRow]
    questions: list[QuestionRow]
    by_hand: list[ByHandRow]
    folder: NotRequired[str]
    roster: NotRequired[str]
    quick: NotRequired[str]
    late: NotRequired[bool]


class LastRow(TypedDict):
    """A submission as the last finished run left it (grade_changes.py)."""

    status: str
    points: float | None
    sha256: str | None


class PreviousRun(TypedDict, total=False):
    """What a run takes over from the class.json that it replaces. Whatever of it is damaged is left out."""

    lab: OnErrorOmit[str]
    folder: OnErrorOmit[str]
    roster: OnErrorOmit[str]
    quick: OnErrorOmit[str]
    all_questions: OnErrorOmit[bool]
    questions: OnErrorOmit[list[QuestionRow]]
    by_hand: OnErrorOmit[list[ByHandRow]]
    submissions: OnErrorOmit[list[SubmissionRow]]
    last: OnErrorOmit[dict[str, LastRow]]
    similar: OnErrorOmit[list[dict[str, Any]]]
    similar_of: OnErrorOmit[str]


def read_class(path: Path) -> ClassFile:
    """The whole file, as it was written. Raises OSError, and ValueError if it does not have that form."""
    data: ClassFile = _json(path)
    _adapter(ClassFile).validate_python(data)
    return data


def read_previous_run(path: Path) -> PreviousRun:
    """What is left of an earlier run; nothing if there is no such file, or if it cannot be read."""
    try:
        left: PreviousRun = _adapter(PreviousRun).validate_python(_json(path))
    except (OSError, ValueError):
        return {}
    return left


def head_of(left: PreviousRun) -> PreviousRun:
    """The same without what grows with the class."""
    head = left.copy()
    head.pop("submissions", None)
    head.pop("last", None)
    head.pop("similar", None)
    return head


def _json(path: Path) -> Any:
    """Raises OSError, ValueError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
