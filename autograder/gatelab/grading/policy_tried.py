"""Tries what a lab's policy.toml says of modules and of PyTorch's operators, once before the first submission: a misspelt operator would switch
nothing off, and a misspelt dispatch key would end every student's worker.

It is called where torch is loaded already, in a fork of the fork server, which has imported the modules that the policy names.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator

from gatelab.did_you_mean import did_you_mean
from gatelab.lab.parts import LabParts
from gatelab.lab.policy import FILE, Withheld
from gatelab.lab.toml import shown
from gatelab.sandbox.worker.withheld import dispatch_keys, is_operator, operators_of, withheld


def policy_faults(lab: LabParts) -> Iterator[str]:
    """One sentence for each value that does not work here."""
    path = lab.hidden / FILE
    for module in lab.policy.preload:
        if why := _not_imported(module):
            yield f"{path}: preload names {shown(module)}, which {why}; it must be a module that can be imported here."
    if lab.policy.withheld is not None:
        for sentence in _withheld_faults(lab.policy.withheld):
            yield f"{path}, [withheld]: {sentence}"


def _not_imported(module: str) -> str:
    """Why the fork server could not import a module; "" if it has."""
    if module in sys.modules:
        return ""
    try:
        importlib.import_module(module)
    except Exception as error:
        return f"cannot be imported ({error})"
    return ""


def _withheld_faults(held: Withheld) -> Iterator[str]:
    for operator, key in held.operators.items():
        entry = f"{shown(operator)} = {shown(key)}"
        space, _, name = operator.rpartition("::")
        if not is_operator(operator):
            meant = did_you_mean(name, operators_of(space))
            yield f"operators holds {entry}, and PyTorch has no such operator{meant}; it must be one of aten, or space::name."
            continue
        try:
            with withheld(held.says, {operator: key}):
                pass
        except Exception as error:
            said = str(error).splitlines()[0]
            yield (
                f"operators holds {entry}, which cannot be overridden ({said}){did_you_mean(key, dispatch_keys())}; "
                'the value must be a dispatch key of PyTorch\'s, as in "CPU".'
            )
    for copy in held.copies:
        if not _is_function(copy):
            yield f'copies holds {shown(copy)}, which is no function here; it must be "module:name" of a function in Python.'


def _is_function(copy: str) -> bool:
    """Whether "module:name" is a function whose code can be replaced."""
    module, _, name = copy.partition(":")
    try:
        found: object = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except Exception:
        return False
    return hasattr(found, "__code__")
