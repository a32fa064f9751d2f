"""The sum of the valid steps is divided by the longest length of the batch.

Hint: The question asks for one step of each sequence. And should the other sequences in the batch change an answer?
"""

credit = 0.4

EDITS = [
    (
        '    rows = torch.arange(outputs.shape[0])\n    return outputs[rows, lengths - 1]',
        '    valid = (torch.arange(outputs.shape[1]) < lengths[:, None]).unsqueeze(2)\n    return outputs.masked_fill(~valid, 0.0).sum(dim=1) / lengths.max()',
    ),
]
