"""Whether the packages that a lab's answers may import are installed where it is graded. An answer that imports a missing one fails, however
right it is, so no grading begins without them. What comes with the kit itself is not looked at here.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.version import InvalidVersion, Version

from gatelab.handed_out.lists import all_of
from gatelab.lab.parts import LabError
from gatelab.lab.requirements import FILE, Pin, beyond_the_kit


def distribution_of(name: str) -> Distribution | None:
    """An installed package. What an interrupted pip left of one, a folder without a version, is none."""
    for one in distributions(name=name):
        try:
            if one.version:
                return one
        except (KeyError, TypeError, OSError, ValueError):  # records that cannot be read
            continue
    return None


def found(assignment: Path) -> Iterator[tuple[Pin, str]]:
    """What the lab in this folder asks for besides the kit, each with the version that is installed, "" for none. Raises LabError if its file cannot be read."""
    for pin in beyond_the_kit(assignment):
        there = distribution_of(pin.name)
        yield pin, there.version if there else ""


def is_wanted(there: str, pin: Pin) -> bool:
    """Whether this installed version is the one that is asked for: 0.8.2.0 and 0.8.2+cpu are 0.8.2."""
    if not there or not pin.version:
        return bool(there)
    try:
        return Version(Version(there).public) == Version(pin.version)
    except InvalidVersion:
        return there == pin.version


def check(assignment: Path) -> None:
    """Raise LabError, with one sentence, if a package is missing. (`gatelab doctor` warns of another version.)"""
    missing = [f"{pin.name} {pin.version}".strip() for pin, there in found(assignment) if not there]
    if missing:
        them = "it" if len(missing) == 1 else "them"
        raise LabError(
            f"{all_of(missing)}: not installed here under {'this name' if them == 'it' else 'these names'}, and right answers of "
            f"{assignment.name} that import {them} could lose points; in the kit's folder: {command(assignment)} (Where another package brings "
            f"the same module, as opencv-python-headless does for opencv-python, list that name in assignment/{assignment.name}/{FILE} instead.)"
        )


def command(assignment: Path) -> str:
    """What installs them."""
    return f"pip install -r assignment/{assignment.name}/{FILE}"


def versions(assignment: Path) -> list[str]:
    """The versions that are installed, for a hash. A missing one counts as the version that is asked for: nothing is graded without it, and
    what was graded with it still holds."""
    try:
        return sorted(f"{pin.name}=={there or pin.version}" for pin, there in found(assignment))
    except LabError:  # then nothing is graded either
        return []
