"""What the public checks (`tests/q1.py`, …) are made of. The other files of this folder are the engine's: the build writes them."""

from .check import TESTS, Check
from .differ import Finding, Part, agree, describe, gradients_agree, has_shapes, is_number, need, repeats, returned, untouched
from .grammar import Several
from .key_paths import WHOLE
from .calling import Contract, Numbers, Student
from .record import SEED, Call
from .tensors import Tolerance, near, near_at

__all__ = [
    "SEED", "TESTS", "WHOLE", "Call", "Check", "Contract", "Finding", "Numbers", "Part", "Several", "Student", "Tolerance", "agree", "describe",
    "gradients_agree", "has_shapes", "is_number", "near", "near_at", "need", "repeats", "returned", "untouched",
]  # fmt: skip
