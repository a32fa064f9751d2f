"""Checks whether this machine has what the answers of the kit's labs may import."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gatelab.audit.machine import Finding
from gatelab.lab import installed, requirements
from gatelab.lab.spec import LabError, lab_names


def packages(kit: Path) -> Iterator[Finding]:
    """For each lab, the packages of its requirements.txt that do not come with the kit."""
    for name in lab_names(kit):
        yield _of(kit / "assignment" / name)


def _of(assignment: Path) -> Finding:
    what, begin = "packages of a lab", f"{assignment.name}: "
    try:
        requirements.pins(assignment)  # says what the build would refuse
        found = list(installed.found(assignment))
    except LabError as error:
        return Finding(what, f"{begin}its requirements cannot be read", str(error))
    said, other = [], False
    for pin, there in found:
        differs = not installed.is_wanted(there, pin)
        other |= differs
        said.append(
            f"{pin.name} {there}" if not differs
            else f"{pin.name} is {there} and not {pin.version}" if there
            else f"{pin.name} {pin.version} is missing"
        )  # fmt: skip
    return Finding(
        what,
        begin + (", ".join(said) or "none besides the kit's"),
        installed.command(assignment) if other else "",
    )
