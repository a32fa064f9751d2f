# Written by gatelab build from autograder/gatelab/handed_out/checking/concepts.py; change it there.
"""Reads the answers to a concept question, and decides whether all of them together are right without knowing any of them.

The grader reads answers with the same functions. `tests/<question>.json` holds the form of every answer and hashes of all
answers together. Computing them takes a while, on purpose, and they cannot tell which answer is wrong.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from typing import Any

import torch

LETTERS = "abcd"
NEAR = 1  # hundredths by which a number may differ
# scrypt with these takes about a tenth of a second and 32 MiB.
COST, BLOCK, MEMORY = 2**15, 8, 64 * 2**20

# Few digits and a short exponent: 1e900000000 would take hours.
NUMBER = r"[-+]?(?:[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:e[-+]?[0-9]{1,2})?"


def text(value: Any, most: int = 200) -> str:
    """An answer as text, whatever type it was written in: "0.5", 0.5, torch.tensor(0.5), ("b", "d"), ["b, d"].

    `most`: how many characters are read; an answer is a few words or a number. The limit is not a constant because a suite sends
    only the source of this function.
    """
    if isinstance(value, (list, tuple)):
        return ",".join(text(item) for item in value)[:most]
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        return str(value.item())
    return "" if value is None or value is ... else str(value)[:most]


def empty(answer: str) -> bool:
    """Whether nothing was answered."""
    return not answer.strip(" .…?_")


def read(answer: str, form: dict[str, Any]) -> str:
    """One answer in its plain form: letters without spaces, or a number of hundredths. Raises ValueError, which says what is expected.

    `" B , d>a "` is `bda`, `1d 2c` is `dc`; `.50`, `0,5`, `1/2`, `5e-1` and `0.499` are all `50`.
    """
    if form["kind"] == "number":
        return str(round(100 * _number(answer)))
    letters = re.sub(r"[^a-z]", "", answer.lower())
    count = form["letters"]
    if len(letters) != count or set(letters) - set(LETTERS):
        which, example = (
            ("one letter", "") if count == 1 else (f"{count} letters", f", such as {LETTERS[:count]!r}")
        )
        raise ValueError(f"{which} from {LETTERS[0]} to {LETTERS[-1]}{example}")
    if form["kind"] == "order" and len(set(letters)) != count:
        raise ValueError(f"every letter from {LETTERS[0]} to {LETTERS[count - 1]} once, in order")
    return letters


def agree(plain: str, right: str, form: dict[str, Any]) -> bool:
    """Whether an answer counts as the right one, both in plain form."""
    return abs(int(plain) - int(right)) <= NEAR if form["kind"] == "number" else plain == right


def joint_hashes(plain: dict[str, str], forms: dict[str, Any], salt: str, near: int = 0) -> list[str]:
    """Hashes of all plain answers together: one for each way to move the numbers by up to `near` hundredths."""
    letters = ";".join(f"{id}={plain[id]}" for id in sorted(forms) if forms[id]["kind"] != "number")
    key = hashlib.scrypt(letters.encode(), salt=salt.encode(), n=COST, r=BLOCK, p=1, maxmem=MEMORY, dklen=32)
    numbers = [id for id in sorted(forms) if forms[id]["kind"] == "number"]
    steps = range(-near, near + 1)
    moved = itertools.product(*([int(plain[id]) + step for step in steps] for id in numbers))
    return sorted(hashlib.blake2b(repr(one).encode(), key=key, digest_size=8).hexdigest() for one in moved)


def _number(answer: str) -> float:
    found = "".join(answer.lower().split()).replace("\N{MINUS SIGN}", "-").replace(",", ".")
    above, _, below = found.partition("/")
    try:
        if not all(re.fullmatch(NUMBER, half) for half in (above, below or "1")):
            raise ValueError(found)
        value = float(above) / float(below or "1")
        round(100 * value)  # no inf
    except (ValueError, ArithmeticError):
        raise ValueError("a number, such as '0.25'") from None
    return value
