"""Handwritten digits read as sequences: the 8 × 8 digits that scikit-learn ships, pixel by pixel or row by row.

    from seqlab import digits
    pixels, rows = digits.by_pixel(), digits.by_row()   # 64 steps of 1 number, 8 steps of 8 numbers
    model = digits.Reader(nn.LSTM(1, 32, batch_first=True))
    digits.train(model, pixels, seed=1)
    digits.accuracy(model, pixels.test)

Data card. Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository (1998),
https://doi.org/10.24432/C50P49, licence CC BY 4.0; the copy is the one inside the package scikit-learn (its `load_digits`, 57 kB,
the test part of the original). Size: 1,797 images of 8 × 8 pixels, whole numbers 0 to 16, ten classes of 174 to 183 images.
Cut: shuffled once with a fixed seed, 1,437 to train on, 360 to test on. Writers are not kept apart, so that the test images come
from hands that the training images come from as well. Nothing is downloaded.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .tasks import generator

TEST = 360  # images that no training sees
RATES = {"RNN": 0.003, "GRU": 0.01, "LSTM": 0.01}  # the better of 0.003 and 0.01 for each


@dataclass(frozen=True)
class Set:
    """Sequences x (N, T, D), float32 between −1 and 1, with labels y (N,), int64."""

    x: Tensor
    y: Tensor


@dataclass(frozen=True)
class Digits:
    """What to train on and what to test on."""

    train: Set
    test: Set

    @property
    def steps(self) -> int:
        """Time steps of a sequence."""
        return self.train.x.shape[1]

    @property
    def size(self) -> int:
        """Numbers read at each step."""
        return self.train.x.shape[2]


def by_pixel() -> Digits:
    """One pixel a step, in the order in which a page is read: x (N, 64, 1)."""
    return _cut(64, 1)


def by_row() -> Digits:
    """One row of the image a step, top to bottom: x (N, 8, 8)."""
    return _cut(8, 8)


def _cut(steps: int, size: int) -> Digits:
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError(
            "the digits come with scikit-learn, which is not installed: "
            "python -m pip install -r requirements.txt"
        ) from error
    found = load_digits()
    order = torch.randperm(len(found.target), generator=generator(0, "digits"))
    x = (torch.tensor(found.data, dtype=torch.float32) / 8 - 1)[order].reshape(-1, steps, size)
    y = torch.tensor(found.target, dtype=torch.int64)[order]
    return Digits(Set(x[TEST:], y[TEST:]), Set(x[:TEST], y[:TEST]))


class Reader(nn.Module):
    """A recurrent layer over x (N, T, D) and a linear head on its last output: logits (N, 10)."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer, self.head = layer, nn.Linear(layer.hidden_size, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layer(x)[0][:, -1])


def train(model: nn.Module, digits: Digits, *, seed: int, rate: float = 0.01, epochs: int = 15) -> None:
    """Adam, batches of 64, gradient norm clipped at 1; `seed` shuffles the images, anew in every epoch."""
    weights = list(model.parameters())
    stream, optimizer = generator(seed, "digits"), torch.optim.Adam(weights, lr=rate)
    for _ in range(epochs):
        for rows in torch.randperm(len(digits.train.y), generator=stream).split(64):
            error = nn.functional.cross_entropy(model(digits.train.x[rows]), digits.train.y[rows])
            model.zero_grad()
            error.backward()
            nn.utils.clip_grad_norm_(weights, max_norm=1.0)
            optimizer.step()


def accuracy(model: nn.Module, images: Set) -> float:
    """Share of the images that are read right."""
    with torch.no_grad():
        return (model(images.x).argmax(dim=1) == images.y).double().mean().item()
