"""The parameter tensors are counted instead of the numbers in them.

Hint: What does your function give for nn.Linear(100, 100)? How many numbers does its weight hold?
"""

credit = 0.5

EDITS = [
    ("return sum(p.numel() for p in trainable)", "return len(trainable)"),
]
