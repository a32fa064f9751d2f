"""A lab that is valid: found in the repository, and checked as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gatelab.lab.check import faults
from gatelab.lab.parts import LabError, LabParts, lab_names, no_such_question
from gatelab.lab.table import FILE as TABLE
from gatelab.lab.toml import shown

__all__ = ["Lab", "LabError", "lab_names", "none_here"]


def _only_lab(root: Path) -> str:
    """The only folder of assignment/ that holds a lab. Raises LabError if there is none, or more than one."""
    found = lab_names(root)
    if not found:
        raise LabError(none_here(root, "LAB"))
    if len(found) > 1:
        raise LabError(
            f"{root}: there are several labs in assignment/ ({', '.join(found)}); name the one you mean."
        )
    return found[0]


def none_here(root: Path, name: str) -> str:
    """The error message for a folder that holds no lab."""
    return f"{root}: no assignment/{name}/{TABLE} here; run the command in the kit's folder or name it with --root."


@dataclass(frozen=True)
class Lab(LabParts):
    """A lab. In the repository `Lab.in_repository(root)` finds all its parts."""

    @classmethod
    def in_repository(cls, root: Path, name: str | None = None) -> Lab:
        """The lab `name` of the kit in `root` (by default its only one), completely checked. Raises LabError."""
        root = Path(root).resolve()
        name = name if name is not None else _only_lab(root)
        staff = root / "tests" / name
        lab = cls(root / "assignment" / name, staff / "hidden", staff / "bank", root / "release" / name)
        if not (lab.assignment / TABLE).is_file():
            raise LabError(none_here(root, name))
        if lab.name != name:
            raise LabError(
                f"{lab.assignment / TABLE}: name must be the lab's folder, {shown(name)}; it is {shown(lab.name)}."
            )
        lab.check()
        return lab

    def check(self) -> None:
        """Raise LabError, with the first fault as its sentence, unless the whole lab is valid."""
        if not self._whole:
            raise LabError(next(faults(self)))

    @cached_property
    def _whole(self) -> bool:
        return next(faults(self), None) is None

    def check_questions(self, ids: Iterable[str], option: str = "") -> None:
        """Raise LabError unless the grader can grade all of these. `option`: the beginning of the message."""
        for id in ids:
            if why := no_such_question(self, id):
                raise LabError(f"{option} {id}: {why}".lstrip())
