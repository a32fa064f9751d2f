"""Writes constraints.txt, the lock file: every distribution that the kit's and its labs' requirements bring along, in the version installed here.

python tests/programs/write_constraints.py            write it
python tests/programs/write_constraints.py --check    exit code 1 and a list if it differs from this environment
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gatelab.lab.installed import distribution_of, is_wanted
from gatelab.lab.requirements import FILE, read

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "constraints.txt"
HEAD = """\
# Every distribution that the kit brings along, in one version each: `make` and the grading image (setup.sh) install by it.
# Written by `python tests/programs/write_constraints.py`; tests/engine/test_environment.py holds it against what is installed.
"""


def of_the_labs(root: Path) -> list[Requirement]:
    """What the labs ask for. Ends with a sentence if one of these packages is not installed here, or in another version:
    the lock would lack it, or contradict the lab."""
    asked = []
    for path in sorted(root.glob(f"assignment/*/{FILE}")):
        for pin in read(path):
            if not pin.applies:
                continue
            there = distribution_of(pin.name)
            place = path.relative_to(root).as_posix()
            if there is None:
                sys.exit(
                    f"{place}, line {pin.number}: {pin.name} is not installed here, so the lock would lack it: pip install -r {place}"
                )
            if not is_wanted(there.version, pin):
                sys.exit(
                    f"{place}, line {pin.number}: {pin.line}, but {there.version} is installed here, and the lock would say so: pip install -r {place}"
                )
            asked.append(Requirement(pin.line))
    return asked


def needed(root: Path = ROOT) -> dict[str, str]:
    """Name → version of everything that pyproject.toml and the labs require, dependencies included, if it is required on this system."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asks = project["dependencies"] + project["optional-dependencies"]["dev"]
    todo = [*map(Requirement, asks), *of_the_labs(root)]
    seen: set[tuple[str, frozenset[str]]] = set()
    found: dict[str, str] = {}
    while todo:
        asked = todo.pop()
        name, extras = canonicalize_name(asked.name), frozenset(asked.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        installed = distribution_of(name)
        if installed is None:  # required only on other systems
            continue
        found[name] = installed.version.split("+")[0]
        for line in installed.requires or ():
            further = Requirement(line)
            if further.marker is None or any(
                further.marker.evaluate({"extra": extra}) for extra in extras or {""}
            ):
                todo.append(further)
    return found


def text() -> str:
    """The lock's text for this environment."""
    return HEAD + "".join(f"{name}=={version}\n" for name, version in sorted(needed().items()))


def locked() -> dict[str, str]:
    """Name → version in the committed lock."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def main() -> int:
    if "--check" in sys.argv:
        differ = sorted(set(needed().items()) ^ set(locked().items()))
        print(*(f"{name}=={version}" for name, version in differ), sep="\n")
        return bool(differ)
    LOCK.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
