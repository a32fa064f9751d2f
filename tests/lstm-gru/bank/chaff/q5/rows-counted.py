"""Of each parameter only the length of its first axis is counted.

Hint: What does len() of a matrix count, and how many numbers does the matrix hold?
"""

credit = 0.4

EDITS = [
    (
        'sum(p.numel() for p in trainable)',
        'sum(len(p) for p in trainable)',
    ),
]
