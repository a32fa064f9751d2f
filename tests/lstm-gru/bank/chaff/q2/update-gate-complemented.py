"""The update gate is the wrong way round: z blends in the new and 1 - z keeps the old.

Hint: Papers differ here. With z = 1, does PyTorch's GRU keep its state or replace it?
"""

credit = 0.7

EDITS = [
    ("fresh = (1 - z) * n", "fresh = z * n"),
    ("kept = z * h", "kept = (1 - z) * h"),
]
