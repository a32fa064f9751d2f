# Written by gatelab build from autograder/gatelab/handed_out/checking/fingerprint.py; change it there.
"""Recognises a known mistake by the numbers it gives.

For every known mistake, `tests/fingerprints.json` contains a few random sums of what the public check's calls return if the
mistake is made. It contains neither right nor wrong code, and no result can be read from it.
"""

from __future__ import annotations

import contextlib
import json
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .key_paths import KeyPath, as_text, flatten
from .record import Call, pattern

# Two runs of the same mathematics differ by around 1e-12 of the value in float64; different mistakes differ by much more
# than this.
RELATIVE = 2e-6
ABSOLUTE = 1e-9

# numpy's letter for a kind of number → its name. Sizes of integers are not included, because they differ between machines.
ARRAYS = {"b": "bool", "i": "int", "u": "int", "f": "float"}

Print = list[Any]  # [checksum of the structure, sum over the values, sum over the gradients]


@dataclass(frozen=True)
class Mistake:
    """A known mistake: what it is, and the question that a teaching assistant would ask."""

    says: str
    hint: str


def fingerprint(call: Call) -> Print:
    """The fingerprint of one call: a checksum of its structure, a random sum of its values and one of its gradients."""
    if call.error is not None:
        return [_checksum(f"raised {type(call.error).__name__}: {call.error}{call.left or ''}"), 0.0, 0.0]
    structure, total = _project({as_text(path): leaf for path, leaf in call.leaves.items()}, "value")
    # No gradient and a gradient of zeros are the same thing here, so only the sum counts.
    _, grad_total = _project(
        {_name(path): grad for path, grad in call.grads.items() if grad is not None}, "gradient"
    )
    structure += [f"changed {as_text(path)}" for path in call.changed] + [
        f"left {kind}" for kind in call.left
    ]
    if call.backward_error is not None:
        structure.append("no backward")
    return [_checksum("\n".join(structure)), total, grad_total]


def _name(path: KeyPath) -> str:
    """Of an argument or parameter, in what is summed."""
    return as_text(path) if isinstance(path[0], int) else f"param:{as_text(path)}"


def prints(record: list[Call]) -> dict[str, list[Print]]:
    """The fingerprints of all calls, by the name in the notebook that they belong to."""
    found: dict[str, list[Print]] = {}
    for call in record:
        found.setdefault(call.group, []).append(fingerprint(call))
    return found


def same(a: Print, b: Print) -> bool:
    return a[0] == b[0] and all(
        math.isclose(x, y, rel_tol=RELATIVE, abs_tol=ABSOLUTE) for x, y in zip(a[1:], b[1:], strict=True)
    )


def wrong_in(question: dict[str, Any], record: list[Call], call: Call) -> str:
    """How this call differs from a correct solution's: "" (not at all), in its "values", only in its "graph", or only in the container of
    its numbers; then the right container is returned, for example "a numpy array"."""
    place = [other is call for other in record if other.group == call.group].index(True)
    own, right = fingerprint(call), question["right"][call.group][place]
    if same(own, right):
        return ""
    if call.gradients is not None and same([own[0], own[1], 0], [own[0], right[1], 0]):
        return "graph"
    other = (
        kind
        for kind, value in _in_other_kinds(call.value)
        if same(fingerprint(replace(call, value=value)), right)
    )
    return next(other, "values")


def _in_other_kinds(value: Any) -> Iterator[tuple[str, Any]]:
    """A result's numbers in the other containers that they could be in, each with its name."""
    if isinstance(value, Tensor):
        yield "a numpy array", value.detach().cpu().numpy()
        yield "a list", value.tolist()
    elif isinstance(value, np.ndarray) and value.dtype.kind in ARRAYS:
        yield "a tensor", _as_tensor(value)
        yield "a list", value.tolist()
        yield "an array of float64", value.astype(np.float64)
    elif (
        isinstance(value, list | tuple)
        and value
        and all(isinstance(leaf, int | float) for leaf in flatten(value).values())
    ):
        with contextlib.suppress(ValueError):  # rows of several lengths
            array = np.array(value)
            yield "a numpy array", array
            yield "a tensor", _as_tensor(array)


def not_compared(call: Call) -> list[str]:
    """The types of those parts of a result for which only the type is stored."""
    return [type(leaf).__name__ for leaf in call.leaves.values() if not _is_compared(leaf)]


