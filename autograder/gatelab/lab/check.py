"""Checks that a lab is complete, before any command starts its work: a slip in the table must not cost a class its points.

Nothing is imported; the suites and the references are only parsed, which takes a tenth of a second. Parts that a suite
creates while it is imported (in a loop) are counted by the examiner when it starts.
"""

from __future__ import annotations

import ast
import keyword
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath
from typing import Any, TypeVar

from gatelab.did_you_mean import did_you_mean
from gatelab.handed_out.lists import all_of
from gatelab.lab.check_policy import policy_faults
from gatelab.lab.late import LateError, late_rule
from gatelab.lab.parts import LabParts, no_such_question
from gatelab.lab.table import FILE as TABLE
from gatelab.lab.table import QuestionSpec
from gatelab.lab.toml import shown

T = TypeVar("T")

PLUGIN = "from gatelab.grading.plugin import *"
ALLOWED = 1e-6  # by how much a sum of shares may differ from the points, since shares like 4/12 are rounded


def faults(lab: LabParts) -> Iterator[str]:
    """One sentence for each fault, with the file and what to fix; the first is the one to show."""
    yield from _table(lab)
    yield from _late(lab)
    yield from _folder(lab)
    yield from _notebook(lab)
    for spec in lab.questions.values():
        yield from _names(lab, spec)
        yield from _question(lab, spec)
    yield from policy_faults(lab)
    yield from _suites(lab)
    yield from _conftest(lab)
    yield from _references(lab)
    yield from _public_checks(lab)


def _table(lab: LabParts) -> Iterator[str]:
    table = lab.assignment / TABLE
    if not lab.questions:
        yield f"{table}: holds no question; write one as [q1], with its title and points."


def _folder(lab: LabParts) -> Iterator[str]:
    """The lab's folder has what it must: without the package that the notebook imports, no submission of a class runs."""
    table, package = lab.assignment / TABLE, lab.settings.package
    if package and not lab.package.is_dir():
        there = [path.parent.name for path in lab.assignment.glob("*/__init__.py")]
        yield f"{table}: package names {package}, and {lab.assignment} has no such folder{did_you_mean(package, there)}."
    release = lab.settings.release
    for place, name in enumerate(release):
        if PurePath(name).is_absolute() or ".." in PurePath(name).parts:
            yield f"{table}: release names {shown(name)}, which is not in {lab.assignment}; only what is there is handed out."
        elif PurePath(name).parts != (name,):
            yield (
                f"{table}: release names {shown(name)}, which is not the plain name of a file or folder in {lab.assignment}; "
                'name each file and folder that students get, as in ["CONTRACT.md", "tests"].'
            )
        elif name in release[:place]:
            yield f"{table}: release names {shown(name)} twice; name each file and folder once."


def _notebook(lab: LabParts) -> Iterator[str]:
    """Its master is there, in a folder that has masters. (The autograder's zip has none.)"""
    there = sorted(path.name for path in lab.assignment.glob("*.py") if is_master(path))
    if there and lab.master.name not in there:
        yield (
            f"{lab.assignment / TABLE}: notebook is {shown(lab.notebook)}, and {lab.assignment} has no master {lab.master.name}; there "
            f"{'is' if len(there) == 1 else 'are'} {all_of(there)}{did_you_mean(lab.master.name, there)}."
        )


def is_master(path: Path) -> bool:
    """Whether a script is in percent format, as a master is."""
    return any(
        line.startswith("# %%") for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
    )


def _question(lab: LabParts, spec: QuestionSpec) -> Iterator[str]:
    """What one key says fits what the others say, and the files that it needs are there."""
    table = lab.assignment / TABLE
    if spec.concepts and not lab.concept_key.is_file():
        yield f"{table}, [{spec.id}]: concepts is true, and there is no {lab.concept_key}; write the key there."
    training = spec.training
    if training is not None and training.seconds > spec.cpu_seconds:
        yield (
            f"{table}, [{spec.id}.training]: seconds is {shown(training.seconds)}; it must be at most {shown(spec.cpu_seconds)}, "
            f"the cpu_seconds of [{spec.id}], at which the process that trains is ended."
        )


def _late(lab: LabParts) -> Iterator[str]:
    try:
        late_rule(lab.assignment / TABLE, lab.settings.late, lab.settings.due)
    except LateError as error:
        yield str(error)


