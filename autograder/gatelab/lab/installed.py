"""Whether the packages that a lab's answers may import are installed where it is graded. An answer that imports a missing one fails, however
right it is, so no grading begins without them. What comes with the kit itself is not looked at here.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from gatelab.handed_out.lists import all_of
from gatelab.lab.parts import LabError
from gatelab.lab.requirements import FILE, Pin, beyond_the_kit


def found(assignment: Path) -> Iterator[tuple[Pin, str]]:
    """What the lab in this folder asks for besides the kit, each with the version that is installed, "" for none. Raises LabError."""
    for pin in beyond_the_kit(assignment):
        try:
            yield pin, version(pin.name)
        except PackageNotFoundError:
            yield pin, ""


def check(assignment: Path) -> None:
    """Raise LabError, with one sentence, if a package is missing. (`gatelab doctor` warns of another version.)"""
    missing = [f"{pin.name} {pin.version}" for pin, there in found(assignment) if not there]
    if missing:
        raise LabError(
            f"{all_of(missing)}: not installed here, and right answers of {assignment.name} that import "
            f"{'it' if len(missing) == 1 else 'them'} would lose points; in the kit's folder: {command(assignment)}"
        )


def command(assignment: Path) -> str:
    """What installs them."""
    return f"pip install -r assignment/{assignment.name}/{FILE}"


def versions(assignment: Path) -> list[str]:
    """The versions that are installed, for a hash. None if the file cannot be read: then nothing is graded either."""
    try:
        return [
            f"{pin.name}=={there}" for pin, there in sorted(found(assignment), key=lambda one: one[0].name)
        ]
    except LabError:
        return []