def _is_compared(leaf: Any) -> bool:
    if isinstance(leaf, np.ndarray):
        return leaf.dtype.kind in ARRAYS
    return leaf is None or isinstance(leaf, Tensor | bool | int | float | str)


def recognise(question: dict[str, Any], record: list[Call]) -> dict[str, list[Mistake]]:
    """The known mistakes that give exactly these numbers: name in the notebook → mistakes (no entry if none is known).

    A mistake is recognised if all calls of the names that it affects give its numbers. Other names may be right, missing or
    wrong in some other way, which is then reported.
    """
    own = prints(record)
    found: dict[str, list[Mistake]] = {}
    # The mistake that explains the most names comes first.
    for entry in sorted(question["mistakes"], key=lambda entry: -len(entry["calls"])):
        if not found.keys() & entry["calls"].keys() and _fits(entry["calls"], question["right"], own):
            mistakes = [_mistake(question["words"], ids) for ids in entry["ids"]]
            found |= dict.fromkeys(entry["calls"], mistakes)
    return found


def _fits(
    changes: dict[str, dict[str, Print]], right: dict[str, list[Print]], own: dict[str, list[Print]]
) -> bool:
    """Whether the numbers of every name that a mistake touches are the right ones with its changes applied."""
    for group, changed in changes.items():
        expected = [changed.get(str(k), print) for k, print in enumerate(right[group])]
        mine = own.get(group, [])
        if len(mine) != len(expected) or not all(map(same, mine, expected)):
            return False
    return True


def load(folder: Path, question: str) -> dict[str, Any] | None:
    """The question's part of fingerprints.json; None if it has none."""
    try:
        known: dict[str, Any] = json.loads((folder / "fingerprints.json").read_text(encoding="utf-8"))
        return known.get(question)
    except (OSError, ValueError):
        return None


def _mistake(words: dict[str, list[str]], ids: list[str]) -> Mistake:
    """One mistake, or two made at once."""
    says, hints = zip(*(words[id] for id in ids), strict=True)
    if len(says) == 1:
        return Mistake(says[0], hints[0])
    return Mistake(f"Two at once. First: {says[0]} Second: {says[1]}", " ".join(dict.fromkeys(hints)))


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def _project(leaves: dict[str, Any], kind: str) -> tuple[list[str], float]:
    structure, total = [], 0.0
    for path, leaf in leaves.items():
        if isinstance(leaf, Tensor):
            values = leaf.detach().to("cpu", torch.float64)
            broken = not bool(torch.isfinite(values).all())
            structure.append(f"{kind} {path} {leaf.dtype} {tuple(leaf.shape)} {leaf.requires_grad} {broken}")
            # float32 results differ between machines by more than the tolerance above: only their structure counts.
            if leaf.dtype != torch.float32:
                total += _sum(f"{kind} {path}", values)
        elif isinstance(leaf, np.ndarray) and leaf.dtype.kind in ARRAYS:
            values = _as_tensor(leaf).double()
            broken = not bool(torch.isfinite(values).all())
            exact = leaf.dtype.kind != "f" or leaf.dtype.itemsize >= 8  # as for tensors
            of = ARRAYS[leaf.dtype.kind] + ("" if exact else str(8 * leaf.dtype.itemsize))
            structure.append(f"{kind} {path} array of {of} {leaf.shape} {broken}")
            if exact:
                total += _sum(f"{kind} {path}", values)
        elif isinstance(leaf, bool | int | float):
            structure.append(f"{kind} {path} {type(leaf).__name__}")
            total += float(leaf) * math.cos(zlib.crc32(path.encode()))
        else:
            structure.append(
                f"{kind} {path} {leaf if leaf is None or isinstance(leaf, str) else type(leaf).__name__}"
            )
    return structure, total


def _sum(key: str, values: Tensor) -> float:
    """A random sum of the numbers of a tensor."""
    values = torch.nan_to_num(values, nan=3.0, posinf=5.0, neginf=-5.0)
    return float((pattern(key, values) * values).sum())


def _as_tensor(array: np.ndarray[Any, Any]) -> Tensor:
    """The numbers of an array as a tensor: bools, integers, or floats of the same size if torch has one."""
    kinds = {"b": np.bool_, "i": np.int64, "u": np.int64}
    wanted = kinds.get(
        array.dtype.kind, array.dtype.newbyteorder("=") if array.dtype.itemsize <= 8 else np.float64
    )
    return torch.from_numpy(np.array(array, dtype=wanted, order="C"))
