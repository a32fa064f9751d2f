"""Finds answers that are more similar than the release, the bank and the class explain: hints where to look, not verdicts.

Each notebook's own code becomes fingerprints (winnowing, as in Moss: of all runs of K tokens, each window keeps
one). Fingerprints that are also in the release, in a reference, in a solution of the bank or in many answers of the class
are removed: a short exercise has few forms, and two students who found the same one have nothing to explain. All variable names
count as the same, so renaming them hides nothing. Tokens are found in one linear pass, so no text can make it slow.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations, groupby
from keyword import iskeyword
from pathlib import Path
from typing import Any
from zlib import crc32

from gatelab.faults import GraderFault
from gatelab.lab.bank import Bank
from gatelab.lab.spec import Lab
from gatelab.limits import NOTEBOOK_CODE, PAIRS_SHOWN
from gatelab.submission.collect import Submission
from gatelab.submission.notebook_file import Ungradable, parse, read_bytes, source_of

# Winnowing (Schleimer, Wilkerson and Aiken 2003): every run of K + WINDOW − 1 tokens that two answers share is noticed. K is about a
# statement, so that one line that both took from the lecture is not enough.
K = 12  # tokens in a run
WINDOW = 6  # runs, of which one is kept
# Fewest fingerprints of its own that an answer must have: below, a single shared line is a large part.
FEWEST = 20
SHARED = 0.6  # share of the smaller set from which on a pair is reported: only a hint, so rather too few than too many
# A fingerprint of more submissions than this share of the class, and than this many, is common to the class and counts for no pair.
COMMON_SHARE, COMMON_MOST, COMMON_LEAST = 20, 20, 2

TOKEN = re.compile(
    r"""(?P<note>\#[^\n]*)
    |(?P<text>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?)  # also one that does not end: else it is looked for again and again
    |(?P<called>(?<=\.)[^\W\d]\w*|[^\W\d]\w*(?=\())          # an attribute, or what is called or defined
    |(?P<name>[^\W\d]\w*)
    |\d+|[^\s\w]""",
    re.VERBOSE,
)


def similar(lab: Lab, bank: Bank, submissions: Iterable[Submission]) -> list[dict[str, Any]]:
    """Pairs of submissions, as `{"who": [name, name], "shared": 0.83, "prints": 41}`, the closest first: `shared` is the
    share of the smaller set of fingerprints that the other submission has too, `prints` their number.

    The same file under two names is not a pair; that is reported elsewhere.
    """
    released = _released(lab)
    known = [*released, *_known(lab, bank)]
    explained = {mark for source in known for mark in prints(source)}
    read = sorted(
        (submission for submission in submissions if submission.path is not None),
        key=lambda submission: submission.name,
    )
    marks = array("Q")  # fingerprint and number of the submission, as one integer: a large class has millions
    for number, submission in enumerate(read):
        assert submission.path is not None
        code = "\n".join(source for source in _sources(submission.path) if source not in released)
        marks.extend(mark * len(read) + number for mark in prints(code[:NOTEBOOK_CODE]) - explained)
    most = max(
        COMMON_LEAST, min(COMMON_MOST, len(read) // COMMON_SHARE)
    )  # submissions beyond which a fingerprint is common to the class
    own: Counter[int] = Counter()  # fingerprints of each submission that are not
    together: Counter[tuple[int, int]] = Counter()
    for _, group in groupby(sorted(marks), key=lambda mark: mark // len(read)):
        who = [mark % len(read) for mark in group]
        if len(who) <= most:
            own.update(who)
            together.update(combinations(who, 2))
    found: list[dict[str, Any]] = []
    for (a, b), shared in together.items():
        fewer = min(own[a], own[b])
        if fewer >= FEWEST and shared / fewer >= SHARED and read[a].sha256 != read[b].sha256:
            names = [read[a].name, read[b].name]
            found.append({"who": names, "shared": round(shared / fewer, 2), "prints": shared})
    return sorted(found, key=lambda pair: (-pair["shared"], -pair["prints"], pair["who"]))[:PAIRS_SHOWN]


def prints(source: str) -> set[int]:
    """The fingerprints of a piece of code."""
    tokens = list(_tokens(source))
    runs = [
        crc32("\0".join(tokens[k : k + K]).encode("utf-8", "surrogatepass"))
        for k in range(len(tokens) - K + 1)
    ]
    return {min(runs[k : k + WINDOW]) for k in range(max(len(runs) - WINDOW + 1, min(len(runs), 1)))}


def _tokens(source: str) -> Iterator[str]:
    for found in TOKEN.finditer(source):
        if found["text"]:
            yield "'"
        elif name := found["name"]:
            yield name if iskeyword(name) else "_"
        elif not found["note"]:
            yield found[0]


def _sources(path: Path) -> list[str]:
    """The code cells of a notebook; none if it cannot be read."""
    try:
        cells = parse(read_bytes(path), path.name)["cells"]
    except (Ungradable, GraderFault):
        return []
    code = (cell for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code")
    return [source for cell in code if (source := source_of(cell))]


def _released(lab: Lab) -> set[str]:
    path = lab.release / lab.notebook if lab.release else None
    return set(_sources(path)) if path and path.is_file() else set()


def _known(lab: Lab, bank: Bank) -> Iterator[str]:
    yield from (lab.reference(id) for id in lab.questions if lab.has_reference(id))
    yield from (wheat.source for wheat in bank.wheats)
    yield from (chaff.source for chaff in bank.chaffs)
