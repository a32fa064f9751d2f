"""Short reviews made by a small grammar, in which the order of the words decides; and a loader for your own.

    from seqlab import sentiment
    train, test = sentiment.made(2000, seed=1), sentiment.made(500, seed=2)
    train, test = sentiment.read("reviews.tsv"), …          # label<TAB>sentence, one a line

Data card. Source: this file; every sentence is made by the grammar below, from a seed. Licence: that of the kit. Size: as many as
you ask for; 60 words. Cut: training and test sentences are drawn from streams of their own; the same sentence can turn up in both.
They are not natural: what a model reaches here says what it can do with word order, not how well it reads reviews.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from .tasks import generator

SUBJECTS = "the plot", "the cast", "the music", "the ending", "the food", "the service", "the screen", "it"
GOOD = "good", "great", "funny", "clever", "lovely", "fine"
BAD = "bad", "awful", "boring", "silly", "ugly", "broken"
TURNS = "not", "never", "hardly"  # turn the word that follows round
STRONG = "very", "really", "so", "quite"  # do not

PAD, UNKNOWN = 0, 1


@dataclass(frozen=True)
class Reviews:
    """Sentences as lists of words, with labels: 1 is friendly, 0 is not."""

    sentences: tuple[tuple[str, ...], ...]
    labels: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.labels)


def _pick(choices: Sequence[str], stream: torch.Generator) -> str:
    return choices[int(torch.randint(len(choices), (), generator=stream))]


def _chance(p: float, stream: torch.Generator) -> bool:
    return float(torch.rand((), generator=stream)) < p


def _clause(friendly: bool, stream: torch.Generator) -> str:
    """One statement with this meaning: "the plot is not so bad", "never boring", "the food was really good"."""
    turned = _chance(0.5, stream)
    words = [_pick(TURNS, stream)] if turned else []
    if _chance(0.4, stream):
        words.append(_pick(STRONG, stream))
    words.append(_pick(GOOD if friendly != turned else BAD, stream))
    if turned and words[0] == "not" and _chance(0.3, stream):
        words.append("at all")
    if _chance(0.7, stream):
        words.insert(0, f"{_pick(SUBJECTS, stream)} {_pick(('is', 'was'), stream)}")
    return " ".join(words)


def _sentence(friendly: bool, stream: torch.Generator) -> str:
    """One or two statements; with two, a word says which of them counts."""
    kind = _pick(("one", "but", "until", "although", "although first"), stream)
    counts = _clause(friendly, stream)
    if kind == "one":
        return counts
    other = _clause(not friendly, stream)
    return {
        "but": f"{other} , but {counts}",
        "until": f"{other} , until {counts}",
        "although": f"{counts} , although {other}",
        "although first": f"although {other} , {counts}",
    }[kind]


def made(n: int, seed: int | torch.Generator) -> Reviews:
    """n sentences of the grammar; half of them friendly, on average."""
    stream = seed if isinstance(seed, torch.Generator) else generator(seed, "sentiment")
    labels = torch.randint(2, (n,), generator=stream).tolist()
    return Reviews(tuple(tuple(_sentence(bool(label), stream).split()) for label in labels), tuple(labels))


def read(path: str | Path) -> Reviews:
    """Your own sentences: UTF-8 text, on each line a label (1 friendly, 0 not), a tab, the sentence.

    Words are what white space divides, in lower case; punctuation at their ends becomes a word of its own. Empty lines do not count.
    Raises ValueError that names file and line for anything else.
    """
    sentences, labels = [], []
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: this is not UTF-8 text; save the file as UTF-8") from error
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        label, tab, sentence = line.partition("\t")
        words = _words(sentence)
        if not tab or label.strip() not in ("0", "1") or not words:
            raise ValueError(
                f"{path}, line {number}: expected 0 or 1, a tab and a sentence, got {line[:60]!r}"
            )
        sentences.append(tuple(words))
        labels.append(int(label))
    if not sentences:
        raise ValueError(f"{path}: there is no sentence in this file")
    return Reviews(tuple(sentences), tuple(labels))


def _words(sentence: str) -> list[str]:
    words: list[str] = []
    for word in sentence.lower().split():
        bare = word.strip(".,;:!?\"'()")
        before, _, after = word.partition(bare) if bare else (word, "", "")
        words += [*before, *([bare] if bare else []), *after]
    return words


class Vocabulary:
    """Numbers for words, in the order in which they first appear; what was never seen is UNKNOWN."""

    def __init__(self, reviews: Reviews) -> None:
        words = dict.fromkeys(word for sentence in reviews.sentences for word in sentence)
        self.numbers = {word: k for k, word in enumerate(words, UNKNOWN + 1)}

    def __len__(self) -> int:
        return len(self.numbers) + 2

    def coded(self, sentences: Sequence[Sequence[str]]) -> tuple[Tensor, Tensor]:
        """tokens (N, T), filled with PAD, and lengths (N,), both int64."""
        lengths = torch.tensor([len(sentence) for sentence in sentences])
        tokens = torch.full((len(sentences), int(lengths.max())), PAD)
        for row, sentence in zip(tokens, sentences, strict=True):
            row[: len(sentence)] = torch.tensor([self.numbers.get(word, UNKNOWN) for word in sentence])
        return tokens, lengths
