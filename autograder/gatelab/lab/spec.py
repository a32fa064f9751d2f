"""The lab: its one table of questions, and where its parts lie on disk."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from gatelab.lab.check import faults, meant, no_such_question
from gatelab.lab.policy import FILE, Policy, PolicyError, Withheld, is_texts

DEFAULT_SEED = 11  # the inputs of the hidden suites are drawn from it
# Processor time decides; the clock is a backstop for code that waits. Nine busy processes on two cores take 4.5 times
# their processor time.
BACKSTOP = 5


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")


def _is_share(value: Any) -> bool:
    return _is_number(value) and value <= 1


# What a key of lab.toml holds, in words and as a check.
Kind = tuple[str, Callable[[Any], bool]]
TEXT: Kind = "a text in quotes", lambda value: isinstance(value, str)
NUMBER: Kind = "a number from 0 on, without quotes", _is_number
SHARE: Kind = "a number from 0 to 1, without quotes", _is_share
LIST: Kind = 'a list of texts, as in ["softmax", "cross_entropy"]', is_texts
SWITCH: Kind = "true or false, without quotes", lambda value: isinstance(value, bool)
TABLE = "lab.toml"
HEAD: dict[str, Kind] = {  # above the questions
    "title": TEXT,
    "name": TEXT,
    "notebook": TEXT,
    "credit": SHARE,
    "colab_base": TEXT,
    "handout_url": TEXT,
    "release": LIST,
    "shared_lines": LIST,
    "questions_file": TEXT,
}
NEEDED = ("title", "name", "notebook")
KINDS: dict[str, Kind] = {  # of a question
    "title": TEXT,
    "points": NUMBER,
    "seconds": NUMBER,
    "cpu_seconds": NUMBER,
    "minutes": NUMBER,
    "names": LIST,
    "builds_on": LIST,
    "by_hand": SWITCH,
    "pairs": SWITCH,
    "library": SWITCH,
    "concepts": SWITCH,
}


class LabError(Exception):
    """The lab itself is not in order; the message names the file and what to fix."""


def lab_names(root: Path) -> list[str]:
    """The folders of assignment/ that hold a lab."""
    return sorted(path.parent.name for path in root.glob(f"assignment/*/{TABLE}"))


def _only_lab(root: Path) -> str:
    """The folder of assignment/ that holds a lab. Raises LabError where there is none, or more than one."""
    found = lab_names(root)
    if not found:
        raise LabError(none_here(root, "LAB"))
    if len(found) > 1:
        raise LabError(
            f"{root}: there are several labs in assignment/ ({', '.join(found)}); name the one that is meant."
        )
    return found[0]


def none_here(root: Path, name: str) -> str:
    """That a folder holds no lab, in a sentence."""
    return f"{root}: no assignment/{name}/{TABLE} here; run the command in the kit's folder or name it with --root."


@dataclass(frozen=True)
class QuestionSpec:
    """A row of lab.toml (the file's head explains the columns)."""

    id: str
    title: str
    points: float
    names: tuple[str, ...] = ()
    builds_on: tuple[str, ...] = ()
    cpu_seconds: float = 40.0
    seconds: float = 0.0  # 0: BACKSTOP times cpu_seconds
    minutes: float = 0.0  # of a student's time, an estimate; 0: nothing is said
    by_hand: bool = False
    pairs: bool = False
    library: bool = True
    concepts: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "seconds", self.seconds or BACKSTOP * self.cpu_seconds)