def _names(lab: LabParts, spec: QuestionSpec) -> Iterator[str]:
    """Names are valid and unique, and a question builds only on what an earlier question asks for."""
    where = f"{lab.assignment / TABLE}, [{spec.id}]"
    ids = list(lab.questions)
    owner = {name: other.id for other in reversed(lab.questions.values()) for name in other.names}
    for name in spec.names:
        if not name.isidentifier() or keyword.iskeyword(name):
            yield f"{where}: names holds {shown(name)}, which is not a name in Python."
        elif owner[name] != spec.id:
            yield f"{where}: {name} is asked for by {owner[name]} already; a name belongs to one question."
    for name, count in Counter(spec.names).items():
        if count > 1:
            yield f"{where}: names holds {shown(name)} {'twice' if count == 2 else f'{count} times'}; write each name once."
    for name in spec.builds_on:
        if name not in owner and (id := _defined_by(lab, name, ids[: ids.index(spec.id)])):
            yield (
                f"{lab.assignment / TABLE}, [{id}]: names lacks {name}, which the reference of {id} defines and {spec.id} builds on; "
                "write it there."
            )
        elif name not in owner:
            yield f"{where}: builds_on names {name}, which no question asks for{did_you_mean(name, list(owner))}."
        elif ids.index(owner[name]) >= ids.index(spec.id):
            yield f"{where}: builds_on names {name}, which {owner[name]} asks for: only what an earlier question asks for is there."


def _defined_by(lab: LabParts, name: str, ids: list[str]) -> str:
    """Which of these questions has a reference that defines this name; "" if none has."""
    for id in ids:
        path = lab.hidden / "reference" / f"{id}.py"
        if path.is_file() and (tree := parsed(path)[0]) is not None and name in _defined(tree):
            return id
    return ""


def _suites(lab: LabParts) -> Iterator[str]:
    """Every automatic question has a suite, every suite a question, and the parts add up to the points."""
    if not lab.hidden.is_dir():
        yield f"{lab.hidden}: there is no such folder; the hidden suites belong there, as test_q1_….py."
        return
    table = lab.assignment / TABLE
    shares: dict[str, dict[str, float]] = {id: {} for id in lab.questions}
    open_ones = set()  # questions with a part that is known only when the suite runs
    suites = sorted(lab.hidden.glob("test_*.py"))
    for path in suites:
        id = question_of(path)
        if why := no_such_question(lab, id):
            yield f"{path}: {id}: {why} Rename the suite or fix {table}."
            continue
        tree, why = parsed(path)
        if tree is None:
            yield why
            continue
        for question, name, points, line in _parts(tree):
            if question is not None and question != id:
                yield f"{path}, line {line}: the part belongs to {question}, the suite to {id}; a suite is run for its own question only."
            elif points is not None and not _is_share(points):
                yield f"{path}, line {line}: the points of a part must be a number, 0 or more; {points!r} is not."
            elif question is None or name is None or points is None:
                open_ones.add(id)
            elif shares[id].setdefault(name, points) != points:
                yield (
                    f"{path}, line {line}: the part {name} is declared with {points:g} points here and {shares[id][name]:g} before; "
                    "give all its @part lines the same number."
                )
    for id, spec in lab.questions.items():
        if spec.by_hand:
            continue
        if not any(question_of(path) == id for path in suites):
            yield f"{lab.hidden}: there is no suite test_{id}_….py for {id}; write it, or set by_hand = true in {table}."
        elif id not in open_ones and (wrong := wrong_sum(id, spec.points, shares[id].values())):
            yield f"{lab.hidden}, test_{id}_….py: {wrong}"


def _conftest(lab: LabParts) -> Iterator[str]:
    """The suites have the options and fixtures of the grader, which pytest finds through their conftest.py."""
    path = lab.hidden / "conftest.py"
    if not any(lab.hidden.glob("test_*.py")):
        return
    if not path.is_file():
        yield f"{path}: there is no such file, and without it no suite runs; write it with the line `{PLUGIN}`."
        return
    tree, why = parsed(path)
    if tree is None:
        yield why
        return
    got = {
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == PLUGIN.split()[1]
        for alias in node.names
    }
    if got.isdisjoint({"*", "pytest_addoption"}):
        yield f"{path}: does not import the grader's plugin, and without it no suite runs; add the line `{PLUGIN}`."


