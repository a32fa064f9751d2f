"""The largest value of each feature over the valid steps is returned (max pooling).

Hint: Which single step of a sequence of length 3 does the question ask for?
"""

credit = 0.4

EDITS = [
    (
        '    rows = torch.arange(outputs.shape[0])\n    return outputs[rows, lengths - 1]',
        '    valid = (torch.arange(outputs.shape[1]) < lengths[:, None]).unsqueeze(2)\n    return outputs.masked_fill(~valid, -torch.inf).amax(dim=1)',
    ),
]
