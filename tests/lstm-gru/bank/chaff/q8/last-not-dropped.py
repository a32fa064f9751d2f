"""`bos` is put in front, but the last target is kept, so the result is one step too long.

Hint: How many steps has the decoder, and which target does it never have to read?
"""

credit = 0.8

EDITS = [
    (
        'return torch.cat([first, targets[:, :-1]], dim=1)',
        'return torch.cat([first, targets], dim=1)',
    ),
]
