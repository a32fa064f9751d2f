"""A lab's requirements.txt: one package with its version on each line, as in `einops==0.8.2`, if need be with extras and a marker.

The students' start.py reads the same file with a reader of its own, since it has the standard library only. So whatever the two
could read differently, and whatever only pip understands, is refused here, and the build asks here first. A grading that has begun to be
prepared is not stopped by such a line: there only the packages count that can be told (`beyond_the_kit`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

import gatelab
from gatelab.lab.parts import LabError
from gatelab.text import visible

FILE = "requirements.txt"
LINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*(\[[A-Za-z0-9., -]+\])?==[A-Za-z0-9.!]+( *;.*)?")
WRITE = "write one package with its version, as in einops==0.8.2, on a line of its own."

OTHERWISE = f"is not a name, == and one version, without blanks, * and +; {WRITE}"


@dataclass(frozen=True)
class Pin:
    """A package that a lab asks for."""

    name: str  # as registries compare names
    version: str  # "" if the line, which the build would refuse, names no single one
    line: str  # as it is written, without the comment
    number: int  # of the line in the file
    applies: bool  # whether it is asked for on this system


def pins(assignment: Path) -> list[Pin]:
    """The pins of the lab in this folder, in their order; none if it has no such file. Raises LabError for the first line that is refused."""
    path = assignment / FILE
    return read(path) if path.is_file() else []


def read(path: Path) -> list[Pin]:
    """The pins of a requirements.txt. Raises LabError: the file, the line, what to write."""
    found: dict[str, Pin] = {}
    for number, line in enumerate(_lines(path), 1):
        where = f"{path}, line {number}: "
        if len(line.splitlines()) > 1:
            raise LabError(
                f"{where}holds {visible(repr(line))}, at a character of which pip begins another line; {WRITE}"
            )
        text = _without_comment(line)
        if not text:
            continue
        if why := _refused(line, text):
            raise LabError(f"{where}{text}: {why}")
        asked = Requirement(text)
        applies = _applies(asked)
        if applies is None:
            raise LabError(
                f"{where}{text}: no system can tell what is behind the ; write a comparison as in sys_platform == 'linux' there."
            )
        pin = Pin(canonicalize_name(asked.name), _version(asked.specifier), text, number, applies)
        if pin.name in found:
            raise LabError(
                f"{where}{text}: line {found[pin.name].number} names this package too; leave one of them."
            )
        found[pin.name] = pin
    return list(found.values())


def check(assignment: Path, kit: Iterable[str] | None = None) -> list[Pin]:
    """The lab's pins. Raises LabError also for one that differs from the kit's own. `kit`: its lines, by default those of this kit."""
    own = {pin.name: pin for pin in kit_pins(kit)}
    found = pins(assignment)
    for pin in found:
        kits = own.get(pin.name)
        if kits and Version(kits.version) != Version(pin.version):
            raise LabError(
                f"{assignment / FILE}, line {pin.number}: {pin.line}: the kit itself needs {kits.name}=={kits.version} "
                "and grades with that version; write it here too."
            )
    return found


def beyond_the_kit(assignment: Path) -> list[Pin]:
    """What answers of this lab may import that does not come with the kit, on this system. Whether the file is as the build wants it does
    not matter here: a line that names no package is left out. Raises LabError if nothing can be read."""
    own = {pin.name for pin in kit_pins()}
    return [pin for pin in _named(assignment / FILE) if pin.applies and pin.name not in own]


def _named(path: Path) -> list[Pin]:
    """The packages of those lines that can be read at all, each once."""
    if not path.is_file():
        return []
    found: dict[str, Pin] = {}
    for number, line in enumerate(_bytes(path).decode("utf-8-sig", "replace").splitlines(), 1):
        line = _without_comment(line)
        try:
            asked = Requirement(line)
        except InvalidRequirement:
            continue
        if _applies(asked):
            name = canonicalize_name(asked.name)
            found.setdefault(name, Pin(name, _version(asked.specifier), line, number, True))
    return list(found.values())


def _without_comment(line: str) -> str:
    return re.sub(r"(^|\s)#.*", "", line).strip()


def _applies(asked: Requirement) -> bool | None:
    """Whether a package is asked for on this system; None if its marker asks for what no system has."""
    try:
        return asked.marker is None or asked.marker.evaluate()
    except (ValueError, LookupError):  # `sys_platform ~= "linux"`, `"a" in extras`
        return None


def _version(specifiers: SpecifierSet) -> str:
    """The one version that is asked for, or ""."""
    asked = list(specifiers)
    exact = len(asked) == 1 and asked[0].operator == "==" and not asked[0].version.endswith(".*")
    return asked[0].version if exact else ""


def kit_pins(lines: Iterable[str] | None = None) -> list[Pin]:
    """The packages that the kit itself pins; none if its pyproject.toml is not there and it is not installed, as in the grading image."""
    found = []
    for line in _kit_lines() if lines is None else lines:
        asked = Requirement(line)
        versions = [one.version for one in asked.specifier if one.operator == "=="]
        if versions and (asked.marker is None or "extra" not in str(asked.marker)):
            name = canonicalize_name(asked.name)
            found.append(Pin(name, versions[0], line, 0, _applies(asked) is True))
    return found


def _kit_lines() -> list[str]:
    """From the pyproject.toml next to the sources: what an editable kit was installed with may be older."""
    try:
        text = (Path(gatelab.__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
        project = tomllib.loads(text)["project"]
        if project["name"] == "gatelab":
            return list(project["dependencies"])
    except (OSError, KeyError, ValueError):
        pass
    try:
        return requires("gatelab") or []
    except PackageNotFoundError:
        return []


def _lines(path: Path) -> list[str]:
    """The file's lines, as Python and start.py divide them."""
    try:
        text = _bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise LabError(f"{path}: is not UTF-8; save it as UTF-8.") from error
    if text.startswith("\ufeff"):
        raise LabError(
            f"{path}, line 1: begins with a byte order mark, which start.py takes for part of a name; save the file as UTF-8 without one."
        )
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LabError(
            f"{path}: cannot be read ({error.strerror}); make sure that it is readable."
        ) from error


def _refused(line: str, text: str) -> str:
    """Why a line is no pin, and what to write; "" if it is one."""
    if text.startswith("-") or re.search(r"\s--", text):
        return f"pip's options are not read here; {WRITE}"
    if line.rstrip().endswith("\\"):
        return f"a line does not go on in the next one; {WRITE}"
    if "#" in text:
        return "a comment begins after a blank; put one before the #."
    if re.match(r"[^;]*[@/\\]", text):
        return f"is an address or a path, and students and the grader get this file alone; {WRITE}"
    try:
        asked = Requirement(text)
    except InvalidRequirement:
        return f"is not a package with its version; {WRITE}"
    if "_" in asked.name or canonicalize_name(asked.name) != asked.name.lower():
        rest = text[len(asked.name) :]
        return f"start.py knows a package by the name that registries give it; write {canonicalize_name(asked.name)}{rest}."
    return "" if LINE.fullmatch(text) else OTHERWISE
