"""Writes assignment/<lab>/tests/fingerprints.json: the numbers by which a public check recognises each known mistake.

Every chaff of a question is executed on top of the reference solutions, the question's public check makes its calls, and a few
random sums of the results are stored. The file goes to students: it contains the numbers, the misconceptions and the hints, but
no code. Questions with `pairs` get every pair of mistakes as well.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import Any

from gatelab.audit.concepts import concepts
from gatelab.folders import write_whole
from gatelab.handed_out.checking import fingerprint
from gatelab.lab.bank import Bank, BankError, Chaff, load_bank, made_in, only_in_one
from gatelab.lab.importing import importable
from gatelab.lab.spec import Lab, LabError
from gatelab.limits import QUESTIONS_KEPT

Prints = dict[str, list[list[Any]]]  # name in the notebook → one fingerprint per call


def write_fingerprints(lab: Lab, only: Sequence[str] = ()) -> Path:
    """Write the file and return its path. The concept question's file, named after its ID, is written next to it.

    `only`: compute these questions; the others are kept as they are in the file.
    """
    path = lab.assignment / "tests" / "fingerprints.json"
    before = json.loads(path.read_text(encoding="utf-8")) if only and path.is_file() else {}
    found = fingerprints(lab, only, before)
    for question in only or json.loads(found):
        _require_comparable_objects(lab, question)
    write_whole(path, found)
    if question := lab.concept_question:
        write_whole(path.with_name(f"{question}.json"), concepts(lab, question))
    return path


def fingerprints(lab: Lab, only: Sequence[str] = (), before: Mapping[str, Any] | None = None) -> bytes:
    """The file's contents, the same at every run. Raises LabError if the lab's public checks make no calls that could be fingerprinted.

    `only`: compute these questions, and take the others from `before`, the contents of such a file.
    """
    if not (lab.package / "checking").is_dir():
        raise LabError(
            f"{lab.assignment}: has no {lab.package.name}/checking, whose checks make the calls that fingerprints are taken of; its "
            "public checks name no mistakes, and there is nothing to write."
        )
    bank = load_bank(lab)
    questions = [id for id in lab.questions if _check_file(lab, id).is_file() and bank.chaffs_of(id)]
    kept = {id: before[id] for id in questions if only and before and id in before and id not in only}
    return _dump({id: kept.get(id) or _question(lab, bank, id) for id in questions})


def prints(lab: Lab, question: str, chaff: Chaff | None = None) -> Prints:
    """The fingerprints of all calls of a public check, made with this chaff on top of the references."""
    with importable(lab.assignment):
        check = _load_check(lab, question)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            record = check.play(namespace(lab, chaff))
        found = fingerprint.prints(record)
    return {group: [[mark, *map(_rounded, sums)] for mark, *sums in calls] for group, calls in found.items()}


def _require_comparable_objects(lab: Lab, question: str) -> None:
    """Raise LabError if the check stores an object without numbers to compare, because any other such object would pass."""
    with importable(lab.assignment):
        check = _load_check(lab, question)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            found = check.not_compared(namespace(lab))
    if found:
        raise LabError(
            f"{_check_file(lab, question)}: {question}: the check stores an object of type {found[0]}, which is not compared; store its numbers."
        )


def namespace(lab: Lab, *over: Any) -> dict[str, Any]:
    """A notebook's namespace with the reference solutions, and then other pieces of the bank (or None) on top."""
    import numpy
    import torch

    names = {
        "__name__": "__main__",
        "torch": torch,
        "nn": torch.nn,
        "F": torch.nn.functional,
        "np": numpy,
        "math": math,
    }
    for question in lab.questions:
        if lab.has_reference(question):
            exec(_compiled(lab.reference(question), f"reference/{question}.py"), names)
    for piece in filter(None, over):
        try:
            exec(compile(piece.source, f"{piece.question}/{piece.id}", "exec"), names)
        except Exception as error:
            kind = "chaff" if isinstance(piece, Chaff) else "wheat"
            files = [
                str(Path(lab.bank or "") / kind / piece.question / f"{id}.py")
                for id in getattr(piece, "ids", [piece.id])
            ]
            raise BankError(
                f"{' and '.join(files)}: the code raised {type(error).__name__}: {error}; fix the file."
            ) from error
    return names


