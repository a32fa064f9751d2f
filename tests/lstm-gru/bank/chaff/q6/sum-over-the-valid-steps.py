"""The sum of the valid steps is returned, not the last one of them.

Hint: Which single step of a sequence of length 3 does the question ask for?
"""

credit = 0.5

EDITS = [
    (
        '    rows = torch.arange(outputs.shape[0])\n    return outputs[rows, lengths - 1]',
        '    valid = (torch.arange(outputs.shape[1]) < lengths[:, None]).unsqueeze(2)\n    return outputs.masked_fill(~valid, 0.0).sum(dim=1)',
    ),
]
