"""Hashes of everything besides the submission that affects grades: one for all of it, and one per question.

A comment, a docstring or a line break in a suite changes nothing here, and neither does a key of lab.toml on which no points depend.
"""

from __future__ import annotations

import ast
import hashlib
import json
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import gatelab
from gatelab.lab import installed
from gatelab.lab.check import question_of
from gatelab.lab.spec import Lab
from gatelab.lab.table import FILE as TABLE
from gatelab.source_without_comments import undocumented

# Parts of the kit that do not take part in grading; a change to them leaves reports as they are.
NOT_GRADING = {"audit", "build", "classrun", "cli", "integrations", "report"}
# Whose version may change a number or a verdict; so may that of a lab's own packages.
LIBRARIES = ("torch", "numpy", "pytest", "safetensors")
# Keys of lab.toml.
NO_POINT = {
    "course",
    "due",
    "late",
    "colab_base",
    "handout_url",
    "release",
    "questions_file",
    "shared_lines",
    "shared_sections",
}
OWN = ("assignment", "hidden")  # where the lab's own code and tables are
REST = ""  # what belongs to no single question


def grading_hash(lab: Lab, seed: int, questions: list[str]) -> str:
    """Hash of everything that decides grades besides the submission: kit, lab, libraries, seed, chosen questions."""
    return for_store(lab, seed, questions)[0]


def for_store(lab: Lab, seed: int, questions: list[str], quick: bool = False) -> tuple[str, dict[str, str]]:
    """What a Store identifies reports by: `grading_hash`, and the `hashes` of these questions. `quick`: for a look without training."""
    parts = hashes(lab, seed, lab.automatic)
    whole = hash_of(
        *(f"{id}={digest}" for id, digest in sorted(parts.items())),
        *questions,
        *(["--quick"] if quick else []),
    )
    return whole, {id: digest for id, digest in parts.items() if id in (REST, *questions)}


def hashes(lab: Lab, seed: int, questions: list[str]) -> dict[str, str]:
    """Question → hash of what decides its points: its suite, reference, mistakes and row in lab.toml; plus, for each question it builds
    on, the same without the mistakes, since their points decide whether a student's own versions are used. REST → hash of everything else."""
    found: dict[str, list[str]] = {id: [] for id in (REST, *questions)}
    # Of what each passes on to those that build on it.
    below: dict[str, list[str]] = {id: [] for id in lab.questions}
    for place, folder, path in _files(lab):
        name = path.relative_to(folder)
        key = _belongs_to(place, name, lab)
        if path.suffix == ".toml" and place in OWN:
            table = {
                key: value for key, value in _toml(path).items() if name.name != TABLE or key not in NO_POINT
            }
            for id in [id for id in lab.questions if id in table]:  # its row in the table, its thresholds
                row = hash_of(name.as_posix(), _json(table.pop(id)))
                if not lab.questions[id].by_hand:  # no report depends on what people mark
                    found.setdefault(id, []).append(row)
                    below[id].append(row)
            content = hash_of(_json(table), *(lab.automatic if name.name == TABLE else ()))
        else:
            content = _content(place, path)
        line = f"{place}/{name.as_posix()}\0{content}"
        found.setdefault(key, []).append(line)
        if place == "hidden" and key != REST:
            below[key].append(line)
    for id in questions:
        for other in sorted(built_on(lab, id)):
            found[id] += below[other]
    libraries = [f"{name}=={version(name)}" for name in LIBRARIES]
    libraries += installed.versions(lab.assignment)
    found[REST] += [gatelab.__version__, *libraries, str(seed)]
    return {id: hash_of(*lines) for id, lines in found.items() if id in (REST, *questions)}


def built_on(lab: Lab, id: str) -> set[str]:
    """The questions that a question builds on, directly or indirectly."""
    found: set[str] = set()
    left = [id]
    while left:
        for name in lab.questions[left.pop()].builds_on:
            try:
                other = lab.question_of(name)
            except KeyError:
                continue
            if other not in found:
                found.add(other)
                left.append(other)
    return found - {id}


def hash_of(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _files(lab: Lab) -> Iterator[tuple[str, Path, Path]]:
    """(place, its folder, file) of all that may decide a grade."""
    places = {"assignment": lab.assignment, "hidden": lab.hidden, "kit": Path(gatelab.__file__).parent}
    if lab.bank:
        places["chaff"] = lab.bank / "chaff"
    grading = {TABLE, lab.package.name}
    for place, folder in places.items():
        for path in sorted(path for path in folder.glob("**/*") if path.suffix in {".py", ".toml"}):
            first = path.relative_to(folder).parts[0]
            # Of the assignment, the table and the students' package; notebooks' masters decide no grade.
            if first not in NOT_GRADING and (place != "assignment" or first in grading):
                yield place, folder, path


def _belongs_to(place: str, name: Path, lab: Lab) -> str:
    """The question that a file belongs to, or REST."""
    id = ""
    if place == "hidden" and len(name.parts) == 1 and name.name.startswith("test_"):
        id = question_of(name)
    elif place == "hidden" and name.parts[0] == "reference":
        id = name.stem
    elif place == "chaff":
        id = name.parts[0]
    return id if id in lab.automatic else REST


def _content(place: str, path: Path) -> str:
    """A file's content: the lab's own code without what Python does not run; chaff and the kit byte by byte, since
    students read a chaff's docstring."""
    data = path.read_bytes()
    if place in OWN and path.suffix == ".py":
        try:
            # Not `without_comments`, whose text would change every stored hash.
            return hash_of(ast.dump(undocumented(ast.parse(data))))
        except (ValueError, SyntaxError, RecursionError):
            pass
    return hashlib.sha256(data).hexdigest()


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return {}


def _json(value: Any) -> str:
    return json.dumps(value, default=str)
