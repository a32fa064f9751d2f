"""Names of submissions, made safe to show and to write to disk.

Students choose the file names of their submissions: a name may hold control characters, bytes that are not text, letters
that change the reading direction, or any other 255 bytes. Two forms are made from it, one to show (`distinct`) and one for
files (`file_names`); two submissions never get the same one.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from gatelab.text import file_stem, visible

# Printable characters that are drawn as nothing, or as a space: joiners, fillers, variation selectors.
UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def distinct(names: Sequence[str], raws: Sequence[str]) -> list[str]:
    """Names to show, no two of which look alike: a name that several submissions share is replaced by their entries' names.

    `names[k]` is the name of submission k ("ada"), `raws[k]` that of its entry ("ada.IPYNB").
    """
    shown = _replace_shared([visible(name) for name in names], [visible(raw) for raw in raws])
    shown = _replace_shared(shown, [f"{name} ({digest(raw)})" for name, raw in zip(shown, raws, strict=True)])
    used: set[str] = set()
    result = []
    for base in shown:
        name, number = base, 2
        while _as_seen(name) in used:
            name, number = f"{base} ({number})", number + 1
        used.add(_as_seen(name))
        result.append(name)
    return result


def _replace_shared(names: list[str], instead: list[str]) -> list[str]:
    count = Counter(map(_as_seen, names))
    return [other if count[_as_seen(name)] > 1 else name for name, other in zip(names, instead, strict=True)]


def _as_seen(name: str) -> str:
    """The same form for names that look alike: `é` may be one character or two, and nobody sees a space at the end."""
    return " ".join(UNSEEN.sub("", unicodedata.normalize("NFC", name)).split())


def file_names(raws: Sequence[str]) -> list[str]:
    """Stems of the output files, in the order of `raws`: safe on every file system, and all different,
    even if the case and the composition of accents are ignored.

    A name that is safe and unique is kept; every other one ends in a hash of the original name, so
    that it does not change when other submissions join the class.
    """
    stems = [file_stem(raw) for raw in raws]
    count = Counter(_folded(stem) for stem in stems)
    kept = [stem == raw and count[_folded(stem)] == 1 for raw, stem in zip(raws, stems, strict=True)]
    used = {_folded(stem) for stem, keep in zip(stems, kept, strict=True) if keep}
    result = []
    for raw, stem, keep in zip(raws, stems, kept, strict=True):
        if not keep:
            base = stem = f"{stem}-{digest(raw)}"
            number = 2
            while _folded(stem) in used:
                stem, number = f"{base}-{number}", number + 1
            used.add(_folded(stem))
        result.append(stem)
    return result


def digest(raw: str) -> str:
    """Eight hex digits of a hash of the name's bytes."""
    return hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _folded(stem: str) -> str:
    """The form in which file names must differ: a file system may ignore case and the composition of accents."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", stem).casefold())
