"""Recognise a known mistake by the numbers it gives.

`tests/fingerprints.json` holds, for every known mistake, a few random sums of what the public check's calls return when
that mistake is made. It contains neither right nor wrong code, and no result can be read from it.
"""

from __future__ import annotations

import json
import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .record import Call, pattern

# Two runs of the same mathematics differ by around 1e-12 of the value in float64; different mistakes differ by much more
# than this.
RELATIVE = 2e-6
ABSOLUTE = 1e-9

Print = list[Any]  # [checksum of the structure, sum over the values, sum over the gradients]


@dataclass(frozen=True)
class Mistake:
    """A known mistake: what it is, and what a teaching assistant would ask."""

    says: str
    hint: str


def fingerprint(call: Call) -> Print:
    """What is stored for one call: a checksum of its structure, and a random sum of its values and one of its gradients."""
    if call.error is not None:
        return [_checksum(f"raised {type(call.error).__name__}: {call.error}{call.left or ''}"), 0.0, 0.0]
    structure, total = _project(call.leaves, "value")
    # No gradient and a gradient of zeros are the same thing here, so only the sum counts.
    _, grad_total = _project(
        {path: grad for path, grad in call.grads.items() if grad is not None}, "gradient"
    )
    structure += [f"changed {path}" for path in call.changed] + [f"left {kind}" for kind in call.left]
    if call.backward_error is not None:
        structure.append("no backward")
    return [_checksum("\n".join(structure)), total, grad_total]


def prints(record: list[Call]) -> dict[str, list[Print]]:
    """The fingerprints of all calls, by the name in the notebook to which they belong."""
    found: dict[str, list[Print]] = {}
    for call in record:
        found.setdefault(call.group, []).append(fingerprint(call))
    return found


def same(a: Print, b: Print) -> bool:
    return a[0] == b[0] and all(
        math.isclose(x, y, rel_tol=RELATIVE, abs_tol=ABSOLUTE) for x, y in zip(a[1:], b[1:], strict=True)
    )


def wrong_in(question: dict[str, Any], record: list[Call], call: Call) -> str:
    """In what this call differs from a correct solution's: "", its "values" or only its "graph"."""
    place = [other is call for other in record if other.group == call.group].index(True)
    own, right = fingerprint(call), question["right"][call.group][place]
    if same(own, right):
        return ""
    return "graph" if call.gradients is not None and same([*own[:2], 0], [own[0], right[1], 0]) else "values"


def recognise(question: dict[str, Any], record: list[Call]) -> dict[str, list[Mistake]]:
    """Which known mistakes give exactly these numbers: name in the notebook → mistakes (no entry: none known).

    A mistake is recognised when all calls of the names that it touches give its numbers; the other names
    may be right, missing or wrong in their own way, and then that is what is reported.
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
                values = torch.nan_to_num(values, nan=3.0, posinf=5.0, neginf=-5.0)
                total += float((pattern(f"{kind} {path}", values) * values).sum())
        elif isinstance(leaf, bool | int | float):
            structure.append(f"{kind} {path} {type(leaf).__name__}")
            total += float(leaf) * math.cos(zlib.crc32(path.encode()))
        else:
            structure.append(
                f"{kind} {path} {leaf if leaf is None or isinstance(leaf, str) else type(leaf).__name__}"
            )
    return structure, total
