"""Inputs for a hidden test, drawn from the grading seed and the test's own name."""

from __future__ import annotations

import hashlib

import torch


class Draw:
    """`draw(3, 4)` gives a (3, 4) float64 normal tensor; the next call gives other numbers."""

    def __init__(self, seed: int, name: str) -> None:
        digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
        self.generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))

    def __call__(self, *shape: int, dtype: torch.dtype = torch.float64, scale: float = 1.0) -> torch.Tensor:
        return torch.randn(*shape, generator=self.generator, dtype=torch.float64).mul(scale).to(dtype)

    def integers(self, low: int, high: int, *shape: int) -> torch.Tensor:
        """Whole numbers in [low, high), int64."""
        return torch.randint(low, high, shape, generator=self.generator)
