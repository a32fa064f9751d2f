"""What the public checks (`tests/q1.py`, …) are made of. `grader.check("q1")` in the notebook runs them.

`calling`      calls your functions, and `record` keeps what they give back
`key_paths`    says where something is in nested tuples, lists and dicts
`differ`       says the first thing in which two results differ
`tensors`      says it of two tensors, as the grader does; `equal` only whether two values are the same
`findings`     says what else is wrong: no tensor, gradients, a plain number, an argument changed in place (`in_place`)
`carried`      says where a layer does not carry its state
`grammar`      says is or are, a or an; `scalars` reads a number of numpy's as the number
`terms`        has the names of the axes, and what exceptions mean in this lab
`likeness`     says what wrong numbers have in common with the right ones
`steady`       says where equal calls get different answers
`leftovers`    finds what a call leaves changed, and puts it back
`fingerprint`  recognises known mistakes by the numbers they give
`standins`     take the place of what a question builds on
`concepts`     reads the answers of q12
`library`      notices PyTorch's own cells where their equations are asked for
`plain`        says what a common exception means, and `leads` what the code itself tells of it
`patience`     speaks up when a check does not end, and cuts short what an answer prints
`check`        puts all of it together for otter, and `render` shows what came out
"""

from seqlab.checking import concepts, standins
from seqlab.checking.carried import not_carried
from seqlab.checking.check import TESTS, Check
from seqlab.checking.differ import (
    Finding,
    Part,
    agree,
    describe,
    gradients_agree,
    has_shapes,
    is_number,
    need,
    repeats,
    returned,
    untouched,
)
from seqlab.checking.grammar import Several
from seqlab.checking.library import Watching
from seqlab.checking.calling import Contract, Numbers, Student
from seqlab.checking.key_paths import WHOLE
from seqlab.checking.record import SEED, Call
from seqlab.checking.tensors import Tolerance, near, near_at

Student.sound_version = staticmethod(standins.sound)

__all__ = [
    "SEED",
    "TESTS",
    "WHOLE",
    "Call",
    "Check",
    "Contract",
    "Finding",
    "Numbers",
    "Part",
    "Several",
    "Student",
    "Tolerance",
    "Watching",
    "agree",
    "concepts",
    "describe",
    "gradients_agree",
    "has_shapes",
    "is_number",
    "near",
    "near_at",
    "need",
    "not_carried",
    "repeats",
    "returned",
    "standins",
    "untouched",
]
