"""Names that came in with submissions, made safe to show and to write to disk.

Students choose the file names of their submissions: a name may hold control characters, bytes that are not text, letters
that change the reading direction, or any other 255 bytes. Two forms are made from it, one to show (`distinct`) and one to
write (`file_names`), and neither lets two submissions become one.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Sequence

from gatelab.text import file_stem, visible


def distinct(names: Sequence[str], raws: Sequence[str]) -> list[str]:
    """Names to show, each unique: a name that several would have is replaced by the entry that each came in.

    `names[k]` is what submission k would be called ("ada"), `raws[k]` the entry it came in ("ada.IPYNB").
    """
    shown = _where_shared([visible(name) for name in names], [visible(raw) for raw in raws])
    shown = _where_shared(shown, [f"{name} ({digest(raw)})" for name, raw in zip(shown, raws, strict=True)])
    used: set[str] = set()
    result = []
    for base in shown:
        name, number = base, 2
        while _composed(name) in used:
            name, number = f"{base} ({number})", number + 1
        used.add(_composed(name))
        result.append(name)
    return result


def _where_shared(names: list[str], instead: list[str]) -> list[str]:
    count = Counter(map(_composed, names))
    return [other if count[_composed(name)] > 1 else name for name, other in zip(names, instead, strict=True)]


def _composed(name: str) -> str:
    """One form for names that look the same: `é` is one character or two."""
    return unicodedata.normalize("NFC", name)


def file_names(raws: Sequence[str]) -> list[str]:
    """Stems of the output files, in the order of `raws`: safe on every file system, and all different,
    even if the case and the composition of accents are ignored.

    A name that is safe and unique stays as it is; every other one ends in a hash of the name that came in, so
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
    """The form in which two file names must differ: a file system may ignore case and composition."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", stem).casefold())
