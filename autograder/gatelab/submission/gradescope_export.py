"""Gradescope's export of an assignment: `submission_metadata.yml` and a folder for each submission.

    submission_409194023:
      :submitters:
      - :name: Ada Lovelace
        :sid: '4711'
        :email: ada@example.org
      :created_at: 2026-04-26 17:34:00.861687000 Z
      :history:
      - :created_at: 2026-04-25 09:12:44.000000000 Z

Names and outputs in it are written by students. So no objects are constructed: the events of YAML's scanner are read, text
stays text, aliases and tags are ignored, and everything but the entries above is skipped.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from gatelab.limits import EXPORT_DEPTH, EXPORT_LIMIT, PERSON_LIMIT, SUBMITTERS
from gatelab.submission.gradescope_people import Submitters
from gatelab.submission.people import Person
from gatelab.submission.platforms import Arrival
from gatelab.submission.times import moment
from gatelab.text import clean_name, visible

METADATA = "submission_metadata.yml"
WANTED = {":submitters", ":created_at", ":history", ":name", ":sid", ":email"}


class MetadataError(Exception):
    """The file cannot be read; the message has no subject: "is damaged in line 3"."""


@dataclass(frozen=True)
class ExportedFolder:
    """What the export says about one folder."""

    people: tuple[Person, ...]
    created: str
    earlier: int

    def arrival(self, folder: str, submitters: Submitters) -> Arrival:
        """Who handed in the folder. A folder without a submitter keeps its name."""
        time = moment(self.created)
        key = " ".join(sorted(map(submitters.key, self.people))) or folder
        called = ", ".join(person.called for person in self.people) or folder
        order = (time.timestamp() if time else 0.0, folder)
        notes = [note for person in self.people for note in submitters.notes(person)]
        return Arrival(
            "Gradescope", key, called, self.people, "", order, time, "" if time else self.created,
            earlier=self.earlier, notes=tuple(dict.fromkeys(notes)),
        )  # fmt: skip


def arrivals_of(export: Mapping[str, ExportedFolder]) -> dict[str, Arrival]:
    """Folder name → who handed it in."""
    submitters = Submitters(person for handed in export.values() for person in handed.people)
    return {name: handed.arrival(name, submitters) for name, handed in export.items()}


def read_metadata(folder: Path) -> dict[str, ExportedFolder] | None:
    """Folder name → what the export says about it; None if the folder is not an export. Raises MetadataError, OSError."""
    path = folder / METADATA
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(status.st_mode):
        raise MetadataError("is not an ordinary file; take the export as Gradescope made it")
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        data = file.read(EXPORT_LIMIT + 1)
    return parsed(data)


def parsed(data: bytes) -> dict[str, ExportedFolder]:
    """The same, from the file's bytes."""
    if len(data) > EXPORT_LIMIT:
        raise MetadataError(f"is larger than {EXPORT_LIMIT >> 20} MiB; name the folder without it")
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        events = yaml.parse(data, Loader=loader)
        found = _document(events)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise MetadataError(f"is damaged{where}; download the export again") from error
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise MetadataError("is not readable text; download the export again") from error
    if not isinstance(found, dict):
        raise MetadataError("holds no submissions; download the export again")
    return {visible(name): _handed(entry) for name, entry in found.items() if isinstance(entry, dict)}


def _handed(entry: dict[str, Any]) -> ExportedFolder:
    submitters = entry.get(":submitters")
    people = [
        Person(_text(one, ":name"), _text(one, ":email"), ids=tuple(filter(None, [_text(one, ":sid")])))
        for one in (submitters if isinstance(submitters, list) else [])[:SUBMITTERS]
        if isinstance(one, dict)
    ]
    history = entry.get(":history")
    earlier = len(history) if isinstance(history, list) else 0
    return ExportedFolder(
        tuple(person for person in people if person.called), _text(entry, ":created_at"), earlier
    )


def _text(entry: dict[str, Any], key: str) -> str:
    value = entry.get(key)
    return clean_name(value, PERSON_LIMIT) if isinstance(value, str) else ""


def _document(events: Iterator[Any]) -> Any:
    """The document's entries, as far as they are needed."""
    for event in events:
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            return _collection(event, events, 0)
        if isinstance(event, yaml.ScalarEvent):
            return event.value
    return None


def _collection(start: Any, events: Iterator[Any], depth: int) -> Any:
    """The mapping or list that begins here. What is not needed, or too deep, is skipped."""
    if depth > EXPORT_DEPTH:
        _pass_over(events)
        return None
    is_mapping = isinstance(start, yaml.MappingStartEvent)
    mapping: dict[str, Any] = {}
    values: list[Any] = []
    key: Any = None
    has_key = False
    for event in events:
        if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            break
        # The submissions' names are at the top level; below it, only the few keys that are needed get a value.
        skip = is_mapping and has_key and depth > 0 and key not in WANTED
        value: Any = None
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            if skip:
                _pass_over(events)
            else:
                value = _collection(event, events, depth + 1)
        elif isinstance(event, yaml.ScalarEvent):
            value = event.value
        if not is_mapping:
            values.append(value)
        elif not has_key:
            key, has_key = value, True
        else:
            if isinstance(key, str) and not skip:
                mapping[key] = value
            has_key = False
    return mapping if is_mapping else values


def _pass_over(events: Iterator[Any]) -> None:
    """Skip to the end of what has just begun."""
    open_ = 1
    for event in events:
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            open_ += 1
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            open_ -= 1
            if not open_:
                return