def _question(lab: Lab, bank: Bank, question: str) -> dict[str, Any]:
    """The texts, the right numbers and the known mistakes of one question."""
    right = prints(lab, question)
    chaffs = bank.chaffs_of(question)
    alone = {chaff.id: changes(right, prints(lab, question, chaff)) for chaff in chaffs}
    pairs = bank.pairs_of(question) if lab.questions[question].pairs else ()
    entries: dict[str, dict[str, Any]] = {}
    for chaff in (*chaffs, *pairs):
        calls = alone.get(chaff.id) or changes(right, prints(lab, question, chaff))
        if not calls:
            continue
        entry = entries.setdefault(json.dumps(calls, sort_keys=True), {"ids": [], "calls": calls})
        # A pair that looks like one of its two mistakes, or like any other single mistake, is reported as that single mistake.
        if chaff in chaffs or all(len(ids) > 1 for ids in entry["ids"]):
            entry["ids"].append(chaff.ids)
    # A mistake that the bank makes in several definitions counts as the same mistake if it is made in only one of them.
    for chaff in chaffs:
        for half in only_in_one(chaff):
            calls = changes(right, prints(lab, question, half))
            if calls:
                entries.setdefault(json.dumps(calls, sort_keys=True), {"ids": [chaff.ids], "calls": calls})
    # It also counts as the same if the student's other code does not use the function that contains it.
    for chaff in chaffs:
        for name in made_in(chaff) & alone[chaff.id].keys():
            calls = {name: alone[chaff.id][name]}
            entries.setdefault(json.dumps(calls, sort_keys=True), {"ids": [chaff.ids], "calls": calls})
    return {
        "words": {chaff.id: [chaff.misconception, chaff.hint] for chaff in chaffs},
        "right": right,
        "mistakes": list(entries.values()),
    }


def changes(right: Prints, wrong: Prints) -> dict[str, dict[str, list[Any]]]:
    """The calls in which a mistake shows: name → index among the calls of that name → fingerprint."""
    found = {
        group: {
            str(k): mine
            for k, (mine, other) in enumerate(zip(wrong[group], calls, strict=True))
            if not fingerprint.same(mine, other)
        }
        for group, calls in right.items()
    }
    return {group: calls for group, calls in found.items() if calls}


def _check_file(lab: Lab, question: str) -> Path:
    return lab.assignment / "tests" / f"{question}.py"


def check_names(lab: Lab, question: str) -> dict[str, Any]:
    """The names that a public check's file defines, executed afresh, as otter does for every grader.check."""
    names: dict[str, Any] = {}
    exec(_compiled(check_source(lab, question), str(_check_file(lab, question))), names)
    return names


def check_source(lab: Lab, question: str) -> str:
    """The code of a question's public check."""
    return _check_file(lab, question).read_text(encoding="utf-8")


def _load_check(lab: Lab, question: str) -> Any:
    """A fresh Check object."""
    path = _check_file(lab, question)
    try:
        return check_names(lab, question)["check"]
    except KeyError:
        raise BankError(f"{path}: has no `check = Check(name)`.") from None


@lru_cache(maxsize=QUESTIONS_KEPT)
def _compiled(source: str, name: str) -> CodeType:
    return compile(source, name, "exec")


def _rounded(value: float) -> float:
    """Seven digits, as many as are compared; more would differ between machines."""
    return float(f"{round(value, 10) + 0.0:.7g}")


def _dump(questions: dict[str, Any]) -> bytes:
    """JSON with one known mistake per line, so that a change of the bank gives a readable diff of this file."""

    def line(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    parts = []
    for id, question in questions.items():
        words = ",\n".join(f"   {line(key)}: {line(text)}" for key, text in question["words"].items())
        right = ",\n".join(f"   {line(group)}: {line(calls)}" for group, calls in question["right"].items())
        mistakes = ",\n".join(f"   {line(entry)}" for entry in question["mistakes"])
        parts.append(
            f' "{id}": {{\n  "words": {{\n{words}\n  }},\n  "right": {{\n{right}\n  }},\n  "mistakes": [\n{mistakes}\n  ]\n }}'
        )
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()
