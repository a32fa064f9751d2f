"""The largest number of the valid steps is taken instead of their mean.

Hint: Max pooling answers another question. What is the mean of 1, 2 and 6?
"""

credit = 0.5

EDITS = [
    (
        'kept = outputs.masked_fill(~valid[:, :, None], 0.0)',
        'kept = outputs.masked_fill(~valid[:, :, None], -torch.inf)',
    ),
    (
        'total = kept.sum(dim=1)  # (N, H)',
        'return kept.amax(dim=1)',
    ),
    (
        '\n    return total / lengths[:, None]',
        '',
    ),
]
