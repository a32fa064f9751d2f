"""`shift_right` writes into the caller's targets, which the loss then compares with.

Hint: What do `targets` hold after your call?
"""

credit = 0.75

EDITS = [
    (
        '    first = torch.full_like(targets[:, :1], bos)  # (N, 1)\n    return torch.cat([first, targets[:, :-1]], dim=1)',
        '    targets[:, 1:] = targets[:, :-1].clone()\n    targets[:, 0] = bos\n    return targets',
    ),
]