def question_of(suite: Path) -> str:
    """The question of a suite, from its name: test_q1_softmax.py."""
    return suite.stem.split("_")[1]


def _is_share(points: object) -> bool:
    return isinstance(points, int | float) and not isinstance(points, bool) and 0 <= points < float("inf")


def wrong_sum(id: str, points: float, shares: Iterable[float]) -> str:
    """What is wrong with the sum of a question's parts; "" if they add up to its points."""
    shares = list(shares)
    if odd := [share for share in shares if not _is_share(share)]:
        return f"a part of {id} gives {odd[0]!r} points; it must be a number, 0 or more."
    if not shares:
        return f"it has no part; mark its tests with @part({id!r}, name, points)."
    total = sum(shares)
    if abs(total - points) <= ALLOWED:
        return ""
    return f"the parts of {id} make {total:g} points, {TABLE} gives it {points:g}; fix one of the two."


def _parts(tree: ast.Module) -> Iterator[tuple[str | None, str | None, Any, int]]:
    """Question, name, points and line of every `part(…)` in a suite; None for a value that is not a literal."""
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }

    def value(node: ast.expr | None, *kinds: type[T]) -> T | None:
        found: object = node.value if isinstance(node, ast.Constant) else None
        found = constants.get(node.id) if isinstance(node, ast.Name) else found
        return found if isinstance(found, kinds) and not isinstance(found, bool) else None

    def points(node: ast.expr | None) -> Any:
        if node is None or isinstance(node, ast.Name):
            return constants.get(node.id) if node else None
        try:
            return ast.literal_eval(node)
        except (ValueError, TypeError, RecursionError):
            return None

    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name | ast.Attribute)
            and (getattr(node.func, "id", None) or getattr(node.func, "attr", None)) == "part"
        ):
            given = dict(zip(("question", "name", "points"), node.args, strict=False))
            given |= {word.arg: word.value for word in node.keywords if word.arg}
            yield (
                value(given.get("question"), str),
                value(given.get("name"), str),
                points(given.get("points")),
                node.lineno,
            )


def _references(lab: LabParts) -> Iterator[str]:
    """Every question has its reference, which defines what the question asks for."""
    built_on = {name for spec in lab.questions.values() for name in spec.builds_on}
    for id, spec in lab.questions.items():
        path = lab.hidden / "reference" / f"{id}.py"
        if spec.by_hand or not spec.names:
            continue
        if not path.is_file():
            if built_on.intersection(spec.names) or not _has_key(lab, id):
                yield f"{path}: there is no such file; {id} needs its reference solution there."
            continue
        tree, why = parsed(path)
        if tree is None:
            yield why
            continue
        defined = set(_defined(tree))
        for name in spec.names:
            if name not in defined:
                yield f"{path}: does not define {name}, which {TABLE} has {id} ask for{did_you_mean(name, sorted(defined))}."


def _has_key(lab: LabParts, id: str) -> bool:
    """Whether the right answers to a question are in the key of the concept questions and not in code."""
    return lab.concept_key.is_file() and any(
        lab.concept_key.name in path.read_text(encoding="utf-8", errors="replace")
        for path in lab.hidden.glob(f"test_{id}_*.py")
    )


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                yield from (name.id for name in ast.walk(target) if isinstance(name, ast.Name))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)


def _public_checks(lab: LabParts) -> Iterator[str]:
    """A folder with the masters also has the checks that students run. (The autograder's zip has neither.)"""
    folder = lab.assignment / "tests"
    if not any(lab.assignment.glob("*.py")):
        return
    for id, spec in lab.questions.items():
        if not spec.by_hand and not (folder / f"{id}.py").is_file():
            yield f"{folder / f'{id}.py'}: there is no such file; {id} needs its public check there."
    for path in sorted(folder.glob("*.py")):
        if not path.stem.startswith("_") and (why := no_such_question(lab, path.stem)):
            yield f"{path}: {path.stem}: {why} Rename or remove the check."


def parsed(path: Path) -> tuple[ast.Module | None, str]:
    """A Python file, parsed; None and one sentence if it cannot be."""
    try:
        return ast.parse(path.read_text(encoding="utf-8")), ""
    except SyntaxError as error:
        return None, f"{path}, line {error.lineno}: is not valid Python ({error.msg}); fix it."
    except (OSError, ValueError) as error:
        return None, f"{path}: cannot be read ({error}); fix the file."
