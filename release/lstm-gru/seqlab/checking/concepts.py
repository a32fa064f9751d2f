"""Read the answers of q12, and tell whether all of them together are right without knowing any of them.

`tests/q12.json` holds the form of every answer and one hash over all answers. The hash takes a while to compute
on purpose, and it cannot tell which answer is wrong.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

LETTERS = "abcd"
# scrypt with these takes about a tenth of a second and 32 MiB.
COST, BLOCK, MEMORY = 2**15, 8, 64 * 2**20


def empty(answer: Any) -> bool:
    """Was nothing answered?"""
    return answer is None or answer is ... or str(answer).strip() in ("", "...", "?")


def read(answer: Any, form: dict[str, Any]) -> str:
    """One answer in its plain form: letters without spaces, or a number with two decimals. ValueError says what is expected."""
    if form["kind"] == "number":
        return _number(answer)
    text = "".join(map(str, answer)) if isinstance(answer, list | tuple) else str(answer)
    letters = re.sub(r"[^a-z]", "", text.lower())
    count = form["letters"]
    if len(letters) != count or set(letters) - set(LETTERS):
        which, example = (
            ("one letter", "") if count == 1 else (f"{count} letters", f", such as {LETTERS[:count]!r}")
        )
        raise ValueError(f"{which} from {LETTERS[0]} to {LETTERS[-1]}{example}")
    if form["kind"] == "order" and len(set(letters)) != count:
        raise ValueError(f"every letter from {LETTERS[0]} to {LETTERS[count - 1]} once, in order")
    return letters


def joint_hash(answers: dict[str, str], salt: str) -> str:
    """The hash of all plain answers together."""
    text = ";".join(f"{id}={answers[id]}" for id in sorted(answers))
    made = hashlib.scrypt(text.encode(), salt=salt.encode(), n=COST, r=BLOCK, p=1, maxmem=MEMORY, dklen=16)
    return made.hex()


def _number(answer: Any) -> str:
    text = str(answer).strip().replace(",", ".")
    try:
        above, _, below = text.partition("/")
        value = float(above) / float(below) if below else float(above)
    except (ValueError, ZeroDivisionError):
        raise ValueError("a number, such as '0.25'") from None
    return f"{round(value, 2) + 0.0:.2f}"
