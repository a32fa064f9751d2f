"""Several entries of one person: which are attempts of the same work, and which is the newest.

Gradescope's export and nbgrader's inbound folder have a folder for each attempt, with its time. Moodle gives one attempt,
perhaps in several folders or files. Canvas gives the files of one attempt; where several downloads were merged, a second
`lab.ipynb` is called `lab-1.ipynb` and has the larger number, and what is marked late is newer than what is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from gatelab.lab.spec import Lab
from gatelab.submission.choose import Candidate, choose
from gatelab.submission.platforms import Arrival
from gatelab.text import brief


class Problem(NamedTuple):
    """Why there is nothing to grade, and what staff can do about it. What the student can do is always the same, or nothing
    if it is the machine's fault (`machine_fault`)."""

    what: str
    advice: str
    machine_fault: bool = False
    missing: bool = False  # nothing was handed in for this lab


@dataclass(frozen=True)
class Picked:
    """The notebook of an entry, or why there is none."""

    path: Path | None
    problem: Problem | None = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A file or folder of the class, its notebook, and whose it is."""

    raw: str
    picked: Picked
    arrival: Arrival

    @property
    def description(self) -> str:
        """The entry as an attempt, in a sentence."""
        time = self.arrival.handed_in
        name = brief(self.arrival.file or self.raw)
        return f"{name} of {time:%Y-%m-%d %H:%M %Z}" if time else name


@dataclass(frozen=True)
class HandInAttempt:
    """What was handed in at one time: the graded entry, and the notebooks next to it."""

    entry: Entry
    others: tuple[str, ...] = ()


def attempts(entries: Sequence[Entry], lab: Lab, read: Callable[[Path], bytes]) -> list[HandInAttempt]:
    """The attempts of one person, the newest first. Raises GraderFault if the machine cannot read them."""
    newest_first = sorted(entries, key=lambda entry: entry.arrival.order, reverse=True)
    platform = entries[0].arrival.platform
    if platform in ("Gradescope", "nbgrader"):
        return [HandInAttempt(entry, entry.picked.others) for entry in newest_first]
    if platform != "Canvas":
        return [_best(newest_first, lab, read)]
    # All files of one attempt are late, or none is.
    late = [entry for entry in newest_first if entry.arrival.late]
    on_time = [entry for entry in newest_first if not entry.arrival.late]
    if any(entry.picked.path for entry in late) and on_time:
        return [*_of_canvas(late, lab, read), *_of_canvas(on_time, lab, read)]
    return _of_canvas(newest_first, lab, read)


def _of_canvas(newest_first: list[Entry], lab: Lab, read: Callable[[Path], bytes]) -> list[HandInAttempt]:
    by_file: dict[str, list[Entry]] = defaultdict(list)
    for entry in newest_first:
        by_file[entry.arrival.plain_file].append(entry)
    older = [entry for found in by_file.values() for entry in found[1:] if entry.picked.path is not None]
    older.sort(key=lambda entry: entry.arrival.order, reverse=True)
    newest = _best([found[0] for found in by_file.values()], lab, read)
    return [newest, *(HandInAttempt(entry, entry.picked.others) for entry in older)]


def _best(entries: Sequence[Entry], lab: Lab, read: Callable[[Path], bytes]) -> HandInAttempt:
    """The entry of an attempt that has the lab's notebook."""
    ready = [entry for entry in entries if entry.picked.path is not None]
    if not ready:
        # A problem with files says more than an empty text field.
        return HandInAttempt(min(entries, key=lambda entry: (entry.arrival.plugin != "file", entry.raw)))
    candidates = {}
    for entry in ready:
        assert entry.picked.path is not None
        place = PurePosixPath(entry.arrival.plain_file or entry.picked.path.name)
        saved = entry.arrival.order[0]
        candidates[id(entry)] = Candidate(place, saved, partial(read, entry.picked.path))
    first, _ = choose(list(candidates.values()), lab)
    best = next(entry for entry in ready if candidates[id(entry)] is first)
    beside = [brief(entry.arrival.file or entry.raw) for entry in ready if entry is not best]
    return HandInAttempt(best, (*best.picked.others, *beside))
