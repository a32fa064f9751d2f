"""Checks that what a lab's policy.toml names exists in the lab. What only torch can tell is tried when an engine starts (grading/policy_tried.py)."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

from gatelab.did_you_mean import did_you_mean
from gatelab.lab.message_forms import PLACEHOLDERS
from gatelab.lab.parts import LabParts, no_such_question
from gatelab.lab.policy import FILE
from gatelab.lab.toml import shown

PLACEHOLDER = re.compile(r"\{(\w+)\}")
REST = "rest"  # in [bench] costs: everything that belongs to no question


def policy_faults(lab: LabParts) -> Iterator[str]:
    """One sentence for each fault, with the file, the key and the value."""
    path = lab.hidden / FILE
    off = [id for id, spec in lab.questions.items() if not spec.library]
    if off and lab.policy.withheld is None:
        yield f"{path}: {', '.join(off)} {'says' if len(off) == 1 else 'say'} library = false; write what that is under [withheld]."
    for sentence in (*_modules(lab), *_words(lab)):
        yield f"{path}: {sentence}"
    for sentence in _bench(lab):
        yield f"{path}, [bench]: {sentence}"


def _modules(lab: LabParts) -> Iterator[str]:
    """What is preloaded can be a module, and is there if it belongs to the students' package."""
    for module in lab.policy.preload:
        parts = module.split(".")
        if not all(map(str.isidentifier, parts)):
            yield f'preload names {shown(module)}, which is not a module\'s name; it must be one, as in "torch.nn".'
        elif parts[0] == lab.package.name and lab.package.is_dir():
            place = lab.package.joinpath(*parts[1:])
            if not (place.is_dir() or place.with_suffix(".py").is_file()):
                there = [f"{parts[0]}.{path.stem}" for path in sorted(lab.package.glob("*.py"))]
                yield f"preload names {shown(module)}, which {lab.package} does not hold{did_you_mean(module, there)}."


def _words(lab: LabParts) -> Iterator[str]:
    """Names are names, and messages have no other placeholders than those that are filled in."""
    for key, names in (("names", lab.policy.names), ("shows", lab.policy.shows)):
        for name in names:
            if not name.isidentifier() or keyword.iskeyword(name):
                yield f"{key} holds {shown(name)}, which is not a name in Python."
    for form in lab.policy.messages:
        for found in PLACEHOLDER.findall(form):
            if found not in PLACEHOLDERS:
                known = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
                yield f"messages holds {shown(form)}, and there is no placeholder {{{found}}}; there are {known}."


def _bench(lab: LabParts) -> Iterator[str]:
    """The benchmark's questions and solutions are there."""
    bench = lab.policy.bench
    asked = [("part", id, id) for id in bench.part] + [("trained", id, id) for id in bench.trained]
    asked += [("slow", name, name.split("/")[0]) for name in bench.slow]
    asked += [("costs", id, id) for id in bench.costs if id != REST]
    for key, value, id in asked:
        if why := no_such_question(lab, id):
            yield f"{key} names {shown(value)}; {id}: {why}"
    for id in bench.trained:
        if id in lab.questions and lab.questions[id].training is None:
            yield f"trained names {shown(id)}, and {id} trains nothing: lab.toml has no [{id}.training]."
    folder = lab.bank / "wheat" if lab.bank else None
    if folder is None or not folder.is_dir():  # the autograder's zip has no wheat
        return
    there = [f"{path.parent.name}/{path.stem}" for path in sorted(folder.glob("*/*.py"))]
    for name in bench.slow:
        if name not in there:
            yield (
                f"slow names {shown(name)}, and {folder} has no such solution{did_you_mean(name, there)}; "
                'it must be "question/name" of one.'
            )
