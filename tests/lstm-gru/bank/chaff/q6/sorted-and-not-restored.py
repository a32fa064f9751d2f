"""The batch is sorted by length and not put back in order: every sequence gets another one's output.

Hint: Whose output is in row 0 of your result when the first sequence is not the longest?
"""

credit = 0.5

EDITS = [
    (
        '''    rows = torch.arange(outputs.shape[0])
    return outputs[rows, lengths - 1]''',
        '''    order = lengths.argsort(descending=True)
    return outputs[order, lengths[order] - 1]''',
    ),
]
