"""First names, letter by letter: what a character language model learns from.

    from seqlab import firstnames
    names = firstnames.load()
    batch = names.batch(64, stream)          # reads (64, T), says (64, T): the same letters, one step apart
    names.text([3, 1, 14])                   # "can"

Data card. Source: the package `names` 0.3.0 (Trey Hunner, https://pypi.org/project/names, licence MIT), which carries the lists of the
United States Census Bureau of 1990 (work of the United States government, in the public domain). Size: 1,219 male and 4,275 female first names,
5,494 lines; a name of both lists counts once here, which leaves 5,163. Only their spelling is used, not how frequent they
are. Cut: shuffled once with a fixed seed, one name in ten to test on. The names are those of one country in 1990; what the model writes
looks like them. Nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from .tasks import generator

END = 0  # starts and ends a name; also the padding. Letter k of the alphabet is token k, a = 1
VOCAB = 27


@dataclass(frozen=True)
class Names:
    """Lower-case names to train on and to test on."""

    train: tuple[str, ...]
    test: tuple[str, ...]

    def batch(self, n: int, stream: torch.Generator) -> tuple[Tensor, Tensor]:
        """n training names, drawn with replacement: see `coded`."""
        return coded([self.train[k] for k in torch.randint(len(self.train), (n,), generator=stream).tolist()])


def coded(names: Sequence[str]) -> tuple[Tensor, Tensor]:
    """What the model reads and what it should say, each (N, T) int64; `says` is −100 behind the end of a name.

    "ann" gives reads END a n n and says a n n END.
    """
    longest = max(map(len, names)) + 1
    reads = torch.full((len(names), longest), END)
    says = torch.full((len(names), longest), -100)
    for row, name in enumerate(names):
        letters = torch.tensor([ord(letter) - ord("a") + 1 for letter in name])
        reads[row, 1 : len(name) + 1] = letters
        says[row, : len(name)] = letters
        says[row, len(name)] = END
    return reads, says


def text(tokens: Sequence[int]) -> str:
    """Tokens as letters, up to the first END."""
    letters = ""
    for token in tokens:
        if int(token) == END:
            break
        letters += chr(ord("a") + int(token) - 1)
    return letters


def load() -> Names:
    """The names that the package `names` ships."""
    try:
        import names
    except ImportError as error:
        raise ImportError(
            "the first names come with the package names, which is not installed: "
            "python -m pip install -r requirements.txt"
        ) from error
    found: set[str] = set()
    for kind in ("first:male", "first:female"):
        lines = Path(names.FILES[kind]).read_text(encoding="ascii").splitlines()
        found |= {line.split()[0].lower() for line in lines if line.strip()}
    ordered = sorted(found)
    order = torch.randperm(len(ordered), generator=generator(0, "names")).tolist()
    shuffled = [ordered[k] for k in order]
    return Names(tuple(shuffled[len(shuffled) // 10 :]), tuple(shuffled[: len(shuffled) // 10]))
