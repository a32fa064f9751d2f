"""Shifting puts 0 in front instead of `bos`.

Hint: `bos` is an argument. What is token 0 elsewhere in this lab?
"""

credit = 0.65

EDITS = [
    (
        'torch.full_like(targets[:, :1], bos)',
        'torch.zeros_like(targets[:, :1])',
    ),
]