@dataclass(frozen=True)
class Lab:
    """Where the parts of one lab lie. In the repository `Lab.in_repository(root)` finds them all."""

    assignment: Path  # lab.toml, seqlab/, the masters
    hidden: Path  # the suites and reference/
    bank: Path | None = None  # holds chaff/, wheat/, equivalent.toml; None: no diagnosis by name
    release: Path | None = (
        None  # folder that students get; None: nothing is known of the notebook as handed out
    )

    @classmethod
    def in_repository(cls, root: Path, name: str | None = None) -> Lab:
        """The lab `name` of the kit in `root` (by default its only one), looked through from end to end. Raises LabError."""
        root = Path(root).resolve()
        name = name if name is not None else _only_lab(root)
        staff = root / "tests" / name
        lab = cls(root / "assignment" / name, staff / "hidden", staff / "bank", root / "release" / name)
        if not (lab.assignment / TABLE).is_file():
            raise LabError(none_here(root, name))
        if lab.name != name:
            raise LabError(
                f"{lab.assignment / TABLE}: name must be the lab's folder, {name!r}; it is {lab.name!r}."
            )
        lab.check()
        return lab

    def check(self) -> None:
        """Raise LabError, with the first fault as its sentence, unless the whole lab is in order."""
        if not self._whole:
            raise LabError(next(faults(self)))

    @cached_property
    def _whole(self) -> bool:
        return next(faults(self), None) is None

    def check_questions(self, ids: Iterable[str], option: str = "") -> None:
        """Raise LabError unless the grader can grade all of these. `option`: what the message begins with."""
        for id in ids:
            if why := no_such_question(self, id):
                raise LabError(f"{option} {id}: {why}".lstrip())

    @cached_property
    def _table(self) -> dict[str, Any]:
        path = self.assignment / TABLE
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise LabError(f"{path}: {error}") from error
        for key, value in {**dict.fromkeys(NEEDED), **table}.items():
            if isinstance(value, dict):
                continue  # a question
            if key not in HEAD:
                raise LabError(
                    f"{path}: has no key {key}{meant(key, HEAD)}; above the questions stand {', '.join(HEAD)}."
                )
            kind, holds = HEAD[key]
            if not holds(value):
                raise LabError(f"{path}: {key} must be {kind}; it is {value!r}.")
        return table

    @property
    def name(self) -> str:
        return cast(str, self._table["name"])

    @property
    def title(self) -> str:
        return cast(str, self._table["title"])

    @property
    def credit(self) -> float:
        """What the credit of a mistake recognised in full is multiplied with; 0 switches it off."""
        return cast(float, self._table.get("credit", 1))

    def setting(self, key: str) -> Any:
        """What lab.toml says above the questions (a key of HEAD), as TOML gives it; None where it says nothing."""
        return self._table.get(key)

    @property
    def notebook(self) -> str:
        """File name of the student's notebook, `lab.ipynb`."""
        return cast(str, self._table["notebook"])

    @cached_property
    def questions(self) -> dict[str, QuestionSpec]:
        """Question ID → its row, in the order of the lab."""
        rows = {}
        for id, row in self._table.items():
            if not isinstance(row, dict):
                continue
            self._check(id, row)
            row = dict(row)
            for key in ("names", "builds_on"):
                row[key] = tuple(row.get(key, ()))
            rows[id] = QuestionSpec(id=id, **row)
        return rows

    def _check(self, id: str, row: dict[str, Any]) -> None:
        """Raise LabError when a field is unknown or missing, or holds a value of another kind than its column's."""
        where = f"{self.assignment / TABLE}, [{id}]"
        for key, value in row.items():
            if key not in KINDS:
                raise LabError(
                    f"{where}: there is no column {key}{meant(key, KINDS)}; there are {', '.join(KINDS)}."
                )
            kind, holds = KINDS[key]
            if not holds(value):
                raise LabError(f"{where}: {key} must be {kind}; it is {value!r}.")
        for key in ("title", "points"):
            if key not in row:
                raise LabError(f"{where}: {key} is missing; it must be {KINDS[key][0]}.")

    @cached_property
    def policy(self) -> Policy:
        """What the engine must know of the lab besides its questions. Raises LabError."""
        try:
            return Policy.read(self.hidden / FILE)
        except PolicyError as error:
            raise LabError(str(error)) from error

    def without(self, question: QuestionSpec) -> Withheld | None:
        """What of the library a question may not use; None: it may use all."""
        return None if question.library else self.policy.withheld

    def question_of(self, name: str) -> str:
        """The ID of the question that asks for this name."""
        for question in self.questions.values():
            if name in question.names:
                return question.id
        raise KeyError(name)

    def has_reference(self, id: str) -> bool:
        """Whether the question has a reference solution in code."""
        return self._reference_path(id).is_file()

    def reference(self, id: str) -> str:
        """Source of the reference solution of a question (staff only)."""
        return self._reference_path(id).read_text(encoding="utf-8")

    @property
    def concept_question(self) -> str | None:
        """The ID of the question whose answers are the key below; None in a lab without."""
        return next((spec.id for spec in self.questions.values() if spec.concepts), None)

    @property
    def concept_key(self) -> Path:
        """The answers to the concept questions (staff only); a lab may come without."""
        return self.hidden / "reference" / "concepts.toml"

    def _reference_path(self, id: str) -> Path:
        return self.hidden / "reference" / f"{id}.py"
