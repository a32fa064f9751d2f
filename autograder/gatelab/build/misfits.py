"""Finds mistakes in a lab's files without running anything: a file for students that is not valid Python, a public check that was
copied and still has the other question's name, a mistake in the bank that no longer fits the solution.

`gatelab diff` and `gatelab build` refuse such a lab. A question that is merely unfinished is refused only by the build (complete.py).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path

from gatelab.build import checks, snapshot
from gatelab.build.errors import BuildError
from gatelab.build.gate import STAFF_PAGES
from gatelab.build.handout import files
from gatelab.build.master import FOR_CLASS
from gatelab.build.settings import Settings
from gatelab.did_you_mean import did_you_mean
from gatelab.lab.bank import Bank, load_bank
from gatelab.lab.check import parsed
from gatelab.lab.spec import Lab
from gatelab.lab.table import FILE as TABLE
from gatelab.lab.table import QuestionSpec
from gatelab.lab.toml import shown
from gatelab.submission import earlier_releases

RECORD = "a record of what was released, for staff"
HEADING = re.compile(r"^## (.*)$", re.MULTILINE)
# Keys of lab.toml that are for the grader or a suite. Times are not included: they do no harm if nothing is run.
FOR_THE_GRADER = ("names", "builds_on", "pairs", "library", "concepts", "training")
DEFAULTS = {one.name: one.default for one in fields(QuestionSpec) if one.default is not MISSING}


def check(lab: Lab) -> Bank:
    """The lab's bank. Raises LabError for the first mistake: file, what is wrong, what to do."""
    for fault in faults(lab):
        raise BuildError(fault)
    return load_bank(lab)


def faults(lab: Lab) -> Iterator[str]:
    """One sentence for each mistake, except those in the bank, which is read as a whole."""
    yield from _idle_keys(lab)
    yield from _asking_for_nothing(lab)
    yield from _staffs_own(lab)
    yield from _shared_sections(lab)
    for path, _ in checks.files(lab):
        if not path.is_file():
            yield f"{path}: is missing; gatelab build writes it: run that first."
    for name, path in files(lab, Settings.of(lab)).items():
        if path.suffix == ".py":
            tree, why = parsed(path)
            if tree is None:
                yield why
            elif Path(name).parent == Path("tests") and path.stem in lab.questions:
                yield from _wrong_names(path, tree)


def _asking_for_nothing(lab: Lab) -> Iterator[str]:
    for id, spec in lab.questions.items():
        if not (spec.names or spec.builds_on or spec.by_hand):
            yield (
                f"{lab.assignment / TABLE}, [{id}]: has nothing that could be graded; write as names what students define for it, as in "
                'names = ["softmax"], or by_hand = true.'
            )


def _idle_keys(lab: Lab) -> Iterator[str]:
    for id, spec in lab.questions.items():
        idle = [key for key in FOR_THE_GRADER if getattr(spec, key) != DEFAULTS[key]]
        if spec.by_hand and idle:
            are, them = ("is", "it") if len(idle) == 1 and idle[0] != "names" else ("are", "them")
            yield (
                f"{lab.assignment / TABLE}, [{id}]: is marked by hand, and {', '.join(idle)} {are} for questions that the grader gives "
                f"points for; remove {them}, or by_hand = true."
            )


def _staffs_own(lab: Lab) -> Iterator[str]:
    """Sentences for files of staff that are listed for release. Without this, the build would object to their contents."""
    masters = dict.fromkeys((lab.master.name, *FOR_CLASS), "a master, with the solutions")
    pages = dict.fromkeys(STAFF_PAGES, "a page for staff")
    records = {TABLE: "the settings, for staff", snapshot.NAME: RECORD, earlier_releases.NAME: RECORD}
    what = {name.casefold(): words for name, words in (masters | pages | records).items()}
    for name in Settings.of(lab).release:
        if words := what.get(name.casefold()):
            yield f"{lab.assignment / TABLE}: release names {name}, which is {words}; take it out of release."


def _shared_sections(lab: Lab) -> Iterator[str]:
    """Sentences for shared sections that no page for staff has. (What students get may have them under another heading.)"""
    pages = [path for name in STAFF_PAGES if (path := lab.assignment / name).is_file()]
    there = [heading for path in pages for heading in HEADING.findall(path.read_text(encoding="utf-8"))]
    for section in lab.settings.shared_sections:
        if section not in there:
            yield (
                f"{lab.assignment / TABLE}: shared_sections holds {shown(section)}, and no page for staff ({', '.join(STAFF_PAGES)}) has a "
                f"section of this heading{did_you_mean(section, there)}; it must be the heading, after ##, of one that students have too."
            )


def _wrong_names(path: Path, tree: ast.Module) -> Iterator[str]:
    """Sentences for names of another question in a public check: its name for otter, and the name under which its calls are stored."""
    id = path.stem
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            targets = [target.id for target in node.targets if isinstance(target, ast.Name)]
            given, written = node.value, "name is {}" if targets == ["name"] and node in tree.body else ""
        elif isinstance(node, ast.Call) and node.args and getattr(node.func, "id", "") == "Check":
            given, written = node.args[0], "Check({}) is"
        else:
            continue
        value = given.value if isinstance(given, ast.Constant) else id
        if written and value != id:
            found = written.format(f'"{value}"' if isinstance(value, str) else repr(value))
            right = f'Check("{id}")' if written.startswith("Check") else f'"{id}"'
            yield f"{path}, line {node.lineno}: {found} in the check of {id}; write {right}."
