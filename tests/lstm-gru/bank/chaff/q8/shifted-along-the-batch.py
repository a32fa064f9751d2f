"""`shift_right` shifts the sequences of the batch, not the steps in time.

Hint: targets is (N, T). Along which of the two axes does time run?
"""

credit = 0.6

EDITS = [
    (
        '''    first = torch.full_like(targets[:, :1], bos)  # (N, 1)
    return torch.cat([first, targets[:, :-1]], dim=1)  # (N, T)''',
        '''    first = torch.full_like(targets[:1], bos)
    return torch.cat([first, targets[:-1]], dim=0)''',
    ),
]
