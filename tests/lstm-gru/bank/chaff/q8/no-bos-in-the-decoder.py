"""The decoder starts with token 0 instead of `bos`.

Hint: `shift_right` knows what comes first. What does your loop read at step 0?
"""

credit = 0.5

EDITS = [
    (
        'token = inputs[:, 0]',
        'token = torch.zeros_like(inputs[:, 0])',
    ),
]
