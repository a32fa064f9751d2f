"""The two tasks of the lab, made from a seed: *last stored symbol* and *reverse the digits*.

    from seqlab import tasks
    batch = tasks.STORE.batch(64, seed=1)            # tokens (64, T), lengths (64,), labels (64,)
    pairs = tasks.REVERSE.batch(64, seed=1)          # source (64, S), source_lengths (64,), targets (64, S + 1)

Wherever a function takes `seed`, an `int` gives the same batch every time, and a `torch.Generator` gives the next
batch of its stream. `generator(seed, domain)` makes streams that do not overlap: training data and the data a model
is judged on come from different domains.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor


def generator(seed: int, domain: str = "train") -> torch.Generator:
    """A random stream of its own for every pair (seed, domain)."""
    digest = hashlib.sha256(f"{domain}:{seed}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def _stream(seed: int | torch.Generator) -> torch.Generator:
    return seed if isinstance(seed, torch.Generator) else generator(seed, "batch")


def _between(low: Tensor, high: Tensor, stream: torch.Generator) -> Tensor:
    """One whole number from `low` to `high`, both included, for every entry."""
    share = torch.rand(low.shape, generator=stream, dtype=torch.float64)
    return low + (share * (high - low + 1)).long()


@dataclass(frozen=True)
class Recipe:
    """What a model of this lab is trained with; the notebook and the grader use the same numbers."""

    embedding_size: int
    hidden_size: int
    steps: int
    batch_size: int
    learning_rate: float
    last_rate: float | None = None  # learning rate of the last step; None: constant
    falls_from: float = 0.0  # share of the steps after which it falls, in a straight line, to `last_rate`
    clip: float = 1.0  # largest gradient norm
    forget_bias: float | None = None  # of the classifier's LSTM

    def rate(self, step: int, steps: int) -> float:
        """The learning rate of a step, counted from 0, in a training of so many steps."""
        if self.last_rate is None:
            return self.learning_rate
        first, last = self.falls_from * (steps - 1), max(1, steps - 1)
        share = max(0.0, step - first) / max(1.0, last - first)
        return self.learning_rate + (self.last_rate - self.learning_rate) * share


# --- many-to-one: the last stored symbol -----------------------------------------------------------------------


@dataclass(frozen=True)
class Batch:
    """Sequences with one label each; whatever is in `tokens` at and after `lengths` is padding."""

    tokens: Tensor  # (N, T) int64
    lengths: Tensor  # (N,) int64
    labels: Tensor  # (N,) int64

    @property
    def inputs(self) -> tuple[Tensor, Tensor]:
        """What a model gets to see: `model(*batch.inputs)`."""
        return self.tokens, self.lengths

    def __len__(self) -> int:
        return len(self.labels)


STRATA = ("long", "over", "edge", "iid")


@dataclass(frozen=True)
class StoreTask:
    """Tokens 0…K−1 are noise; token K + s says "store symbol s"; the label is the last symbol that was stored.

    The length L is uniform on [shortest, T], the last stored symbol falls on a uniform step of [0, L), every step before it stores a
    symbol with probability `p`, none after it does. The padding behind L holds random tokens, *also ones that would store a symbol*.
    """

    K: int = 8
    T: int = 100
    shortest: int = 10
    p: float = 0.1

    def __post_init__(self) -> None:
        if not 4 <= self.shortest <= self.T:
            raise ValueError(f"shortest is {self.shortest}; it must be between 4 and T = {self.T}")
        if self.K < 2:
            raise ValueError(f"K is {self.K}; with fewer than 2 symbols there is nothing to tell apart")

    @property
    def vocab_size(self) -> int:
        return 2 * self.K

    @property
    def num_classes(self) -> int:
        return self.K

    @property
    def chance(self) -> float:
        """Accuracy of a guess."""
        return 1 / self.K

    def batch(self, n: int, seed: int | torch.Generator) -> Batch:
        """n sequences as the task defines them."""
        return self.stratum("iid", n, seed)

    def stratum(self, name: str, n: int, seed: int | torch.Generator) -> Batch:
        """n sequences of one kind.

        long   L ≥ 0.9 T and the last symbol stored in the first fifth: it must be kept for a long time
        over   the last symbol stored at 0.4–0.6 L, and another one before it: the old one must be overwritten
        edge   the last symbol stored at the last valid step, with the padding right behind it
        iid    as in training
        """
        stream = _stream(seed)
        shortest, longest = torch.full((n,), self.shortest), torch.full((n,), self.T)
        if name == "long":
            shortest = shortest.clamp(min=-(-9 * self.T // 10))  # ⌈0.9 T⌉
        lengths = _between(shortest, longest, stream)
        if name == "long":
            low, high = torch.zeros_like(lengths), (lengths - 1) // 5
        elif name == "over":
            low, high = (2 * lengths + 4) // 5, 3 * lengths // 5
        elif name == "edge":
            low = high = lengths - 1
        elif name == "iid":
            low, high = torch.zeros_like(lengths), lengths - 1
        else:
            raise ValueError(f"no stratum {name!r}; there are {', '.join(STRATA)}")
        return self._fill(lengths, _between(low, high, stream), stream, overwrite=name == "over")

    def delayed(self, delay: int, n: int, seed: int | torch.Generator) -> Batch:
        """n sequences whose last symbol is stored exactly `delay` steps before the last valid step."""
        if not 0 <= delay < self.T:
            raise ValueError(f"delay is {delay}; it must be between 0 and T − 1 = {self.T - 1}")
        stream = _stream(seed)
        low = torch.full((n,), max(self.shortest, delay + 1))
        lengths = _between(low, torch.full((n,), self.T), stream)
        return self._fill(lengths, lengths - 1 - delay, stream, overwrite=False)

    def _fill(self, lengths: Tensor, last: Tensor, stream: torch.Generator, overwrite: bool) -> Batch:
        """Tokens for sequences of these lengths whose last symbol is stored at the steps `last`; both (N,)."""
        n, rows, steps = len(lengths), torch.arange(len(lengths)), torch.arange(self.T)
        labels = torch.randint(self.K, (n,), generator=stream)
        tokens = torch.randint(
            self.K, (n, self.T), generator=stream
        )  # noise everywhere, then the rest over it
        early = torch.rand((n, self.T), generator=stream) < self.p
        tokens += self.K * (early & (steps < last[:, None]))
        if overwrite:  # another symbol is stored earlier, for certain
            where = _between(torch.zeros_like(last), last - 1, stream)
            other = (labels + torch.randint(1, self.K, (n,), generator=stream)) % self.K
            tokens[rows, where] = self.K + other
        tokens[rows, last] = self.K + labels
        padding = torch.randint(2 * self.K, (n, self.T), generator=stream)
        tokens = torch.where(steps < lengths[:, None], tokens, padding)
        return Batch(tokens, lengths, labels)

    def text(self, tokens: Tensor, length: int | None = None) -> str:
        """One sequence for the eye: `.` is noise, a letter a stored symbol; what follows `|` is padding."""
        marks = ["." if token < self.K else chr(ord("A") + int(token) - self.K) for token in tokens]
        if length is not None:
            marks.insert(int(length), "|")
        return "".join(marks)


# --- many-to-many: reverse the digits ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Pairs:
    """Source sequences with the target sequences that belong to them, both padded with `PAD` on the right."""

    source: Tensor  # (N, S) int64
    source_lengths: Tensor  # (N,) int64
    targets: Tensor  # (N, T) int64, each ends with EOS

    @property
    def inputs(self) -> tuple[Tensor, Tensor]:
        """What a model may see when it is tested: `greedy_decode(model, *pairs.inputs, …)`."""
        return self.source, self.source_lengths

    def __len__(self) -> int:
        return len(self.source)


@dataclass(frozen=True)
class ReverseTask:
    """A string of digits in, the same digits backwards out: `3 1 4 EOS` for `4 1 3`.

    Every length from `shortest` to `longest` is equally likely. Digit d is token `FIRST + d`; source and target share one vocabulary.
    """

    digits: int = 10
    shortest: int = 3
    longest: int = 7

    PAD = 0
    BOS = 1
    EOS = 2
    FIRST = 3

    @property
    def vocab_size(self) -> int:
        return self.FIRST + self.digits

    @property
    def max_len(self) -> int:
        """Steps the longest target takes, its EOS included."""
        return self.longest + 1

    def batch(self, n: int, seed: int | torch.Generator) -> Pairs:
        """n pairs as the task defines them."""
        stream = _stream(seed)
        lengths = _between(torch.full((n,), self.shortest), torch.full((n,), self.longest), stream)
        return self._fill(lengths, stream)

    def of_length(self, length: int, n: int, seed: int | torch.Generator) -> Pairs:
        """n pairs of one length; `task.of_length(task.longest, …)` are the hardest."""
        if not self.shortest <= length <= self.longest:
            raise ValueError(f"length is {length}; this task has {self.shortest} to {self.longest}")
        return self._fill(torch.full((n,), length), _stream(seed))

    def _fill(self, lengths: Tensor, stream: torch.Generator) -> Pairs:
        n, steps = len(lengths), torch.arange(self.longest)
        drawn = self.FIRST + torch.randint(self.digits, (n, self.longest), generator=stream)
        source = drawn.masked_fill(steps >= lengths[:, None], self.PAD)
        return Pairs(source, lengths, self._answers(source, lengths))

    def _answers(self, source: Tensor, lengths: Tensor) -> Tensor:
        steps = torch.arange(self.max_len)
        back = (lengths[:, None] - 1 - steps).clamp(min=0)  # (N, T) the source step each target step copies
        targets = source.gather(1, back).masked_fill(steps >= lengths[:, None], self.PAD)
        return targets.masked_fill(steps == lengths[:, None], self.EOS)

    def encode(self, *strings: str) -> Pairs:
        """Pairs made from strings such as `"314"`, to try a model by hand."""
        for string in strings:
            if not self.shortest <= len(string) <= self.longest:
                raise ValueError(
                    f"{string!r} has {len(string)} digits; this task has {self.shortest} to {self.longest}"
                )
            if not all("0" <= mark <= "9" and int(mark) < self.digits for mark in string):
                raise ValueError(f"{string!r}: only the digits 0 to {self.digits - 1} are known here")
        lengths = torch.tensor([len(string) for string in strings])
        source = torch.zeros(len(strings), self.longest, dtype=torch.int64)
        for row, string in zip(source, strings, strict=True):
            row[: len(string)] = torch.tensor([self.FIRST + int(mark) for mark in string])
        return Pairs(source, lengths, self._answers(source, lengths))

    def text(self, tokens: Tensor) -> str:
        """One row of tokens as a string, up to its first EOS: `"413"`."""
        marks = []
        for token in tokens.tolist():
            if token == self.EOS:
                break
            if token != self.PAD:
                marks.append(str(token - self.FIRST) if token >= self.FIRST else "<")
        return "".join(marks)


# Both recipes are settled by measurement: tests/calibration in the course's repository has the table.
STORE = StoreTask()
STORE_RECIPE = Recipe(
    embedding_size=16,
    hidden_size=32,
    steps=300,
    batch_size=32,
    learning_rate=0.02,
    last_rate=0.001,
    falls_from=0.6,  # not sooner: the symbol must be found at the full rate
    forget_bias=1.0,
)

REVERSE = ReverseTask()
REVERSE_RECIPE = Recipe(
    embedding_size=16, hidden_size=64, steps=600, batch_size=128, learning_rate=0.02, last_rate=0.0004
)
