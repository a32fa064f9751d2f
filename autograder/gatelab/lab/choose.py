"""The lab that a command works on: the one named, else the one whose folder you are in, else the only one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from gatelab.did_you_mean import did_you_mean
from gatelab.handed_out.lists import all_of
from gatelab.lab.spec import Lab, LabError, lab_names, none_here
from gatelab.lab.table import FILE as TABLE
from gatelab.lab.table import QuestionSpec, Table
from gatelab.lab.toml import read_toml
from gatelab.text import visible

FOLDERS = ("assignment", "tests", "release", "solutions", "docs")  # a lab has a folder with its name in each


def chosen_lab(root: Path, name: str | None = None, here: Path | None = None) -> Lab:
    """The lab, completely checked. Raises LabError, with one sentence, if it is not clear which one.

    root: the kit's folder. `Path()` means the current folder, or the nearest above it that holds a lab.
    here: the folder you are in; the working directory by default.
    """
    here = (here or Path.cwd()).resolve()
    root = kit_above(here) if root == Path() else Path(root).resolve()
    names = lab_names(root)
    if not names:
        raise LabError(none_here(root, name or "LAB"))
    if name is not None and name not in names:
        raise LabError(
            f"--lab {name}: there is no such lab in {root / 'assignment'}{did_you_mean(name, names)}; there is {all_of(names)}."
        )
    if name is None:
        name = names[0] if len(names) == 1 else _around(root, here, names)
    if name is None:
        raise LabError(
            f"{root}: there are several labs here, {all_of(names)}; name the one you mean with --lab."
        )
    return Lab.in_repository(root, name)


def typed_name(given: str | None) -> str | None:
    """The lab that was typed: a shell completes its folder, to `softmax/` or `assignment/softmax`."""
    *above, name = [part for part in re.split(r"[/\\]", given or "") if part not in ("", ".")] or [given]
    return name if not above or above[-1] in FOLDERS else given


def agree(stated: str | None, named: str, what: object) -> None:
    """Raise LabError if `--lab` is not the lab named by `what` (a graded folder, a zip or a receipt)."""
    if stated is not None and named and stated != named:
        raise LabError(
            f"--lab {visible(stated)}: {visible(str(what))} is of the lab {visible(named)}; leave --lab out."
        )


def questions_of_table(name: str, places: Iterable[Path]) -> dict[str, QuestionSpec] | None:
    """The questions in the lab.toml of the lab `name` in the first kit that has it, upwards from these places; None if there is
    none that can be read. For commands that need no kit: the rest of the lab is not checked."""
    for place in places:
        path = kit_above(place.resolve()) / "assignment" / name / TABLE
        try:
            return Table.read(path, read_toml(path)).questions
        except (OSError, ValueError):
            continue
    return None


def kit_above(here: Path) -> Path:
    """The nearest folder, from `here` upwards, with a lab in its assignment/; `here` itself if there is none."""
    return next((folder for folder in (here, *here.parents) if lab_names(folder)), here)


def _around(root: Path, here: Path, names: list[str]) -> str | None:
    """The lab whose folder contains `here`."""
    if not here.is_relative_to(root):
        return None
    top, lab, *_ = (*here.relative_to(root).parts, "", "")
    return lab if top in FOLDERS and lab in names else None
